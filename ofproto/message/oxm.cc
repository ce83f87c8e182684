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
  const size_t bytes = header.value_bytes();
  bool cut = false;
  const FieldValue value = ReadFieldValue(in, bytes, &cut);
  if (cut) return Bad(OfErrorId::kBadMatchValue, id);
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
  if (IsMatched(*match, AsOxm(id))) return Bad(OfErrorId::kDuplicateField, id);
  if (!mask.is_zero() || IsTunnelOption(id)) SetAsOxm(id, value, mask, match);
  return {};
}

/// Writes the fields of a match one by one, in the terms of NXM or of a version's OXM.
class FieldWriter {
 public:
  FieldWriter(const Match& match, FieldNaming naming, Writer* out)
      : match_(match), naming_(naming), out_(out) {}

  void Write(FieldId id, const FieldValue& value, const FieldValue& mask) {
    if (naming_.nxm ? WriteNxm(id, value) : WriteOxm(id)) return;
    WriteField(id, value, mask, naming_, out_);
  }

 private:
  /// Fields that NXM has in another form; false: as it is.
  bool WriteNxm(FieldId id, const FieldValue& value) {
    switch (id) {
      case FieldId::kInPort:
        WriteFieldHeader(FieldId::kInPortNx, false, naming_, out_);
        out_->U16(PortTo10(static_cast<uint32_t>(value.low64())));
        return true;
      case FieldId::kVlanVid:
      case FieldId::kVlanPcp:
        if (!vlan_written_) WriteWhole(FieldId::kVlanTci);
        vlan_written_ = true;
        return true;
      case FieldId::kIpDscp:
        WriteFieldHeader(FieldId::kIpTos, false, naming_, out_);
        out_->U8(static_cast<uint8_t>(value.low64() << 2));
        return true;
      default:
        return false;
    }
  }

  /// The same for OXM.
  bool WriteOxm(FieldId id) {
    const uint16_t tci = match_.value.packet.vlan[0].tci.Get();
    const uint16_t tci_mask = match_.mask.packet.vlan[0].tci.Get();
    if (id == FieldId::kVlanTci && tci == 0 && (tci_mask & kVlanPresent) != 0) {
      // No tag: then there is no priority either.
      WriteWhole(FieldId::kVlanVid);
      return true;
    }
    if (id >= FieldId::kReg0 && id <= FieldId::kReg15 && naming_.version >= OfVersion::k15) {
      // 1.5 has them in pairs (section 7.2.3.11).
      const int pair = (static_cast<int>(id) - static_cast<int>(FieldId::kReg0)) / 2;
      if (pair != last_pair_) {
        WriteWhole(static_cast<FieldId>(static_cast<int>(FieldId::kXreg0) + pair));
      }
      last_pair_ = pair;
      return true;
    }
    return false;
  }

  void WriteWhole(FieldId id) {
    WriteField(id, GetField(match_.value, id), GetField(match_.mask, id), naming_, out_);
  }

  const Match& match_;
  const FieldNaming naming_;
  Writer* const out_;
  bool vlan_written_ = false;
  int last_pair_ = -1;
};

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
  FieldWriter writer(match, {nxm, version}, out);
  ForEachField(match, [&](FieldId id, const FieldValue& value, const FieldValue& mask) {
    writer.Write(id, value, mask);
  });
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
