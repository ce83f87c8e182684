// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/start_anew.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "base/status.h"

namespace vsw {

std::set<int> OpenDescriptors() {
  std::set<int> open;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const std::string name = entry.path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    open.insert(fd);
  }
  // The one by which the list was read is closed by now.
  std::erase_if(open, [](int fd) { return fcntl(fd, F_GETFD) < 0; });
  return open;
}

absl::Status StartAnew(const std::vector<std::string>& arguments, const std::set<int>& keep) {
  for (const int fd : OpenDescriptors()) {
    if (!keep.contains(fd)) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  return ErrnoStatus(errno, "start " + arguments.front() + " anew");
}

}  // namespace vsw
