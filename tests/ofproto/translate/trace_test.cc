// SPDX-License-Identifier: Apache-2.0
// The story that a trace tells: what was asked, what was read, what is done, what becomes of it.
#include "ofproto/translate/trace.h"

#include "ofproto/translate/trace_frame.h"
#include "tests/ofproto/translate/pipeline_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string NameOf(PortNo port) { return "p" + std::to_string(ToInt(port)); }

class TraceTest : public PipelineTest {
 protected:
  TraceTest() {
    Configure(Config(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Patch(10, 11)),
                     BridgeBuilder(1).With(Trunk(3)).With(Trunk(4)).With(Patch(11, 10))));
  }
  static FlowKey KeyOf(const PacketBuilder& packet) {
    FlowKey key = Frame(packet.Build()).Key();
    key.in_port = PortNo{1};
    return key;
  }
  TraceResult Follow(const PacketBuilder& packet, const TraceFacts& facts = {}) {
    return Trace(*config_, &frozen_, KeyOf(packet), facts);
  }
  std::string Tell(const PacketBuilder& packet) { return RenderTrace(Follow(packet), NameOf); }
  // Facts of a packet that is known whole.
  static TraceFacts Whole(const PacketBuilder& packet) {
    TraceFacts facts;
    facts.parse_again = [bytes = packet.Build()](std::span<const Action> edits, FlowKey* key) {
      *key = Frame(Restructured(bytes, edits)).Key();
      return true;
    };
    return facts;
  }
};

TEST_F(TraceTest, TellsEachTableAndRuleAndWhatIsDone) {
  Flow("table=0,ip actions=load:1->NXM_NX_REG0[],resubmit(,1)", 0);
  Flow("table=1,cookie=0x7,udp,tp_dst=2000 actions=output:2,output:10", 0);
  const std::string text = Tell(Udp());
  for (const char* part :
       {"bridge(\"br0\"), in_port=1\n-", "\n 0. ip, priority 32768\n", "resubmit(,1)",
        " 1. udp,tp_dst=2000, priority 32768, cookie 0x7\n", "output:2",
        "bridge(\"br1\"), in_port=11", " 0. No match.", "Megaflow: recirc_id=0x0,in_port=p1,",
        "Datapath actions: p2\n", "Fate: sent to p2\n"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(TraceTest, SaysWhyAPacketIsLost) {
  const std::string text = Tell(Udp());
  EXPECT_THAT(text, HasSubstr("Datapath actions: drop\nFate: dropped, "));
  EXPECT_THAT(text, HasSubstr(std::string(Describe(DropReason::kTableMiss).name)));
  const TraceFate fate = FateOf(Follow(Udp()));
  EXPECT_EQ(fate.drop_reason, DropReason::kTableMiss);
  EXPECT_THAT(fate.outputs, IsEmpty());
}

TEST_F(TraceTest, CountsAControllerAmongThoseWhoGetThePacket) {
  Flow("actions=controller,output:2", 0);
  EXPECT_THAT(FateOf(Follow(Udp())).outputs, ElementsAre(kNoPort, PortNo{2}));
  EXPECT_THAT(Tell(Udp()), HasSubstr("Fate: sent to CONTROLLER, p2\n"));
}

TEST_F(TraceTest, NamesTheFieldsThatAreSet) {
  Flow("actions=mod_dl_dst:02:00:00:00:00:77,mod_nw_src:9.9.9.9,output:2", 0);
  EXPECT_THAT(Tell(Udp()),
              HasSubstr("Datapath actions: set(dl_dst=02:00:00:00:00:77,nw_src=9.9.9.9),p2\n"));
}

TEST_F(TraceTest, TellsWhatWouldBeLearned) {
  Flow("actions=learn(table=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),NORMAL", 0);
  EXPECT_THAT(Tell(Udp()), HasSubstr("learns: table=5"));
}

TEST_F(TraceTest, FollowsRecirculationsByLength) {
  Flow("table=0 actions=check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)", 0);
  Flow("table=1,reg0=1 actions=output:2", 0);
  TraceFacts facts;
  facts.packet_bytes = 200;
  const TraceResult result = Follow(Udp(), facts);
  ASSERT_EQ(result.passes.size(), 2u);
  EXPECT_EQ(result.passes[0].drop_reason, DropReason::kNone);
  EXPECT_EQ(FormatDatapathActions(result.passes[1].actions, NameOf), "p2");
  EXPECT_THAT(RenderTrace(result, NameOf), HasSubstr("200 bytes > 100"));
  EXPECT_THAT(FateOf(result).outputs, ElementsAre(PortNo{2}));
}

TEST_F(TraceTest, LooksBehindLabelsOnlyIfItHasThePacket) {
  Flow("table=0,mpls actions=pop_mpls:0x0800,resubmit(,1)", 0);
  Flow("table=1,udp,tp_dst=2000 actions=output:2", 0);
  PacketBuilder packet = PacketBuilder().Ethernet(2, 1).Vlan(4).Mpls(9, true).Ipv4(1, 2);
  packet.Udp(1, 2000).Type(0x8847);
  const TraceResult known = Follow(packet, Whole(packet));
  ASSERT_EQ(known.passes.size(), 2u);
  EXPECT_THAT(FateOf(known).outputs, ElementsAre(PortNo{2}));
  const TraceResult unknown = Follow(packet);
  EXPECT_EQ(unknown.passes.size(), 1u);
  EXPECT_THAT(RenderTrace(unknown, NameOf), HasSubstr("not followed further"));
  EXPECT_THAT(RenderTrace(unknown, NameOf), Not(HasSubstr("Fate")));
}

TEST_F(TraceTest, KeepsTheEditsOfAllPasses) {
  Flow("table=0,mpls actions=mod_dl_src:02:00:00:00:00:99,pop_mpls:0x8847,resubmit(,1)", 0);
  Flow("table=1,mpls actions=pop_mpls:0x0800,resubmit(,2)", 0);
  Flow("table=2,udp,tp_dst=2000,dl_src=02:00:00:00:00:99 actions=output:2", 0);
  PacketBuilder packet = PacketBuilder().Ethernet(2, 1).Mpls(8, false).Mpls(9, true).Ipv4(1, 2);
  packet.Udp(1, 2000).Type(0x8847);
  EXPECT_THAT(FateOf(Follow(packet, Whole(packet))).outputs, ElementsAre(PortNo{2}));
}

TEST_F(TraceTest, CountsTagsAmongThePacketsLength) {
  Flow("actions=push_vlan:0x8100,check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)", 0);
  TraceFacts facts;
  facts.packet_bytes = 98;
  EXPECT_THAT(RenderTrace(Follow(Udp(), facts)), HasSubstr("102 bytes > 100"));
}

TEST_F(TraceTest, FollowsTheWayThatAWorkersHashSelects) {
  const auto mod = ParseGroup(
      "group_id=1,type=select,selection_method=hash,fields(ip_src),bucket=actions=output:2,"
      "bucket=actions=output:10",
      GroupMod::Command::kAdd);
  ASSERT_TRUE(mod.ok()) << mod.status();
  bridge(0).AddGroup(*mod);
  Flow("actions=group:1", 0);
  Flow("actions=output:3", 1);
  const TraceFate fate = FateOf(Follow(Udp()));
  ASSERT_EQ(fate.outputs.size(), 1u);
  EXPECT_TRUE(fate.outputs[0] == PortNo{2} || fate.outputs[0] == PortNo{3});
}

TEST(TraceText, SaysAllOfAPacket) {
  const FlowKey key = Frame(PacketBuilder()
                                .Ethernet(2, 1)
                                .Vlan(5, 3)
                                .Ipv4(0x0a000001, 0x0a000002)
                                .Udp(1000, 53)
                                .Build())
                          .Key();
  EXPECT_EQ(FormatPacket(key, 7),
            "udp,in_port=7,dl_vlan=5,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,"
            "dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,"
            "nw_frag=no,tp_src=1000,tp_dst=53");
  const FlowKey arp =
      Frame(PacketBuilder().Ethernet(2, 1).Arp(1, 1, 0x0a000001, 0, 0x0a000002).Build()).Key();
  EXPECT_THAT(FormatPacket(arp, kOfpLocal), HasSubstr("arp,in_port=LOCAL,vlan_tci=0x0000,"));
  EXPECT_THAT(FormatPacket(arp, kOfpLocal), HasSubstr("arp_spa=10.0.0.1,arp_tpa=10.0.0.2"));
}

TEST(TraceText, TellsMegaflowsApartThatDifferInAnInnerTag) {
  FlowMask mask;
  mask.Clear();
  mask.bits.vlan[1].tci = Be16::From(0xffff);
  FlowKey key = Frame(PacketBuilder().Ethernet(2, 1).Vlan(5).Vlan(6).Ipv4(1, 2).Build()).Key();
  const std::string first = FormatMegaflow(key, mask, NameOf);
  key.vlan[1].tci = Be16::From(0x1007);
  EXPECT_NE(FormatMegaflow(key, mask, NameOf), first);
}

TEST(TraceText, TellsOfTunnelsAndLabelsOnlyWherePacketsHaveThem) {
  FlowMask mask;
  mask.Clear();
  mask.bits.tun_id = Be64::From(UINT64_MAX);
  mask.bits.tun_ipv4_src = mask.bits.tun_ipv4_dst = Be32::From(UINT32_MAX);
  mask.bits.mpls.fill(Be32::From(UINT32_MAX));
  mask.bits.eth_type = Be16::From(0xffff);
  FlowKey key = Frame(PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Build()).Key();
  key.in_port = PortNo{1};
  EXPECT_EQ(FormatMegaflow(key, mask, NameOf),
            "recirc_id=0x0,in_port=" + NameOf(PortNo{1}) + ",ip");
  EXPECT_THAT(FormatPacket(key, 1), Not(HasSubstr("tun_")));
  key.tun_ipv4_src = Be32::From(0xc0000201);
  const std::string tunnel = FormatMegaflow(key, mask, NameOf);
  EXPECT_THAT(tunnel, HasSubstr("tun_id=0,tun_src=192.0.2.1,tun_dst=0.0.0.0"));
  EXPECT_THAT(tunnel, Not(HasSubstr("mpls_")));
  EXPECT_THAT(FormatPacket(key, 1), HasSubstr("tun_src=192.0.2.1"));
  PacketBuilder labels = PacketBuilder().Ethernet(2, 1).Mpls(8, false).Mpls(9, true).Ipv4(1, 2);
  const FlowKey labelled = Frame(labels.Type(0x8847).Build()).Key();
  EXPECT_THAT(FormatMegaflow(labelled, mask, NameOf), HasSubstr("mpls_label=8"));
  EXPECT_THAT(FormatMegaflow(labelled, mask, NameOf), HasSubstr("mpls_lse1=0x9"));
}

std::vector<uint8_t> Edited(const PacketBuilder& packet, const std::vector<Action>& edits) {
  return Restructured(packet.Build(), edits);
}

TEST(TraceFrame, HasTagsAndLabelsPushedAndTakenOff) {
  const auto plain = [] { return PacketBuilder().Ethernet(2, 1); };
  const auto tagged = plain().Vlan(5).Ipv4(1, 2).Udp(3, 4);
  EXPECT_EQ(Edited(tagged, {Action::PopVlan()}), plain().Ipv4(1, 2).Udp(3, 4).Build());
  EXPECT_EQ(Edited(plain().Ipv4(1, 2).Udp(3, 4), {Action::PushVlan(0x8100, kVlanPresent | 5)}),
            tagged.Build());
  const auto labelled = plain().Vlan(5).Mpls(9, true).Ipv4(1, 2).Udp(3, 4).Type(0x8847);
  EXPECT_EQ(Edited(labelled, {Action::PopMpls(0x0800)}), tagged.Build());
  EXPECT_EQ(Edited(tagged, {Action::PushMpls(0x8847, 9u << 12 | 0x100 | 64)}), labelled.Build());
  EXPECT_EQ(Edited(plain().Vlan(7).Ipv4(1, 2).Udp(3, 4), {Action::SetVlanTci(kVlanPresent | 5)}),
            tagged.Build());
  EXPECT_EQ(Edited(plain().Vlan(5).Mpls(8, true).Ipv4(1, 2).Udp(3, 4).Type(0x8847),
                   {Action::SetMpls(9u << 12, 0xfffff000)}),
            labelled.Build());
}

TEST(TraceFrame, LeavesOutWhatAShortFrameHasNoRoomFor) {
  const std::vector<uint8_t> none;
  EXPECT_EQ(Restructured(none, std::vector{Action::PopVlan()}), none);
  std::vector<uint8_t> cut(14);
  cut[12] = 0x81;
  for (const Action& edit :
       {Action::PopVlan(), Action::PopMpls(0x0800), Action::PushMpls(0x8847, 1)}) {
    EXPECT_EQ(Restructured(cut, std::vector{edit}), cut);
  }
}

}  // namespace
}  // namespace vsw::testing
