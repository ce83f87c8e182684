// SPDX-License-Identifier: Apache-2.0
//
// Which memory the switch uses: hugepages if enough of one size are free, ordinary memory
// otherwise. Decides only; nothing is allocated here.
#ifndef VSW_DATAPATH_PROCESS_MEMORY_PLAN_H_
#define VSW_DATAPATH_PROCESS_MEMORY_PLAN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace vsw {

struct MemoryPlan {
  uint64_t mib = 0;
  bool hugepages = false;
  std::string description;  // for people: which, and why
};

inline constexpr uint64_t kMinMemoryMib = 64;
inline constexpr uint64_t kMaxMemoryMib = 1u << 20;

enum class Hugepages { kIfFree, kGone };

/// Reads below `root` ("" = the machine). kGone: there were some, which could not be had when they
/// were wanted. Errors: InvalidArgument (a size out of range),
/// ResourceExhausted (not that much memory; says what to do).
[[nodiscard]] absl::StatusOr<MemoryPlan> PlanMemory(uint64_t mib, Hugepages hugepages,
                                                    const std::string& root);

}  // namespace vsw

#endif  // VSW_DATAPATH_PROCESS_MEMORY_PLAN_H_
