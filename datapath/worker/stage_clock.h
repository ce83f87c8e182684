// SPDX-License-Identifier: Apache-2.0
//
// Where one worker's cycles go, by stage, while that is asked for. Each cycle from Begin() on is of
// exactly one stage: entering a stage ends the former one. When it is off, entering one is a test
// of a flag, and no clock is read.
//
// Thread safety: none; the worker owns it, and orders read it out.
#ifndef VSW_DATAPATH_WORKER_STAGE_CLOCK_H_
#define VSW_DATAPATH_WORKER_STAGE_CLOCK_H_

#include <cstddef>
#include <cstdint>

#include "datapath/flow/perf_view.h"

namespace vsw {

class StageClock {
 public:
  bool on() const { return on_; }

  /// Zeroes what was counted, and counts until `deadline_tsc`. `lookups`: those of before.
  void Begin(uint64_t now_tsc, uint64_t deadline_tsc, const LookupTotals& lookups);

  /// Returns the stage that this one interrupts, which may be entered again afterwards.
  [[gnu::always_inline]] PerfStage Enter(PerfStage stage) {
    if (!on_) [[likely]]
      return PerfStage::kOther;
    return Switch(stage);
  }

  /// A poll, which began by entering kReceive, gave nothing.
  void ReceivedNothing() {
    if (on_) [[unlikely]]
      stage_ = PerfStage::kIdle;
  }
  /// What a poll gave has been dealt with. REQUIRES: on() since before that poll, and kOther
  /// entered after it; packets > 0.
  void CountBurst(uint32_t packets);

  /// One round of the loop is over; `busy`: it had packets. `lookups`: all there have been. Past
  /// the deadline it turns itself off. REQUIRES: on().
  void EndRound(bool busy, uint64_t now_tsc, const LookupTotals& lookups);

  const PerfTotals& totals() const { return totals_; }

 private:
  [[gnu::noinline]] PerfStage Switch(PerfStage stage);
  void Close(uint64_t now_tsc);
  uint64_t& Tsc(PerfStage stage) { return totals_.stage_tsc[static_cast<size_t>(stage)]; }

  bool on_ = false;
  PerfStage stage_ = PerfStage::kOther;
  uint64_t mark_tsc_ = 0;    // when stage_ was entered
  uint64_t polled_tsc_ = 0;  // when kReceive was entered last
  uint64_t round_tsc_ = 0;   // of kOther in this round: whether it is busy is known at its end
  uint64_t begin_tsc_ = 0, deadline_tsc_ = 0;
  LookupTotals lookups_before_;
  PerfTotals totals_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_STAGE_CLOCK_H_
