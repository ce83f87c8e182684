// SPDX-License-Identifier: Apache-2.0
// The NORMAL rule on one bridge: where frames go, what is learned, what is read.
#include "tests/ofproto/switch_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Normal : public SwitchTest {
 protected:
  Normal() { Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).With(Access(3, 0))); }
};

TEST_F(Normal, FloodsWhatItDoesNotKnow) { EXPECT_EQ(Forward(KeyBuilder().In(1).Dst(0xb)), "2 3"); }

TEST_F(Normal, SendsToTheOnePortOnceItKnows) {
  EXPECT_EQ(Pass(KeyBuilder().In(2).Src(0xb).Dst(0xa)), "1 3");
  EXPECT_EQ(Pass(KeyBuilder().In(1).Src(0xa).Dst(0xb)), "2");
  EXPECT_EQ(Pass(KeyBuilder().In(2).Src(0xb).Dst(0xa)), "1");
}

TEST_F(Normal, FloodsBroadcastAndMulticastAlways) {
  Pass(KeyBuilder().In(2).Src(0xb));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Dst(kBroadcast)), "2 3");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Dst(MacAddress::FromU64(0x333300000001))), "2 3");
}

TEST_F(Normal, NeverSendsBackWhereItCameFrom) {
  Pass(KeyBuilder().In(1).Src(0xb));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Src(0xa).Dst(0xb)), "drop: hairpin");
}

TEST_F(Normal, KnowsTheSourceBeforeItLooksForTheDestination) {
  EXPECT_EQ(Pass(KeyBuilder().In(1).Src(0xa).Dst(0xa)), "drop: hairpin");
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 1"));
  EXPECT_EQ(Pass(KeyBuilder().In(2).Src(0xa).Dst(0xa)), "drop: hairpin");
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 2"));
  // Never learned.
  EXPECT_EQ(Forward(KeyBuilder().In(1).Src(MacAddress()).Dst(MacAddress())), "2 3");
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Trunk(3)).Static(0, Mac(0xc), 3));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Src(0xc).Dst(0xc)), "3");
}

TEST_F(Normal, DropsReservedAddressesAndLearnsNothingFromThem) {
  EXPECT_EQ(Pass(KeyBuilder().In(1).Dst(MacAddress::FromU64(0x0180c2000000))),
            "drop: reserved-address");
  EXPECT_EQ(Pass(KeyBuilder().In(1).Dst(MacAddress::FromU64(0x0180c200000f))),
            "drop: reserved-address");
  EXPECT_THAT(Fdb(), IsEmpty());
  EXPECT_EQ(Pass(KeyBuilder().In(1).Dst(MacAddress::FromU64(0x0180c2000010))), "2 3");
}

TEST_F(Normal, DropsGroupSources) {
  EXPECT_EQ(Pass(KeyBuilder().In(1).Src(MacAddress::FromU64(0x010000000001))),
            "drop: bad-source-address");
  EXPECT_EQ(Pass(KeyBuilder().In(1).Src(kBroadcast)), "drop: bad-source-address");
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Normal, ForwardsTheZeroAddressButDoesNotLearnIt) {
  EXPECT_EQ(Pass(KeyBuilder().In(1).Src(MacAddress())), "2 3");
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Normal, LeavesUnusablePortsOutOfFloods) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0).Down()).With(Access(3, 0)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "3");
  EXPECT_EQ(Forward(KeyBuilder().In(3)), "1");
}

TEST_F(Normal, SendsAKnownAddressToItsUnusablePortWhereTheLossIsCounted) {
  Pass(KeyBuilder().In(2).Src(0xb));
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0).Down()).With(Access(3, 0)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Dst(0xb)), "2");
}

TEST_F(Normal, DropsWhenNoOtherPortCarriesTheVlan) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Access(2, 20)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: no-destination");
}

TEST_F(Normal, DropsWhatComesInByAPortOfNoBridge) {
  EXPECT_EQ(Forward(KeyBuilder().In(9)), "drop: no-bridge");
  EXPECT_EQ(Forward(KeyBuilder().In(0)), "drop: no-bridge");
  EXPECT_EQ(Forward(KeyBuilder().In(0xffffffff)), "drop: no-bridge");
}

TEST_F(Normal, KeepsBridgesApart) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)),
            BridgeBuilder(1).With(Access(3, 0)).With(Access(4, 0)));
  EXPECT_EQ(Pass(KeyBuilder().In(1).Src(0xa).Dst(0xb)), "2");
  EXPECT_EQ(Pass(KeyBuilder().In(3).Src(0xb).Dst(0xa)), "4");
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 1", "1/0 02:00:00:00:00:0b 3"));
}

TEST_F(Normal, LearnsEachVlanForItself) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Trunk(3)));
  Pass(KeyBuilder().In(1).Src(0xa).Vlan(10));
  Pass(KeyBuilder().In(2).Src(0xa).Vlan(20));
  EXPECT_EQ(Forward(KeyBuilder().In(3).Src(0xb).Dst(0xa).Vlan(10)), "1[10]");
  EXPECT_EQ(Forward(KeyBuilder().In(3).Src(0xb).Dst(0xa).Vlan(20)), "2[20]");
  EXPECT_EQ(Forward(KeyBuilder().In(3).Src(0xb).Dst(0xa).Vlan(30)), "1[30] 2[30]");
}

TEST_F(Normal, ReadsAddressesAndNothingBehindThem) {
  const Translation& unicast = Translate(KeyBuilder().In(1).Dst(0xb));
  FlowMask expected;
  expected.Clear();
  expected.lines = kLineBase;
  expected.bits.in_port = PortNo{0xffffffff};
  expected.bits.eth_src.octets.fill(0xff);
  expected.bits.eth_dst.octets.fill(0xff);
  expected.bits.vlan[0].tci = Be16::From(kVlanPresent);
  EXPECT_EQ(std::memcmp(&unicast.mask, &expected, sizeof(expected)), 0);
}

TEST_F(Normal, ReadsNoMoreOfAGroupAddressThanThatItIsOne) {
  const Translation& flood = Translate(KeyBuilder().In(1).Dst(kBroadcast));
  EXPECT_EQ(flood.mask.bits.eth_dst, MacAddress::FromU64(0xff0000000000));
}

TEST_F(Normal, ReadsTheVlanIdButNotThePriorityOnATrunk) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Access(3, 10)));
  const Translation& flood = Translate(KeyBuilder().In(1).Vlan(10, 3));
  EXPECT_EQ(flood.mask.bits.vlan[0].tci.Get(), kVlanPresent | kVlanIdMask);
  EXPECT_EQ(flood.mask.bits.vlan[0].tpid.Get(), 0);
  EXPECT_EQ(flood.mask.bits.vlan[1].tci.Get(), 0);
}

TEST_F(Normal, ReadsNoTagOnAnOpenTunnelPort) {
  Configure(BridgeBuilder(0).With(Tunnel(1, 10)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(7)), "2[10 88a8][7]");
  EXPECT_EQ(translation_->mask.bits.vlan[0], VlanTag());
}

TEST_F(Normal, DropsWholeFloodsThatExceedTheBoundOfActions) {
  BridgeBuilder bridge(0);
  for (uint32_t port = 1; port <= kMaxActions + 2; ++port) bridge.With(Access(port, 0));
  Configure(bridge);
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: too-many-actions");
}

}  // namespace
}  // namespace vsw::testing
