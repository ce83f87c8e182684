// SPDX-License-Identifier: Apache-2.0
//
// Holds a run directory for one daemon: a locked file with the process id in it. The kernel drops
// the lock with the process, however that ends, so a stale file is in nobody's way.
#ifndef VSW_DATAPATH_PROCESS_PID_FILE_H_
#define VSW_DATAPATH_PROCESS_PID_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace vsw {

class PidFile {
 public:
  /// Makes `directory` too if it is missing. AlreadyExists names the process that holds it; then
  /// nothing was touched.
  [[nodiscard]] static absl::StatusOr<PidFile> Lock(const std::string& directory,
                                                    const std::string& daemon);
  ~PidFile();
  PidFile(PidFile&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  PidFile& operator=(PidFile&&) = delete;

 private:
  explicit PidFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PROCESS_PID_FILE_H_
