// SPDX-License-Identifier: Apache-2.0
//
// set_field, load, move and the older words that set one field.
#include <array>

#include "base/status.h"
#include "ofproto/match/match_fields.h"
#include "ofproto/text/action_text.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

struct Legacy {
  std::string_view word;
  FieldId field;
  bool parenthesised;
};
constexpr Legacy kLegacy[] = {
    {"mod_dl_src", FieldId::kEthSrc, false},  {"mod_dl_dst", FieldId::kEthDst, false},
    {"mod_nw_src", FieldId::kIpv4Src, false}, {"mod_nw_dst", FieldId::kIpv4Dst, false},
    {"mod_nw_ecn", FieldId::kIpEcn, false},   {"mod_tp_src", FieldId::kTcpSrc, false},
    {"mod_tp_dst", FieldId::kTcpDst, false},  {"set_mpls_label", FieldId::kMplsLabel, true},
    {"set_mpls_tc", FieldId::kMplsTc, true}};

FieldValue Shifted(const FieldValue& value, int left) {
  unsigned __int128 wide = 0;
  for (const uint8_t octet : value.octets) wide = wide << 8 | octet;
  wide = left >= 0 ? wide << left : wide >> -left;
  FieldValue result;
  for (size_t i = 16; i-- > 0; wide >>= 8) result.octets[i] = static_cast<uint8_t>(wide);
  return result;
}

FieldValue Both(FieldValue a, const FieldValue& b) {
  for (size_t i = 0; i < a.octets.size(); ++i) a.octets[i] &= b.octets[i];
  return a;
}

// Lowest set bit, and how many follow without a gap; false if there are gaps.
bool IsRange(const FieldValue& mask, uint16_t* offset, uint16_t* bits) {
  *offset = *bits = 0;
  bool inside = false, ended = false;
  for (uint16_t i = 0; i < 128; ++i) {
    const bool set = (mask.octets[15 - i / 8] & 1 << i % 8) != 0;
    if (set && ended) return false;
    if (set && !inside) *offset = i;
    if (set) ++*bits;
    ended |= inside && !set;
    inside = set;
  }
  return *bits > 0;
}

}  // namespace

absl::StatusOr<std::pair<std::string_view, std::string_view>> SplitArrow(std::string_view what,
                                                                         std::string_view text) {
  const size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) {
    return InvalidArgument("{}: {}: missing \"->\"", std::string(what), std::string(text));
  }
  return std::pair(Trimmed(text.substr(0, arrow)), Trimmed(text.substr(arrow + 2)));
}

absl::StatusOr<act::SetField> ParseSetField(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const auto sides, SplitArrow("set_field", text));
  const FieldInfo* field = FindAnyField(sides.second);
  if (field == nullptr) {
    return InvalidArgument("set_field: {}: unknown field", std::string(sides.second));
  }
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(*field, sides.first, ports));
  if (!field->writable) return InvalidArgument("set_field: {} is read-only", field->name);
  act::SetField set{.field = field->id, .value = value.value, .mask = value.mask};
  for (size_t i = 0; i < 16; ++i) set.value.octets[i] &= set.mask.octets[i];
  return set;
}

absl::StatusOr<act::SetField> ParseLoad(std::string_view text) {
  VSW_ASSIGN_OR_RETURN(const auto sides, SplitArrow("load", text));
  VSW_ASSIGN_OR_RETURN(const Subfield target, ParseSubfield(sides.second));
  const FieldInfo& field = Describe(target.field);
  if (!field.writable) return InvalidArgument("load: {} is read-only", field.name);
  FieldInfo part = field;
  part.bits = target.bits;
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(part, sides.first, nullptr));
  // A field may be wider where it is named than where it is kept: arp_op.
  const FieldValue kept = FieldValue::Ones(field.bits);
  return act::SetField{.field = target.field,
                       .value = Both(Shifted(value.value, target.offset), kept),
                       .mask = Both(Shifted(FieldValue::Ones(target.bits), target.offset), kept),
                       .form = act::SetForm::kRegLoad};
}

absl::StatusOr<act::Move> ParseMove(std::string_view text) {
  VSW_ASSIGN_OR_RETURN(const auto sides, SplitArrow("move", text));
  act::Move move;
  VSW_ASSIGN_OR_RETURN(move.source, ParseSubfield(sides.first));
  VSW_ASSIGN_OR_RETURN(move.destination, ParseSubfield(sides.second));
  if (move.source.bits != move.destination.bits) {
    return InvalidArgument("move: {}: source has {} bits, destination {}", std::string(text),
                           move.source.bits, move.destination.bits);
  }
  if (!Describe(move.destination.field).writable) {
    return InvalidArgument("move: {} is read-only", Describe(move.destination.field).name);
  }
  return move;
}

std::string FormatSetField(const act::SetField& set, const PortNames* ports) {
  const FieldInfo& field = Describe(set.field);
  if (set.form == act::SetForm::kLegacy) {
    if (set.field == FieldId::kIpDscp) {
      return "mod_nw_tos:" + std::to_string(set.value.low64() << 2);
    }
    for (const Legacy& legacy : kLegacy) {
      const bool is_port = set.field == FieldId::kUdpSrc || set.field == FieldId::kUdpDst ||
                           set.field == FieldId::kSctpSrc || set.field == FieldId::kSctpDst;
      const bool is_source = set.field == FieldId::kUdpSrc || set.field == FieldId::kSctpSrc;
      const FieldId as = !is_port ? set.field : is_source ? FieldId::kTcpSrc : FieldId::kTcpDst;
      if (legacy.field != as) continue;
      const std::string value = FormatFieldValue(set.field, set.value, ports);
      return std::string(legacy.word) + (legacy.parenthesised ? "(" + value + ")" : ":" + value);
    }
  }
  uint16_t offset, bits;
  if (set.form == act::SetForm::kRegLoad && IsRange(set.mask, &offset, &bits)) {
    if (bits == field.bits) bits = FieldWireBits(set.field);
    return "load:" + FormatHex(Shifted(set.value, -offset)) + "->" +
           FormatSubfield({.field = set.field, .offset = offset, .bits = bits});
  }
  return "set_field:" + FormatMaskedValue(field, set.value, set.mask, ports) + "->" + field.name;
}

}  // namespace vsw
