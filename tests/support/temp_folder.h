// SPDX-License-Identifier: Apache-2.0
//
// A folder of its own for one test, removed at the end. Short names: sockets are put in it.
#ifndef VSW_TESTS_SUPPORT_TEMP_FOLDER_H_
#define VSW_TESTS_SUPPORT_TEMP_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace vsw {

class TempFolder {
 public:
  TempFolder() {
    path_ = std::filesystem::temp_directory_path() / "vsw-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
  }
  ~TempFolder() { Remove(); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  /// For folders that are not destroyed.
  void Remove() noexcept {
    // A process that the test ended may be removing files of its own: remove_all() stops at them.
    std::error_code error;
    for (int i = 0; i < 10; ++i) {
      std::filesystem::remove_all(path_, error);
      if (!error) return;
    }
  }

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace vsw

#endif  // VSW_TESTS_SUPPORT_TEMP_FOLDER_H_
