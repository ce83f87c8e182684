// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/miss_budget.h"

#include <gtest/gtest.h>

namespace vsw {
namespace {

constexpr uint64_t kTick = 1000;
constexpr uint64_t kSaved = 20'000;
constexpr uint64_t kPressed = 100;
constexpr PortNo kNoisy{1}, kQuiet{2};

class MissBudgetTest : public ::testing::Test {
 protected:
  // One translation of `cost`, if it is allowed; time goes on by what it took.
  bool Translate(PortNo port, uint64_t cost) {
    if (!budget_.Allow(port, now_)) return false;
    now_ += cost;
    budget_.Charge(port, cost);
    return true;
  }
  uint64_t now_ = 1'000'000;
  MissBudget budget_{8, kTick, kSaved, kPressed};
};

TEST_F(MissBudgetTest, NeverRefusesAPortThatIsAlone) {
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(Translate(kNoisy, 50)) << i;
  // Not even when one translation is longer than all that can be saved up.
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Translate(kNoisy, 3 * kSaved)) << i;
    now_ += 3 * kSaved;
  }
}

TEST_F(MissBudgetTest, LeavesHalfTheTimeToASecondPort) {
  uint64_t spent = 0, quiet_refused = 0;
  const uint64_t start = now_;
  while (now_ - start < 4'000'000) {
    for (int i = 0; i < 32; ++i) spent += Translate(kNoisy, 50) ? 50 : 0;
    quiet_refused += !Translate(kQuiet, 50);
    now_ += 10;
  }
  EXPECT_EQ(quiet_refused, 0u);
  EXPECT_LT(spent, (now_ - start) * 6 / 10);
  EXPECT_GT(spent, (now_ - start) * 4 / 10);
}

TEST_F(MissBudgetTest, AlwaysServesAPortThatKeepsWithinItsShare) {
  // Seven noisy ports; the quiet one asks for a tenth of an eighth.
  uint64_t refused = 0, asked = 0, next_quiet = now_;
  for (int round = 0; round < 20'000; ++round) {
    for (uint32_t port = 1; port < 8; ++port) {
      if (port != ToInt(kQuiet)) Translate(PortNo{port}, 50);
    }
    now_ += 5;
    if (now_ < next_quiet) continue;
    next_quiet = now_ + 50 * 80;
    ++asked;
    refused += !Translate(kQuiet, 50);
  }
  EXPECT_GT(asked, 100u);
  EXPECT_EQ(refused, 0u);
}

TEST_F(MissBudgetTest, SavesNoMoreThanItsBound) {
  ASSERT_TRUE(Translate(kNoisy, 1));
  ASSERT_TRUE(Translate(kQuiet, 1));
  now_ += 1'000'000 * kSaved;  // a long silence of both
  uint64_t spent = 0;
  const uint64_t start = now_;
  ASSERT_TRUE(Translate(kQuiet, 1));
  for (int i = 0; i < 100'000 && now_ < start + 2 * kTick; ++i) {
    spent += Translate(kNoisy, 50) ? 50 : 0;
    Translate(kQuiet, 1);
  }
  EXPECT_LE(spent, kSaved + 2 * kTick + 50);
}

TEST_F(MissBudgetTest, GivesAPortTheWholeTimeAgainOnceTheOtherIsSilent) {
  for (int i = 0; i < 10'000; ++i) {
    Translate(kNoisy, 50);
    Translate(kQuiet, 50);
  }
  now_ += 100 * kTick;
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(Translate(kNoisy, 50)) << i;
}

TEST_F(MissBudgetTest, RefusesAPortInDebtUntilItEarnedItBack) {
  ASSERT_TRUE(Translate(kNoisy, 10));
  budget_.Charge(kNoisy, kSaved + 500);
  EXPECT_FALSE(budget_.Allow(kNoisy, now_ + 100));
  EXPECT_FALSE(budget_.Allow(kNoisy, now_ + 490));
  EXPECT_TRUE(budget_.Allow(kNoisy, now_ + 600));
}

TEST_F(MissBudgetTest, LeavesTheTimeToAPortThatWaitsForItsOwnPackets) {
  ASSERT_TRUE(Translate(kNoisy, 1));
  WaitingPorts waiting;
  waiting.Add(kQuiet);
  uint64_t spent = 0;
  const uint64_t start = now_;
  while (now_ - start < 1'000'000) {
    const uint64_t round_start = now_;
    for (int i = 0; i < 32; ++i) spent += Translate(kNoisy, 50) ? 50 : 0;
    now_ += 200;  // what the other one is given
    budget_.Pass(now_ - round_start, waiting);
  }
  // What the first round had is what was saved up before anybody waited.
  const uint64_t share = (now_ - start) / MissBudget::kPressedShare;
  EXPECT_LE(spent, share + 32 * 50 + kPressed + 50);
  EXPECT_GE(spent, share * 9 / 10) << "never quite nothing";
}

TEST_F(MissBudgetTest, TakesNothingFromThePortThatWaitsItself) {
  WaitingPorts waiting;
  waiting.Add(kNoisy);
  waiting.Add(kNoisy);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(Translate(kNoisy, 50)) << i;
    budget_.Pass(50, waiting);
  }
  // Nor is the time forgotten in which others did not count.
  budget_.Pass(0, {});
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(Translate(kNoisy, 50)) << i;
  waiting.Add(kQuiet);
  EXPECT_TRUE(waiting.AnyBeside(kNoisy) && waiting.AnyBeside(kQuiet));
}

TEST_F(MissBudgetTest, GivesAPortTheWholeTimeAgainOnceNobodyWaits) {
  WaitingPorts waiting;
  waiting.Add(kQuiet);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t round_start = now_;
    Translate(kNoisy, 50);
    now_ += 10;
    budget_.Pass(now_ - round_start, waiting);
  }
  budget_.Pass(0, {});
  now_ += kSaved;
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(Translate(kNoisy, 50)) << i;
}

TEST_F(MissBudgetTest, ForgivesDebtsBeyondItsBound) {
  ASSERT_TRUE(Translate(kNoisy, 10));
  budget_.Charge(kNoisy, 100 * kSaved);
  EXPECT_FALSE(budget_.Allow(kNoisy, now_ + kSaved - 10));
  EXPECT_TRUE(budget_.Allow(kNoisy, now_ + kSaved + 10));
}

}  // namespace
}  // namespace vsw
