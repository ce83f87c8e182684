// SPDX-License-Identifier: Apache-2.0
#include "fmt/format.h"
#include "tests/ofproto/translate/pipeline_fixture.h"

namespace vsw::testing {
namespace {

class Actions : public PipelineTest {};

TEST_F(Actions, OutputSendsByThePort) {
  Flow("in_port=1 actions=output:2,output:3");
  EXPECT_EQ(Ports(Udp()), "2 3");
  EXPECT_EQ(Ports(Udp(), 2), "drop: table-miss");
}

TEST_F(Actions, OutputToTheIngressPortNeedsInPort) {
  Flow("in_port=1 actions=output:1");
  Flow("in_port=2 actions=in_port");
  EXPECT_EQ(Ports(Udp(), 1), "drop: hairpin");
  EXPECT_EQ(Ports(Udp(), 2), "2");
}

TEST_F(Actions, FloodLeavesOutPortsSetNotToFlood) {
  PortMod(3, port_config::kNoFlood);
  Flow("in_port=1 actions=flood");
  Flow("in_port=2 actions=all");
  EXPECT_EQ(Ports(Udp(), 1), "2 4");
  EXPECT_EQ(Ports(Udp(), 2), "1 3 4");
}

TEST_F(Actions, PortModStopsReceivingAndForwarding) {
  Flow("actions=output:2");
  PortMod(2, port_config::kNoFwd);
  EXPECT_EQ(Ports(Udp(), 1), "drop: no-forward");
  PortMod(2, 0);
  PortMod(1, port_config::kNoRecv);
  EXPECT_EQ(Ports(Udp(), 1), "drop: no-receive");
  PortMod(1, port_config::kDown);
  EXPECT_EQ(Ports(Udp(), 1), "drop: port-down");
}

TEST_F(Actions, PortThatIsNotThereDropsUntilItIs) {
  Flow("actions=output:9");
  EXPECT_EQ(Ports(Udp()), "drop: no-destination");
  const Translation& t = Translate(Udp());
  EXPECT_THAT(t.tags.span(), ::testing::Contains(FloodTag(BridgeId{0})));
}

TEST_F(Actions, RuleWithoutActionsDrops) {
  Flow("actions=drop");
  EXPECT_EQ(Ports(Udp()), "drop: rule-drops");
}

TEST_F(Actions, OutputCanCutThePacket) {
  Flow("actions=output(port=2,max_len=20),output:3");
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(Sent(outcome, 2).bytes().size(), 20u);
  EXPECT_EQ(Sent(outcome, 3), Frame(Udp().Build()));
}

TEST_F(Actions, OutputByRegisterReadsTheRegister) {
  Flow("actions=load:3->NXM_NX_REG0[],output:NXM_NX_REG0[]");
  EXPECT_EQ(Ports(Udp()), "3");
}

TEST_F(Actions, SetFieldChangesWhatIsSentAfterIt) {
  Flow("ip actions=output:2,set_field:10.9.9.9->ip_dst,mod_nw_tos:32,output:3");
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(Sent(outcome, 2), Frame(Udp().Build()));
  const FlowKey key = Sent(outcome, 3).Key();
  EXPECT_EQ(key.ipv4_dst.Get(), 0x0a090909u);
  EXPECT_EQ(key.ip_tos, 32);
}

TEST_F(Actions, ModTpSetsThePortOfWhicheverProtocol) {
  Flow("ip actions=mod_tp_src:7,mod_tp_dst:53,output:2");
  const FlowKey key = Sent(Run(Udp()), 2).Key();
  EXPECT_EQ(key.l4_src.Get(), 7);
  EXPECT_EQ(key.l4_dst.Get(), 53);
}

TEST_F(Actions, PacketIsLookedAtAgainAsWhatItBecame) {
  Flow("table=0,udp actions=set_field:6->nw_proto,resubmit(,1)");
  Flow("table=1,tcp actions=output:2");
  Flow("table=1,udp actions=output:3");
  EXPECT_EQ(Ports(Udp()), "2");
  Flow("table=0,udp actions=set_field:0x88b5->eth_type,resubmit(,1)");
  Flow("table=1,dl_type=0x88b5 actions=output:4");
  EXPECT_EQ(Ports(Udp()), "4");
}

TEST_F(Actions, WriteOfWhatIsThereAlreadyCostsNothing) {
  Flow("dl_dst=02:00:00:00:00:0b actions=set_field:02:00:00:00:00:0b->eth_dst,output:2");
  EXPECT_EQ(Translate(Udp()).actions.size(), 1u);
}

TEST_F(Actions, WriteToAHeaderThatThePacketLacksDoesNothing) {
  Flow("actions=set_field:1->tcp_dst,set_field:5->mpls_label,output:2");
  EXPECT_EQ(Sent(Run(Udp()), 2), Frame(Udp().Build()));
}

TEST_F(Actions, WrittenFieldIsSeenByLaterTablesAndNotMatched) {
  Flow("table=0,udp actions=set_field:53->udp_dst,resubmit(,1)");
  Flow("table=1,udp,tp_dst=53 actions=output:2");
  EXPECT_EQ(Ports(Udp()), "2");
  EXPECT_TRUE(Translate(Udp()).mask.bits.l4_dst.is_zero());
}

TEST_F(Actions, MoveCopiesBits) {
  Flow("actions=move:NXM_OF_IP_SRC[0..7]->NXM_OF_ETH_DST[0..7],output:2");
  EXPECT_EQ(Sent(Run(Udp()), 2).Key().eth_dst.octets[5], 1);
}

TEST_F(Actions, StackGivesBackWhatWasPushedLast) {
  Flow(
      "actions=push:NXM_OF_IP_SRC[],push:NXM_OF_IP_DST[],pop:NXM_OF_IP_SRC[],"
      "pop:NXM_OF_IP_DST[],pop:NXM_OF_IP_DST[],output:2");
  const FlowKey key = Sent(Run(Udp()), 2).Key();
  EXPECT_EQ(key.ipv4_src.Get(), 0x0a000002u);
  EXPECT_EQ(key.ipv4_dst.Get(), 0x0a000001u);
}

TEST_F(Actions, PushVlanCopiesTheOuterTag) {
  Flow("actions=push_vlan:0x88a8,output:2");
  const auto packet = PacketBuilder().Ethernet(2, 1).Vlan(100, 3).Ipv4(1, 2).Udp(1, 2);
  const FlowKey key = Sent(Run(packet), 2).Key();
  EXPECT_EQ(key.vlan[0].tpid.Get(), 0x88a8);
  EXPECT_EQ(key.vlan[0].tci.Get(), 3 << 13 | kVlanPresent | 100);
  EXPECT_EQ(key.vlan[1].tpid.Get(), 0x8100);
}

TEST_F(Actions, SettingAVlanPutsATagOnAFrameWithout) {
  Flow("actions=mod_vlan_vid:7,mod_vlan_pcp:5,output:2");
  EXPECT_EQ(Sent(Run(Udp()), 2).Key().vlan[0].tci.Get(), 5 << 13 | kVlanPresent | 7);
}

TEST_F(Actions, VlanChangesLeadBackToTheReceivedTag) {
  Flow("actions=push_vlan:0x8100,set_field:4097->vlan_vid,strip_vlan,strip_vlan,output:2");
  const auto packet = PacketBuilder().Ethernet(2, 1).Vlan(100).Vlan(200).Ipv4(1, 2).Udp(1, 2);
  const FlowKey key = Sent(Run(packet), 2).Key();
  EXPECT_EQ(key.vlan[0].tci.Get(), kVlanPresent | 200);
  EXPECT_EQ(key.vlan[1].tci.Get(), 0);
}

TEST_F(Actions, ThirdTagIsReadAfterTheFirstIsTakenOff) {
  Flow("table=0 actions=strip_vlan,resubmit(,1)");
  Flow("table=1,udp,dl_vlan=2 actions=output:2");
  const auto packet = PacketBuilder().Ethernet(2, 1).Vlan(1).Vlan(2).Vlan(3).Ipv4(1, 2).Udp(1, 2);
  const Outcome outcome = Run(packet);
  EXPECT_EQ(outcome.passes, 2);
  EXPECT_EQ(Sent(outcome, 2).tags(), 2u);
}

TEST_F(Actions, PushMplsTakesTheTtlOrCopiesTheLabel) {
  Flow("ip actions=push_mpls:0x8847,set_field:7->mpls_label,push_mpls:0x8847,output:2");
  const FlowKey key = Sent(Run(Udp()), 2).Key();
  EXPECT_EQ(key.eth_type.Get(), 0x8847);
  EXPECT_EQ(key.mpls[0].Get(), 7u << 12 | 64);
  EXPECT_EQ(key.mpls[1].Get(), 7u << 12 | 0x100 | 64);
}

TEST_F(Actions, HeadersBehindALabelAreReadByLookingAgain) {
  Flow("table=0,mpls actions=pop_mpls:0x0800,resubmit(,1)");
  Flow("table=1,udp,tp_dst=2000 actions=dec_ttl,output:2");
  const auto packet = PacketBuilder().Ethernet(2, 1).Mpls(9, true).Ipv4(1, 2).Udp(1, 2000);
  PacketBuilder labelled = packet;
  const Outcome outcome = Run(labelled.Type(0x8847));
  EXPECT_EQ(outcome.passes, 2);
  const FlowKey key = Sent(outcome, 2).Key();
  EXPECT_EQ(key.eth_type.Get(), 0x0800);
  EXPECT_EQ(key.ip_ttl, 63);
}

TEST_F(Actions, PoppedLabelNeedsNoSecondLookWhereNobodyAsks) {
  Flow("mpls actions=pop_mpls:0x0800,output:2");
  PacketBuilder packet = PacketBuilder().Ethernet(2, 1).Mpls(9, true).Ipv4(1, 2).Udp(1, 2);
  EXPECT_EQ(Run(packet.Type(0x8847)).passes, 1);
}

TEST_F(Actions, CopyTtlGoesThroughTheLastLabel) {
  Flow("in_port=1,mpls actions=copy_ttl_out,output:2");
  Flow("in_port=2,mpls actions=copy_ttl_in,output:3");
  PacketBuilder packet = PacketBuilder().Ethernet(2, 1).Mpls(9, true, 50).Ipv4(1, 2).Ttl(20);
  packet.Udp(1, 2).Type(0x8847);
  EXPECT_EQ(Sent(Run(packet, 1), 2).Key().mpls[0].Get() & 0xff, 20u);
  Frame inner = Sent(Run(packet, 2), 3);
  EXPECT_EQ(inner.Key().mpls[0].Get() & 0xff, 50u);
  inner.PopMpls(0x0800);
  EXPECT_EQ(inner.Key().ip_ttl, 50);
  PacketBuilder ipv6 = PacketBuilder().Ethernet(2, 1).Mpls(9, true, 50).Ipv6(1, 2).Ttl(20);
  ipv6.Udp(1, 2).Type(0x8847);
  EXPECT_EQ(Sent(Run(ipv6, 1), 2).Key().mpls[0].Get() & 0xff, 20u);
}

TEST_F(Actions, UsedUpTtlGoesToTheControllers) {
  Flow("ip actions=dec_ttl(3,4),output:2");
  const Outcome outcome = Run(PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Ttl(1).Udp(1, 2));
  EXPECT_TRUE(outcome.sent.empty());
  ASSERT_EQ(outcome.upcalls.size(), 2u);
  const auto decoded = DecodePacketIn(outcome.upcalls[1].first, {}, 60);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->second.reason, PacketInReason::kInvalidTtl);
  EXPECT_EQ(decoded->second.controller_id, 4);
}

TEST_F(Actions, UsedUpTtlEndsItsRuleButNotThoseThatLedThere) {
  Flow("table=0 actions=resubmit(,1),output:2");
  Flow("table=1,ip actions=dec_ttl,output:3,write_actions(output:3),goto_table:2");
  Flow("table=2 actions=output:4");
  EXPECT_EQ(Ports(PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Ttl(1).Udp(1, 2)), "2");
}

TEST_F(Actions, AnotherInPortCountsForOneLookup) {
  Flow("table=0 actions=resubmit(3,1)");
  Flow("table=1,in_port=3 actions=goto_table:2");
  Flow("table=2,in_port=3 actions=output:4");
  Flow("table=2,in_port=1 actions=output:2");
  EXPECT_EQ(Ports(Udp()), "2");
}

TEST_F(Actions, WrittenInPortCountsInTheNextTable) {
  Flow("table=0 actions=set_field:3->in_port,goto_table:1");
  Flow("table=1,in_port=3 actions=output:2");
  EXPECT_EQ(Ports(Udp()), "2");
}

TEST_F(Actions, NormalNeedsAPortOrAController) {
  Flow("table=0,udp actions=load:0->NXM_OF_IN_PORT[],NORMAL");
  Flow("table=0,tcp actions=set_field:0xfffffffd->in_port,NORMAL");
  EXPECT_EQ(Ports(Udp()), "drop: no-bridge");
  EXPECT_EQ(Ports(Tcp()), "1 2 3 4");
}

TEST_F(Actions, NormalKnowsWhatThePacketItselfHasTaught) {
  Flow(
      "actions=NORMAL,set_field:02:00:00:00:00:0b->eth_src,set_field:02:00:00:00:00:0a->eth_dst,"
      "NORMAL");
  const PacketBuilder packet = PacketBuilder().Ethernet(0xffffffffffff, 0x02000000000a).Ipv4(1, 2);
  const Outcome outcome = Run(packet);
  EXPECT_EQ(outcome.sent.size(), 3u);  // the first time; then it is where it came from
}

TEST_F(Actions, ResubmitLooksAsIfReceivedElsewhereAndComesBack) {
  Flow("table=0 actions=resubmit(3,1),output:in_port");
  Flow("table=1,in_port=3 actions=output:2");
  EXPECT_EQ(Ports(Udp()), "1 2");
}

TEST_F(Actions, ResubmitWithoutEndDropsThePacket) {
  Flow("actions=output:2,resubmit(,0)");
  EXPECT_EQ(Ports(Udp()), "drop: resubmit-depth");
}

TEST_F(Actions, ResubmitsThatBranchAreBounded) {
  Flow("table=0 actions=resubmit(,1),resubmit(,1)");
  for (int table = 1; table < 20; ++table) {
    Flow(fmt::format("table={} actions=resubmit(,{}),resubmit(,{})", table, table + 1, table + 1));
  }
  EXPECT_EQ(Ports(Udp()), "drop: too-many-steps");
}

TEST_F(Actions, StackThatGrowsWithoutEndDropsThePacket) {
  std::string pushes;
  for (int i = 0; i < 600; ++i) pushes += "push:NXM_NX_REG0[],";
  Flow("table=0 actions=" + pushes + "resubmit(,1)");
  Flow("table=1 actions=" + pushes + "output:2");
  EXPECT_EQ(Ports(Udp()), "drop: stack-limit");
}

TEST_F(Actions, ExitEndsEverythingButTheActionSet) {
  Flow("table=0 actions=resubmit(,1),output:2");
  Flow("table=1 actions=output:3,exit,output:4");
  EXPECT_EQ(Ports(Udp()), "3");
}

TEST_F(Actions, CloneUndoesWhatItChanged) {
  Flow("ip actions=clone(set_field:1.2.3.4->ip_src,push_vlan:0x8100,output:2),output:3");
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(Sent(outcome, 2).Key().ipv4_src.Get(), 0x01020304u);
  EXPECT_EQ(Sent(outcome, 3), Frame(Udp().Build()));
}

TEST_F(Actions, CloneThatChangesNothingIsNoClone) {
  Flow("actions=clone(output:2),output:3");
  for (const Action& action : Translate(Udp()).actions) {
    EXPECT_EQ(action.type, ActionType::kOutput);
  }
}

TEST_F(Actions, CloneEndsWithItsCopyOfTheActionSet) {
  Flow("table=0 actions=write_actions(output:2),goto_table:1");
  Flow("table=1 actions=clone(set_field:02:00:00:00:00:99->eth_dst,exit,output:4),output:3");
  const Outcome outcome = Run(Udp());
  std::vector<std::pair<uint32_t, uint64_t>> sent;
  for (const auto& [port, frame] : outcome.sent) {
    sent.emplace_back(port, frame.Key().eth_dst.ToU64());
  }
  const uint64_t before = Frame(Udp().Build()).Key().eth_dst.ToU64();
  EXPECT_THAT(sent, ::testing::UnorderedElementsAre(std::pair(2u, 0x020000000099u),
                                                    std::pair(2u, before), std::pair(3u, before)));
}

TEST_F(Actions, LengthIsLookedAtByRecirculation) {
  Flow("table=0 actions=check_pkt_larger(60)->NXM_NX_REG0[0],resubmit(,1)");
  Flow("table=1,reg0=1 actions=output:2");
  Flow("table=1,reg0=0 actions=output:3");
  EXPECT_EQ(Ports(Udp().Payload(100)), "2");
  EXPECT_EQ(Ports(Udp()), "3");
}

TEST_F(Actions, ActionSetIsDoneInItsOwnOrderAtTheEnd) {
  Flow(
      "table=0,ip actions=write_actions(output:2,set_field:9.9.9.9->ip_src,push_vlan:0x8100),"
      "goto_table:1");
  Flow("table=1 actions=output:3,write_actions(output:4)");
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(outcome.sent.size(), 2u);
  EXPECT_EQ(Sent(outcome, 3), Frame(Udp().Build()));
  EXPECT_EQ(Sent(outcome, 4).Key().ipv4_src.Get(), 0x09090909u);
  EXPECT_EQ(Sent(outcome, 4).tags(), 1u);
}

TEST_F(Actions, ClearActionsEmptiesTheActionSet) {
  Flow("table=0 actions=write_actions(output:2),goto_table:1");
  Flow("table=1 actions=output:3,clear_actions");
  EXPECT_EQ(Ports(Udp()), "3");
}

TEST_F(Actions, MetadataGoesFromTableToTable) {
  Flow("table=0 actions=write_metadata:0x12/0xff,goto_table:1");
  Flow("table=1,metadata=0x12 actions=output:2");
  EXPECT_EQ(Ports(Udp()), "2");
}

TEST_F(Actions, MeterComesBeforeWhatItMeters) {
  bridge().AddMeter(7, 42);
  Flow("actions=output:2,meter:7,resubmit(,1)");
  Flow("table=1,actions=output:3");
  runner_.dropping_meters = {42};
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(outcome.sent.size(), 0u) << "the meter instruction comes first of all";
}

TEST_F(Actions, RuleBehindAMeterCountsOnlyWhatGetsThere) {
  bridge().AddMeter(7, 42);
  Flow("table=0 actions=meter:7,goto_table:1");
  Flow("table=1 actions=output:3");
  MatchKey key, mask;
  const Rule* rule = bridge().tables().Lookup(1, bridge().state.version, key, &mask);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(Run(Udp()).counted[ToInt(rule->stat)], 1);
  runner_.dropping_meters = {42};
  EXPECT_EQ(Run(Udp()).counted[ToInt(rule->stat)], 0);
}

TEST_F(Actions, ControllerGetsThePacketAsItStands) {
  Flow("cookie=0x77,table=0 actions=load:5->NXM_NX_REG1[],resubmit(,3)");
  Flow(
      "cookie=0x99,table=3 actions=mod_vlan_vid:9,"
      "controller(reason=action,max_len=100,id=8,userdata=01.02.03)");
  const Outcome outcome = Run(Udp());
  ASSERT_EQ(outcome.upcalls.size(), 1u);
  const auto& [blob, frame] = outcome.upcalls[0];
  EXPECT_EQ(frame.tags(), 1u);
  const auto decoded = DecodePacketIn(blob, frame.bytes(), 46);
  ASSERT_TRUE(decoded.has_value());
  const PacketIn& packet_in = decoded->second;
  EXPECT_EQ(packet_in.table, 3);
  EXPECT_EQ(packet_in.cookie, 0x99u);
  EXPECT_EQ(packet_in.max_bytes, 100);
  EXPECT_EQ(packet_in.controller_id, 8);
  EXPECT_EQ(packet_in.userdata, (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(packet_in.metadata.pipeline.in_port.Get(), 1u);
  EXPECT_EQ(packet_in.metadata.pipeline.reg[1].Get(), 5u);
}

TEST_F(Actions, TableMissRuleIsAMissForTheController) {
  Flow("priority=0 actions=CONTROLLER");
  const Outcome outcome = Run(Udp());
  ASSERT_EQ(outcome.upcalls.size(), 1u);
  EXPECT_EQ(DecodePacketIn(outcome.upcalls[0].first, {}, 0)->second.reason,
            PacketInReason::kNoMatch);
  PortMod(1, port_config::kNoPacketIn);
  EXPECT_TRUE(Run(Udp()).upcalls.empty());
}

TEST_F(Actions, LearnAsksForARuleAndForItsReturn) {
  Flow(
      "table=0,actions=learn(table=7,idle_timeout=30,priority=9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
      "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],output:NXM_OF_IN_PORT[]),output:2");
  const Translation& t = Translate(Udp(), 3);
  ASSERT_EQ(t.notes.size(), 1u);
  const auto note = DecodeNote(t.notes[0]);
  ASSERT_TRUE(note.has_value());
  const auto& learn = std::get<LearnNote>(*note);
  EXPECT_EQ(FormatFlow(learn.mod),
            "table=7,priority=9,idle_timeout=30,dl_dst=02:00:00:00:00:0a,"
            "actions=load:0x3->NXM_NX_REG0[0..15],output:3");
  EXPECT_THAT(t.tags.span(), ::testing::Contains(learn.learner));
}

TEST_F(Actions, FinTimeoutIsForTheEndOfConnections) {
  Flow("tcp actions=fin_timeout(idle_timeout=5),output:2");
  EXPECT_EQ(Translate(Tcp()).notes.size(), 0u);
  const Translation& t = Translate(PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(1, 2, 0x011));
  ASSERT_EQ(t.notes.size(), 1u);
  EXPECT_EQ(std::get<FinTimeoutNote>(*DecodeNote(t.notes[0])).idle, 5);
  EXPECT_EQ(t.mask.bits.tcp_flags.Get() & ~0x5, 0) << "reads no more than FIN and RST";
}

TEST_F(Actions, BundleTakesTheFirstPortThatIsAlive) {
  Flow("actions=bundle(eth_src,0,active_backup,ofport,members:2,3)");
  EXPECT_EQ(Ports(Udp()), "2");
  PortMod(2, port_config::kDown);
  EXPECT_EQ(Ports(Udp()), "3");
  PortMod(3, port_config::kDown);
}

TEST_F(Actions, MultipathSpreadsFlows) {
  Flow("table=0 actions=multipath(symmetric_l4,50,modulo_n,2,0,NXM_NX_REG0[0..7]),resubmit(,1)");
  Flow("table=1,reg0=0 actions=output:2");
  Flow("table=1,reg0=1 actions=output:3");
  std::set<std::string> seen;
  for (uint16_t port = 0; port < 64; ++port) {
    seen.insert(Ports(PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(port, 80)));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"2", "3"}));
}

TEST_F(Actions, FragmentsShowNoPorts) {
  Flow("priority=2,udp,tp_dst=2000 actions=output:2");
  Flow("priority=1 actions=output:3");
  const auto first = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Fragment(0, true).Udp(1000, 2000);
  EXPECT_EQ(Ports(first), "3");
  bridge().state.fragments = FragmentHandling::kNxMatch;
  EXPECT_EQ(Ports(first), "2");
  bridge().state.fragments = FragmentHandling::kDrop;
  EXPECT_EQ(Ports(first), "drop: fragment-dropped");
  EXPECT_EQ(Ports(Udp()), "2");
}

}  // namespace
}  // namespace vsw::testing
