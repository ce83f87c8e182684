// SPDX-License-Identifier: Apache-2.0
//
// Starts DPDK's environment layer the way a daemon wants it: nothing on the command line, no files
// left behind, several side by side, no device taken that was not asked for, its log lines in ours,
// and the calling thread not bound to a core. Called once, on the main thread, before any other
// thread.
#ifndef VSW_DATAPATH_PROCESS_EAL_H_
#define VSW_DATAPATH_PROCESS_EAL_H_

#include "absl/status/status.h"
#include "datapath/process/memory_plan.h"

namespace vsw {

/// Once in the life of a program, even if it fails. Errors: ResourceExhausted and what DPDK's error
/// number says, with what to do.
[[nodiscard]] absl::Status StartEal(const MemoryPlan& plan);

}  // namespace vsw

#endif  // VSW_DATAPATH_PROCESS_EAL_H_
