// SPDX-License-Identifier: Apache-2.0
//
// The packet buffers of the process: two thirds of its memory, 2 KiB of data room each. On
// hugepages they are DPDK's own memory. On ordinary memory they are one mapping with transparent
// hugepages: DPDK's layout would spend a page of 4 KiB on each buffer, and touching page by page
// would take half a second of every restart.
#ifndef VSW_DATAPATH_PROCESS_MBUF_POOL_H_
#define VSW_DATAPATH_PROCESS_MBUF_POOL_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "datapath/process/memory_plan.h"

struct rte_mempool;

namespace vsw {

constexpr uint64_t MbufPoolMib(const MemoryPlan& plan) { return plan.mib * 2 / 3; }

/// The pool lives as long as the process. ResourceExhausted: not that much memory.
[[nodiscard]] absl::StatusOr<rte_mempool*> MakeMbufPool(const MemoryPlan& plan);

}  // namespace vsw

#endif  // VSW_DATAPATH_PROCESS_MBUF_POOL_H_
