// SPDX-License-Identifier: Apache-2.0
// The words of a trace: one function for each kind of step.
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

std::string FormatOne(const Action& action) {
  switch (action.type) {
    case ActionType::kOutput:
      return action.small == 0 ? std::to_string(action.value)
                               : fmt::format("trunc({}),{}", action.small, action.value);
    case ActionType::kPushVlan:
      return fmt::format("push_vlan(tpid={:#06x},vid={},pcp={})", action.small,
                         action.tci() & kVlanIdMask, action.tci() >> 13);
    case ActionType::kPopVlan:
      return "pop_vlan";
    case ActionType::kSetVlanTci:
      return fmt::format("set_vlan(vid={},pcp={})", action.tci() & kVlanIdMask, action.tci() >> 13);
    case ActionType::kSetWord:
      return fmt::format("set(word {}:{:#010x}/{:#010x})", action.index, ByteSwap(action.value),
                         ByteSwap(action.mask));
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
      return fmt::format("tnl_pop({})", action.value);
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

}  // namespace

std::string FormatDatapathActions(std::span<const Action> actions) {
  if (actions.empty()) return "drop";
  std::string text;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    if (!text.empty()) text += ',';
    text += action.type == ActionType::kSetTunnel ? FormatTunnel(action) : FormatOne(action);
    if (action.type == ActionType::kClone) {
      text += "(" + FormatDatapathActions(actions.subspan(i + 1, action.value)) + ")";
      i += action.value;
    }
    i += DataSlots(action);
  }
  return text;
}

std::string FormatMegaflow(const FlowKey& key, const FlowMask& mask) {
  Match match;
  std::memcpy(static_cast<void*>(&match.mask.packet), &mask.bits, sizeof(mask.bits));
  match.mask.packet.in_port = kNoPort;
  match.mask.packet.recirc_id = 0;
  match.mask.packet.lines = 0;
  std::memcpy(static_cast<void*>(&match.value.packet), &key, sizeof(key));
  for (size_t i = 0; i < kMatchKeyWords; ++i) match.value.words()[i] &= match.mask.words()[i];
  const std::string fields = FormatMatch(match);
  return fmt::format("recirc_id={:#x},in_port={}{}{}", key.recirc_id, ToInt(key.in_port),
                     fields.empty() ? "" : ",", fields);
}

TraceStep DescribeBridge(const TranslationContext& context) {
  return {"bridge", fmt::format("bridge({}), in_port={}", ToInt(context.stay.bridge->id),
                                context.stay.in->of_port)};
}

TraceStep DescribeLookup(const TranslationContext&, uint8_t table, const Rule* rule) {
  if (rule == nullptr) return {"table", fmt::format("{:2}. No match.", table)};
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
  return {"table", text};
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
