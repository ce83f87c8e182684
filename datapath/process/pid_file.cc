// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/status.h"

namespace vsw {

absl::StatusOr<PidFile> PidFile::Lock(const std::string& directory, const std::string& daemon) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return ErrnoStatus(error.value(), "create run directory " + directory);
  const std::string path = directory + "/" + daemon + ".pid";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoStatus(errno, "open " + path);
  PidFile file(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "lock " + path);
    std::array<char, 16> text{};
    [[maybe_unused]] const ssize_t n = pread(fd, text.data(), text.size() - 1, 0);
    std::string holder(text.data());
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    return AlreadyExists("another {} (pid {}) runs on {}; stop it or give another --run-dir",
                         daemon, holder, directory);
  }
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) < 0) {
    return ErrnoStatus(errno, "write " + path);
  }
  return file;
}

PidFile::~PidFile() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace vsw
