// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/ttl_actions.h"

#include "ofproto/translate/mpls_actions.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/send_to_controller.h"

namespace vsw {
namespace {

constexpr uint32_t kBottomOfStack = 0x100;
constexpr uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd;

void WriteTtl(TranslationContext& context, FieldId field, uint8_t ttl) {
  context.view.Write(field, FieldValue::OfU64(ttl), FieldValue::Ones(8));
}

void PutMpls(TranslationContext& context, uint16_t ethertype, uint32_t entry) {
  context.writer.WriteWords();
  context.view.PutMpls(ethertype, entry);
  context.writer.PushMpls(ethertype, entry);
}

// The IP header does not show behind a label. So the last label is taken off, the packet parsed
// again, and the label put back. What kind of IP it is only the header itself tells.
// `change(context)` sees the packet without the label and may change `*entry`.
template <typename Change>
void BelowLastLabel(TranslationContext& context, Change&& change) {
  const uint16_t ethertype = context.view.present_eth_type();
  uint32_t entry = context.view.mpls_entry(0);
  for (const uint16_t type : {kTypeIpv4, kTypeIpv6}) {
    PopMpls(context, type);
    if (!ParseAgain(context)) return;
    // A header of the other kind was not parsed, and left everything 0.
    const bool parsed = context.view.ip_ttl() != 0 || context.view.ip_proto() != 0;
    if (parsed) change(&entry);
    PutMpls(context, ethertype, entry);
    if (parsed) return;
  }
}

bool UsedUp(TranslationContext& context, uint16_t controller) {
  SendInvalidTtlToController(context, controller);
  return false;
}

}  // namespace

void SetMplsTtl(TranslationContext& context, uint8_t ttl) {
  if (ParseAgain(context) && context.view.is_mpls()) WriteTtl(context, FieldId::kMplsTtl, ttl);
}

void SetIpTtl(TranslationContext& context, uint8_t ttl) {
  if (ParseAgain(context) && context.view.is_ip()) WriteTtl(context, FieldId::kIpTtl, ttl);
}

bool DecrementMplsTtl(TranslationContext& context) {
  if (!ParseAgain(context) || !context.view.is_mpls()) return true;
  const auto ttl = static_cast<uint8_t>(context.view.Read(FieldId::kMplsTtl).low64());
  if (ttl > 1) {
    WriteTtl(context, FieldId::kMplsTtl, ttl - 1);
    return true;
  }
  context.Drop(DropReason::kInvalidTtl);
  return UsedUp(context, 0);
}

bool DecrementIpTtl(TranslationContext& context, const act::DecTtl& action) {
  if (!ParseAgain(context) || !context.view.is_ip()) return true;
  const uint8_t ttl = context.view.ip_ttl();
  if (ttl > 1) {
    WriteTtl(context, FieldId::kIpTtl, ttl - 1);
    return true;
  }
  context.Drop(DropReason::kInvalidTtl);
  for (const uint16_t controller : action.controllers) UsedUp(context, controller);
  return false;
}

void CopyTtlOut(TranslationContext& context) {
  if (!ParseAgain(context) || !context.view.is_mpls()) return;
  const uint32_t outer = context.view.mpls_entry(0);
  if ((outer & kBottomOfStack) == 0) {
    const auto inner = static_cast<uint8_t>(context.view.mpls_entry(1));
    return WriteTtl(context, FieldId::kMplsTtl, inner);
  }
  BelowLastLabel(
      context, [&context](uint32_t* entry) { *entry = (*entry & ~0xffu) | context.view.ip_ttl(); });
}

void CopyTtlIn(TranslationContext& context) {
  if (!ParseAgain(context) || !context.view.is_mpls()) return;
  const uint32_t outer = context.view.mpls_entry(0);
  if ((outer & kBottomOfStack) == 0) {
    const uint16_t ethertype = context.view.present_eth_type();
    PopMpls(context, ethertype);
    if (!ParseAgain(context)) return;
    WriteTtl(context, FieldId::kMplsTtl, static_cast<uint8_t>(outer));
    return PutMpls(context, ethertype, outer);
  }
  BelowLastLabel(context, [&context](uint32_t* entry) {
    WriteTtl(context, FieldId::kIpTtl, static_cast<uint8_t>(*entry));
  });
}

}  // namespace vsw
