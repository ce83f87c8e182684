// SPDX-License-Identifier: Apache-2.0
#include "vhost/socket_path.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/status.h"

namespace vsw::vhost {
namespace {

// A front-end writes a message with one call; nothing of it is ever late unless by intent.
constexpr int kDeadlineUs = 200'000;

absl::Status CheckForm(const std::string& path) {
  if (path.empty() || path.front() != '/') {
    return InvalidArgument("socket path '{}' is not absolute: give the full path", path);
  }
  if (path.find('\0') != std::string::npos) return InvalidArgument("socket path holds a NUL byte");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return InvalidArgument("socket path '{}' has {} bytes; the kernel allows {}: use a shorter one",
                           path, path.size(), sizeof(sockaddr_un::sun_path) - 1);
  }
  return absl::OkStatus();
}

absl::Status CheckFolder(const std::string& path, int access_mode) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
  struct stat status;
  if (stat(folder.c_str(), &status) != 0) {
    if (errno == ENOENT) return NotFound("folder '{}' does not exist: create it first", folder);
    return ErrnoStatus(errno, fmt::format("look at folder '{}'", folder));
  }
  if (!S_ISDIR(status.st_mode)) return InvalidArgument("'{}' is not a folder", folder);
  if (access(folder.c_str(), access_mode) != 0) {
    return ErrnoStatus(errno, fmt::format("use folder '{}' for a socket", folder));
  }
  return absl::OkStatus();
}

// 0, or the errno of connecting to `path`.
int TryConnect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int result =
      connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  close(fd);
  return result;
}

using NameFunction = int (*)(int, sockaddr*, socklen_t*);

bool HasName(int fd, NameFunction read_name, const std::string& path) {
  sockaddr_un address = {};
  socklen_t length = sizeof(address);
  return read_name(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
         address.sun_family == AF_UNIX && path == address.sun_path;
}

bool IsFreshConnection(int fd, const std::string& path, bool client) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  if (!HasName(fd, client ? getpeername : getsockname, path)) return false;
  int listening = 0;
  socklen_t length = sizeof(listening);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || listening) {
    return false;
  }
  timeval deadline = {};
  length = sizeof(deadline);
  return getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, &length) == 0 && deadline.tv_sec == 0 &&
         deadline.tv_usec == 0;
}

}  // namespace

absl::Status PrepareServerPath(const std::string& path) {
  VSW_RETURN_IF_ERROR(CheckForm(path));
  VSW_RETURN_IF_ERROR(CheckFolder(path, W_OK | X_OK));
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return ErrnoStatus(errno, fmt::format("look at '{}'", path));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return AlreadyExists("'{}' exists and is no socket: remove it or choose another path", path);
  }
  const int error = TryConnect(path);
  if (error == 0 || error == EAGAIN) {
    return AlreadyExists("another process listens on '{}': stop it or choose another path", path);
  }
  if (error != ECONNREFUSED && error != ENOENT) {
    return ErrnoStatus(error, fmt::format("find out whether '{}' is in use", path));
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus(errno, fmt::format("remove the stale socket '{}'", path));
  }
  return absl::OkStatus();
}

absl::Status CheckClientPath(const std::string& path) {
  VSW_RETURN_IF_ERROR(CheckForm(path));
  VSW_RETURN_IF_ERROR(CheckFolder(path, X_OK));
  struct stat status;
  if (lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return InvalidArgument("'{}' exists and is no socket: choose the front-end's socket", path);
  }
  return absl::OkStatus();
}

int AdoptConnection(const std::string& path, bool client) {
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) return -1;
  int found = -1;
  while (const dirent* entry = readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(folder)) continue;
    if (!IsFreshConnection(fd, path, client)) continue;
    const timeval deadline = {0, kDeadlineUs};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    found = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    break;
  }
  closedir(folder);
  return found;
}

}  // namespace vsw::vhost
