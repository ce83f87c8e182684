// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/stage_clock.h"

#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <numeric>

#include "tests/support/packet_builder.h"
#include "tests/worker/pipeline_fixture.h"

namespace vsw {
namespace {

using testing::PacketBuilder;

constexpr uint64_t kFarAway = uint64_t{1} << 40;  // cycles

uint64_t Of(const PerfTotals& totals, PerfStage stage) {
  return totals.stage_tsc[static_cast<size_t>(stage)];
}
uint64_t Sum(const PerfTotals& totals) {
  return std::accumulate(totals.stage_tsc.begin(), totals.stage_tsc.end(), uint64_t{0});
}
void Spin(uint64_t cycles) {
  for (const uint64_t end = rte_rdtsc() + cycles; rte_rdtsc() < end;) {
  }
}
void Begin(StageClock* clock) { clock->Begin(rte_rdtsc(), rte_rdtsc() + kFarAway, {}); }

TEST(StageClock, CountsNothingWhenItIsOff) {
  StageClock clock;
  EXPECT_FALSE(clock.on());
  EXPECT_EQ(clock.Enter(PerfStage::kReceive), PerfStage::kOther);
  clock.ReceivedNothing();
  clock.Enter(PerfStage::kExecute);
  clock.Enter(PerfStage::kOther);
  EXPECT_EQ(Sum(clock.totals()), 0u);
  EXPECT_EQ(clock.totals().elapsed_tsc, 0u);
}

TEST(StageClock, GivesEachCycleToOneStage) {
  StageClock clock;
  Begin(&clock);
  clock.Enter(PerfStage::kReceive);
  Spin(1000);
  clock.Enter(PerfStage::kExecute);
  Spin(20'000);
  EXPECT_EQ(clock.Enter(PerfStage::kTransmit), PerfStage::kExecute);
  Spin(3000);
  clock.Enter(PerfStage::kExecute);
  Spin(20'000);
  clock.Enter(PerfStage::kOther);
  Spin(500);
  clock.EndRound(true, rte_rdtsc(), {});
  const PerfTotals& totals = clock.totals();
  EXPECT_GE(Of(totals, PerfStage::kReceive), 1000u);
  EXPECT_GE(Of(totals, PerfStage::kExecute), 40'000u);
  EXPECT_GE(Of(totals, PerfStage::kTransmit), 3000u);
  EXPECT_GE(Of(totals, PerfStage::kOther), 500u);
  EXPECT_EQ(Of(totals, PerfStage::kParse), 0u);
  EXPECT_EQ(Of(totals, PerfStage::kIdle), 0u);
  EXPECT_EQ(Sum(totals), totals.elapsed_tsc);
}

TEST(StageClock, TakesEmptyPollsAndRoundsWithoutPacketsForIdle) {
  StageClock clock;
  Begin(&clock);
  Spin(2000);  // of a round that turns out to have nothing
  clock.Enter(PerfStage::kReceive);
  Spin(1000);
  clock.ReceivedNothing();
  clock.EndRound(false, rte_rdtsc(), {});
  EXPECT_GE(Of(clock.totals(), PerfStage::kIdle), 3000u);
  EXPECT_EQ(Sum(clock.totals()), Of(clock.totals(), PerfStage::kIdle));

  clock.Enter(PerfStage::kReceive);
  Spin(1000);
  clock.ReceivedNothing();
  clock.Enter(PerfStage::kReceive);
  clock.Enter(PerfStage::kOther);
  Spin(1000);
  clock.EndRound(true, rte_rdtsc(), {});
  EXPECT_GE(Of(clock.totals(), PerfStage::kIdle), 4000u);
  EXPECT_GE(Of(clock.totals(), PerfStage::kOther), 1000u);
  EXPECT_EQ(Sum(clock.totals()), clock.totals().elapsed_tsc);
}

TEST(StageClock, SortsBurstsBySizeAndByCyclesAPacket) {
  StageClock clock;
  Begin(&clock);
  uint64_t packets = 0;
  for (uint32_t size = 1; size <= 32; ++size) {
    clock.Enter(PerfStage::kReceive);
    Spin(size * 1024);
    clock.Enter(PerfStage::kOther);
    clock.CountBurst(size);
    packets += size;
  }
  const PerfTotals& totals = clock.totals();
  EXPECT_EQ(totals.packets, packets);
  EXPECT_EQ(totals.bursts, 32u);
  EXPECT_EQ(totals.burst_sizes, (std::array<uint64_t, kBurstSizeBuckets>{1, 1, 2, 4, 8, 16}));
  // None took less than 1024; who was interrupted took more.
  const auto& cycles = totals.packet_cycles;
  EXPECT_EQ(std::accumulate(cycles.begin(), cycles.begin() + 10, uint64_t{0}), 0u);
  EXPECT_EQ(std::accumulate(cycles.begin() + 10, cycles.end(), uint64_t{0}), 32u);
}

TEST(StageClock, StopsAtItsDeadline) {
  StageClock clock;
  const uint64_t now = rte_rdtsc();
  clock.Begin(now, now + 1000, {});
  clock.EndRound(true, now + 400, {});
  EXPECT_TRUE(clock.on());
  clock.EndRound(false, now + 50'000, {});  // slept past it
  EXPECT_FALSE(clock.on());
  EXPECT_EQ(clock.totals().elapsed_tsc, 1000u);
  EXPECT_EQ(Of(clock.totals(), PerfStage::kOther), 400u);
  EXPECT_EQ(Of(clock.totals(), PerfStage::kIdle), 600u);
  clock.Enter(PerfStage::kParse);
  Spin(1000);
  clock.Enter(PerfStage::kOther);
  EXPECT_EQ(Sum(clock.totals()), 1000u);
}

TEST(StageClock, CountsLookupsSinceItBeganAndBeginsAnew) {
  StageClock clock;
  Begin(&clock);
  clock.EndRound(true, rte_rdtsc(), {.exact_match_hits = 5, .megaflow_hits = 6, .misses = 7});
  EXPECT_EQ(clock.totals().lookups.misses, 7u);
  const uint64_t now = rte_rdtsc();
  clock.Begin(now, now + kFarAway, {.exact_match_hits = 5, .megaflow_hits = 6, .misses = 7});
  EXPECT_EQ(Sum(clock.totals()), 0u);
  EXPECT_EQ(clock.totals().lookups.misses, 0u);
  clock.EndRound(true, rte_rdtsc(), {.exact_match_hits = 6, .megaflow_hits = 8, .misses = 10});
  EXPECT_EQ(clock.totals().lookups.exact_match_hits, 1u);
  EXPECT_EQ(clock.totals().lookups.megaflow_hits, 2u);
  EXPECT_EQ(clock.totals().lookups.misses, 3u);
}

// The stages as the pipeline enters them.
class PipelineStagesTest : public testing::PipelineTest {
 protected:
  // A burst, and its cycles by stage.
  PerfTotals Measure(const std::vector<testing::Frame>& frames) {
    pipeline_->StartPerf(kFarAway);
    Receive(frames);
    pipeline_->EndRound(true, rte_rdtsc());
    return pipeline_->clock()->totals();
  }
  static testing::Frame Numbered(uint16_t number) {
    return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(number, 53).Payload(22).Build();
  }
};

TEST_F(PipelineStagesTest, MissesOnceAndThenLooksUp) {
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    Spin(100'000);
    result->mask.bits.l4_dst.raw = 0xffff;
    result->actions.push_back(Action::Output(PortNo{2}));
  });
  const PerfTotals missed = Measure({Numbered(1)});
  EXPECT_GE(Of(missed, PerfStage::kMiss), 100'000u);
  EXPECT_EQ(missed.lookups.misses, 1u);
  const PerfTotals hit = Measure({Numbered(2), Numbered(3)});
  EXPECT_EQ(Of(hit, PerfStage::kMiss), 0u);
  EXPECT_EQ(hit.lookups.misses, 0u);
  EXPECT_EQ(hit.lookups.exact_match_hits + hit.lookups.megaflow_hits, 2u);
  for (const PerfStage stage : {PerfStage::kParse, PerfStage::kLookup, PerfStage::kExecute,
                                PerfStage::kTransmit, PerfStage::kOther}) {
    EXPECT_GT(Of(hit, stage), 0u) << static_cast<int>(stage);
  }
  EXPECT_EQ(Sum(hit), hit.elapsed_tsc);
}

TEST_F(PipelineStagesTest, ExecutionEndsWhereAFullBatchIsSent) {
  out_.OnSent([](const rte_mbuf*) { Spin(10'000); });
  Always({Action::Output(PortNo{2})});
  std::vector<testing::Frame> frames;
  for (uint16_t i = 0; i < kBurst; ++i) frames.push_back(Numbered(i));
  Measure(frames);
  const PerfTotals totals = Measure(frames);
  EXPECT_GE(Of(totals, PerfStage::kTransmit), kBurst * 10'000u);
  EXPECT_EQ(Sum(totals), totals.elapsed_tsc);
}

}  // namespace
}  // namespace vsw
