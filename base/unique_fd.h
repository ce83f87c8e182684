// SPDX-License-Identifier: Apache-2.0
//
// Owner of a file descriptor: closes it once, at the end of its life. -1 = owns nothing.
#ifndef VSW_BASE_UNIQUE_FD_H_
#define VSW_BASE_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace vsw {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace vsw

#endif  // VSW_BASE_UNIQUE_FD_H_
