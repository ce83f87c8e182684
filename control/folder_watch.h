// SPDX-License-Identifier: Apache-2.0
//
// Waits for a file of a given name to appear in a folder (inotify(7)), for a call from another
// thread, or for a time to pass.
//
// Thread safety: Interrupt may be called from any thread; the rest by one.
#ifndef VSW_CONTROL_FOLDER_WATCH_H_
#define VSW_CONTROL_FOLDER_WATCH_H_

#include <chrono>
#include <optional>
#include <string>

#include "base/status.h"

namespace vsw::control {

class FolderWatch {
 public:
  explicit FolderWatch(std::string path);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  absl::Status Start();

  /// True if the file was created or moved in since the last call. Returns on that, on Interrupt,
  /// and at `until`.
  bool Wait(std::optional<std::chrono::steady_clock::time_point> until);
  void Interrupt();

 private:
  bool ReadEvents();

  const std::string path_;
  int inotify_ = -1;
  int event_ = -1;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_FOLDER_WATCH_H_
