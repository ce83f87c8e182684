// SPDX-License-Identifier: Apache-2.0
// Patch ports: bridges joined in translation.
#include "tests/ofproto/switch_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class PatchPorts : public SwitchTest {};

TEST_F(PatchPorts, AFloodGoesOnInTheOtherBridge) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).With(Patch(8, 9)),
            BridgeBuilder(1).With(Access(3, 0)).With(Access(4, 0)).With(Patch(9, 8)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2 3 4");
  EXPECT_EQ(Forward(KeyBuilder().In(3)), "1 2 4");
}

TEST_F(PatchPorts, BothBridgesLearn) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).With(Patch(8, 9)),
            BridgeBuilder(1).With(Access(3, 0)).With(Access(4, 0)).With(Patch(9, 8)));
  Pass(KeyBuilder().In(1).Src(0xa));
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 1", "1/0 02:00:00:00:00:0a 9"));
  EXPECT_EQ(Pass(KeyBuilder().In(3).Src(0xb).Dst(0xa)), "1");
  EXPECT_EQ(Pass(KeyBuilder().In(1).Src(0xa).Dst(0xb)), "3");
}

TEST_F(PatchPorts, HaveVlanModesAsOtherPortsDo) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Access(8, 10).PatchTo(9)),
            BridgeBuilder(1).With(Access(9, 20).PatchTo(8)).With(Trunk(2)).With(Access(3, 20)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2[20] 3");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(20, 3)), "1 3");
}

TEST_F(PatchPorts, ATagPutOnInOneBridgeIsReadInTheNext) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Patch(8, 9)), BridgeBuilder(1)
                                                                        .With(Patch(9, 8))
                                                                        .With(Access(2, 10))
                                                                        .With(Access(3, 20))
                                                                        .With(Tunnel(4, 10)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2 4");
}

TEST_F(PatchPorts, TagsPileUpOverTunnels) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Patch(8, 9)),
            BridgeBuilder(1).With(Tunnel(9, 100).PatchTo(8)).With(Trunk(2)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 5)), "2[100 88a8][10 p5]");
  EXPECT_EQ(Forward(KeyBuilder().In(2).Vlan(100).Vlan(10, 5)), "1[10 p5]");
}

TEST_F(PatchPorts, WhatWasTakenOffForOneOutputIsPutBackForTheNext) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Patch(7, 27)).With(Patch(8, 28)),
            BridgeBuilder(1).With(Patch(27, 7)).With(Access(3, 10)),
            BridgeBuilder(2).With(Patch(28, 8)).With(Trunk(4)));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Vlan(10, 6, 0x88a8).Vlan(20)),
            "2[10 p6 88a8][20] 3[20] 4[10 p6 88a8][20]");
}

TEST_F(PatchPorts, ARingEndsWhereItBegan) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Patch(11, 12)).With(Patch(16, 15)),
            BridgeBuilder(1).With(Patch(12, 11)).With(Patch(13, 14)),
            BridgeBuilder(2).With(Patch(14, 13)).With(Patch(15, 16)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: patch-loop");
}

TEST_F(PatchPorts, ALoopDoesNotTakeOtherOutputsAlong) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Patch(11, 12)).With(Patch(14, 13)),
            BridgeBuilder(1).With(Patch(12, 11)).With(Patch(13, 14)).With(Access(2, 0)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2 2");
}

TEST_F(PatchPorts, OneBridgeMayJoinTwoVlansOfAnother) {
  Configure(BridgeBuilder(0)
                .With(Access(1, 10))
                .With(Access(2, 20))
                .With(Access(11, 10).PatchTo(12))
                .With(Access(14, 20).PatchTo(13)),
            BridgeBuilder(1).With(Patch(12, 11)).With(Patch(13, 14)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2");
}

TEST_F(PatchPorts, TooLongAChainIsCut) {
  const auto chain = [](uint32_t bridges) {
    SlowPathConfig config;
    for (uint32_t i = 0; i < bridges; ++i) {
      BridgeBuilder bridge(i);
      if (i == 0) bridge.With(Access(1, 0));
      if (i > 0) bridge.With(Patch(100 + 2 * i, 99 + 2 * i));
      if (i + 1 < bridges) bridge.With(Patch(101 + 2 * i, 102 + 2 * i));
      if (i + 1 == bridges) bridge.With(Access(2, 0));
      config.bridges.push_back(bridge);
    }
    return config;
  };
  switch_.Configure(chain(16));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2");
  switch_.Configure(chain(17));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: patch-loop");
}

TEST_F(PatchPorts, WithoutAnotherEndTakeNoFlood) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Patch(8, 9)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: no-destination");
}

TEST_F(PatchPorts, AnOtherEndThatAppearsTakesBackWhatWasDecidedWithoutIt) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).With(Patch(8, 9)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2");
  datapath_.Reset();
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).With(Patch(8, 9)),
            BridgeBuilder(1).With(Patch(9, 8)).With(Access(3, 0)));
  EXPECT_TRUE(datapath_.Hits(translation_->tags.span()));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "2 3");
}

TEST_F(PatchPorts, NamesThatDoNotMatchAreNotJoined) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Patch(8, 9)),
            BridgeBuilder(1).With(Patch(9, 10)).With(Patch(10, 9)).With(Access(2, 0)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: no-destination");
}

TEST_F(PatchPorts, AreClosedWhenOneEndIsDown) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Patch(8, 9)).Static(0, Mac(0xb), 8),
            BridgeBuilder(1).With(Patch(9, 8).Down()).With(Access(2, 0)));
  EXPECT_EQ(Forward(KeyBuilder().In(1)), "drop: no-destination");
  EXPECT_EQ(Forward(KeyBuilder().In(1).Dst(0xb)), "drop: port-down");
}

TEST_F(PatchPorts, CountBothEndsOfEachHop) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Patch(8, 9)),
            BridgeBuilder(1).With(Patch(9, 8)).With(Access(2, 0)));
  UseAgain(Translate(KeyBuilder().In(1)), 3);
  UseAgain(Translate(KeyBuilder().In(2).Src(0xb)), 2);
  const std::vector<PatchCounters> counters = switch_.ReadPatchCounters();
  ASSERT_THAT(counters, SizeIs(2));
  EXPECT_EQ(counters[0].port, PortNo{8});
  EXPECT_EQ(counters[0].tx_packets, 3u);
  EXPECT_EQ(counters[0].rx_packets, 2u);
  EXPECT_EQ(counters[0].tx_bytes, 300u);
  EXPECT_EQ(counters[1].port, PortNo{9});
  EXPECT_EQ(counters[1].tx_packets, 2u);
  EXPECT_EQ(counters[1].rx_packets, 3u);
  EXPECT_EQ(counters[1].rx_bytes, 300u);
}

TEST_F(PatchPorts, AHubOfManyBridgesStaysCacheableByItsTags) {
  SlowPathConfig config;
  BridgeBuilder hub(0);
  hub.With(Access(1, 0));
  for (uint32_t i = 1; i <= 30; ++i) {
    hub.With(Patch(100 + i, 200 + i));
    config.bridges.push_back(BridgeBuilder(i).With(Patch(200 + i, 100 + i)).With(Access(1 + i, 0)));
  }
  config.bridges.push_back(hub);
  switch_.Configure(config);
  EXPECT_THAT(RunActions(KeyBuilder().In(1), Translate(KeyBuilder().In(1)).actions.span()),
              SizeIs(30));
  EXPECT_FALSE(translation_->tags.overflowed());
  EXPECT_FALSE(translation_->stats.overflowed());
  datapath_.Reset();
  Learn(30, 0, 0xa, 230);
  EXPECT_TRUE(datapath_.Hits(translation_->tags.span()));
}

}  // namespace
}  // namespace vsw::testing
