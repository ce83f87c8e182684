// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/send_to_controller.h"

#include <optional>

#include "ofproto/table/rule.h"
#include "ofproto/translate/meter.h"
#include "ofproto/translate/notes.h"

namespace vsw {
namespace {

// Cookie of what no rule asked for (OpenFlow 1.3 section 7.4.1).
constexpr uint64_t kNoCookie = ~uint64_t{0};

PacketInReason ReasonOf(ActionSource source) {
  switch (source) {
    case ActionSource::kRule:
      return PacketInReason::kAction;
    case ActionSource::kTableMiss:
      return PacketInReason::kNoMatch;
    case ActionSource::kActionSet:
      return PacketInReason::kActionSet;
    case ActionSource::kGroup:
      return PacketInReason::kGroup;
    case ActionSource::kPacketOut:
      return PacketInReason::kPacketOut;
  }
  return PacketInReason::kAction;
}

bool IsMiss(PacketInReason reason) {
  return reason == PacketInReason::kNoMatch || reason == PacketInReason::kImplicitMiss;
}

PacketInFacts FactsOf(TranslationContext& context, PacketInReason reason) {
  const BridgeStay& stay = context.stay;
  return {.bridge = stay.bridge->id,
          .reason = reason,
          .table = stay.table,
          .cookie = stay.rule == nullptr ? kNoCookie : stay.rule->cookie,
          .userdata = {}};
}

// Not inlined: its large frame must not stand in those of functions that call each other in
// circles.
[[gnu::noinline]] void Send(TranslationContext& context, const PacketInFacts& facts) {
  if (context.silent()) return;
  if (IsMiss(facts.reason) && (context.stay.in_config & port_config::kNoPacketIn) != 0) return;
  BlobWriter blob;
  EncodePacketIn(facts, context.view, &blob);
  if (blob.overflowed()) return context.Fail(DropReason::kTooManyActions);
  context.writer.Commit(context.view.tags());
  context.writer.AppendWithData({.type = ActionType::kController,
                                 .small = facts.max_bytes,
                                 .value = static_cast<uint32_t>(blob.span().size())},
                                blob.span());
}

}  // namespace

void SendToController(TranslationContext& context, uint16_t max_bytes) {
  PacketInFacts facts = FactsOf(context, ReasonOf(context.stay.source));
  facts.max_bytes = max_bytes;
  Send(context, facts);
}

void SendToController(TranslationContext& context, const act::Controller& action) {
  PacketInFacts facts = FactsOf(context, static_cast<PacketInReason>(action.reason));
  facts.max_bytes = action.max_bytes;
  facts.controller_id = action.controller_id;
  facts.userdata = action.userdata;
  const std::optional<uint32_t> meter =
      action.meter.has_value() ? FindMeter(context, *action.meter) : std::nullopt;
  if (!meter.has_value()) return Send(context, facts);
  // The meter counts and drops packet-ins, not the packet.
  const TranslationContext::Scope scope(context);
  context.writer.AppendMeter(*meter);
  Send(context, facts);
}

void SendMissToController(TranslationContext& context, uint8_t table) {
  PacketInFacts facts = FactsOf(context, PacketInReason::kImplicitMiss);
  facts.table = table;
  facts.cookie = kNoCookie;
  Send(context, facts);
}

void SendInvalidTtlToController(TranslationContext& context, uint16_t controller_id) {
  PacketInFacts facts = FactsOf(context, PacketInReason::kInvalidTtl);
  facts.controller_id = controller_id;
  Send(context, facts);
}

}  // namespace vsw
