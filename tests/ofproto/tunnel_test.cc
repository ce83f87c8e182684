// SPDX-License-Identifier: Apache-2.0
//
// Tunnel ports as NORMAL and rules use them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datapath/packet/tunnel_set.h"
#include "ofproto/text/text.h"
#include "ofproto/translate/trace.h"
#include "tests/ofproto/switch_fixture.h"

namespace vsw::testing {
namespace {

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

TEST_F(Tunnels, DropWhatNoRemoteIsSaidFor) {
  Configure(BridgeBuilder(0).With(Trunk(1)).With(TunnelPort(2, {.remote_is_flow = true})));
  AddFlow("in_port=1,actions=output:2");
  EXPECT_EQ(Forward(From(1, kHere, kThere)), "drop: tunnel-no-remote");
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

}  // namespace
}  // namespace vsw::testing
