// SPDX-License-Identifier: Apache-2.0
//
// Candidates for the word under the cursor, for the scripts that `vswctl completion` prints. They
// call the hidden command `vswctl __complete WORD...`; the last word is the one to complete. Names
// of bridges and ports are asked from vswmgrd, which gets one second; without it there are none.
#ifndef VSW_CLI_COMPLETION_H_
#define VSW_CLI_COMPLETION_H_

#include <string>
#include <vector>

namespace vsw::cli {

inline constexpr char kCompleteCommand[] = "__complete";

/// Sorted; those that end in '=' or '.' want more without a blank. `target` is used unless the
/// words hold a --target.
std::vector<std::string> Complete(const std::vector<std::string>& words, const std::string& target);

}  // namespace vsw::cli

#endif  // VSW_CLI_COMPLETION_H_
