// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/stage_clock.h"

#include <rte_cycles.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace vsw {

void StageClock::Begin(uint64_t now_tsc, uint64_t deadline_tsc, const LookupTotals& lookups) {
  *this = StageClock();
  begin_tsc_ = mark_tsc_ = now_tsc;
  deadline_tsc_ = deadline_tsc;
  lookups_before_ = lookups;
  on_ = true;
}

void StageClock::Close(uint64_t now_tsc) {
  (stage_ == PerfStage::kOther ? round_tsc_ : Tsc(stage_)) += now_tsc - mark_tsc_;
  mark_tsc_ = now_tsc;
}

PerfStage StageClock::Switch(PerfStage stage) {
  Close(rte_rdtsc());
  if (stage == PerfStage::kReceive) polled_tsc_ = mark_tsc_;
  return std::exchange(stage_, stage);
}

void StageClock::CountBurst(uint32_t packets) {
  totals_.packets += packets;
  ++totals_.bursts;
  const auto size_bucket = static_cast<size_t>(std::bit_width(packets - 1));
  ++totals_.burst_sizes[std::min(size_bucket, kBurstSizeBuckets - 1)];
  const uint64_t cycles_each = (mark_tsc_ - polled_tsc_) / packets;
  const auto cycle_bucket = static_cast<size_t>(std::bit_width(cycles_each | 1)) - 1;
  ++totals_.packet_cycles[std::min(cycle_bucket, kPacketCycleBuckets - 1)];
}

void StageClock::EndRound(bool busy, uint64_t now_tsc, const LookupTotals& lookups) {
  const bool over = now_tsc >= deadline_tsc_;
  // A sleep goes on past the deadline; what came after it is of no measurement.
  if (over && !busy) now_tsc = deadline_tsc_;
  Close(std::max(now_tsc, mark_tsc_));
  stage_ = PerfStage::kOther;
  Tsc(busy ? PerfStage::kOther : PerfStage::kIdle) += std::exchange(round_tsc_, 0);
  totals_.elapsed_tsc = mark_tsc_ - begin_tsc_;
  totals_.lookups = {
      .exact_match_hits = lookups.exact_match_hits - lookups_before_.exact_match_hits,
      .megaflow_hits = lookups.megaflow_hits - lookups_before_.megaflow_hits,
      .misses = lookups.misses - lookups_before_.misses};
  on_ = !over;
}

}  // namespace vsw
