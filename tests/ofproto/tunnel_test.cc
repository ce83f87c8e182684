// SPDX-License-Identifier: Apache-2.0
//
// Tunnel ports as NORMAL and rules use them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datapath/packet/tunnel_set.h"
#include "ofproto/bfd/frame.h"
#include "ofproto/text/text.h"
#include "ofproto/translate/trace.h"
#include "tests/ofproto/switch_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kHere = 0x02000000000a, kThere = 0x02000000000b;

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

SlowPathPort TunnelPort(uint32_t number, TunnelFacts facts) {
  SlowPathPort port = Trunk(number);
  if (facts.kind == TunnelKind::kNone) facts.kind = TunnelKind::kVxlan;
  port.tunnel = std::move(facts);
  return port;
}

class Tunnels : public SwitchTest {
 protected:
  KeyBuilder From(uint32_t port, uint64_t source, uint64_t destination) {
    return KeyBuilder().In(port).Src(source).Dst(MacAddress::FromU64(destination));
  }
  FlowKey FromRemote(uint32_t port, const char* remote, uint64_t source, uint64_t destination) {
    FlowKey key = From(port, source, destination);
    key.tun_ipv4_src = Ip(remote).v4();
    key.tun_ipv4_dst = Ip("192.0.2.1").v4();
    return key;
  }
  void AddFlow(const std::string& text) {
    const auto flow = ParseFlow(text, FlowMod::Command::kAdd);
    ASSERT_TRUE(flow.ok()) << flow.status();
    BridgeControl* bridge = switch_.FindBridge("br0");
    const OfStatus status = bridge->ModifyFlow(*flow, {});
    ASSERT_TRUE(status.ok()) << status.ToString();
    bridge->Commit();
  }
  /// What the first kSetTunnel says.
  TunnelSet SetIn(const Translation& translation) {
    for (const Action& action : translation.actions) {
      if (action.type != ActionType::kSetTunnel) continue;
      std::memcpy(static_cast<void*>(&set_), &action + 1, action.value);
      return set_.set;
    }
    ADD_FAILURE() << "no kSetTunnel";
    return {};
  }
  std::vector<uint8_t> OptionsIn(const Translation& translation) {
    const TunnelSet set = SetIn(translation);
    return {set_.options, set_.options + set.option_bytes};
  }

  struct {
    TunnelSet set;
    uint8_t options[TunnelSet::kMaxOptionBytes];
  } set_;
};

const TunnelFacts kMesh = {.remotes = {Ip("192.0.2.2"), Ip("192.0.2.3"), Ip("192.0.2.4")}};

TEST_F(Tunnels, WithAllFixedAreOutputsLikeOthers) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, {.remotes = {Ip("192.0.2.2")}})));
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2");
  EXPECT_EQ(translation_->actions.size(), 1u);
  EXPECT_EQ(translation_->mask.lines & kTunnelLines, 0) << "no tunnel field was read";
}

TEST_F(Tunnels, FloodToEachOfTheirRemotes) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(TunnelPort(3, kMesh)));
  EXPECT_EQ(Forward(From(1, kHere, 0xffffffffffff)), "2 3@192.0.2.2 3@192.0.2.3 3@192.0.2.4");
}

TEST_F(Tunnels, SendToTheRemoteThatAnAddressWasSeenBehind) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, kMesh)));
  Pass(FromRemote(2, "192.0.2.3", kThere, 0xffffffffffff));
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2@192.0.2.3");
  Pass(FromRemote(2, "192.0.2.4", kThere, 0xffffffffffff));
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2@192.0.2.4") << "it moved";
  ASSERT_EQ(switch_.ListFdb().size(), 1u);
  EXPECT_EQ(switch_.ListFdb()[0].remote, Ip("192.0.2.4"));
}

TEST_F(Tunnels, LearnARemoteOnce) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, kMesh)));
  const FlowKey key = FromRemote(2, "192.0.2.3", kThere, 0xffffffffffff);
  Pass(key);
  Forward(key);
  EXPECT_EQ(translation_->notes.size(), 0u);
}

TEST_F(Tunnels, DoNotSendFromOneRemoteToAnother) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, kMesh)));
  EXPECT_EQ(Forward(FromRemote(2, "192.0.2.3", kThere, 0xffffffffffff)), "1");
  Pass(FromRemote(2, "192.0.2.4", kHere, 0xffffffffffff));
  EXPECT_EQ(Forward(FromRemote(2, "192.0.2.3", kThere, kHere)), "drop: hairpin");
}

TEST_F(Tunnels, FloodAgainWhenTheRemoteIsTakenOffTheList) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, kMesh)));
  Pass(FromRemote(2, "192.0.2.4", kThere, 0xffffffffffff));
  TunnelFacts fewer = kMesh;
  fewer.remotes.pop_back();
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, fewer)));
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2@192.0.2.2 2@192.0.2.3");
}

TEST_F(Tunnels, LearnRemotesOfIpv6) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(
      TunnelPort(2, {.remotes = {Ip("2001:db8::2"), Ip("2001:db8::3")}})));
  FlowKey key = From(2, kThere, 0xffffffffffff);
  key.tun_ipv6_src = Ip("2001:db8::3").octets;
  Pass(key);
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2@2001:db8::3");
}

TEST_F(Tunnels, TakeTheirRemoteAndKeyFromRules) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(
      TunnelPort(2, {.remote_is_flow = true, .out_key_is_flow = true})));
  AddFlow("in_port=1,actions=set_field:192.0.2.9->tun_dst,set_tunnel:0x77,output:2");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2@192.0.2.9");
  const TunnelSet set = SetIn(*translation_);
  EXPECT_EQ(set.tun_id, 0x77u);
  EXPECT_EQ(set.fields, TunnelSet::kId | TunnelSet::kRemote);
  EXPECT_EQ(translation_->mask.bits.tun_id.raw, 0u) << "what was written is the same for all";
}

TEST_F(Tunnels, AreGivenWhatNoRemoteIsSaidForToCountIt) {
  Configure(
      BridgeBuilder(0).With(Trunk(1)).With(Trunk(3)).With(TunnelPort(2, {.remote_is_flow = true})));
  AddFlow("in_port=1,actions=output:3,output:2");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2 3");
}

TEST_F(Tunnels, ForgetTheRemoteThatWasSetForTheOneBefore) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, {.remote_is_flow = true})));
  AddFlow(
      "in_port=1,actions=set_field:192.0.2.9->tun_dst,output:2,set_field:0.0.0.0->tun_dst,output:"
      "2");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2 2@192.0.2.9");
}

TEST_F(Tunnels, ForgetForTheNextWhatWasSetForTheOneBefore) {
  Configure(BridgeBuilder(0)
                .With(Trunk(1))
                .With(TunnelPort(2, {.remote_is_flow = true}))
                .With(TunnelPort(3, {.remotes = {Ip("192.0.2.3")}})));
  AddFlow("in_port=1,actions=set_field:192.0.2.9->tun_dst,output:2,output:3");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2@192.0.2.9 3");
}

TEST_F(Tunnels, HandOnTheKeyOfAReceivedPacket) {
  Configure(BridgeBuilder(0)
                .With(TunnelPort(1, {.in_key_is_flow = true}))
                .With(TunnelPort(2, {.remotes = {Ip("192.0.2.3")}, .out_key_is_flow = true})));
  AddFlow("in_port=1,tun_id=0x5/0xf,actions=output:2");
  FlowKey key = FromRemote(1, "192.0.2.2", kHere, kThere);
  key.tun_id = Be64::From(0x15);
  Forward(key);
  EXPECT_EQ(SetIn(*translation_).tun_id, 0x15u);
  EXPECT_EQ(translation_->mask.bits.tun_id.raw, ~uint64_t{0});
}

TEST_F(Tunnels, MatchOnWhereAPacketCameFrom) {
  Configure(BridgeBuilder(0).With(TunnelPort(1, {})).With(Trunk(2)).With(Trunk(3)));
  AddFlow("priority=2,in_port=1,tun_src=192.0.2.2,actions=output:2");
  AddFlow("priority=1,in_port=1,actions=output:3");
  EXPECT_EQ(Forward(FromRemote(1, "192.0.2.2", kHere, kThere)), "2");
  EXPECT_EQ(Forward(FromRemote(1, "192.0.2.3", kHere, kThere)), "3");
}

TEST_F(Tunnels, ReadAsZeroForPacketsThatDidNotComeByOne) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)));
  AddFlow("priority=2,tun_id=0,tun_dst=0.0.0.0,actions=output:2");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2");
}

TEST_F(Tunnels, SetGroupPolicies) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(
      TunnelPort(2, {.remotes = {Ip("192.0.2.2")}, .gbp = true})));
  AddFlow("in_port=1,actions=set_field:0x1234->tun_gbp_id,set_field:8->tun_gbp_flags,output:2");
  Forward(From(1, kHere, kThere));
  EXPECT_EQ(SetIn(*translation_).gbp_id, 0x1234);
  EXPECT_EQ(SetIn(*translation_).gbp_flags, 8);
}

class TunnelOptions : public Tunnels {
 protected:
  void SetUp() override {
    SlowPathBridge bridge = BridgeBuilder(0).With(Trunk(1)).With(Trunk(3)).With(
        TunnelPort(2, {.kind = TunnelKind::kGeneve, .remotes = {Ip("192.0.2.2")}}));
    bridge.tlv_map = {{.option_class = 0x102, .type = 0x80, .bytes = 4, .index = 0, .offset = 0},
                      {.option_class = 0x102, .type = 1, .bytes = 8, .index = 1, .offset = 0}};
    Configure(bridge);
  }
};

TEST_F(TunnelOptions, AreSentAsRulesSetThem) {
  AddFlow("in_port=1,actions=set_field:0x1234->tun_metadata0,output:2");
  Forward(From(1, kHere, kThere));
  EXPECT_THAT(OptionsIn(*translation_), ElementsAre(0x01, 0x02, 0x80, 1, 0, 0, 0x12, 0x34));
}

TEST_F(TunnelOptions, AreSentWhenTheyAreZeroToo) {
  AddFlow("in_port=1,actions=load:0->NXM_NX_TUN_METADATA1[0..63],output:2");
  Forward(From(1, kHere, kThere));
  EXPECT_THAT(OptionsIn(*translation_), ElementsAre(0x01, 0x02, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST_F(TunnelOptions, AreLeftOutWhereNobodySetThem) {
  AddFlow("in_port=1,actions=output:2");
  Forward(From(1, kHere, kThere));
  EXPECT_EQ(translation_->actions.size(), 1u);
  EXPECT_EQ(translation_->mask.lines & kTunnelLines, 0) << "packets of port 1 have no such field";
}

TEST_F(TunnelOptions, AreMatchedByValueAndByPresence) {
  AddFlow("priority=3,in_port=2,tun_metadata0=0x5,actions=output:1");
  AddFlow("priority=2,in_port=2,tun_metadata0,actions=output:3");
  FlowKey key = FromRemote(2, "192.0.2.2", kHere, kThere);
  EXPECT_EQ(Forward(key), "1 3") << "as NORMAL does";
  key.tun_metadata_present = Be64::From(1);
  EXPECT_EQ(Forward(key), "3");
  key.tun_metadata[15] = 5;
  EXPECT_EQ(Forward(key), "1");
}

TEST_F(TunnelOptions, MayNotBeUsedBeforeTheyAreMapped) {
  const auto flow = ParseFlow("tun_metadata5=1,actions=drop", FlowMod::Command::kAdd);
  ASSERT_TRUE(flow.ok());
  EXPECT_EQ(switch_.FindBridge("br0")->ModifyFlow(*flow, {}).id(), OfErrorId::kInvalidTlvField);
  const auto load = ParseFlow("actions=set_field:1->tun_metadata5", FlowMod::Command::kAdd);
  ASSERT_TRUE(load.ok());
  EXPECT_EQ(switch_.FindBridge("br0")->ModifyFlow(*load, {}).id(), OfErrorId::kInvalidTlvField);
  const auto wide = ParseFlow("tun_metadata0=0x100000000,actions=drop", FlowMod::Command::kAdd);
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ(switch_.FindBridge("br0")->ModifyFlow(*wide, {}).id(), OfErrorId::kInvalidTlvField)
      << "wider than the option";
}

TEST_F(TunnelOptions, StayMappedWhileRulesUseThem) {
  AddFlow("in_port=1,actions=set_field:1->tun_metadata0,output:2");
  BridgeControl* bridge = switch_.FindBridge("br0");
  const TlvTableMod clear = {.command = TlvTableMod::Command::kClear, .mappings = {}};
  EXPECT_EQ(bridge->ModifyTlvTable(clear).id(), OfErrorId::kTlvInUse);
  EXPECT_EQ(bridge->ListTlvTable().size(), 2u);
  const TlvTableMod other = {.command = TlvTableMod::Command::kDelete, .mappings = {{.index = 1}}};
  EXPECT_TRUE(bridge->ModifyTlvTable(other).ok());
  EXPECT_EQ(bridge->ListTlvTable().size(), 1u);
}

TEST_F(Tunnels, AreTakenApartWhereTheyLeaveTheBridge) {
  SlowPathBridge bridge = BridgeBuilder(0).With(Trunk(1)).With(Trunk(2));
  bridge.tunnel_locals = {{.port = PortNo{2}, .mac = Mac(kThere), .addresses = {Ip("192.0.2.1")}}};
  bridge.tunnel_udp_ports = {4789};
  Configure(bridge);
  Learn(0, 0, kThere, 2);
  const auto to = [&](uint8_t protocol, const char* address, uint16_t udp_port) {
    FlowKey key = From(1, kHere, kThere);
    key.ipv4_dst = Ip(address).v4();
    key.ip_proto = protocol;
    key.l4_dst = Be16::From(udp_port);
    Translate(key);
    return FormatDatapathActions(translation_->actions.span());
  };
  EXPECT_EQ(to(17, "192.0.2.1", 4789), "tnl_pop(2)");
  EXPECT_EQ(to(17, "192.0.2.1", 53), "2");
  EXPECT_EQ(to(17, "192.0.2.7", 4789), "2");
  EXPECT_EQ(to(6, "192.0.2.1", 4789), "2");
  EXPECT_EQ(to(47, "192.0.2.1", 0), "2") << "no tunnel of GRE";
  bridge.has_gre = true;
  Configure(bridge);
  EXPECT_EQ(to(47, "192.0.2.1", 0), "tnl_pop(2)");
}

class TunnelLiveness : public Tunnels {
 protected:
  void SetUp() override {
    TunnelFacts facts = {.remotes = {Ip("192.0.2.2")}};
    facts.bfd.enabled = true;
    Configure(BridgeBuilder(0).With(Trunk(1)).With(Trunk(3)).With(TunnelPort(2, facts)));
  }
  FlowKey BfdKey() {
    FlowKey key = FromRemote(2, "192.0.2.2", kThere, 0x002320000001);
    key.ip_proto = 17;
    key.ip_ttl = 255;
    key.l4_dst = Be16::From(bfd::kUdpPort);
    return key;
  }
  // A packet comes from the other end, by the way that packets for the slow thread go.
  void Hear(const bfd::Packet& packet) {
    const Translation& translation = Translate(BfdKey());
    ASSERT_GE(translation.actions.size(), 2u);
    ASSERT_EQ(translation.actions[0].type, ActionType::kController);
    const auto* blob = reinterpret_cast<const uint8_t*>(&translation.actions[1]);
    const std::vector<uint8_t> frame = bfd::MakeFrame({}, packet);
    switch_.OnUpcall({blob, translation.actions[0].value}, frame,
                     static_cast<uint32_t>(frame.size()));
  }
  void BringUp() {
    bfd::Packet packet = {.state = bfd::State::kDown,
                          .detect_mult = 3,
                          .my_discriminator = 77,
                          .desired_min_tx_us = 100'000,
                          .required_min_rx_us = 100'000};
    Hear(packet);
    packet.state = bfd::State::kUp;
    packet.your_discriminator = switch_.ListBfd().at(0).discriminator;
    Hear(packet);
  }
};

TEST_F(TunnelLiveness, TakesItsPacketsBeforeTheTables) {
  AddFlow("priority=9,in_port=2,actions=drop");
  BringUp();
  EXPECT_EQ(switch_.ListBfd().at(0).state, "up");
  EXPECT_EQ(switch_.ListBfd().at(0).received, 2u);
  FlowKey other = BfdKey();
  other.l4_dst = Be16::From(3785);
  EXPECT_EQ(Forward(other), "drop: rule-drops");
}

TEST_F(TunnelLiveness, SendsByItsTunnel) {
  datapath_.now_ns += 2'000'000'000;
  switch_.OnDue();
  ASSERT_FALSE(datapath_.injected.empty());
  const auto& [frame, actions] = datapath_.injected.back();
  EXPECT_EQ(FormatDatapathActions(actions), "2");
  const auto packet = bfd::ParseFrame(frame);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->state, bfd::State::kDown);
  EXPECT_EQ(packet->my_discriminator, switch_.ListBfd().at(0).discriminator);
}

TEST_F(TunnelLiveness, DecidesWhatAFailoverGroupUses) {
  const auto group = ParseGroup(
      "group_id=1,type=ff,bucket=watch_port:2,actions=output:2,"
      "bucket=watch_port:3,actions=output:3",
      GroupMod::Command::kAdd);
  ASSERT_TRUE(group.ok());
  ASSERT_TRUE(switch_.FindBridge("br0")->ModifyGroup(*group, {}).ok());
  AddFlow("in_port=1,actions=group:1");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "3") << "nobody answered yet";
  BringUp();
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "2");
  datapath_.now_ns += 10'000'000'000;
  switch_.OnDue();
  EXPECT_EQ(switch_.ListBfd().at(0).state, "down");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "3");
  EXPECT_EQ(switch_.ListBfd().at(0).flaps, 2u);
}

}  // namespace
}  // namespace vsw::testing
