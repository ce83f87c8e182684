// SPDX-License-Identifier: Apache-2.0
//
// Whole files as text.
#ifndef VSW_TESTS_SUPPORT_FILES_H_
#define VSW_TESTS_SUPPORT_FILES_H_

#include <fstream>
#include <sstream>
#include <string>

namespace vsw {

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace vsw

#endif  // VSW_TESTS_SUPPORT_FILES_H_
