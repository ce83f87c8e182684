// SPDX-License-Identifier: Apache-2.0
//
// The cores that workers run on, as given by --workers: "1,3-5". Cores asked for must be there, or
// the switch does not start: running elsewhere than asked would go unnoticed.
#ifndef VSW_DATAPATH_PROCESS_CORE_LIST_H_
#define VSW_DATAPATH_PROCESS_CORE_LIST_H_

#include <sched.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace vsw {

/// Ascending, without repeats; empty for "" (one worker, not pinned). Reads what is online below
/// `root` ("" = the machine). InvalidArgument names the core and the reason: no number, does not
/// exist, offline, not in `allowed`.
[[nodiscard]] absl::StatusOr<std::vector<int>> ParseCoreList(const std::string& text,
                                                             const std::string& root,
                                                             const cpu_set_t& allowed);

/// Where the process's other threads run: `allowed` without the workers' cores, or all of `allowed`
/// if that leaves none.
[[nodiscard]] cpu_set_t CoresBeside(const std::vector<int>& workers, const cpu_set_t& allowed);

}  // namespace vsw

#endif  // VSW_DATAPATH_PROCESS_CORE_LIST_H_
