// SPDX-License-Identifier: Apache-2.0
// The words of a trace: one function for each kind of step.
#include "fmt/format.h"
#include "ofproto/table/rule.h"
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
  }
  return "?";
}

size_t DataSlots(const Action& action) {
  if (action.type == ActionType::kController) return ActionSlots(action.value);
  if (action.type == ActionType::kRecirculateByHash) {
    return ActionSlots(action.value * sizeof(uint32_t));
  }
  return 0;
}

}  // namespace

std::string FormatDatapathActions(std::span<const Action> actions) {
  if (actions.empty()) return "drop";
  std::string text;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    if (!text.empty()) text += ',';
    text += FormatOne(action);
    if (action.type == ActionType::kClone) {
      text += "(" + FormatDatapathActions(actions.subspan(i + 1, action.value)) + ")";
      i += action.value;
    }
    i += DataSlots(action);
  }
  return text;
}

std::string FormatMegaflow(const FlowKey& key, const FlowMask& mask) {
  std::string text = fmt::format("recirc_id={:#x},in_port={}", key.recirc_id, ToInt(key.in_port));
  for (size_t id = 0; id < kFieldCount; ++id) {
    const FieldInfo& info = Describe(static_cast<FieldId>(id));
    if (info.offset >= sizeof(FlowKey)) continue;
    (void)mask;
  }
  return text;
}

TraceStep DescribeBridge(const TranslationContext& context) {
  return {"bridge", fmt::format("bridge {}, in_port={}", ToInt(context.stay.bridge->id),
                                context.stay.in->of_port)};
}

TraceStep DescribeLookup(const TranslationContext&, uint8_t table, const Rule* rule) {
  if (rule == nullptr) return {"table", fmt::format("{:2}. no match", table)};
  return {"table",
          fmt::format("{:2}. priority {}, cookie {:#x}", table, rule->priority, rule->cookie)};
}

TraceStep DescribeAction(const OfAction& action) {
  return {"action", fmt::format("action {}", action.what.index())};
}

TraceStep DescribeBucket(const Bucket& bucket, size_t) {
  return {"bucket", fmt::format("bucket {}", bucket.id)};
}

TraceStep DescribeNote(std::span<const uint8_t>) { return {"note", "learns"}; }

TraceStep DescribeKnownAddress(const PortRules& out) {
  return {"normal", fmt::format("forwarding to learned port {}", out.of_port)};
}

}  // namespace vsw
