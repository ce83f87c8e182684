// SPDX-License-Identifier: Apache-2.0
// Reconfiguration: only what changed is disturbed.
#include "tests/ofproto/switch_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Configuring : public SwitchTest {
 protected:
  std::vector<Tag> TagsOfTranslating(const FlowKey& key) {
    const auto tags = Translate(key).tags.span();
    return {tags.begin(), tags.end()};
  }
  static BridgeBuilder ThreePorts() {
    return BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).With(Access(3, 0));
  }
};

TEST_F(Configuring, TheSameAgainDoesNothing) {
  Configure(ThreePorts());
  datapath_.Reset();
  Configure(ThreePorts());
  Configure(BridgeBuilder(0).With(Access(3, 0)).With(Access(1, 0)).With(Access(2, 0)));
  EXPECT_EQ(datapath_.invalidations, 0);
  EXPECT_EQ(datapath_.synchronized, 0);
}

TEST_F(Configuring, ANewPortDisturbsFloodsOfItsBridgeAlone) {
  Configure(ThreePorts(), BridgeBuilder(1).With(Access(11, 0)).With(Access(12, 0)));
  Learn(0, 0, 0xa, 1);
  Learn(0, 0, 0xb, 2);
  const auto unicast = TagsOfTranslating(KeyBuilder().In(1).Src(0xa).Dst(0xb));
  const auto flood = TagsOfTranslating(KeyBuilder().In(1).Src(0xa));
  const auto other_bridge = TagsOfTranslating(KeyBuilder().In(11).Src(0xc));
  const auto of_new_port = TagsOfTranslating(KeyBuilder().In(4));
  datapath_.Reset();
  Configure(ThreePorts().With(Access(4, 0)),
            BridgeBuilder(1).With(Access(11, 0)).With(Access(12, 0)));
  EXPECT_GE(datapath_.synchronized, 1);
  EXPECT_FALSE(datapath_.Hits(unicast));
  EXPECT_TRUE(datapath_.Hits(flood));
  EXPECT_FALSE(datapath_.Hits(other_bridge));
  EXPECT_TRUE(datapath_.Hits(of_new_port));
}

TEST_F(Configuring, AChangedPortTakesBackWhatCameFromItAndWentToIt) {
  Configure(ThreePorts());
  Learn(0, 0, 0xa, 1);
  Learn(0, 0, 0xb, 2);
  Learn(0, 0, 0xc, 3);
  const auto to_it = TagsOfTranslating(KeyBuilder().In(1).Src(0xa).Dst(0xb));
  const auto from_it = TagsOfTranslating(KeyBuilder().In(2).Src(0xb).Dst(0xa));
  const auto past_it = TagsOfTranslating(KeyBuilder().In(1).Src(0xa).Dst(0xc));
  datapath_.Reset();
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 5)).With(Access(3, 0)));
  EXPECT_TRUE(datapath_.Hits(to_it));
  EXPECT_TRUE(datapath_.Hits(from_it));
  EXPECT_FALSE(datapath_.Hits(past_it));
}

TEST_F(Configuring, KeepsLearnedAddressesThatStillFit) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)));
  Learn(0, 10, 0xa, 1);
  Learn(0, 20, 0xa, 1);
  Learn(0, 20, 0xb, 2);
  Configure(BridgeBuilder(0).With(Trunk(1).Allowing({10, 30})).With(Trunk(2)).With(Access(3, 10)));
  EXPECT_THAT(Fdb(), ElementsAre("0/10 02:00:00:00:00:0a 1", "0/20 02:00:00:00:00:0b 2"));
}

TEST_F(Configuring, ForgetsAddressesOfPortsThatWentAway) {
  Configure(ThreePorts());
  Learn(0, 0, 0xa, 1);
  Learn(0, 0, 0xb, 2);
  const auto to_b = TagsOfTranslating(KeyBuilder().In(1).Src(0xa).Dst(0xb));
  datapath_.Reset();
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(3, 0)));
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 1"));
  EXPECT_TRUE(datapath_.Hits(to_b));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Dst(0xb)), "3");
}

TEST_F(Configuring, ForgetsAddressesOfPortsThatMovedToAnotherBridge) {
  Configure(ThreePorts(), BridgeBuilder(1).With(Access(11, 0)));
  Learn(0, 0, 0xb, 2);
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(3, 0)),
            BridgeBuilder(1).With(Access(11, 0)).With(Access(2, 0)));
  EXPECT_THAT(Fdb(), IsEmpty());
  EXPECT_EQ(Forward(KeyBuilder().In(2)), "11");
}

TEST_F(Configuring, ForgetsAddressesWhenANumberPassesToAnotherPort) {
  Configure(ThreePorts());
  Learn(0, 0, 0xb, 2);
  Configure(
      BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0).Named("other")).With(Access(3, 0)));
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Configuring, ABridgeThatGoesTakesItsAddressesAlong) {
  Configure(ThreePorts());
  Learn(0, 0, 0xb, 2);
  const auto flood = TagsOfTranslating(KeyBuilder().In(1));
  datapath_.Reset();
  Configure();
  EXPECT_TRUE(datapath_.Hits(flood));
  EXPECT_THAT(Fdb(), IsEmpty());
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: no-bridge");
  Configure(ThreePorts().Named("another"));
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Configuring, AnotherBridgeUnderTheSameIdStartsEmpty) {
  Configure(ThreePorts());
  Learn(0, 0, 0xb, 2);
  const auto to_b = TagsOfTranslating(KeyBuilder().In(1).Dst(0xb));
  datapath_.Reset();
  Configure(ThreePorts().Named("another"));
  EXPECT_TRUE(datapath_.Hits(to_b));
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Configuring, ASmallerLimitForgetsTheOldestOfTheRichest) {
  Configure(ThreePorts());
  for (uint64_t mac = 1; mac <= 5; ++mac) Learn(0, 0, mac, 1);
  Learn(0, 0, 6, 2);
  Configure(ThreePorts().MaxEntries(2));
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:05 1", "0/0 02:00:00:00:00:06 2"));
}

TEST_F(Configuring, IgnoresStaticAddressesOfPortsItDoesNotHave) {
  Configure(ThreePorts().Static(0, Mac(0x51), 9).Static(0, kBroadcast, 1));
  EXPECT_THAT(Fdb(), IsEmpty());
}

}  // namespace
}  // namespace vsw::testing
