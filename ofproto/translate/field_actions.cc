// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/field_actions.h"

#include <algorithm>
#include <span>

#include "ofproto/translate/recirculation.h"

namespace vsw {
namespace {

// Fields that a packet whose inner headers are not known yet has all the same.
bool IsAlwaysKnown(FieldId field) {
  return Describe(field).offset >= offsetof(FlowKey, tun_id) || field == FieldId::kEthDst ||
         field == FieldId::kEthSrc;
}

bool CanReach(TranslationContext& context, FieldId field) {
  return (IsAlwaysKnown(field) || ParseAgain(context)) && context.view.Has(field);
}

constexpr FieldId kSourcePorts[] = {FieldId::kTcpSrc, FieldId::kUdpSrc, FieldId::kSctpSrc};
constexpr FieldId kDestinationPorts[] = {FieldId::kTcpDst, FieldId::kUdpDst, FieldId::kSctpDst};

/// mod_tp_src and mod_tp_dst name no protocol: they set the port of whichever the packet has.
void SetAnyPort(TranslationContext& context, std::span<const FieldId> ports,
                const act::SetField& action) {
  if (!ParseAgain(context)) return;
  for (const FieldId port : ports) {
    if (context.view.Has(port)) return context.view.Write(port, action.value, action.mask);
  }
}

}  // namespace

void SetField(TranslationContext& context, const act::SetField& action) {
  if (action.form == act::SetForm::kLegacy) {
    if (std::ranges::count(kSourcePorts, action.field) != 0) {
      return SetAnyPort(context, kSourcePorts, action);
    }
    if (std::ranges::count(kDestinationPorts, action.field) != 0) {
      return SetAnyPort(context, kDestinationPorts, action);
    }
  }
  if (CanReach(context, action.field)) {
    context.view.Write(action.field, action.value, action.mask);
  }
}

void MoveField(TranslationContext& context, const act::Move& action) {
  if (!CanReach(context, action.source.field) || !CanReach(context, action.destination.field)) {
    return;
  }
  context.view.Write(action.destination, context.view.Read(action.source));
}

void PushOnStack(TranslationContext& context, const act::StackPush& action) {
  if (!IsAlwaysKnown(action.subfield.field) && !ParseAgain(context)) return;
  const uint32_t added = context.Remember(
      {.previous = context.stack, .action = nullptr, .value = context.view.Read(action.subfield)},
      DropReason::kStackLimit);
  if (added != 0) context.stack = added;
}

void PopFromStack(TranslationContext& context, const act::StackPop& action) {
  if (context.stack == 0) return;
  if (!IsAlwaysKnown(action.subfield.field) && !ParseAgain(context)) return;
  const TranslationContext::Node& top = context.node(context.stack);
  context.stack = top.previous;
  WriteSubfield(context, action.subfield, top.value);
}

void WriteSubfield(TranslationContext& context, const Subfield& destination,
                   const FieldValue& value) {
  if (!CanReach(context, destination.field)) return;
  FieldValue cut = value;
  const FieldValue ones = FieldValue::Ones(destination.bits);
  for (size_t i = 0; i < cut.octets.size(); ++i) cut.octets[i] &= ones.octets[i];
  context.view.Write(destination, cut);
}

void PushVlan(TranslationContext& context, uint16_t ethertype) {
  if (!ParseAgain(context)) return;
  FrameTag outer;
  const bool tagged = context.view.tags().Outer(context.view, &outer);
  context.view.PushVlan(ethertype, tagged ? outer.tci(context.view) : 0);
  if (context.view.tags().overflowed()) context.Fail(DropReason::kTooManyActions);
}

void PopVlan(TranslationContext& context) {
  if (ParseAgain(context)) context.view.PopVlan();
}

void SetVlanVid(TranslationContext& context, const act::SetVlanVid& action) {
  if (!ParseAgain(context)) return;
  if (!action.push_if_none && !context.view.tags().IsTagged(context.view)) return;
  context.view.SetVlanTci(static_cast<uint16_t>(action.vid | kVlanPresent),
                          kVlanIdMask | kVlanPresent);
}

void SetVlanPcp(TranslationContext& context, const act::SetVlanPcp& action) {
  if (!ParseAgain(context)) return;
  if (!action.push_if_none && !context.view.tags().IsTagged(context.view)) return;
  context.view.SetVlanTci(static_cast<uint16_t>(action.pcp << 13 | kVlanPresent),
                          kVlanPriorityMask | kVlanPresent);
}

}  // namespace vsw
