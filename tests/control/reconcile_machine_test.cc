// SPDX-License-Identifier: Apache-2.0
#include "control/reconcile_machine.h"

#include <gtest/gtest.h>

namespace vsw::control {
namespace {

using std::chrono::milliseconds;

class ReconcileMachineTest : public testing::Test {
 protected:
  // A connected switch that has had revision 5.
  void Settle() {
    machine_.OnWanted(5);
    EXPECT_TRUE(machine_.Next(now_).watch);
    machine_.OnState("boot-a", 0);
    EXPECT_TRUE(machine_.Next(now_).apply);
    machine_.OnApplied("boot-a", 5);
    EXPECT_FALSE(machine_.Next(now_).apply);
  }

  ReconcileMachine::TimePoint now_{milliseconds(1000)};
  ReconcileMachine machine_{[] { return 0.0; }};
};

TEST_F(ReconcileMachineTest, WaitsForTheSwitchBeforeSending) {
  machine_.OnWanted(5);
  const auto steps = machine_.Next(now_);
  EXPECT_TRUE(steps.watch);
  EXPECT_FALSE(steps.apply);
  EXPECT_EQ(machine_.WakeAt(), std::nullopt);
}

TEST_F(ReconcileMachineTest, SendsOnceToASwitchThatRunsTheRevisionAlready) {
  machine_.OnWanted(5);
  machine_.Next(now_);
  machine_.OnState("boot-a", 5);
  EXPECT_TRUE(machine_.Next(now_).apply);
  EXPECT_FALSE(machine_.served());
  machine_.OnApplied("boot-a", 5);
  EXPECT_TRUE(machine_.served());
  EXPECT_FALSE(machine_.Next(now_).apply);
  EXPECT_EQ(machine_.WakeAt(), std::nullopt);
}

TEST_F(ReconcileMachineTest, MakesOneOfManyChangesDuringAnApply) {
  Settle();
  machine_.OnWanted(6);
  EXPECT_TRUE(machine_.Next(now_).apply);
  for (uint64_t revision = 7; revision < 20; ++revision) {
    machine_.OnWanted(revision);
    EXPECT_FALSE(machine_.Next(now_).apply);
  }
  machine_.OnApplied("boot-a", 6);
  EXPECT_TRUE(machine_.Next(now_).apply);
  machine_.OnApplied("boot-a", 19);
  EXPECT_FALSE(machine_.Next(now_).apply);
}

TEST_F(ReconcileMachineTest, SendsEverythingToASwitchThatStartedAnew) {
  Settle();
  machine_.OnWatchEnded(now_);
  machine_.OnSocketAppeared();
  EXPECT_TRUE(machine_.Next(now_).watch);
  EXPECT_FALSE(machine_.Next(now_).apply);
  machine_.OnState("boot-b", 0);
  EXPECT_TRUE(machine_.Next(now_).apply);
}

TEST_F(ReconcileMachineTest, SendsNothingToTheSameSwitchAfterABrokenConnection) {
  Settle();
  machine_.OnWatchEnded(now_);
  now_ += milliseconds(50);
  EXPECT_TRUE(machine_.Next(now_).watch);
  machine_.OnState("boot-a", 5);
  EXPECT_FALSE(machine_.Next(now_).apply);
}

TEST_F(ReconcileMachineTest, IgnoresTheAnswerOfASwitchThatHasGone) {
  Settle();
  machine_.OnWanted(6);
  EXPECT_TRUE(machine_.Next(now_).apply);
  machine_.OnWatchEnded(now_);
  machine_.OnSocketAppeared();
  machine_.Next(now_);
  machine_.OnState("boot-b", 0);
  machine_.OnApplied("boot-a", 6);
  EXPECT_TRUE(machine_.Next(now_).apply);
}

TEST_F(ReconcileMachineTest, WaitsLongerAfterEachFailureUpToTwoSeconds) {
  machine_.Next(now_);
  for (const int wait : {50, 100, 200, 400, 800, 1600, 2000, 2000}) {
    machine_.OnWatchEnded(now_);
    ASSERT_EQ(machine_.WakeAt(), now_ + milliseconds(wait));
    EXPECT_FALSE(machine_.Next(now_ + milliseconds(wait - 1)).watch);
    now_ += milliseconds(wait);
    EXPECT_TRUE(machine_.Next(now_).watch);
  }
  machine_.OnState("boot-a", 0);  // success
  machine_.OnWatchEnded(now_);
  EXPECT_EQ(machine_.WakeAt(), now_ + milliseconds(50));
}

TEST_F(ReconcileMachineTest, RetriesAFailedApplyWithBackOff) {
  Settle();
  machine_.OnWanted(6);
  EXPECT_TRUE(machine_.Next(now_).apply);
  machine_.OnApplyFailed(now_);
  EXPECT_FALSE(machine_.Next(now_).apply);
  EXPECT_EQ(machine_.WakeAt(), now_ + milliseconds(50));
  EXPECT_TRUE(machine_.Next(now_ + milliseconds(50)).apply);
}

TEST_F(ReconcileMachineTest, RaisesTheRevisionAboveThatOfTheSwitch) {
  machine_.OnWanted(5);
  machine_.Next(now_);
  machine_.OnState("boot-a", 40);
  const auto steps = machine_.Next(now_);
  EXPECT_FALSE(steps.apply);
  ASSERT_EQ(steps.raise_above, 40u);
  machine_.OnRaiseFailed(now_);  // disk full
  EXPECT_EQ(machine_.Next(now_).raise_above, std::nullopt);
  EXPECT_EQ(machine_.Next(now_ + milliseconds(50)).raise_above, 40u);
  machine_.OnWanted(41);
  EXPECT_TRUE(machine_.Next(now_ + milliseconds(50)).apply);
}

TEST(Backoff, VariesByAQuarterAndNeverPassesItsLimit) {
  for (const double jitter : {-1.0, -0.5, 0.99}) {
    Backoff backoff([=] { return jitter; });
    for (milliseconds base(50); base < milliseconds(10'000); base *= 2) {
      const milliseconds wait = backoff.Next();
      EXPECT_GE(wait, std::min(base, Backoff::kMost) * 3 / 4);
      EXPECT_LE(wait, std::min(base * 5 / 4, Backoff::kMost));
    }
  }
}

}  // namespace
}  // namespace vsw::control
