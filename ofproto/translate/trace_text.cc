// SPDX-License-Identifier: Apache-2.0
// The words of a trace: one function for each kind of step.
#include <algorithm>
#include <cstring>
#include <optional>

#include "datapath/packet/tunnel_set.h"
#include "fmt/format.h"
#include "ofproto/table/rule.h"
#include "ofproto/text/text.h"
#include "ofproto/translate/notes.h"
#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

constexpr uint16_t kTypeMpls = 0x8847, kTypeMplsMulticast = 0x8848;

std::string FormatOne(const Action& action, const PortNamer& name_of) {
  switch (action.type) {
    case ActionType::kOutput: {
      const std::string port = name_of(PortNo{action.value});
      return action.small == 0 ? port : fmt::format("trunc({}),{}", action.small, port);
    }
    case ActionType::kPushVlan:
      return fmt::format("push_vlan(tpid={:#06x},vid={},pcp={})", action.small,
                         action.tci() & kVlanIdMask, action.tci() >> 13);
    case ActionType::kPopVlan:
      return "pop_vlan";
    case ActionType::kSetVlanTci:
      return fmt::format("set_vlan(vid={},pcp={})", action.tci() & kVlanIdMask, action.tci() >> 13);
    case ActionType::kSetWord:
      break;  // several of them are one field
    case ActionType::kPushMpls:
      return fmt::format("push_mpls(label={},tc={},ttl={},bos={},eth_type={:#06x})",
                         action.value >> 12, action.value >> 9 & 7, action.value & 0xff,
                         action.value >> 8 & 1, action.small);
    case ActionType::kPopMpls:
      return fmt::format("pop_mpls(eth_type={:#06x})", action.small);
    case ActionType::kSetMpls:
      return fmt::format("set_mpls({:#010x}/{:#010x})", action.value, action.mask);
    case ActionType::kMeter:
      return fmt::format("meter({})", action.value);
    case ActionType::kCount:
      return fmt::format("count({})", action.value);
    case ActionType::kController:
      return fmt::format("controller(max_len={})", action.small);
    case ActionType::kClone:
      return "clone";
    case ActionType::kRecirculate:
      return fmt::format("recirc({:#x})", action.value);
    case ActionType::kRecirculateByLength:
      return fmt::format("check_pkt_len(size={},gt(recirc({:#x})),le(recirc({:#x})))", action.small,
                         action.value, action.mask);
    case ActionType::kRecirculateByHash:
      return fmt::format("hash(slots={},basis={}),recirc", action.value, action.mask);
    case ActionType::kSetTunnel:
      return "set_tunnel";
    case ActionType::kDecapsulate:
      return fmt::format("tnl_pop({})", name_of(PortNo{action.value}));
  }
  return "?";
}

// What a kSetTunnel says, from the slots behind it.
std::string FormatTunnel(const Action& action) {
  TunnelSet set;
  std::memcpy(static_cast<void*>(&set), &action + 1, sizeof(set));
  std::string text;
  const auto say = [&text](const std::string& word) { text += (text.empty() ? "" : ",") + word; };
  if (set.has(TunnelSet::kId)) say(fmt::format("tun_id={:#x}", set.tun_id));
  if (set.has(TunnelSet::kLocal)) say("src=" + set.local.ToString());
  if (set.has(TunnelSet::kRemote)) say("dst=" + set.remote.ToString());
  if (set.has(TunnelSet::kFlags)) say(fmt::format("flags={:#x}", set.flags));
  if (set.has(TunnelSet::kGbp)) {
    say(fmt::format("vxlan(gbp(id={:#x},flags={:#x}))", set.gbp_id, set.gbp_flags));
  }
  if (set.option_bytes != 0) say(fmt::format("geneve(option_bytes={})", set.option_bytes));
  return "set(tunnel(" + text + "))";
}

// Takes the words that are set one after the other from the front, and writes them as the fields
// that they are of: "set(dl_dst=02:00:00:00:00:01)".
std::string TakeSetWords(std::span<const Action>* actions) {
  Match match;
  while (!actions->empty() && actions->front().type == ActionType::kSetWord) {
    const Action& action = actions->front();
    const size_t offset = action.index * sizeof(action.value);
    std::memcpy(match.value.bytes() + offset, &action.value, sizeof(action.value));
    std::memcpy(match.mask.bytes() + offset, &action.mask, sizeof(action.mask));
    *actions = actions->subspan(1);
  }
  return "set(" + FormatMatch(match) + ")";
}

// What is read of a packet and is no field of OpenFlow: the rest of two tags and three labels.
std::string FormatHidden(const FlowKey& key, const FlowKey& mask) {
  std::string text;
  const auto say = [&text](const char* name, uint64_t value, uint64_t bits, uint64_t all) {
    if (bits == 0) return;
    text += fmt::format(",{}={:#x}", name, value & bits);
    if (bits != all) text += fmt::format("/{:#x}", bits);
  };
  say("vlan_tpid", key.vlan[0].tpid.Get(), mask.vlan[0].tpid.Get(), 0xffff);
  say("inner_vlan_tci", key.vlan[1].tci.Get(), mask.vlan[1].tci.Get(), 0xffff);
  say("inner_vlan_tpid", key.vlan[1].tpid.Get(), mask.vlan[1].tpid.Get(), 0xffff);
  say("mpls_lse1", key.mpls[1].Get(), mask.mpls[1].Get(), 0xffffffff);
  say("mpls_lse2", key.mpls[2].Get(), mask.mpls[2].Get(), 0xffffffff);
  return text;
}

// A translation reads fields of headers that the packet lacks, to be sure that they are zero: a
// megaflow for packets of a tunnel has to differ. Nobody wants to read that of every other packet.
void HideAbsentHeaders(Match* match) {
  FlowKey& mask = match->mask.packet;
  const uint8_t* tunnel = match->value.packet.line(3);
  if (std::all_of(tunnel, tunnel + kTunnelLinesBytes, [](uint8_t byte) { return byte == 0; })) {
    std::memset(mask.line(3), 0, kTunnelLinesBytes);
  }
  const uint16_t type = match->value.packet.eth_type.Get();
  if (type != kTypeMpls && type != kTypeMplsMulticast) mask.mpls = {};
}

// Of packets from tunnels.
constexpr FieldId kTunnelFields[] = {FieldId::kTunId,      FieldId::kTunSrc,     FieldId::kTunDst,
                                     FieldId::kTunIpv6Src, FieldId::kTunIpv6Dst, FieldId::kTunFlags,
                                     FieldId::kTunGbpId,   FieldId::kTunGbpFlags};
constexpr FieldId kPacketFields[] = {
    FieldId::kVlanTci,    FieldId::kEthSrc,     FieldId::kEthDst,     FieldId::kMplsLabel,
    FieldId::kMplsTc,     FieldId::kMplsTtl,    FieldId::kMplsBos,    FieldId::kIpProto,
    FieldId::kIpv4Src,    FieldId::kIpv4Dst,    FieldId::kIpv6Src,    FieldId::kIpv6Dst,
    FieldId::kIpv6Label,  FieldId::kIpTos,      FieldId::kIpTtl,      FieldId::kIpFrag,
    FieldId::kTcpSrc,     FieldId::kTcpDst,     FieldId::kTcpFlags,   FieldId::kUdpSrc,
    FieldId::kUdpDst,     FieldId::kSctpSrc,    FieldId::kSctpDst,    FieldId::kIcmpv4Type,
    FieldId::kIcmpv4Code, FieldId::kIcmpv6Type, FieldId::kIcmpv6Code, FieldId::kArpOp,
    FieldId::kArpSpa,     FieldId::kArpTpa,     FieldId::kArpSha,     FieldId::kArpTha,
    FieldId::kNdTarget,   FieldId::kNdSll,      FieldId::kNdTll};

}  // namespace

std::string PortNumber(PortNo port) { return std::to_string(ToInt(port)); }

std::string FormatDatapathActions(std::span<const Action> actions, const PortNamer& name_of) {
  if (actions.empty()) return "drop";
  std::string text;
  while (!actions.empty()) {
    if (!text.empty()) text += ',';
    const Action& action = actions.front();
    if (action.type == ActionType::kSetWord) {
      text += TakeSetWords(&actions);
      continue;
    }
    size_t taken = 1 + DataSlots(action);
    text +=
        action.type == ActionType::kSetTunnel ? FormatTunnel(action) : FormatOne(action, name_of);
    if (action.type == ActionType::kClone) {
      text += "(" + FormatDatapathActions(actions.subspan(1, action.value), name_of) + ")";
      taken += action.value;
    }
    actions = actions.subspan(taken);
  }
  return text;
}

std::string FormatMegaflow(const FlowKey& key, const FlowMask& mask, const PortNamer& name_of) {
  Match match;
  std::memcpy(static_cast<void*>(&match.mask.packet), &mask.bits, sizeof(mask.bits));
  match.mask.packet.in_port = kNoPort;
  match.mask.packet.recirc_id = 0;
  match.mask.packet.lines = 0;
  std::memcpy(static_cast<void*>(&match.value.packet), &key, sizeof(key));
  for (size_t i = 0; i < kMatchKeyWords; ++i) match.value.words()[i] &= match.mask.words()[i];
  HideAbsentHeaders(&match);
  const std::string fields = FormatMatch(match);
  return fmt::format("recirc_id={:#x},in_port={}{}{}{}", key.recirc_id, name_of(key.in_port),
                     fields.empty() ? "" : ",", fields, FormatHidden(key, match.mask.packet));
}

std::string FormatPacket(const FlowKey& key, uint32_t in_port) {
  Match packet;
  std::memcpy(static_cast<void*>(&packet.value.packet), &key, sizeof(key));
  Match match;
  match.Set(FieldId::kInPort, FieldValue::OfU64(in_port));
  match.Set(FieldId::kEthType, GetField(packet.value, FieldId::kEthType));
  for (const FieldId id : kTunnelFields) {
    const FieldValue value = GetField(packet.value, id);
    if (!value.is_zero()) match.Set(id, value);
  }
  for (const FieldId id : kPacketFields) {
    if (MeetsPrerequisite(match, id)) match.Set(id, GetField(packet.value, id));
  }
  return FormatMatch(match);
}

TraceStep DescribeBridge(const TranslationContext& context) {
  const uint32_t port = context.stay.in->of_port;
  return {"bridge", fmt::format("bridge(\"{}\"), in_port={}", context.stay.bridge->name,
                                port == kOfpLocal ? "LOCAL" : std::to_string(port))};
}

TraceStep DescribeLookup(const TranslationContext&, uint8_t table, const Rule* rule) {
  if (rule == nullptr) return {"table", fmt::format("{:2}. No match.", table), table};
  const std::string match = FormatMatch(rule->match);
  std::string text =
      fmt::format("{:2}. {}{}priority {}", table, match, match.empty() ? "" : ", ", rule->priority);
  if (rule->cookie != 0) text += fmt::format(", cookie {:#x}", rule->cookie);
  // What is not an action shows here; actions tell of themselves as they are done.
  Instructions rest = rule->instructions;
  rest.apply.clear();
  rest.has_apply = false;
  const bool any = rest.meter.has_value() || rest.clear || rest.has_write || !rest.write.empty() ||
                   rest.metadata_mask != 0 || rest.goto_table.has_value();
  if (any) text += ": " + FormatInstructions(rest);
  return {"rule", text, table, rule->priority, rule->cookie};
}

TraceStep DescribeAction(const OfAction& action) { return {"action", FormatActions({action})}; }

TraceStep DescribeBucket(const Bucket& bucket, size_t index) {
  return {"bucket", fmt::format("bucket {} (id {})", index, bucket.id)};
}

TraceStep DescribeNote(std::span<const uint8_t> bytes) {
  const std::optional<DecodedNote> note = DecodeNote(bytes);
  if (note.has_value() && std::holds_alternative<LearnNote>(*note)) {
    return {"note", "learns: " + FormatFlow(std::get<LearnNote>(*note).mod)};
  }
  return {"note", "reduces the rule's timeouts"};
}

TraceStep DescribeKnownAddress(const PortRules& out) {
  return {"normal", fmt::format("forwarding to learned port {}", out.of_port)};
}

}  // namespace vsw
