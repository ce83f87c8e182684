// SPDX-License-Identifier: Apache-2.0
//
// Has the process begin again as the same program with other arguments. DPDK can be started once in
// the life of a program: when it fails half way, what it holds goes only with the program.
//
// Thread safety: for the main thread, with no others that matter.
#ifndef VSW_DATAPATH_PROCESS_START_ANEW_H_
#define VSW_DATAPATH_PROCESS_START_ANEW_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace vsw {

/// The descriptors that are open now.
std::set<int> OpenDescriptors();

/// `arguments`: with the program's name. Of the open descriptors those in `keep` stay open.
/// Returns only if it cannot be done.
[[nodiscard]] absl::Status StartAnew(const std::vector<std::string>& arguments,
                                     const std::set<int>& keep);

}  // namespace vsw

#endif  // VSW_DATAPATH_PROCESS_START_ANEW_H_
