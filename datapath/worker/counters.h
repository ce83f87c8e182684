// SPDX-License-Identifier: Apache-2.0
//
// Counters of one port as one worker sees them.
//
// Thread safety: each object is written by exactly one worker and read by anyone. A write is a
// relaxed load and store, never a locked instruction; a reader may see a burst half counted, never
// a torn number.
#ifndef VSW_DATAPATH_WORKER_COUNTERS_H_
#define VSW_DATAPATH_WORKER_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "base/drop_reason.h"

namespace vsw {

class Counter {
 public:
  void Add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Set(uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct alignas(64) PortCounters {
  Counter rx_packets, rx_bytes, tx_packets, tx_bytes;
  std::array<Counter, kDropReasonCount> drops;

  void Drop(DropReason reason, uint64_t n = 1) { drops[static_cast<size_t>(reason)].Add(n); }
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_COUNTERS_H_
