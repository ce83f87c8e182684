// SPDX-License-Identifier: Apache-2.0
//
// Decoding of actions that set or move fields: 1.0's and 1.1's one action a field, set-field from
// 1.2 on, Nicira's load and move. Encoding is in set_field_encode.cc.
#include "ofproto/message/action_wire.h"
#include "ofproto/message/set_field_wire.h"

namespace vsw {
namespace {

constexpr auto k10 = OfVersion::k10, k11 = OfVersion::k11, k12 = OfVersion::k12,
               k15 = OfVersion::k15;

constexpr uint64_t kDscpBits = 0xfc;

OfStatus AddLegacy(FieldId field, uint64_t value, OfActions* out) {
  const FieldValue number = FieldValue::OfU64(value);
  if (!IsValidFieldValue(field, number)) return OfErrorId::kBadArgument;
  out->push_back(
      act::SetField{field, number, FieldValue::Ones(Describe(field).bits), act::SetForm::kLegacy});
  return {};
}

OfStatus DecodeVlanVid(ActionInput& input, OfActions* out) {
  const uint16_t vid = input.in.U16();
  if (vid > kVlanIdMask) return OfErrorId::kBadArgument;
  // 1.0 section 3.3 tags a frame that has no tag; 1.1 section 4.9 wants push_vlan before.
  out->push_back(act::SetVlanVid{vid, input.version == k10});
  return {};
}

OfStatus DecodeVlanPcp(ActionInput& input, OfActions* out) {
  const uint8_t pcp = input.in.U8();
  if (pcp > 7) return OfErrorId::kBadArgument;
  out->push_back(act::SetVlanPcp{pcp, input.version == k10});
  return {};
}

template <FieldId kField>
OfStatus DecodeMac(ActionInput& input, OfActions* out) {
  return AddLegacy(kField, ReadMac(&input.in).ToU64(), out);
}
template <FieldId kField>
OfStatus DecodeU32(ActionInput& input, OfActions* out) {
  return AddLegacy(kField, input.in.U32(), out);
}
template <FieldId kField>
OfStatus DecodeU16(ActionInput& input, OfActions* out) {
  return AddLegacy(kField, input.in.U16(), out);
}
template <FieldId kField>
OfStatus DecodeU8(ActionInput& input, OfActions* out) {
  return AddLegacy(kField, input.in.U8(), out);
}

OfStatus DecodeTos(ActionInput& input, OfActions* out) {
  const uint8_t tos = input.in.U8();
  if ((tos & ~kDscpBits) != 0) return OfErrorId::kBadArgument;
  return AddLegacy(FieldId::kIpDscp, tos >> 2, out);
}

OfStatus DecodeNxMplsLabel(ActionInput& input, OfActions* out) {
  input.in.Skip(2);
  return AddLegacy(FieldId::kMplsLabel, input.in.U32(), out);
}

/// A field, a value and perhaps a mask, to the end of the action.
OfStatus DecodeEntry(ActionInput& input, bool may_mask, OfErrorId bad_padding, OfActions* out) {
  const OfResult<FieldHeader> header = ReadFieldHeader(&input.in);
  if (!header.ok() || header->payload_bytes > input.in.left()) return OfErrorId::kBadActionLength;
  if (!header->field) return OfErrorId::kBadSetType;
  if (!header->length_fits) return OfErrorId::kBadSetLength;
  const FieldId field = *header->field;
  if (header->has_mask && !may_mask) return OfErrorId::kBadSetMask;

  act::SetField a{field, {}, FieldOnes(field)};
  const size_t bytes = header->value_bytes();
  bool cut = false;
  a.value = ReadFieldValue(&input.in, bytes, &cut);
  if (cut) return OfErrorId::kBadSetArgument;
  if (header->has_mask) {
    const FieldValue mask = ReadFieldValue(&input.in, bytes);
    for (size_t i = 0; i < mask.octets.size(); ++i) {
      a.mask.octets[i] &= mask.octets[i];
      if ((a.value.octets[i] & ~mask.octets[i]) != 0) return OfErrorId::kBadSetMask;
    }
  }
  if (!input.in.Zeros(input.in.left())) return bad_padding;
  // 1.3 section 7.2.5.7 excludes the port that the packet came in by.
  if (field == FieldId::kInPort || !Describe(field).writable) return OfErrorId::kBadSetArgument;
  if (!IsValidFieldValue(field, a.value)) return OfErrorId::kBadSetArgument;
  // 1.5 section 7.2.6.6: an id is that of a tag which is there.
  if (field == FieldId::kVlanVid && (a.value.low64() & a.mask.low64() & kVlanPresent) == 0) {
    return OfErrorId::kBadSetArgument;
  }
  out->push_back(a);
  return {};
}

OfStatus DecodeSetField(ActionInput& input, OfActions* out) {
  return DecodeEntry(input, input.version >= k15, OfErrorId::kBadSetArgument, out);
}

OfStatus DecodeRegLoad2(ActionInput& input, OfActions* out) {
  return DecodeEntry(input, true, OfErrorId::kMustBeZero, out);
}

OfStatus DecodeRegLoad(ActionInput& input, OfActions* out) {
  const uint16_t bits = input.in.U16();
  const OfResult<FieldId> field = ReadActionField(&input.in);
  if (!field.ok()) return field.status();
  const OfResult<Subfield> where = MakeSubfield(*field, bits);
  if (!where.ok()) return where.status();
  if (!Describe(*field).writable) return OfErrorId::kBadSetArgument;
  const uint64_t value = input.in.U64();
  // Only bits of the range may be given.
  if (where->bits < 64 && value >> where->bits != 0) return OfErrorId::kBadArgument;
  out->push_back(MakeLoad(*where, FieldValue::OfU64(value)));
  return {};
}

/// What NXAST_REG_MOVE and copy_field have after their three numbers: two fields, then zeros.
OfStatus DecodeMoveFields(ActionInput& input, uint32_t bits, uint32_t source_offset,
                          uint32_t destination_offset, OfActions* out) {
  const OfResult<FieldId> source_field = ReadActionField(&input.in);
  if (!source_field.ok()) return source_field.status();
  const OfResult<FieldId> destination_field = ReadActionField(&input.in);
  if (!destination_field.ok()) return destination_field.status();
  if (!input.in.Zeros(input.in.left())) return OfErrorId::kMustBeZero;
  const OfResult<Subfield> source = MakeSubfield(*source_field, source_offset, bits);
  if (!source.ok()) return source.status();
  const OfResult<Subfield> destination = MakeSubfield(*destination_field, destination_offset, bits);
  if (!destination.ok()) return destination.status();
  out->push_back(act::Move{*source, *destination});
  return {};
}

OfStatus DecodeRegMove(ActionInput& input, OfActions* out) {
  const uint16_t bits = input.in.U16(), from = input.in.U16(), to = input.in.U16();
  return DecodeMoveFields(input, bits, from, to, out);
}

OfStatus DecodeCopyField(ActionInput& input, OfActions* out) {
  const uint16_t bits = input.in.U16(), from = input.in.U16(), to = input.in.U16();
  if (!input.in.Zeros(2)) return OfErrorId::kMustBeZero;
  return DecodeMoveFields(input, bits, from, to, out);
}

constexpr StandardAction kStandard[] = {
    {1, k10, k11, 8, false, DecodeVlanVid},
    {2, k10, k11, 8, false, DecodeVlanPcp},
    {4, k10, k10, 16, false, DecodeMac<FieldId::kEthSrc>},
    {5, k10, k10, 16, false, DecodeMac<FieldId::kEthDst>},
    {6, k10, k10, 8, false, DecodeU32<FieldId::kIpv4Src>},
    {7, k10, k10, 8, false, DecodeU32<FieldId::kIpv4Dst>},
    {8, k10, k10, 8, false, DecodeTos},
    {3, k11, k11, 16, false, DecodeMac<FieldId::kEthSrc>},
    {4, k11, k11, 16, false, DecodeMac<FieldId::kEthDst>},
    {5, k11, k11, 8, false, DecodeU32<FieldId::kIpv4Src>},
    {6, k11, k11, 8, false, DecodeU32<FieldId::kIpv4Dst>},
    {7, k11, k11, 8, false, DecodeTos},
    {8, k11, k11, 8, false, DecodeU8<FieldId::kIpEcn>},
    {9, k10, k11, 8, false, DecodeU16<FieldId::kTcpSrc>},
    {10, k10, k11, 8, false, DecodeU16<FieldId::kTcpDst>},
    {13, k11, k11, 8, false, DecodeU32<FieldId::kMplsLabel>},
    {14, k11, k11, 8, false, DecodeU8<FieldId::kMplsTc>},
    {25, k12, k15, 16, true, DecodeSetField},
    {28, k15, k15, 16, true, DecodeCopyField},
};

constexpr NiciraAction kNicira[] = {
    {nx::kRegMove, 24, true, DecodeRegMove},
    {nx::kRegLoad, 24, false, DecodeRegLoad},
    {nx::kSetMplsLabel, 16, false, DecodeNxMplsLabel},
    {nx::kSetMplsTc, 16, false, DecodeU8<FieldId::kMplsTc>},
    {nx::kRegLoad2, 16, true, DecodeRegLoad2},
};

}  // namespace

std::span<const StandardAction> SetFieldActions() { return kStandard; }
std::span<const NiciraAction> SetFieldActionsNx() { return kNicira; }

OfStatus DecodeOnfAction(ActionInput& input, OfActions* out) {
  constexpr size_t kLeastBytes = 16;  // the numbers and padding behind the subtype, and fields
  const uint16_t subtype = input.in.U16();
  if (!input.in.ok()) return OfErrorId::kBadActionLength;
  if (subtype != kOnfCopyField) return OfErrorId::kBadActionExpType;
  input.in.Skip(2);
  if (input.in.left() < kLeastBytes) return OfErrorId::kBadActionLength;
  return DecodeCopyField(input, out);
}

}  // namespace vsw
