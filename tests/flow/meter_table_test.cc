// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/meter_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "tests/support/random_seed.h"

namespace vsw {
namespace {

using testing::Random;
using testing::RandomSeed;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 12'345'678'901;
constexpr WorkerId kWorker{0};

// Packets of `bytes`, `gap_ns` apart, for `seconds`: how many pass.
uint64_t Passed(Meter* meter, uint32_t bytes, uint64_t gap_ns, uint64_t seconds) {
  uint64_t passed = 0;
  for (uint64_t at = 0; at < seconds * kSecond; at += gap_ns) {
    passed += !meter->Apply(kWorker, bytes, kStart + at).drop;
  }
  return passed;
}

TEST(Meter, LetsPassItsRateAndTheBurst) {
  Meter meter({.packets = true, .bands = {{.rate = 1000, .burst = 50}}}, 1, kStart);
  EXPECT_NEAR(static_cast<double>(Passed(&meter, 100, 10'000, 10)), 10'050, 1);
}

TEST(Meter, LetsPassEverythingBelowItsRate) {
  Meter meter({.packets = true, .bands = {{.rate = 1000, .burst = 1}}}, 1, kStart);
  EXPECT_EQ(Passed(&meter, 100, 1'000'000, 10), 10'000u);
}

TEST(Meter, CountsBitsWhereTheRateIsOfBits) {
  Meter meter({.packets = false, .bands = {{.rate = 8'000'000, .burst = 80'000}}}, 1, kStart);
  // A million bytes a second, and ten thousand at once.
  EXPECT_NEAR(static_cast<double>(Passed(&meter, 1000, 100'000, 10)), 10'010, 1);
}

TEST(Meter, TakesTheBurstAtOnceAndNothingBeyondIt) {
  Meter meter({.packets = true, .bands = {{.rate = 10, .burst = 7}}}, 1, kStart);
  int passed = 0;
  for (int i = 0; i < 20; ++i) passed += !meter.Apply(kWorker, 60, kStart).drop;
  EXPECT_EQ(passed, 7);
  EXPECT_TRUE(meter.Apply(kWorker, 60, kStart + kSecond / 10 - 10).drop);
  EXPECT_FALSE(meter.Apply(kWorker, 60, kStart + kSecond / 10 + 10).drop);
  EXPECT_TRUE(meter.Apply(kWorker, 60, kStart + kSecond / 10 + 20).drop);
}

TEST(Meter, ABandWithoutABurstMayBurstForASecond) {
  Meter meter({.packets = true, .bands = {{.rate = 30}}}, 1, kStart);
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += !meter.Apply(kWorker, 60, kStart).drop;
  EXPECT_EQ(passed, 30);
}

TEST(Meter, ABandOfRateZeroLetsNothingPass) {
  Meter meter({.packets = true, .bands = {{.rate = 0, .burst = 100}}}, 1, kStart);
  EXPECT_EQ(Passed(&meter, 60, kSecond / 10, 5), 0u);
}

TEST(Meter, WithoutBandsCountsAndLetsPass) {
  Meter meter({}, 1, kStart);
  EXPECT_EQ(Passed(&meter, 60, kSecond / 10, 1), 10u);
  EXPECT_EQ(meter.Read().packets, 10u);
  EXPECT_EQ(meter.Read().bytes, 600u);
}

TEST(Meter, TheHighestBandThatIsExceededDecides) {
  Meter meter({.packets = true,
               .bands = {{.rate = 20, .burst = 20},
                         {.rate = 10, .burst = 10, .remark_dscp = true, .precedence = 2}}},
              1, kStart);
  int passed = 0, remarked = 0, dropped = 0;
  for (int i = 0; i < 30; ++i) {
    const MeterVerdict verdict = meter.Apply(kWorker, 100, kStart);
    dropped += verdict.drop;
    remarked += verdict.raise_precedence == 2;
    passed += !verdict.drop && verdict.raise_precedence == 0;
  }
  EXPECT_EQ(passed, 10);
  EXPECT_EQ(remarked, 10);
  EXPECT_EQ(dropped, 10);
  const MeterTotals totals = meter.Read();
  EXPECT_EQ(totals.packets, 30u);
  ASSERT_EQ(totals.bands.size(), 2u);
  EXPECT_EQ(totals.bands[0], std::pair(uint64_t{10}, uint64_t{1000}));
  EXPECT_EQ(totals.bands[1], std::pair(uint64_t{10}, uint64_t{1000}));
}

TEST(Meter, HoldsRatesFromOneBitToTerabitsPerSecond) {
  for (const uint64_t rate :
       {uint64_t{1}, uint64_t{1000}, uint64_t{100'000'000'000}, uint64_t{1'000'000'000'000}}) {
    const uint64_t burst = 480 + rate / 100'000;
    Meter meter({.packets = false, .bands = {{.rate = rate, .burst = burst}}}, 1, kStart);
    uint64_t at_once = 0;
    while (!meter.Apply(kWorker, 60, kStart).drop) ++at_once;
    EXPECT_NEAR(static_cast<double>(at_once), static_cast<double>(burst / 480),
                1 + static_cast<double>(at_once) * 1e-2)
        << rate;
    // From then on twice what may pass.
    constexpr uint64_t kPackets = 100'000;
    uint64_t passed = 0;
    for (uint64_t n = 1; n <= kPackets; ++n) {
      const auto at =
          static_cast<uint64_t>(static_cast<unsigned __int128>(n) * 240 * kSecond / rate);
      passed += !meter.Apply(kWorker, 60, kStart + at).drop;
    }
    EXPECT_NEAR(static_cast<double>(passed), kPackets / 2, kPackets / 100) << rate;
  }
}

TEST(Meter, TakesATimeBeforeItWasMadeForItsFirstMoment) {
  Meter meter({.packets = true, .bands = {{.rate = 1, .burst = 1}}}, 1, kStart);
  EXPECT_FALSE(meter.Apply(kWorker, 60, kStart - kSecond).drop);
  EXPECT_TRUE(meter.Apply(kWorker, 60, kStart - kSecond).drop);
}

// A bucket of tokens, as the specification tells it.
class Bucket {
 public:
  Bucket(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}
  bool Take(double units, double seconds) {
    tokens_ = std::min(burst_, tokens_ + (seconds - before_) * rate_);
    before_ = seconds;
    if (tokens_ < units) return false;
    tokens_ -= units;
    return true;
  }
  double tokens() const { return tokens_; }

 private:
  double rate_, burst_, tokens_, before_ = 0;
};

TEST(Meter, DoesWhatABucketOfTokensDoes) {
  Random random(RandomSeed());
  for (int round = 0; round < 50; ++round) {
    const uint64_t rate = 1000 + random.Below(10'000'000), burst = 12'000 + random.Below(100'000);
    Meter meter({.packets = false, .bands = {{.rate = rate, .burst = burst}}}, 1, kStart);
    Bucket bucket(static_cast<double>(rate), static_cast<double>(burst));
    uint64_t at = 0;
    for (int n = 0; n < 2000; ++n) {
      at += random.Below(3'000'000);
      const uint32_t bytes = 60 + random.Below(1400);
      const double bits = bytes * 8.0;
      const bool passes = bucket.Take(bits, static_cast<double>(at) / kSecond);
      const bool close = std::abs(bucket.tokens() - (passes ? 0 : bits)) < 1;
      const bool passed = !meter.Apply(kWorker, bytes, kStart + at).drop;
      if (close) break;  // a matter of rounding; from here on they go different ways
      ASSERT_EQ(passed, passes) << "round " << round << " packet " << n;
    }
  }
}

TEST(MeterTable, IsSharedExactlyByAllWorkers) {
  constexpr uint32_t kWorkers = 4;
  constexpr uint64_t kPackets = 50'000, kBurst = 77'777;
  MeterTable table(kWorkers);
  // Time stands still: of all that is offered just the burst passes.
  ASSERT_EQ(table.Set(9, {.packets = true, .bands = {{.rate = 1, .burst = kBurst}}}, kStart),
            nullptr);
  std::atomic<uint64_t> passed{0};
  std::vector<std::thread> workers;
  for (uint32_t i = 0; i < kWorkers; ++i) {
    workers.emplace_back([&, i] {
      for (uint64_t n = 0; n < kPackets; ++n) {
        passed += !table.Apply(WorkerId{i}, 9, 100, kStart).drop;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(passed.load(), kBurst);
  const MeterTotals totals = table.Read(9);
  EXPECT_EQ(totals.packets, kWorkers * kPackets);
  EXPECT_EQ(totals.bytes, kWorkers * kPackets * 100);
  EXPECT_EQ(totals.bands[0].first, kWorkers * kPackets - kBurst);
  EXPECT_EQ(totals.bands[0].second, (kWorkers * kPackets - kBurst) * 100);
}

TEST(MeterTable, KeepsMetersApartAndForgetsThem) {
  MeterTable table(1);
  EXPECT_FALSE(table.Apply(kWorker, 3, 100, kStart).drop) << "none is there";
  EXPECT_EQ(table.Read(3).packets, 0u);
  const MeterSpec closed = {.packets = true, .bands = {{.rate = 0}}};
  EXPECT_EQ(table.Set(3, closed, kStart), nullptr);
  EXPECT_TRUE(table.Apply(kWorker, 3, 100, kStart).drop);
  EXPECT_FALSE(table.Apply(kWorker, 4, 100, kStart).drop);
  EXPECT_EQ(table.Read(3).bands[0].first, 1u);
  EXPECT_NE(table.Set(3, {}, kStart), nullptr) << "the former one, to be freed in time";
  EXPECT_FALSE(table.Apply(kWorker, 3, 100, kStart).drop);
  EXPECT_NE(table.Clear(3), nullptr);
  EXPECT_EQ(table.Clear(3), nullptr);
  EXPECT_EQ(table.Set(65535, closed, kStart), nullptr);
  EXPECT_TRUE(table.Apply(kWorker, 65535, 100, kStart).drop);
}

}  // namespace
}  // namespace vsw
