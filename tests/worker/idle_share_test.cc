// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/idle_share.h"

#include <gtest/gtest.h>

namespace vsw {
namespace {

constexpr uint64_t kMost = 100'000;

TEST(IdleShare, KeepsIdleQueuesToTheirShareBesidePackets) {
  IdleShare share(kMost);
  uint64_t busy = 0, idle = 0;
  for (int round = 0; round < 100'000; ++round) {
    uint64_t spent = 0;
    // As many queues as one likes, each of which takes as long as a burst of packets.
    for (int queue = 0; queue < 256 && share.Allows(); ++queue) {
      share.Spend(3000);
      spent += 3000;
    }
    share.Pass(3000 + spent, /*busy=*/true);
    busy += 3000;
    idle += spent;
  }
  EXPECT_LE(idle, (busy + idle) / IdleShare::kShare + kMost);
  EXPECT_GE(idle, (busy + idle) / IdleShare::kShare / 2) << "they are asked all the same";
}

TEST(IdleShare, GivesAllTimeWithoutPackets) {
  IdleShare share(kMost);
  for (int round = 0; round < 100; ++round) {
    share.Pass(3000, /*busy=*/false);
    ASSERT_TRUE(share.Allows());
    share.Spend(3000);
  }
}

TEST(IdleShare, SavesUpNoMoreThanItMay) {
  IdleShare share(kMost);
  share.Pass(1'000'000'000, /*busy=*/false);
  int asked = 0;
  for (; share.Allows(); ++asked) share.Spend(1000);
  EXPECT_EQ(asked, 100);
}

}  // namespace
}  // namespace vsw
