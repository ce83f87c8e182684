// SPDX-License-Identifier: Apache-2.0
//
// Keeps an idle kernel device from costing every round of its worker a system call: after a run of
// empty polls it lets one through every 10 microseconds. The first frame after a pause waits that
// long at most; a worker that sleeps is woken by the file descriptor and not by polling.
//
// Thread safety: one thread at a time, that which polls the queue.
#ifndef VSW_DATAPATH_PORT_POLL_PACER_H_
#define VSW_DATAPATH_PORT_POLL_PACER_H_

#include <rte_cycles.h>

#include <cstdint>

namespace vsw {

class PollPacer {
 public:
  /// Whether to ask the kernel now.
  bool Due() { return empty_ < kEmptyPolls || rte_rdtsc() - last_tsc_ >= pause_tsc_; }

  /// Tells what the poll found. True once per idle spell: when it begins.
  bool Found(uint16_t frames) {
    if (frames > 0) {
      empty_ = 0;
      return false;
    }
    if (empty_ < kEmptyPolls) ++empty_;
    const bool begins = empty_ == kEmptyPolls && !idle_told_;
    idle_told_ = empty_ == kEmptyPolls;
    if (idle_told_) last_tsc_ = rte_rdtsc();
    return begins;
  }

  /// The next poll goes through: something was said to have happened.
  void Reset() {
    empty_ = 0;
    idle_told_ = false;
  }

 private:
  static constexpr uint16_t kEmptyPolls = 64;

  const uint64_t pause_tsc_ = rte_get_tsc_hz() / 100'000;
  uint64_t last_tsc_ = 0;
  uint16_t empty_ = 0;
  bool idle_told_ = false;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_POLL_PACER_H_
