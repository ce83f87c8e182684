// SPDX-License-Identifier: Apache-2.0
// Patch ports between bridges with tables, and packet-outs.
#include "tests/ofproto/translate/pipeline_fixture.h"

namespace vsw::testing {
namespace {

class Bridges : public PipelineTest {
 protected:
  Bridges() {
    Configure(Config(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Patch(10, 11)),
                     BridgeBuilder(1).With(Trunk(3)).With(Trunk(4)).With(Patch(11, 10))));
  }
};

TEST_F(Bridges, PatchPortLeadsToTheFirstTableOfThePeer) {
  Flow("ip actions=set_field:9.9.9.9->ip_src,load:1->NXM_NX_REG0[],output:10,output:2", 0);
  Flow("table=0,in_port=11,reg0=0,ip,nw_src=9.9.9.9 actions=set_field:8.8.8.8->ip_dst,resubmit(,1)",
       1);
  Flow("table=1 actions=output:3", 1);
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(Sent(outcome, 3).Key().ipv4_dst.Get(), 0x08080808u);
  EXPECT_EQ(Sent(outcome, 2).Key().ipv4_dst.Get(), 0x0a000002u);
  EXPECT_EQ(Sent(outcome, 2).Key().ipv4_src.Get(), 0x09090909u);
}

TEST_F(Bridges, PatchLoopOfRulesEnds) {
  Flow("in_port=1 actions=output:10", 0);
  Flow("in_port=10 actions=in_port", 0);
  Flow("in_port=11 actions=in_port", 1);
  EXPECT_EQ(Ports(Udp()), "drop: resubmit-depth");
}

TEST_F(Bridges, NormalIsOneActionOfMany) {
  Flow("priority=0 actions=NORMAL", 0);
  Flow("priority=0 actions=NORMAL", 1);
  EXPECT_EQ(Ports(Udp()), "2 3 4");
}

TEST_F(Bridges, NormalForwardsWhatActionsMadeOfThePacket) {
  Flow("actions=mod_vlan_vid:5,mod_dl_src:02:00:00:00:00:77,NORMAL", 0);
  const Translation& t = Translate(Udp());
  ASSERT_EQ(t.learn.size(), 1u);
  EXPECT_EQ(t.learn[0].vlan, VlanId{5});
  EXPECT_EQ(t.learn[0].mac.octets[5], 0x77);
  EXPECT_TRUE(t.mask.bits.eth_src.is_zero());
}

TEST_F(Bridges, BucketInThePeerComesBackToThePeer) {
  const auto mod = ParseGroup(
      "group_id=1,type=select,bucket=actions=output:3,"
      "bucket=actions=output:4",
      GroupMod::Command::kAdd);
  bridge(1).AddGroup(*mod);
  Flow("actions=output:10,output:2", 0);
  Flow("actions=group:1", 1);
  runner_.hash = 1;
  EXPECT_EQ(Ports(Udp()), "2 4");
}

class PacketOuts : public Bridges {
 protected:
  std::string Send(const std::string& actions, const PacketBuilder& packet, uint32_t in_port) {
    const auto parsed = ParseActions(actions);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    const Frame frame(packet.Build());
    FlowKey key = frame.Key();
    key.in_port = in_port > 100 ? kNoPort : PortNo{in_port};
    MatchKey metadata;
    metadata.pipeline.in_port = Be32::From(in_port);
    KnownPacket known(frame.bytes(), [](std::span<const uint8_t> bytes, FlowKey* out) {
      *out = Frame({bytes.begin(), bytes.end()}).Key();
      return true;
    });
    translation_->Clear();
    TranslatePacketOut(*config_, BridgeId{0}, *parsed, metadata, key, &known, translation_.get());
    outcome_ = runner_.RunList(frame, key.in_port, translation_->actions.span());
    std::vector<uint32_t> ports;
    for (const auto& [port, sent] : outcome_.sent) ports.push_back(port);
    std::sort(ports.begin(), ports.end());
    std::string text;
    for (const uint32_t port : ports) text += (text.empty() ? "" : " ") + std::to_string(port);
    return text;
  }
  Outcome outcome_;
};

TEST_F(PacketOuts, ActionsAreDoneAtOnce) {
  EXPECT_EQ(Send("output:1,output:2", Udp(), kOfpController), "1 2");
  EXPECT_EQ(Send("output:1,output:2,in_port", Udp(), 1), "1 2");
  EXPECT_EQ(Send("all", Udp(), 1), "2");
}

TEST_F(PacketOuts, TableIsTheFirstTable) {
  Flow("in_port=1 actions=output:2", 0);
  EXPECT_EQ(Send("table", Udp(), 1), "2");
}

TEST_F(PacketOuts, NormalFromNoPortFloodsAndLearnsNothing) {
  Flow("actions=output:3", 1);
  EXPECT_EQ(Send("normal", Udp(), kOfpController), "1 2 3");
  EXPECT_TRUE(translation_->learn.empty());
}

TEST_F(PacketOuts, WhatIsBehindALabelIsKnownAtOnce) {
  Flow("table=0,udp,tp_dst=2000 actions=dec_ttl,output:2", 0);
  PacketBuilder packet = PacketBuilder().Ethernet(2, 1).Vlan(4).Mpls(9, true).Ipv4(1, 2);
  packet.Udp(1, 2000).Type(0x8847);
  EXPECT_EQ(Send("pop_mpls:0x0800,table", packet, 1), "2");
  EXPECT_EQ(outcome_.passes, 0);
  EXPECT_EQ(outcome_.sent[0].second.Key().ip_ttl, 63);
}

TEST_F(PacketOuts, LengthIsKnownAtOnce) {
  Flow("table=0,reg0=1 actions=output:2", 0);
  EXPECT_EQ(Send("check_pkt_larger(50)->NXM_NX_REG0[0],table", Udp().Payload(50), 1), "2");
  EXPECT_EQ(Send("check_pkt_larger(50)->NXM_NX_REG0[0],table", Udp(), 1), "");
}

// ---- Floods are bounded, whether or not they send anything.

class FloodBoundTest : public PipelineTest {
 protected:
  void ManyPorts(bool usable) {
    BridgeBuilder bridge(0);
    for (uint32_t port = 1; port <= 64; ++port) {
      bridge.With(usable ? Trunk(port) : Trunk(port).Down());
    }
    Configure(Config(bridge));
  }
  void FloodAgainAndAgain(int times) {
    FlowMod rule;
    for (int i = 0; i < times; ++i) {
      rule.instructions.apply.push_back(act::Output{.port = kOfpAll});
    }
    rule.instructions.has_apply = true;
    bridge().Change(rule);
  }
};

TEST_F(FloodBoundTest, EndsWithTheRoomForOutputs) {
  ManyPorts(/*usable=*/true);
  FloodAgainAndAgain(300);
  EXPECT_EQ(Ports(Udp()), "drop: too-many-actions");
}

TEST_F(FloodBoundTest, EndsWithTheStepsWhereNoPortTakesIt) {
  ManyPorts(/*usable=*/false);
  FloodAgainAndAgain(2000);
  EXPECT_EQ(Ports(Udp()), "drop: too-many-steps");
}

}  // namespace
}  // namespace vsw::testing
