// SPDX-License-Identifier: Apache-2.0
//
// A file that one process at a time holds, with the holder's process id in it. The kernel drops the
// lock when the holder ends, however it ends, so that a file left over by a crash is no obstacle.
// The file stays behind when the lock is released: removing it would let two holders in.
#ifndef VSW_DB_LOCK_FILE_H_
#define VSW_DB_LOCK_FILE_H_

#include <string>
#include <utility>

#include "base/status.h"

namespace vsw::db {

class LockFile {
 public:
  /// Takes the lock and writes our process id.
  /// Errors: AlreadyExists, naming the holder's process id, if another process has it; else what
  /// the system says to opening or writing the file.
  static absl::StatusOr<LockFile> Acquire(const std::string& path);

  LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LockFile& operator=(LockFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace vsw::db

#endif  // VSW_DB_LOCK_FILE_H_
