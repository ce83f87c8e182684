// SPDX-License-Identifier: Apache-2.0
//
// Runs of OXM and NXM fields: OpenFlow 1.3 section 7.2.3, and the Nicira extended match.
#include "ofproto/match/match_fields.h"
#include "ofproto/message/field_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint8_t kCookieNumber = 30;  // NXM_NX_COOKIE: class 1, 8 bytes (mpls_ttl has 1)
constexpr size_t kCookieBytes = 8;

bool IsCookie(const FieldHeader& header) {
  return header.wire_class == kNxm1 && header.number == kCookieNumber &&
         header.payload_bytes == kCookieBytes * (header.has_mask ? 2 : 1);
}

OfStatus ReadCookie(const FieldHeader& header, Reader* in, NxmCookie* cookie) {
  if (cookie == nullptr) return OfErrorId::kBadMatchField;
  if (cookie->mask != 0) return OfErrorId::kDuplicateField;
  cookie->value = in->U64();
  cookie->mask = header.has_mask ? in->U64() : ~0ull;
  if (!in->ok()) return OfErrorId::kBadMatchLength;
  if ((cookie->value & ~cookie->mask) != 0) return OfErrorId::kBadWildcards;
  return {};
}

OfStatus Bad(OfErrorId error, FieldId id) { return {error, Describe(id).name}; }

/// NXM names port numbers of 16 bits and a type of service without its lower bits.
void SetAsOxm(FieldId id, const FieldValue& value, const FieldValue& mask, Match* match) {
  const uint64_t low = value.low64();
  if (id == FieldId::kInPortNx) {
    match->Set(FieldId::kInPort, FieldValue::OfU64(low >= 0xff00 ? 0xffff0000 | low : low));
  } else if (id == FieldId::kIpTos) {
    match->Set(FieldId::kIpDscp, FieldValue::OfU64(low >> 2));
  } else {
    match->SetMasked(id, value, mask);
  }
}

FieldId AsOxm(FieldId id) {
  if (id == FieldId::kInPortNx) return FieldId::kInPort;
  if (id == FieldId::kIpTos) return FieldId::kIpDscp;
  return id;
}

OfStatus ReadField(const FieldHeader& header, Reader* in, Match* match) {
  const FieldId id = *header.field;
  const size_t bytes = FieldWireBytes(id);
  const FieldValue value = ReadFieldValue(in, bytes);
  FieldValue mask = FieldValue::Ones(Describe(id).bits);
  if (header.has_mask) {
    mask = ReadFieldValue(in, bytes);
    for (size_t i = 0; i < mask.octets.size(); ++i) {
      if ((value.octets[i] & ~mask.octets[i]) != 0) return Bad(OfErrorId::kBadWildcards, id);
    }
    // Ones above the field's width ask for nothing: its values are zero there.
    const FieldValue ones = FieldValue::Ones(Describe(id).bits);
    for (size_t i = 0; i < mask.octets.size(); ++i) mask.octets[i] &= ones.octets[i];
    if (!IsValidFieldMask(id, mask)) return Bad(OfErrorId::kBadMatchMask, id);
  }
  if (!IsValidFieldValue(id, value)) return Bad(OfErrorId::kBadMatchValue, id);
  if (!MeetsPrerequisite(*match, id)) return Bad(OfErrorId::kBadPrerequisite, id);
  if (!GetField(match->mask, AsOxm(id)).is_zero()) return Bad(OfErrorId::kDuplicateField, id);
  if (!mask.is_zero()) SetAsOxm(id, value, mask, match);
  return {};
}

void WriteNxm(const Match& match, FieldNaming naming, Writer* out) {
  bool vlan_written = false;
  ForEachField(match, [&](FieldId id, const FieldValue& value, const FieldValue& mask) {
    switch (id) {
      case FieldId::kInPort:
        WriteFieldHeader(FieldId::kInPortNx, false, naming, out);
        out->U16(PortTo10(static_cast<uint32_t>(value.low64())));
        break;
      case FieldId::kVlanVid:
      case FieldId::kVlanPcp:
        if (vlan_written) break;
        vlan_written = true;
        WriteField(FieldId::kVlanTci, GetField(match.value, FieldId::kVlanTci),
                   GetField(match.mask, FieldId::kVlanTci), naming, out);
        break;
      case FieldId::kIpDscp:
        WriteFieldHeader(FieldId::kIpTos, false, naming, out);
        out->U8(static_cast<uint8_t>(value.low64() << 2));
        break;
      default:
        WriteField(id, value, mask, naming, out);
    }
  });
}

}  // namespace

OfResult<Match> DecodeOxm(std::span<const uint8_t> bytes, bool strict, NxmCookie* cookie) {
  Match match;
  Reader in(bytes);
  while (in.left() > 0) {
    const OfResult<FieldHeader> header = ReadFieldHeader(&in);
    if (!header.ok()) return header.status();
    if (header->payload_bytes > in.left()) return OfErrorId::kBadMatchLength;
    if (IsCookie(*header)) {
      VSW_OF_RETURN_IF_ERROR(ReadCookie(*header, &in, cookie));
      continue;
    }
    if (!header->field || !header->length_fits) {
      if (strict) return OfErrorId::kBadMatchField;
      in.Skip(header->payload_bytes);
      continue;
    }
    VSW_OF_RETURN_IF_ERROR(ReadField(*header, &in, &match));
  }
  return match;
}

void EncodeOxm(const Match& match, bool nxm, Writer* out, OfVersion version,
               const NxmCookie* cookie) {
  const FieldNaming naming{nxm, version};
  if (nxm) {
    WriteNxm(match, naming, out);
  } else {
    ForEachField(match, [&](FieldId id, const FieldValue& value, const FieldValue& mask) {
      WriteField(id, value, mask, naming, out);
    });
  }
  if (cookie != nullptr && cookie->mask != 0) {
    const bool has_mask = cookie->mask != ~0ull;
    out->U16(kNxm1);
    out->U8(static_cast<uint8_t>(kCookieNumber << 1 | (has_mask ? 1 : 0)));
    out->U8(has_mask ? 2 * kCookieBytes : kCookieBytes);
    out->U64(cookie->value & cookie->mask);
    if (has_mask) out->U64(cookie->mask);
  }
}

}  // namespace vsw
