// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/vlan_edit.h"

#include <gtest/gtest.h>

#include "tests/support/packet_builder.h"
#include "tests/support/stack_mbuf.h"

namespace vsw {
namespace {

using testing::PacketBuilder;
using testing::StackMbuf;

PacketBuilder Untagged() { return PacketBuilder().Ethernet(2, 1); }
std::vector<uint8_t> Finish(PacketBuilder builder) {
  return builder.Ipv4(1, 2).Udp(3, 4).Payload(20).Build();
}

TEST(VlanEdit, PushesATagInFrontOfAnyOther) {
  StackMbuf packet(Finish(Untagged()));
  ASSERT_TRUE(PushVlan(packet.get(), 0x8100, 3 << 13 | 10));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged().Vlan(10, 3)));
  ASSERT_TRUE(PushVlan(packet.get(), 0x88a8, 20));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged().Vlan(20, 0, 0x88a8).Vlan(10, 3)));
  EXPECT_EQ(packet->pkt_len, packet.Bytes().size());
}

TEST(VlanEdit, PopsTheOutermostTag) {
  StackMbuf packet(Finish(Untagged().Vlan(20, 0, 0x88a8).Vlan(10, 3)));
  ASSERT_TRUE(PopVlan(packet.get()));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged().Vlan(10, 3)));
  ASSERT_TRUE(PopVlan(packet.get()));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged()));
}

TEST(VlanEdit, RewritesTheOutermostTagAndKeepsItsType) {
  StackMbuf packet(Finish(Untagged().Vlan(20, 0, 0x88a8).Vlan(10, 3)));
  ASSERT_TRUE(SetVlanTci(packet.get(), 7 << 13 | 4094));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged().Vlan(4094, 7, 0x88a8).Vlan(10, 3)));
}

TEST(VlanEdit, MovesTheL3OffsetOfAPendingOffload) {
  StackMbuf packet(Finish(Untagged()));
  packet->l2_len = 14;
  ASSERT_TRUE(PushVlan(packet.get(), 0x8100, 10));
  EXPECT_EQ(packet->l2_len, 18);
  ASSERT_TRUE(PopVlan(packet.get()));
  EXPECT_EQ(packet->l2_len, 14);
}

TEST(VlanEdit, RefusesToPushWithoutHeadroomAndLeavesTheFrame) {
  StackMbuf packet(Finish(Untagged()), 0, /*headroom=*/3);
  EXPECT_FALSE(PushVlan(packet.get(), 0x8100, 10));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged()));
  EXPECT_EQ(packet->l2_len, 0);
}

TEST(VlanEdit, WorksAcrossSegmentsWhenTheTagIsInTheFirst) {
  StackMbuf packet(Finish(Untagged().Vlan(10)), /*segment_bytes=*/16);
  ASSERT_TRUE(SetVlanTci(packet.get(), 11));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged().Vlan(11)));
  ASSERT_TRUE(PopVlan(packet.get()));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged()));
  ASSERT_TRUE(PushVlan(packet.get(), 0x8100, 12));
  EXPECT_EQ(packet.Bytes(), Finish(Untagged().Vlan(12)));
}

TEST(VlanEdit, RefusesATagThatTheFirstSegmentDoesNotHoldWhole) {
  const auto frame = Finish(Untagged().Vlan(10));
  for (size_t first = 1; first < 16; ++first) {
    StackMbuf packet(frame, first);
    EXPECT_FALSE(SetVlanTci(packet.get(), 11)) << first;
    EXPECT_FALSE(PopVlan(packet.get())) << first;
    EXPECT_EQ(PushVlan(packet.get(), 0x8100, 9), first >= 12) << first;
    EXPECT_TRUE(first >= 12 || packet.Bytes() == frame) << first;
  }
}

}  // namespace
}  // namespace vsw
