// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/pending.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vsw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kMaxAge = 3000, kAskAgain = 100;

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

// Packets are never looked into: numbers stand for them.
rte_mbuf* Packet(uintptr_t number) { return reinterpret_cast<rte_mbuf*>(number << 8); }
uintptr_t NumberOf(const rte_mbuf* packet) { return reinterpret_cast<uintptr_t>(packet) >> 8; }

class PendingQueueTest : public ::testing::Test {
 protected:
  bool Hold(uintptr_t number, const TunnelEnds& ends, uint64_t now) {
    return queue_.Hold(Packet(number), ends, static_cast<int>(number), now, &table_);
  }
  void Release(uint64_t now) {
    queue_.Release(
        &table_, now,
        [this](rte_mbuf* packet, int context, const NextHop&) {
          EXPECT_EQ(NumberOf(packet), static_cast<uintptr_t>(context));
          sent_.push_back(context);
        },
        [this](rte_mbuf*, int context) { dropped_.push_back(context); });
  }
  void Resolve(const TunnelEnds& ends) {
    const NextHopMap::Rows rows = {{ends, NextHop{.egress = PortNo{1}}}};
    (void)table_.Publish(std::make_unique<NextHopMap>(rows));
  }
  int Misses() {
    UnderlayEvent event;
    int count = 0;
    while (events_.Pop(&event)) ++count;
    return count;
  }

  UnderlayEvents events_;
  NextHopTable table_{&events_};
  PendingQueue<int> queue_{kMaxAge, kAskAgain};
  std::vector<int> sent_, dropped_;
  const TunnelEnds a_ = {{}, Ip("10.0.0.1")};
  const TunnelEnds b_ = {{}, Ip("10.0.0.2")};
};

TEST_F(PendingQueueTest, SendsInOrderOnceTheNextHopIsThere) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(Hold(i, a_, 10));
  ASSERT_TRUE(Hold(4, b_, 10));
  Release(11);
  EXPECT_THAT(sent_, IsEmpty());
  Resolve(a_);
  Release(12);
  EXPECT_THAT(sent_, ElementsAre(1, 2, 3));
  EXPECT_EQ(queue_.size(), 1u);
  EXPECT_THAT(dropped_, IsEmpty());
}

TEST_F(PendingQueueTest, AsksOncePerPairAndAgainAfterAWhile) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(Hold(i, a_, 10));
  EXPECT_EQ(Misses(), 1);
  Release(50);
  EXPECT_EQ(Misses(), 0);
  Release(10 + kAskAgain + 50);
  EXPECT_EQ(Misses(), 1);
}

TEST_F(PendingQueueTest, GivesBackWhatWaitsTooLong) {
  ASSERT_TRUE(Hold(1, a_, 0));
  ASSERT_TRUE(Hold(2, a_, 2000));
  Release(kMaxAge - 1);
  EXPECT_THAT(dropped_, IsEmpty());
  Release(kMaxAge + kAskAgain);
  EXPECT_THAT(dropped_, ElementsAre(1));
  Release(2000 + kMaxAge + kAskAgain);
  EXPECT_THAT(dropped_, ElementsAre(1, 2));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(PendingQueueTest, KeepsWhatWasHeldAfterTheRoundBegan) {
  ASSERT_TRUE(Hold(1, a_, 1005));
  Resolve(b_);  // has everything looked at
  Release(1000);
  EXPECT_THAT(dropped_, IsEmpty());
  EXPECT_EQ(Misses(), 1);
  Resolve(a_);
  Release(1010);
  EXPECT_THAT(sent_, ElementsAre(1));
}

TEST_F(PendingQueueTest, OneDestinationCannotTakeAllRoom) {
  uintptr_t held = 0;
  while (Hold(held + 1, a_, 0)) ++held;
  EXPECT_EQ(held, PendingQueue<int>::kMaxPacketsPerEnds);
  EXPECT_TRUE(Hold(9999, b_, 0));
}

TEST_F(PendingQueueTest, RefusesBeyondItsBounds) {
  uint32_t held = 0;
  for (uint32_t i = 0; i < 2 * PendingQueue<int>::kMaxEnds; ++i) {
    const TunnelEnds ends = {{}, IpAddress::FromV4Octets(10, 1, 0, static_cast<uint8_t>(i))};
    while (Hold(1, ends, 0)) ++held;
  }
  EXPECT_EQ(held, PendingQueue<int>::kMaxPackets);
  // All of it can be had again afterwards.
  queue_.Clear([this](rte_mbuf*, int context) { dropped_.push_back(context); });
  EXPECT_EQ(dropped_.size(), held);
  for (uint32_t i = 0; i < 4; ++i) EXPECT_TRUE(Hold(5, a_, 0));
  Resolve(a_);
  Release(1);
  EXPECT_THAT(sent_, ElementsAre(5, 5, 5, 5));
}

}  // namespace
}  // namespace vsw
