// SPDX-License-Identifier: Apache-2.0
//
// What a worker hands to the slow thread: a bounded ring of small events, one ring a worker. When
// it is full an event is lost, which costs a little knowledge and no packet: an address is learned,
// or a count arrives, with a later one.
//
// Thread safety: one worker pushes, the slow thread pops.
#ifndef VSW_DATAPATH_WORKER_SLOW_EVENTS_H_
#define VSW_DATAPATH_WORKER_SLOW_EVENTS_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "datapath/flow/slow_path.h"

namespace vsw {

using SlowEvent = LearnEvent;

class SlowEventRing {
 public:
  SlowEventRing() : events_(kCapacity) {}

  /// Worker side. False: full; the event is lost.
  bool Push(const SlowEvent& event) {
    const uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) return false;
    events_[tail % kCapacity] = event;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Slow-thread side. False: empty.
  bool Pop(SlowEvent* event) {
    const uint32_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    *event = events_[head % kCapacity];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }
  bool empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  static constexpr uint32_t kCapacity = 1u << 14;
  std::vector<SlowEvent> events_;
  alignas(64) std::atomic<uint32_t> head_{0};
  alignas(64) std::atomic<uint32_t> tail_{0};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_SLOW_EVENTS_H_
