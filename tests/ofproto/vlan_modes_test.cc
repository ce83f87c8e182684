// SPDX-License-Identifier: Apache-2.0
// What each VLAN mode does to frames, in both directions.
#include "tests/ofproto/switch_fixture.h"

namespace vsw::testing {
namespace {

class VlanModes : public SwitchTest {};

TEST_F(VlanModes, AccessPortsOfOneVlanExchangeUntaggedFrames) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Access(2, 10)).With(Access(3, 20)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2");
}

TEST_F(VlanModes, AccessRefusesTaggedFramesEvenOfItsOwnVlan) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Access(2, 10)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(20)), "drop: tagged-on-access");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10)), "drop: tagged-on-access");
}

TEST_F(VlanModes, AccessTakesPriorityTaggedFramesAsUntagged) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Access(2, 10)).With(Trunk(3)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(0, 5)), "2 3[10 p5]");
}

TEST_F(VlanModes, NothingHidesATagBehindAPriorityTag) {
  Configure(BridgeBuilder(0)
                .With(Access(1, 10))
                .With(Trunk(2))
                .With(NativeUntagged(3, 10))
                .With(Tunnel(4, 10)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(0).Vlan(20)), "drop: tagged-on-access");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(0).Vlan(20)), "drop: vlan-not-allowed");
  EXPECT_EQ(Forward(KeyBuilder().In(3).Vlan(0).Vlan(20)), "drop: vlan-not-allowed");
  EXPECT_EQ(Forward(KeyBuilder().In(4).Vlan(0).Vlan(20)), "1[0][20] 2[10 88a8][0][20] 3[0][20]");
}

TEST_F(VlanModes, AccessToTrunkPushesTheTagAndBackPopsIt) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(10)), "1");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(11)), "drop: no-destination");
}

TEST_F(VlanModes, TrunkKeepsTagTypeAndPriority) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 7, 0x88a8).Vlan(20, 1)), "2[10 p7 88a8][20 p1]");
}

TEST_F(VlanModes, TrunkCarriesUntaggedFramesAsVlanZero) {
  Configure(BridgeBuilder(0)
                .With(Trunk(1))
                .With(Trunk(2))
                .With(Trunk(3).Allowing({0, 10}))
                .With(Trunk(4).Allowing({10})));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2 3");
  EXPECT_EQ(Forward(KeyBuilder().In(4)), "drop: vlan-not-allowed");
}

TEST_F(VlanModes, TrunkLimitsItsVlansInBothDirections) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2).Allowing({10, 20})).With(Trunk(3)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10)), "2[10] 3[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(30)), "3[30]");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(30)), "drop: vlan-not-allowed");
}

TEST_F(VlanModes, NoPortCarriesTheReservedVlan4095) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(4094)), "2[4094]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(4095)), "drop: vlan-not-allowed");
}

TEST_F(VlanModes, TrunkSendsPriorityTaggedFramesUntagged) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(0, 3)), "2");
}

TEST_F(VlanModes, NativeTaggedTakesUntaggedFramesButSendsNone) {
  Configure(BridgeBuilder(0).With(NativeTagged(1, 10)).With(Access(2, 10)).With(Trunk(3)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2 3[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10)), "2 3[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(0, 2)), "2 3[10 p2]");
  EXPECT_EQ(Forward(KeyBuilder().In(2)), "1[10] 3[10]");
}

TEST_F(VlanModes, NativeUntaggedSendsItsNativeVlanUntaggedAndOthersTagged) {
  Configure(BridgeBuilder(0).With(NativeUntagged(1, 10)).With(Access(2, 10)).With(Trunk(3)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2 3[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(2)), "1 3[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(3).Vlan(10, 4)), "1 2");
  EXPECT_EQ(Forward(KeyBuilder().In(3).Vlan(20, 4)), "1[20 p4]");
}

TEST_F(VlanModes, NativeVlanIsCarriedThoughTheListLacksIt) {
  Configure(BridgeBuilder(0)
                .With(NativeTagged(1, 10).Allowing({20}))
                .With(NativeUntagged(2, 10).Allowing({20}))
                .With(Trunk(3)));
  EXPECT_EQ(Forward(KeyBuilder().In(3).Vlan(10)), "1[10] 2");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(20)), "2[20] 3[20]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(30)), "drop: vlan-not-allowed");
  EXPECT_EQ(Forward(KeyBuilder().In(3).Vlan(30)), "drop: no-destination");
}

TEST_F(VlanModes, VlanZeroDoesNotLeakIntoANativeVlan) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(NativeTagged(2, 10)).With(NativeUntagged(3, 10)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: no-destination");
}

TEST_F(VlanModes, TunnelWrapsWhateverTheCustomerSends) {
  Configure(BridgeBuilder(0).With(Tunnel(1, 100)).With(Trunk(2)).With(Tunnel(3, 100)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2[100 88a8] 3");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 6)), "2[100 88a8][10 p6] 3[10 p6]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(0, 6)), "2[100 88a8][0 p6] 3[0 p6]");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(100, 0, 0x88a8).Vlan(10)), "1[10] 3[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(100)), "1 3");
}

TEST_F(VlanModes, TunnelUsesItsTagType) {
  Configure(BridgeBuilder(0).With(Tunnel(1, 100).ServiceType(0x8100)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10)), "2[100][10]");
}

TEST_F(VlanModes, TunnelLimitsCustomerVlansInBothDirections) {
  Configure(BridgeBuilder(0)
                .With(Tunnel(1, 100).Customers({0, 10}))
                .With(Trunk(2))
                .With(Tunnel(3, 100).Customers({20})));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10)), "2[100 88a8][10]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(20)), "drop: vlan-not-allowed");
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2[100 88a8]");
  EXPECT_EQ(Forward(KeyBuilder().In(3)), "drop: vlan-not-allowed");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(100).Vlan(10)), "1[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(100).Vlan(20)), "3[20]");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(100).Vlan(30)), "drop: no-destination");
}

TEST_F(VlanModes, TunnelWithoutAVlanCarriesNothing) {
  Configure(BridgeBuilder(0).With(Tunnel(1, 0)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: vlan-not-allowed");
  EXPECT_EQ(Forward(KeyBuilder().In(2)), "drop: no-destination");
}

TEST_F(VlanModes, PriorityTagsIfNonzero) {
  Configure(BridgeBuilder(0)
                .With(Trunk(1))
                .With(Access(2, 10).Priority(PriorityTags::kIfNonzero))
                .With(NativeUntagged(3, 10).Priority(PriorityTags::kIfNonzero))
                .With(Access(4, 10)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 5)), "2[0 p5] 3[0 p5] 4");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 0)), "2 3 4");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(20, 5)), "3[20 p5]");
  EXPECT_EQ(Forward(KeyBuilder().In(4)), "1[10] 2 3");
}

TEST_F(VlanModes, PriorityTagsAlways) {
  Configure(BridgeBuilder(0)
                .With(Trunk(1))
                .With(Access(2, 10).Priority(PriorityTags::kAlways))
                .With(Access(3, 10)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 5)), "2[0 p5] 3");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 0)), "2[0] 3");
  EXPECT_EQ(Forward(KeyBuilder().In(3)), "1[10] 2[0]");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 5, 0x88a8)), "2[0 p5] 3");
}

TEST_F(VlanModes, TagsChangeOnceForAWholeFlood) {
  Configure(BridgeBuilder(0)
                .With(Access(1, 10))
                .With(Trunk(2))
                .With(Access(3, 10))
                .With(Trunk(4))
                .With(Access(5, 10)));
  const auto actions = Translate(KeyBuilder().In(1)).actions.span();
  EXPECT_THAT(actions,
              ::testing::ElementsAre(Action::Output(PortNo{3}), Action::Output(PortNo{5}),
                                     Action::PushVlan(0x8100, 10), Action::Output(PortNo{2}),
                                     Action::Output(PortNo{4})));
  const auto back = Translate(KeyBuilder().In(2).Vlan(10)).actions.span();
  EXPECT_THAT(back, ::testing::ElementsAre(Action::Output(PortNo{4}), Action::PopVlan(),
                                           Action::Output(PortNo{1}), Action::Output(PortNo{3}),
                                           Action::Output(PortNo{5})));
}

}  // namespace
}  // namespace vsw::testing
