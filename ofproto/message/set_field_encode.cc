// SPDX-License-Identifier: Apache-2.0
//
// Encoding of actions that set or move fields. What a SetField becomes depends on the version and
// on what it was written as: 1.5 has masked set-field for all; before, set-field takes whole fields
// and Nicira's loads the rest; 1.0 and 1.1 have an action each for some fields.
#include <algorithm>

#include "ofproto/message/action_wire.h"
#include "ofproto/message/set_field_wire.h"

namespace vsw {
namespace {

constexpr auto k10 = OfVersion::k10, k11 = OfVersion::k11, k12 = OfVersion::k12,
               k15 = OfVersion::k15;
constexpr uint16_t kSetFieldType = 25, kCopyField = 28;
constexpr size_t kMoveBytes = 24;
constexpr uint16_t kMostLoadBits = 64;

bool Bit(const FieldValue& value, uint16_t n) {
  return (value.octets[value.octets.size() - 1 - n / 8] >> (n % 8) & 1) != 0;
}
void SetBit(FieldValue* value, uint16_t n) {
  value->octets[value->octets.size() - 1 - n / 8] |= static_cast<uint8_t>(1 << n % 8);
}

/// Bits `offset`... of `value`, at most 64.
uint64_t Bits(const FieldValue& value, uint16_t offset, uint16_t count) {
  uint64_t bits = 0;
  for (uint16_t i = count; i-- > 0;) bits = bits << 1 | (Bit(value, offset + i) ? 1u : 0u);
  return bits;
}

bool IsWhole(const act::SetField& a) { return a.mask == FieldOnes(a.field); }

/// An action of 1.0 or 1.1 for one field.
struct Legacy {
  FieldId field;
  uint16_t type10, type11;  // 0: none
  size_t bytes;
  int shift;
};
constexpr Legacy kLegacy[] = {
    {FieldId::kEthSrc, 4, 3, 6, 0},     {FieldId::kEthDst, 5, 4, 6, 0},
    {FieldId::kIpv4Src, 6, 5, 4, 0},    {FieldId::kIpv4Dst, 7, 6, 4, 0},
    {FieldId::kIpDscp, 8, 7, 1, 2},     {FieldId::kIpEcn, 0, 8, 1, 0},
    {FieldId::kTcpSrc, 9, 9, 2, 0},     {FieldId::kTcpDst, 10, 10, 2, 0},
    {FieldId::kUdpSrc, 9, 9, 2, 0},     {FieldId::kUdpDst, 10, 10, 2, 0},
    {FieldId::kSctpSrc, 9, 9, 2, 0},    {FieldId::kSctpDst, 10, 10, 2, 0},
    {FieldId::kMplsLabel, 0, 13, 4, 0}, {FieldId::kMplsTc, 0, 14, 1, 0},
};

/// Fields that set_field means 1.0's and 1.1's own action for; others it loads, as ovs-ofctl does.
bool IsAlwaysLegacy(FieldId field) {
  switch (field) {
    case FieldId::kSctpSrc:
    case FieldId::kSctpDst:
    case FieldId::kMplsLabel:
    case FieldId::kMplsTc:
      return false;
    default:
      return true;
  }
}

/// False: the version has no such action for the field.
bool EncodeLegacy(const act::SetField& a, ActionOutput& out) {
  if (a.form != act::SetForm::kLegacy && !IsAlwaysLegacy(a.field)) return false;
  if (a.field == FieldId::kVlanVid) {
    Encode(act::SetVlanVid{static_cast<uint16_t>(a.value.low64() & kVlanIdMask), false}, out);
    return true;
  }
  if (a.field == FieldId::kVlanPcp) {
    Encode(act::SetVlanPcp{static_cast<uint8_t>(a.value.low64()), false}, out);
    return true;
  }
  if (out.version == k10 && a.field == FieldId::kMplsLabel) {
    NiciraFrame frame(out, nx::kSetMplsLabel);
    out.to->Zeros(2);
    WriteFieldValue(a.value, 4, out.to);
    return true;
  }
  if (out.version == k10 && a.field == FieldId::kMplsTc) {
    NiciraFrame frame(out, nx::kSetMplsTc);
    WriteFieldValue(a.value, 1, out.to);
    return true;
  }
  for (const Legacy& line : kLegacy) {
    const uint16_t type = out.version == k10 ? line.type10 : line.type11;
    if (line.field != a.field || type == 0) continue;
    ActionFrame frame(out, type);
    WriteFieldValue(FieldValue::OfU64(a.value.low64() << line.shift), line.bytes, out.to);
    return true;
  }
  return false;
}

void EncodeSetField(const act::SetField& a, ActionOutput& out) {
  ActionFrame frame(out, kSetFieldType);
  WriteField(a.field, a.value, a.mask, {/*nxm=*/false, out.version}, out.to);
}

void EncodeRegLoad2(const act::SetField& a, ActionOutput& out) {
  NiciraFrame frame(out, nx::kRegLoad2);
  WriteField(a.field, a.value, a.mask, {/*nxm=*/true, out.version}, out.to);
}

void EncodeLoad(const act::SetField& a, uint16_t offset, uint16_t bits, ActionOutput& out) {
  // The whole of a field that is wider on the wire than in a key is asked for by its wire width.
  const uint16_t wire_bits = bits == Describe(a.field).bits ? FieldWireBits(a.field) : bits;
  NiciraFrame frame(out, nx::kRegLoad);
  out.to->U16(PackOffsetAndBits({a.field, offset, wire_bits}));
  WriteFieldHeader(a.field, false, {/*nxm=*/true, out.version}, out.to);
  out.to->U64(Bits(a.value, offset, bits));
}

/// A load for each run of bits in the mask, lowest first, as ovs-ofctl does; where a load cannot
/// name the field or there is nothing to load, NXAST_REG_LOAD2.
void EncodeNicira(const act::SetField& a, ActionOutput& out) {
  if (a.mask.is_zero() || FieldHeaderBytes(a.field, {/*nxm=*/true, out.version}) != 4) {
    return EncodeRegLoad2(a, out);
  }
  const uint16_t width = Describe(a.field).bits;
  if (a.mask == FieldOnes(a.field) && width <= kMostLoadBits) return EncodeLoad(a, 0, width, out);
  for (uint16_t at = 0; at < width;) {
    if (!Bit(a.mask, at)) {
      ++at;
      continue;
    }
    uint16_t end = at;
    while (end < width && end - at < kMostLoadBits && Bit(a.mask, end)) ++end;
    EncodeLoad(a, at, static_cast<uint16_t>(end - at), out);
    at = end;
  }
}

/// 1.0's actions on tags put one on a frame that has none; later versions want it pushed before. In
/// 1.0 nothing is written.
void EnsureTag(ActionOutput& out) {
  if (!out.known.tagged) Encode(act::PushVlan{0x8100}, out);
}

/// mod_tp_src and mod_tp_dst name no protocol; set_field has to.
FieldId PortOfProtocol(FieldId port, uint8_t ip_proto) {
  const bool source = port == FieldId::kTcpSrc;
  if (!source && port != FieldId::kTcpDst) return port;
  constexpr uint8_t kUdp = 17, kSctp = 132;
  if (ip_proto == kUdp) return source ? FieldId::kUdpSrc : FieldId::kUdpDst;
  if (ip_proto == kSctp) return source ? FieldId::kSctpSrc : FieldId::kSctpDst;
  return port;
}

}  // namespace

act::SetField MakeLoad(const Subfield& where, const FieldValue& value) {
  act::SetField a{where.field, {}, {}, act::SetForm::kRegLoad};
  const uint16_t width = Describe(where.field).bits;
  for (uint16_t i = 0; i < where.bits && where.offset + i < width; ++i) {
    SetBit(&a.mask, where.offset + i);
    if (Bit(value, i)) SetBit(&a.value, where.offset + i);
  }
  const FieldValue ones = FieldOnes(where.field);
  for (size_t i = 0; i < ones.octets.size(); ++i) {
    a.mask.octets[i] &= ones.octets[i];
    a.value.octets[i] &= ones.octets[i];
  }
  return a;
}

void Encode(const act::SetField& action, ActionOutput& out) {
  act::SetField a = action;
  if (a.field == FieldId::kVlanTci && (a.mask.low64() & kVlanPresent) != 0) {
    out.known.tagged = (a.value.low64() & kVlanPresent) != 0;
  }
  if (a.form == act::SetForm::kLegacy && out.version >= k12) {
    a.field = PortOfProtocol(a.field, out.known.ip_proto);
  }
  if (out.version >= k15) return EncodeSetField(a, out);
  if (a.form == act::SetForm::kRegLoad) return EncodeNicira(a, out);
  if (out.version == k10 && a.field == FieldId::kMetadata && a.form == act::SetForm::kLegacy) {
    return EncodeWriteMetadata(a.value.low64(), a.mask.low64(), out);
  }
  if (out.version < k12) {
    if (IsWhole(a) && EncodeLegacy(a, out)) return;
    return EncodeNicira(a, out);
  }
  if (IsWhole(a)) return EncodeSetField(a, out);
  EncodeNicira(a, out);
}

void Encode(const act::SetVlanVid& a, ActionOutput& out) {
  if (a.push_if_none) EnsureTag(out);
  if (out.version <= k11) {
    ActionFrame frame(out, 1);
    out.to->U16(a.vid);
    return;
  }
  Encode(act::SetField{FieldId::kVlanVid, FieldValue::OfU64(a.vid | kVlanPresent),
                       FieldValue::Ones(13)},
         out);
}

void Encode(const act::SetVlanPcp& a, ActionOutput& out) {
  if (a.push_if_none) EnsureTag(out);
  if (out.version <= k11) {
    ActionFrame frame(out, 2);
    out.to->U8(a.pcp);
    return;
  }
  Encode(act::SetField{FieldId::kVlanPcp, FieldValue::OfU64(a.pcp), FieldValue::Ones(3)}, out);
}

void Encode(const act::Move& a, ActionOutput& out) {
  const auto numbers = [&] {
    out.to->U16(a.source.bits);
    out.to->U16(a.source.offset);
    out.to->U16(a.destination.offset);
  };
  const auto fields = [&](FieldNaming naming) {
    WriteFieldHeader(a.source.field, false, naming, out.to);
    WriteFieldHeader(a.destination.field, false, naming, out.to);
  };
  if (out.version >= k15) {
    ActionFrame frame(out, kCopyField);
    numbers();
    out.to->Zeros(2);
    fields({/*nxm=*/false, out.version});
    return;
  }
  NiciraFrame frame(out, nx::kRegMove);
  numbers();
  fields({/*nxm=*/true, out.version});
  frame.PadTo(kMoveBytes);
}

}  // namespace vsw
