// SPDX-License-Identifier: Apache-2.0
#include "tests/ofproto/message/parts/samples.h"

#include <fstream>
#include <stdexcept>

#include "ofproto/action/output_length.h"

namespace vsw::testing {
namespace {

using enum FieldId;
using act::SetForm;

FieldValue Number(uint64_t value) { return FieldValue::OfU64(value); }
FieldValue Wide(uint64_t high, uint64_t low) {
  FieldValue value = Number(low);
  const FieldValue upper = Number(high);
  std::copy(upper.octets.begin() + 8, upper.octets.end(), value.octets.begin());
  return value;
}
FieldValue Ones(FieldId id) { return FieldValue::Ones(Describe(id).bits); }
FieldId Nth(FieldId first, int n) { return static_cast<FieldId>(static_cast<int>(first) + n); }
Subfield Whole(FieldId id) { return {id, 0, Describe(id).bits}; }
Subfield Part(FieldId id, uint16_t from, uint16_t to) {
  return {id, from, static_cast<uint16_t>(to - from + 1)};
}
FieldId Reg(int n) { return Nth(kReg0, n); }

act::SetField Set(FieldId id, FieldValue value) { return {id, value, Ones(id)}; }
act::SetField Set(FieldId id, uint64_t value) { return Set(id, Number(value)); }
act::SetField Set(FieldId id, FieldValue value, FieldValue mask) { return {id, value, mask}; }
act::SetField Legacy(FieldId id, uint64_t value) {
  return {id, Number(value), Ones(id), SetForm::kLegacy};
}
act::SetField Load(Subfield where, uint64_t value) {
  act::SetField a{where.field, {}, {}, SetForm::kRegLoad};
  MatchKey scratch;
  SetSubfield(&scratch, where, Number(value));
  a.value = GetField(scratch, where.field);
  SetSubfield(&scratch, where, FieldValue::Ones(where.bits));
  a.mask = GetField(scratch, where.field);
  return a;
}

Instructions Apply(OfActions actions) {
  Instructions value;
  value.has_apply = !actions.empty();
  value.apply = std::move(actions);
  return value;
}

act::LearnSpec Copy(act::LearnSpec::Kind kind, Subfield from, Subfield to) {
  return {
      .kind = kind, .from_immediate = false, .source = from, .immediate = {}, .destination = to};
}
act::LearnSpec Immediate(act::LearnSpec::Kind kind, uint64_t value, Subfield to) {
  return {.kind = kind,
          .from_immediate = true,
          .source = {},
          .immediate = Number(value),
          .destination = to};
}
constexpr auto kMatch = act::LearnSpec::Kind::kMatch, kLoad = act::LearnSpec::Kind::kLoad,
               kOutput = act::LearnSpec::Kind::kOutput;

using Samples = std::vector<InstructionSample>;

void AddOutputs(Samples* to) {
  const auto add = [&](const std::string& text, OfActions actions) {
    to->push_back({text, Apply(std::move(actions))});
  };
  add("output:1", {act::Output{1}});
  add("in_port", {act::Output{kOfpInPort}});
  add("LOCAL", {act::Output{kOfpLocal}});
  add("normal", {act::Output{kOfpNormal}});
  add("flood", {act::Output{kOfpFlood}});
  add("all", {act::Output{kOfpAll}});
  add("table", {act::Output{kOfpTable}});
  add("controller", {act::Output{kOfpController, 0xffff}});
  add("controller:128", {act::Output{kOfpController, 128}});
  add("output:65000", {act::Output{65000}});
  add("output(port=5,max_len=100)", {act::Output{5, CutTo(100)}});
  add("output:NXM_NX_REG0[16..31]", {act::OutputReg{Part(kReg0, 16, 31), 0xffff}});
  add("output:NXM_OF_IN_PORT[]", {act::OutputReg{Whole(kInPortNx), 0xffff}});
  add("enqueue:3:7", {act::Enqueue{3, 7}});
  add("set_queue:5", {act::SetQueue{5}});
  add("pop_queue", {act::PopQueue{}});
  add("controller(max_len=100,id=7,reason=no_match)",
      {act::Controller{.max_bytes = 100, .controller_id = 7, .reason = 0}});
  add("controller(userdata=01.02.03.04.05,pause)",
      {act::Controller{.pause = true, .userdata = {1, 2, 3, 4, 5}}});
  add("controller(max_len=256,id=3,reason=invalid_ttl,userdata=01.02,meter_id=9)",
      {act::Controller{
          .max_bytes = 256, .controller_id = 3, .reason = 2, .userdata = {1, 2}, .meter = 9}});
  add("group:7", {act::Group{7}});
}

void AddHeaders(Samples* to) {
  const auto add = [&](const std::string& text, OfAction action) {
    to->push_back({text, Apply({std::move(action)})});
  };
  add("mod_vlan_vid:5", act::SetVlanVid{5, false});
  add("mod_vlan_pcp:3", act::SetVlanPcp{3, false});
  add("pop_vlan", act::PopVlan{});
  add("push_vlan:0x8100", act::PushVlan{0x8100});
  add("push_vlan:0x88a8", act::PushVlan{0x88a8});
  add("mod_dl_src:00:11:22:33:44:55", Legacy(kEthSrc, 0x001122334455));
  add("mod_dl_dst:00:11:22:33:44:66", Legacy(kEthDst, 0x001122334466));
  add("mod_nw_src:10.0.0.1", Legacy(kIpv4Src, 0x0a000001));
  add("mod_nw_dst:10.0.0.2", Legacy(kIpv4Dst, 0x0a000002));
  add("mod_nw_tos:184", Legacy(kIpDscp, 46));
  add("mod_nw_ecn:2", Legacy(kIpEcn, 2));
  add("mod_nw_ttl:9", act::SetIpTtl{9});
  add("mod_tp_src:80", Legacy(kTcpSrc, 80));
  add("mod_tp_dst:443", Legacy(kTcpDst, 443));
  add("mod_tp_dst:53", Legacy(kUdpDst, 53));
  add("dec_ttl", act::DecTtl{});
  add("dec_ttl(1,2,3)", act::DecTtl{{1, 2, 3}});
  add("set_mpls_label(77)", Legacy(kMplsLabel, 77));
  add("set_mpls_tc(5)", Legacy(kMplsTc, 5));
  add("set_mpls_ttl(64)", act::SetMplsTtl{64});
  add("dec_mpls_ttl", act::DecMplsTtl{});
  add("push_mpls:0x8847", act::PushMpls{0x8847});
  add("pop_mpls:0x0800", act::PopMpls{0x0800});
}

void AddSetFields(Samples* to) {
  const auto add = [&](const std::string& text, act::SetField set) {
    to->push_back({"set_field:" + text, Apply({set})});
  };
  add("00:11:22:33:44:55->eth_src", Set(kEthSrc, 0x001122334455));
  add("00:11:22:00:00:00/ff:ff:ff:00:00:00->eth_dst",
      Set(kEthDst, Number(0x001122000000), Number(0xffffff000000)));
  add("4099->vlan_vid", Set(kVlanVid, 4099));
  add("2->vlan_pcp", Set(kVlanPcp, 2));
  add("10.1.2.3->ip_src", Set(kIpv4Src, 0x0a010203));
  add("10.1.0.0/16->ip_dst", Set(kIpv4Dst, Number(0x0a010000), Number(0xffff0000)));
  add("18->ip_dscp", Set(kIpDscp, 18));
  add("1->nw_ecn", Set(kIpEcn, 1));
  add("33->nw_ttl", Set(kIpTtl, 33));
  add("2001:db8::1->ipv6_src", Set(kIpv6Src, Wide(0x20010db800000000, 1)));
  add("2001:db8::/32->ipv6_dst",
      Set(kIpv6Dst, Wide(0x20010db800000000, 0), Wide(0xffffffff00000000, 0)));
  add("0x12345->ipv6_label", Set(kIpv6Label, 0x12345));
  add("80->tcp_src", Set(kTcpSrc, 80));
  add("53->udp_dst", Set(kUdpDst, 53));
  add("9->sctp_src", Set(kSctpSrc, 9));
  add("8->icmp_type", Set(kIcmpv4Type, 8));
  add("128->icmpv6_type", Set(kIcmpv6Type, 128));
  add("2->arp_op", Set(kArpOp, 2));
  add("10.0.0.9->arp_spa", Set(kArpSpa, 0x0a000009));
  add("00:11:22:33:44:77->arp_tha", Set(kArpTha, 0x001122334477));
  add("2001:db8::2->nd_target", Set(kNdTarget, Wide(0x20010db800000000, 2)));
  add("00:11:22:33:44:88->nd_sll", Set(kNdSll, 0x001122334488));
  add("00:11:22:33:44:99->nd_tll", Set(kNdTll, 0x001122334499));
  add("0x60000000->nd_reserved", Set(kNdReserved, 0x60000000));
  add("2->nd_options_type", Set(kNdOptionsType, 2));
  add("99->mpls_label", Set(kMplsLabel, 99));
  add("3->mpls_tc", Set(kMplsTc, 3));
  add("0x1234567890->tun_id", Set(kTunId, 0x1234567890));
  add("0x12345678->reg5", Set(Reg(5), 0x12345678));
  add("0x5/0xf->reg15", Set(Reg(15), Number(5), Number(0xf)));
  add("0x1122334455667788->xreg3", Set(Nth(kXreg0, 3), 0x1122334455667788));
  add("0x11223344556677889900aabbccddeeff->xxreg1",
      Set(Nth(kXxreg0, 1), Wide(0x1122334455667788, 0x9900aabbccddeeff)));
  add("0x1122334455667788->metadata", Set(kMetadata, 0x1122334455667788));
  add("0x55/0xff->metadata", Set(kMetadata, Number(0x55), Number(0xff)));
  add("0x77->pkt_mark", Set(kPktMark, 0x77));
  add("1.2.3.4->tun_dst", Set(kTunDst, 0x01020304));
  add("::1->tun_ipv6_dst", Set(kTunIpv6Dst, 1));
  add("0x5->tun_gbp_id", Set(kTunGbpId, 5));
  add("0x5->tun_metadata0", Set(kTunMetadata0, 5));
  add("0x12/0xff->tun_metadata19", Set(kTunMetadata19, Number(0x12), Number(0xff)));
}

void AddLoads(Samples* to) {
  const auto add = [&](const std::string& text, OfAction action) {
    to->push_back({text, Apply({std::move(action)})});
  };
  add("set_tunnel:0x123", act::SetTunnel{0x123});
  add("set_tunnel64:0x123456789a", act::SetTunnel{0x123456789a, true});
  add("load:0x5->NXM_NX_REG3[4..7]", Load(Part(Reg(3), 4, 7), 5));
  add("load:0x1122334455667788->OXM_OF_METADATA[]", Load(Whole(kMetadata), 0x1122334455667788));
  add("load:0x1->NXM_NX_XXREG2[64..127]", Load(Part(Nth(kXxreg0, 2), 64, 127), 1));
  add("load:0x2->NXM_OF_ARP_OP[]", Load(Whole(kArpOp), 2));
  add("load:0x20->NXM_OF_IP_TOS[]",
      act::SetField{kIpTos, Number(0x20), Number(0xfc), SetForm::kRegLoad});
  add("load:0xffff->NXM_OF_IN_PORT[]", Load(Whole(kInPortNx), 0xffff));
  add("load:0->NXM_OF_VLAN_TCI[]", Load(Whole(kVlanTci), 0));
  add("load:0x50->NXM_OF_TCP_DST[]", Load(Whole(kTcpDst), 0x50));
  add("move:NXM_OF_IP_SRC[]->NXM_NX_REG0[]", act::Move{Whole(kIpv4Src), Whole(kReg0)});
  add("move:NXM_OF_ARP_OP[]->NXM_NX_REG0[0..15]", act::Move{{kArpOp, 0, 16}, Part(kReg0, 0, 15)});
  add("move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]", act::Move{Whole(kEthSrc), Whole(kEthDst)});
  add("move:NXM_NX_XXREG0[0..95]->NXM_NX_XXREG1[32..127]",
      act::Move{Part(kXxreg0, 0, 95), Part(Nth(kXxreg0, 1), 32, 127)});
  add("move:NXM_NX_REG0[]->ERICOXM_OF_ICMPV6_ND_RESERVED[]",
      act::Move{Whole(kReg0), Whole(kNdReserved)});
  add("push:NXM_NX_REG2[0..5]", act::StackPush{Part(Reg(2), 0, 5)});
  add("pop:NXM_NX_REG3[6..11]", act::StackPop{Part(Reg(3), 6, 11)});
  add("push:ERICOXM_OF_ICMPV6_ND_RESERVED[0..7]", act::StackPush{Part(kNdReserved, 0, 7)});
}

void AddControl(Samples* to) {
  const auto add = [&](const std::string& text, OfActions actions) {
    to->push_back({text, Apply(std::move(actions))});
  };
  add("resubmit:3", {act::Resubmit{3}});
  add("resubmit(,5)", {act::Resubmit{kOfpInPort, 5}});
  add("resubmit(4,6)", {act::Resubmit{4, 6}});
  add("resubmit(LOCAL,6)", {act::Resubmit{kOfpLocal, 6}});
  add("exit", {act::Exit{}});
  // To the end of its last 8 bytes, as ovs-ofctl sends and shows it.
  add("note:01.02.03.04.05.06.07", {act::Note{{1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0}}});
  add("fin_timeout(idle_timeout=5,hard_timeout=10)", {act::FinTimeout{5, 10}});
  add("conjunction(77,2/5)", {act::Conjunction{77, 1, 5}});
  add("check_pkt_larger(1500)->reg0[3]", {act::CheckPktLarger{1500, Part(kReg0, 3, 3)}});
  add("clone(set_field:0x1->reg0,output:2)", {act::Clone{{Set(kReg0, 1), act::Output{2}}}});
  add("clone(clone(output:1),output:2),output:3",
      {act::Clone{{act::Clone{{act::Output{1}}}, act::Output{2}}}, act::Output{3}});
  add("multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])",
      {act::Multipath{0, 50, 0, 0, 0, Whole(kReg0)}});
  add("multipath(symmetric_l3l4+udp,7,iter_hash,10,3,NXM_NX_REG1[0..15])",
      {act::Multipath{3, 7, 3, 9, 3, Part(Reg(1), 0, 15)}});
  add("bundle(eth_src,0,hrw,ofport,slaves:4,8)",
      {act::Bundle{.fields = 0, .basis = 0, .ports = {4, 8}}});
  add("bundle(symmetric_l4,60,active_backup,ofport,slaves:2,3,5,7,11)",
      {act::Bundle{.fields = 1, .basis = 60, .active_backup = true, .ports = {2, 3, 5, 7, 11}}});
  add("bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[16..31],slaves:4,8,9)",
      {act::Bundle{
          .fields = 0, .basis = 0, .ports = {4, 8, 9}, .destination = Part(kReg0, 16, 31)}});
}

void AddTracking(Samples* to) {
  const auto add = [&](const std::string& text, OfAction action) {
    to->push_back({text, Apply({std::move(action)})});
  };
  add("ct(table=1)", act::Ct{.recirc_table = 1});
  add("ct(commit,force,table=4,zone=10,exec(set_field:0x5->ct_mark),alg=ftp)",
      act::Ct{.flags = 3, .zone = 10, .recirc_table = 4, .alg = 21, .exec = {Set(kCtMark, 5)}});
  add("ct(zone=NXM_NX_REG0[0..15],commit,nat(src=10.0.0.1-10.0.0.9:1000-2000,random))",
      act::Ct{.flags = 1,
              .zone_source = Part(kReg0, 0, 15),
              .exec = {act::Nat{.flags = 0x11,
                                .range = {0, 0x33, 10, 0, 0, 1, 10, 0, 0, 9, 3, 0xe8, 7, 0xd0}}}});
  add("ct(commit,nat(dst=[2001:db8::1]:80,persistent,hash))",
      act::Ct{.flags = 1,
              .exec = {act::Nat{.flags = 0xe, .range = {0, 0x14, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0,
                                                        0, 0,    0,    0, 0,   0,    1, 0, 80}}}});
  add("ct(nat)", act::Ct{.exec = {act::Nat{}}});
  add("ct_clear", act::CtClear{});
}

void AddLearns(Samples* to) {
  const auto add = [&](const std::string& text, act::Learn learn) {
    to->push_back({"learn(" + text + ")", Apply({std::move(learn)})});
  };
  add("table=1,hard_timeout=60,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:"
      "NXM_OF_IN_PORT[]",
      {.hard_timeout = 60,
       .specs = {Copy(kMatch, Part(kVlanTci, 0, 11), Part(kVlanTci, 0, 11)),
                 Copy(kMatch, Whole(kEthSrc), Whole(kEthDst)),
                 Copy(kOutput, Whole(kInPortNx), {})}});
  add("table=2,idle_timeout=10,fin_idle_timeout=3,fin_hard_timeout=4,send_flow_rem,delete_learned,"
      "priority=99,cookie=0x1122,eth_type=0x800,nw_proto=6,NXM_OF_IP_DST[]=1.2.3.4,load:0x5->NXM_"
      "NX_REG1[0..15],load:NXM_NX_REG2[]->NXM_NX_REG3[]",
      {.idle_timeout = 10,
       .priority = 99,
       .cookie = 0x1122,
       .table = 2,
       .send_flow_removed = true,
       .delete_learned = true,
       .fin_idle_timeout = 3,
       .fin_hard_timeout = 4,
       .specs = {Immediate(kMatch, 0x800, Whole(kEthType)), Immediate(kMatch, 6, Whole(kIpProto)),
                 Immediate(kMatch, 0x01020304, Whole(kIpv4Dst)),
                 Immediate(kLoad, 5, Part(Reg(1), 0, 15)),
                 Copy(kLoad, Whole(Reg(2)), Whole(Reg(3)))}});
  add("table=3,limit=5,result_dst=NXM_NX_REG0[7],NXM_OF_ETH_SRC[],output:NXM_NX_REG1[0..15]",
      {.table = 3,
       .write_result = true,
       .limit = 5,
       .result = Part(kReg0, 7, 7),
       .specs = {Copy(kMatch, Whole(kEthSrc), Whole(kEthSrc)),
                 Copy(kOutput, Part(Reg(1), 0, 15), {})}});
  add("table=3,limit=6,NXM_OF_ETH_SRC[]",
      {.table = 3, .limit = 6, .specs = {Copy(kMatch, Whole(kEthSrc), Whole(kEthSrc))}});
  add("table=3,eth_type=0x86dd,load:ERICOXM_OF_ICMPV6_ND_RESERVED[]->NXM_NX_REG0[]",
      {.table = 3,
       .specs = {Immediate(kMatch, 0x86dd, Whole(kEthType)),
                 Copy(kLoad, Whole(kNdReserved), Whole(kReg0))}});
}

void AddInstructions(Samples* to) {
  Instructions value;
  value.metadata = 0x1234;
  value.metadata_mask = 0xffff;
  to->push_back({"write_metadata:0x1234/0xffff", value});
  value = {};
  value.goto_table = 3;
  to->push_back({"goto_table:3", value});
  value = {};
  value.clear = true;
  to->push_back({"clear_actions", value});
  value = {};
  value.has_write = true;
  value.write = {Set(kReg0, 1), act::Group{3}};
  to->push_back({"write_actions(set_field:0x1->reg0,group:3)", value});
  value = Apply({act::Output{1}});
  value.meter = 5;
  to->push_back({"meter:5,output:1", value});
  value = Apply({act::Output{1}});
  value.clear = true;
  value.has_write = true;
  value.write = {act::Output{2}};
  value.metadata = 1;
  value.metadata_mask = ~0ull;
  value.goto_table = 9;
  to->push_back(
      {"output:1,clear_actions,write_actions(output:2),write_metadata:0x1,goto_table:9", value});
  to->push_back({"drop", {}});
}

/// Adds fields to a match, by name of what the packet is or one at a time.
class MatchBuilder {
 public:
  MatchBuilder& Type(uint16_t type) { return Is(kEthType, type); }
  MatchBuilder& Ip(uint8_t proto) { return Type(0x0800).Is(kIpProto, proto); }
  MatchBuilder& Ip6(uint8_t proto) { return Type(0x86dd).Is(kIpProto, proto); }
  MatchBuilder& Is(FieldId id, uint64_t value) { return Is(id, Number(value)); }
  MatchBuilder& Is(FieldId id, FieldValue value) {
    match_.Set(id, value);
    return *this;
  }
  MatchBuilder& Is(FieldId id, FieldValue value, FieldValue mask) {
    match_.SetMasked(id, value, mask);
    return *this;
  }
  MatchBuilder& Is(FieldId id, uint64_t value, uint64_t mask) {
    return Is(id, Number(value), Number(mask));
  }
  operator Match() const { return match_; }  // NOLINT: the value that was built

 private:
  Match match_;
};

using Matches = std::vector<MatchSample>;
using M = MatchBuilder;

void AddLinkMatches(Matches* to) {
  to->push_back({"in_port=1", M().Is(kInPort, 1)});
  to->push_back({"in_port=LOCAL", M().Is(kInPort, kOfpLocal)});
  to->push_back({"in_port=65000", M().Is(kInPort, 65000)});
  to->push_back({"dl_src=00:11:22:33:44:55", M().Is(kEthSrc, 0x001122334455)});
  to->push_back({"dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
                 M().Is(kEthDst, 0x010000000000, 0x010000000000)});
  to->push_back({"dl_type=0x88cc", M().Type(0x88cc)});
  to->push_back({"vlan_tci=0", M().Is(kVlanTci, 0)});
  to->push_back({"dl_vlan=0xffff", M().Is(kVlanTci, 0)});
  to->push_back({"vlan_tci=0x1000/0x1000", M().Is(kVlanTci, 0x1000, 0x1000)});
  to->push_back({"dl_vlan=5", M().Is(kVlanVid, 0x1005)});
  to->push_back({"dl_vlan=5,dl_vlan_pcp=3", M().Is(kVlanVid, 0x1005).Is(kVlanPcp, 3)});
  to->push_back({"dl_vlan_pcp=3", M().Is(kVlanTci, 0x7000, 0xf000)});
  to->push_back({"vlan_tci=0x3005/0x3fff", M().Is(kVlanTci, 0x3005, 0x3fff)});
  to->push_back({"vlan_vid=0x1005/0x100f", M().Is(kVlanVid, 0x1005, 0x100f)});
  to->push_back({"vlan_tci=0x5123", M().Is(kVlanTci, 0x5123)});
  to->push_back({"mpls,mpls_label=100,mpls_tc=3,mpls_bos=1",
                 M().Type(0x8847).Is(kMplsLabel, 100).Is(kMplsTc, 3).Is(kMplsBos, 1)});
  to->push_back({"mplsm,mpls_ttl=5", M().Type(0x8848).Is(kMplsTtl, 5)});
}

void AddIpMatches(Matches* to) {
  to->push_back({"ip", M().Type(0x0800)});
  to->push_back({"ip,nw_src=10.0.0.1,nw_dst=10.1.0.0/16",
                 M().Type(0x0800).Is(kIpv4Src, 0x0a000001).Is(kIpv4Dst, 0x0a010000, 0xffff0000)});
  to->push_back(
      {"ip,nw_src=10.0.0.1/255.0.255.0", M().Type(0x0800).Is(kIpv4Src, 0x0a000001, 0xff00ff00)});
  to->push_back({"ip,nw_tos=184", M().Type(0x0800).Is(kIpDscp, 46)});
  to->push_back({"ip,nw_ecn=2", M().Type(0x0800).Is(kIpEcn, 2)});
  to->push_back({"ip,nw_tos=184,nw_ecn=1", M().Type(0x0800).Is(kIpDscp, 46).Is(kIpEcn, 1)});
  to->push_back({"ip,nw_proto=47", M().Ip(47)});
  to->push_back({"ip,nw_ttl=3", M().Type(0x0800).Is(kIpTtl, 3)});
  to->push_back({"ip,ip_frag=first", M().Type(0x0800).Is(kIpFrag, 1)});
  to->push_back({"ip,ip_frag=later", M().Type(0x0800).Is(kIpFrag, 3)});
  to->push_back({"ip,ip_frag=yes", M().Type(0x0800).Is(kIpFrag, 1, 1)});
  to->push_back({"ip,ip_frag=no", M().Type(0x0800).Is(kIpFrag, 0)});
  to->push_back({"ip,ip_frag=not_later", M().Type(0x0800).Is(kIpFrag, 0, 2)});
  to->push_back({"ipv6,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::/32",
                 M().Type(0x86dd)
                     .Is(kIpv6Src, Wide(0x20010db800000000, 1))
                     .Is(kIpv6Dst, Wide(0x20010db800000000, 0), Wide(0xffffffff00000000, 0))});
  to->push_back({"ipv6,ipv6_label=0x12345", M().Type(0x86dd).Is(kIpv6Label, 0x12345)});
  to->push_back(
      {"ipv6,ipv6_label=0x12300/0xfff00", M().Type(0x86dd).Is(kIpv6Label, 0x12300, 0xfff00)});
}

void AddTransportMatches(Matches* to) {
  to->push_back({"tcp,tp_src=80,tp_dst=443", M().Ip(6).Is(kTcpSrc, 80).Is(kTcpDst, 443)});
  to->push_back({"tcp,tp_src=80/0xfff0", M().Ip(6).Is(kTcpSrc, 80, 0xfff0)});
  to->push_back({"tcp,tcp_flags=+syn-ack", M().Ip(6).Is(kTcpFlags, 2, 0x12)});
  to->push_back({"tcp,tcp_flags=0x2", M().Ip(6).Is(kTcpFlags, 2)});
  to->push_back({"tcp6,tp_dst=22", M().Ip6(6).Is(kTcpDst, 22)});
  to->push_back({"udp,tp_src=53,tp_dst=54", M().Ip(17).Is(kUdpSrc, 53).Is(kUdpDst, 54)});
  to->push_back({"udp6,udp_dst=53", M().Ip6(17).Is(kUdpDst, 53)});
  to->push_back({"sctp,sctp_src=1,sctp_dst=2", M().Ip(132).Is(kSctpSrc, 1).Is(kSctpDst, 2)});
  to->push_back({"icmp,icmp_type=8,icmp_code=1", M().Ip(1).Is(kIcmpv4Type, 8).Is(kIcmpv4Code, 1)});
  to->push_back(
      {"icmp6,icmpv6_type=128,icmpv6_code=0", M().Ip6(58).Is(kIcmpv6Type, 128).Is(kIcmpv6Code, 0)});
  to->push_back({"icmp6,icmpv6_type=135,nd_target=2001:db8::9,nd_sll=00:11:22:33:44:55",
                 M().Ip6(58)
                     .Is(kIcmpv6Type, 135)
                     .Is(kNdTarget, Wide(0x20010db800000000, 9))
                     .Is(kNdSll, 0x001122334455)});
  to->push_back({"icmp6,icmpv6_type=136,nd_target=2001:db8::/64,nd_tll=00:11:22:33:44:55",
                 M().Ip6(58)
                     .Is(kIcmpv6Type, 136)
                     .Is(kNdTarget, Wide(0x20010db800000000, 0), Wide(~0ull, 0))
                     .Is(kNdTll, 0x001122334455)});
  to->push_back(
      {"icmp6,icmpv6_type=136,nd_reserved=0x60000000,nd_options_type=2",
       M().Ip6(58).Is(kIcmpv6Type, 136).Is(kNdReserved, 0x60000000).Is(kNdOptionsType, 2)});
  to->push_back(
      {"arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/8",
       M().Type(0x0806).Is(kArpOp, 1).Is(kArpSpa, 0x0a000001).Is(kArpTpa, 0x0a000000, 0xff000000)});
  to->push_back({"arp,arp_sha=00:11:22:33:44:55,arp_tha=00:11:22:33:44:66",
                 M().Type(0x0806).Is(kArpSha, 0x001122334455).Is(kArpTha, 0x001122334466)});
  to->push_back({"rarp,arp_op=3", M().Type(0x8035).Is(kArpOp, 3)});
}

void AddPipelineMatches(Matches* to) {
  to->push_back({"metadata=0x1234", M().Is(kMetadata, 0x1234)});
  to->push_back({"metadata=0x1200/0xff00", M().Is(kMetadata, 0x1200, 0xff00)});
  to->push_back({"tun_id=0x123", M().Is(kTunId, 0x123)});
  to->push_back({"tun_id=0x100/0xf00", M().Is(kTunId, 0x100, 0xf00)});
  to->push_back(
      {"tun_src=1.2.3.4,tun_dst=5.6.7.8", M().Is(kTunSrc, 0x01020304).Is(kTunDst, 0x05060708)});
  to->push_back({"tun_ipv6_src=2001:db8::1", M().Is(kTunIpv6Src, Wide(0x20010db800000000, 1))});
  to->push_back({"tun_gbp_id=5,tun_gbp_flags=8", M().Is(kTunGbpId, 5).Is(kTunGbpFlags, 8)});
  to->push_back({"tun_flags=+oam", M().Is(kTunFlags, 1, 1)});
  to->push_back({"tun_metadata0", M().Is(kTunMetadata0, 0, 0)});
  to->push_back({"tun_metadata0=0", M().Is(kTunMetadata0, 0)});
  to->push_back({"tun_metadata1=0x5/0xff", M().Is(Nth(kTunMetadata0, 1), 5, 0xff)});
  to->push_back({"tun_metadata3=0x11223344556677889900aabbccddeeff,tun_metadata19=0x12345678",
                 M().Is(Nth(kTunMetadata0, 3), Wide(0x1122334455667788, 0x9900aabbccddeeff))
                     .Is(kTunMetadata19, 0x12345678)});
  to->push_back({"reg0=5", M().Is(kReg0, 5)});
  to->push_back({"reg15=0x50/0xf0", M().Is(Reg(15), 0x50, 0xf0)});
  to->push_back({"xreg1=0x1122334455667788", M().Is(Nth(kXreg0, 1), 0x1122334455667788)});
  to->push_back(
      {"xxreg2=0x112233445566778899", M().Is(Nth(kXxreg0, 2), Wide(0x11, 0x2233445566778899))});
  to->push_back({"pkt_mark=7", M().Is(kPktMark, 7)});
  to->push_back({"ct_state=+trk+est,ip", M().Type(0x0800).Is(kCtState, 0x22, 0x22)});
  to->push_back({"ct_zone=5", M().Is(kCtZone, 5)});
  to->push_back({"ct_mark=1,ct_label=2", M().Is(kCtMark, 1).Is(kCtLabel, 2)});
  to->push_back({"conj_id=77", M().Is(kConjId, 77)});
  to->push_back({"actset_output=3", M().Is(kActsetOutput, 3)});
  to->push_back({"packet_type=(1,0x800)", M().Is(kPacketType, 0x10800)});
}

}  // namespace

const std::vector<MatchSample>& MatchSamples() {
  static const Matches samples = [] {
    Matches all;
    AddLinkMatches(&all);
    AddIpMatches(&all);
    AddTransportMatches(&all);
    AddPipelineMatches(&all);
    return all;
  }();
  return samples;
}

const std::vector<InstructionSample>& InstructionSamples() {
  static const Samples samples = [] {
    Samples all;
    AddOutputs(&all);
    AddHeaders(&all);
    AddSetFields(&all);
    AddLoads(&all);
    AddControl(&all);
    AddTracking(&all);
    AddLearns(&all);
    AddInstructions(&all);
    return all;
  }();
  return samples;
}

std::string Hex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t octet : bytes) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

std::vector<Golden> ReadGolden(const std::string& file) {
  const std::string path = std::string(VSW_PARTS_TEST_DIR) + "/" + file;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<Golden> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> words;
    for (size_t at = 0;;) {
      const size_t bar = line.find(" | ", at);
      words.push_back(line.substr(at, bar - at));
      if (bar == std::string::npos) break;
      at = bar + 3;
    }
    Golden golden;
    golden.nxm = words.at(0) == "nxm";
    golden.version =
        golden.nxm ? OfVersion::k10 : static_cast<OfVersion>(std::stoi(words.at(0)) - 9);
    golden.match = words.at(1) == "-" ? "" : words.at(1);
    golden.text = words.at(2);
    const std::string& hex = words.at(3);
    for (size_t i = 0; hex != "-" && i + 1 < hex.size(); i += 2) {
      golden.bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    lines.push_back(std::move(golden));
  }
  return lines;
}

Bytes EncodedInstructions(OfVersion version, const Instructions& value) {
  Writer out;
  EncodeInstructions(version, value, &out);
  return out.Release();
}

Bytes EncodedMatch(OfVersion version, const Match& value) {
  Writer out;
  EncodeMatch(version, value, &out);
  return out.Release();
}

}  // namespace vsw::testing
