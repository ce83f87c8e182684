// SPDX-License-Identifier: Apache-2.0
// Learning as the datapath sees it: events, refreshing, and which decisions are taken back.
#include "tests/ofproto/switch_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Learning : public SwitchTest {
 protected:
  Learning() {
    Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).With(Access(3, 0)));
    datapath_.Reset();
  }
  std::vector<Tag> TagsOfTranslating(const FlowKey& key) {
    const auto tags = Translate(key).tags.span();
    return {tags.begin(), tags.end()};
  }
};

TEST_F(Learning, AnUnknownSourceYieldsAnEventAndAKnownOneACounter) {
  EXPECT_THAT(Translate(KeyBuilder().In(1)).learn.span(), SizeIs(1));
  EXPECT_THAT(translation_->stats.span(), SizeIs(1)) << "the rule's";
  LearnPending();
  EXPECT_THAT(Translate(KeyBuilder().In(1)).learn.span(), IsEmpty());
  EXPECT_THAT(translation_->stats.span(), SizeIs(2));
}

TEST_F(Learning, TakesBackWhatDependedOnTheAddressAndNothingElse) {
  const auto from_a = TagsOfTranslating(KeyBuilder().In(1).Src(0xa).Dst(0xb));
  const auto to_a = TagsOfTranslating(KeyBuilder().In(2).Src(0xb).Dst(0xa));
  const auto others = TagsOfTranslating(KeyBuilder().In(2).Src(0xb).Dst(0xc));
  Learn(0, 0, 0xa, 1);
  EXPECT_TRUE(datapath_.Hits(from_a));
  EXPECT_TRUE(datapath_.Hits(to_a));
  EXPECT_FALSE(datapath_.Hits(others));
}

TEST_F(Learning, LearningTheKnownAgainDisturbsNothing) {
  Learn(0, 0, 0xa, 1);
  datapath_.Reset();
  Learn(0, 0, 0xa, 1);
  EXPECT_EQ(datapath_.invalidations, 0);
}

TEST_F(Learning, ABurstIsInvalidatedAtOnce) {
  std::vector<LearnEvent> burst;
  for (uint64_t mac = 1; mac <= 500; ++mac) {
    burst.push_back({BridgeId{0}, kNoVlan, Mac(mac), PortNo{1}});
  }
  switch_.OnLearn(burst);
  EXPECT_EQ(datapath_.invalidations, 1);
  EXPECT_THAT(Fdb(), SizeIs(500));
}

TEST_F(Learning, AMovedAddressIsFollowed) {
  Pass(KeyBuilder().In(1).Src(0xa));
  const auto old_source = TagsOfTranslating(KeyBuilder().In(1).Src(0xa));
  datapath_.Reset();
  EXPECT_EQ(Pass(KeyBuilder().In(2).Src(0xa)), "1 3");
  EXPECT_TRUE(datapath_.Hits(old_source));
  EXPECT_EQ(Forward(KeyBuilder().In(3).Src(0xc).Dst(0xa)), "2");
  EXPECT_THAT(Translate(KeyBuilder().In(1).Src(0xa)).learn.span(), SizeIs(1));
}

TEST_F(Learning, ForgetsAfter300SecondsWithoutTraffic) {
  Pass(KeyBuilder().In(1).Src(0xa));
  const auto to_a = TagsOfTranslating(KeyBuilder().In(2).Src(0xb).Dst(0xa));
  datapath_.Reset();
  datapath_.StepSeconds(299.9);
  switch_.OnTimer();
  EXPECT_THAT(Fdb(), SizeIs(1));
  EXPECT_EQ(datapath_.invalidations, 0);
  datapath_.StepSeconds(0.1);
  switch_.OnTimer();
  EXPECT_THAT(Fdb(), IsEmpty());
  EXPECT_TRUE(datapath_.Hits(to_a));
}

TEST_F(Learning, TrafficKeepsAnAddressFresh) {
  Pass(KeyBuilder().In(1).Src(0xa));
  datapath_.StepSeconds(200);
  UseAgain(Translate(KeyBuilder().In(1).Src(0xa)));
  datapath_.StepSeconds(200);
  switch_.OnTimer();
  EXPECT_THAT(Fdb(), SizeIs(1));
  EXPECT_EQ(switch_.ListFdb()[0].age_seconds, 200u);
  datapath_.StepSeconds(100);
  switch_.OnTimer();
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Learning, LateCountsOfTheOldPortDoNotKeepAMovedAddressFresh) {
  Pass(KeyBuilder().In(1).Src(0xa));
  Translate(KeyBuilder().In(1).Src(0xa));
  Learn(0, 0, 0xa, 2);
  datapath_.StepSeconds(200);
  UseAgain(*translation_);
  datapath_.StepSeconds(100);
  switch_.OnTimer();
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Learning, AgeingTimeIsPerBridge) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).Ageing(10),
            BridgeBuilder(1).With(Access(3, 0)).With(Access(4, 0)).Ageing(20));
  Learn(0, 0, 0xa, 1);
  Learn(1, 0, 0xa, 3);
  datapath_.StepSeconds(15);
  switch_.OnTimer();
  EXPECT_THAT(Fdb(), ElementsAre("1/0 02:00:00:00:00:0a 3"));
}

TEST_F(Learning, AFloodOfSourcesPushesOutItsOwnAddressesOnly) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).MaxEntries(100));
  for (uint64_t mac = 1; mac <= 50; ++mac) Learn(0, 0, mac, 1);
  for (uint64_t mac = 1000; mac < 6000; ++mac) Learn(0, 0, mac, 2);
  EXPECT_THAT(Fdb(), SizeIs(100));
  for (uint64_t mac = 1; mac <= 50; ++mac) {
    EXPECT_EQ(Forward(KeyBuilder().In(2).Src(5999).Dst(mac)), "1") << mac;
  }
}

TEST_F(Learning, AnEvictedAddressTakesItsDecisionsAlong) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).MaxEntries(1));
  Learn(0, 0, 0xa, 1);
  const auto to_a = TagsOfTranslating(KeyBuilder().In(2).Src(0xb).Dst(0xa));
  datapath_.Reset();
  Learn(0, 0, 0xc, 1);
  EXPECT_TRUE(datapath_.Hits(to_a));
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0c 1"));
}

TEST_F(Learning, RefusesEventsThatNoLongerFitTheConfiguration) {
  Configure(BridgeBuilder(0).With(Access(1, 10)).With(Trunk(2).Allowing({10})));
  Learn(0, 20, 0xa, 1);  // VLAN
  Learn(0, 20, 0xa, 2);
  Learn(0, 10, 0xa, 3);  // port
  Learn(7, 10, 0xa, 1);  // bridge
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Learning, StaticAddressesNeitherAgeNorMoveNorCount) {
  Configure(BridgeBuilder(0)
                .With(Access(1, 0))
                .With(Access(2, 0))
                .With(Access(3, 0))
                .MaxEntries(1)
                .Static(0, Mac(0x51), 3));
  Learn(0, 0, 0xa, 1);
  EXPECT_EQ(Pass(KeyBuilder().In(2).Src(0x51).Dst(0xa)), "1");
  EXPECT_THAT(translation_->learn.span(), IsEmpty());
  Learn(0, 0, 0x51, 2);
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 1", "0/0 02:00:00:00:00:51 3 static"));
  datapath_.StepSeconds(1000);
  switch_.OnTimer();
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:51 3 static"));
  EXPECT_EQ(Forward(KeyBuilder().In(1).Dst(0x51)), "3");
}

TEST_F(Learning, AStaticAddressReplacesALearnedOneAndLeavesNothingBehind) {
  const auto bridge = [] { return BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)); };
  Learn(0, 0, 0xa, 1);
  const auto to_a = TagsOfTranslating(KeyBuilder().In(3).Src(0xc).Dst(0xa));
  datapath_.Reset();
  Configure(bridge().Static(0, Mac(0xa), 2));
  EXPECT_TRUE(datapath_.Hits(to_a));
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 2 static"));
  Configure(bridge().Static(0, Mac(0xa), 1));
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 1 static"));
  Configure(bridge());
  EXPECT_THAT(Fdb(), IsEmpty());
}

TEST_F(Learning, FlushesByBridgeAndByPortButNotStatic) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)).Static(0, Mac(0x51), 1),
            BridgeBuilder(1).With(Access(3, 0)).With(Access(4, 0)));
  const auto learn = [this] {
    Learn(0, 0, 0xa, 1);
    Learn(0, 0, 0xb, 2);
    Learn(1, 0, 0xc, 3);
  };
  learn();
  datapath_.Reset();
  const BridgeId first{0};
  EXPECT_EQ(switch_.FlushFdb(&first, PortNo{1}), 1u);
  EXPECT_EQ(datapath_.invalidations, 1);
  EXPECT_EQ(switch_.FlushFdb(&first, kNoPort), 1u);
  EXPECT_EQ(switch_.FlushFdb(&first, PortNo{3}), 0u);
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:51 1 static", "1/0 02:00:00:00:00:0c 3"));
  learn();
  EXPECT_EQ(switch_.FlushFdb(nullptr, kNoPort), 3u);
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:51 1 static"));
}

TEST_F(Learning, SurvivesHostileSourcesInBulk) {
  Configure(BridgeBuilder(0).With(Access(1, 0)).With(Access(2, 0)));
  std::vector<LearnEvent> burst;
  for (uint64_t mac = 1; mac <= 200'000; ++mac) {
    burst.push_back({BridgeId{0}, kNoVlan, Mac(mac * 0x9e3779b1 & 0xffffffff), PortNo{1}});
    if (burst.size() == 1000) switch_.OnLearn(burst), burst.clear();
  }
  EXPECT_THAT(Fdb(), SizeIs(8192));
}

// A controller may send on behalf of a port, or of nobody.
class PacketOutLearning : public Learning {
 protected:
  void SendByNormal(uint32_t in_port, uint64_t source) {
    datapath_.parse = [=](std::span<const uint8_t>, PortNo port, FlowKey* key) {
      *key = KeyBuilder().Src(source).Dst(0xb);
      key->in_port = port;
      return true;
    };
    PacketOut packet_out;
    packet_out.packet.resize(60);
    packet_out.metadata.pipeline.in_port = Be32::From(in_port);
    packet_out.actions.push_back(act::Output{.port = kOfpNormal});
    const OfStatus status = switch_.FindBridge("br0")->SendPacket(packet_out);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
};

TEST_F(PacketOutLearning, TeachesLikeAPacketThatCameInByThePort) {
  SendByNormal(1, 0xa);
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 1"));
  EXPECT_EQ(Forward(KeyBuilder().In(3).Src(0xc).Dst(0xa)), "1");
  SendByNormal(2, 0xa);
  EXPECT_THAT(Fdb(), ElementsAre("0/0 02:00:00:00:00:0a 2")) << "it moved";
}

TEST_F(PacketOutLearning, TeachesNothingOnBehalfOfNobody) {
  SendByNormal(kOfpController, 0xa);
  EXPECT_THAT(Fdb(), IsEmpty());
}

}  // namespace
}  // namespace vsw::testing
