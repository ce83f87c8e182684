// SPDX-License-Identifier: Apache-2.0
#include "ofproto/message/match_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint16_t kTypeStandard = 0, kTypeOxm = 1;  // OFPMT_*
constexpr size_t kHeaderBytes = 4;                   // type and length

}  // namespace

OfResult<Match> DecodeMatch(OfVersion version, Reader* in) {
  if (version == OfVersion::k10) return DecodeMatch10(in);
  const uint16_t type = in->U16();
  const size_t length = in->U16();
  if (!in->ok()) return OfErrorId::kBadMatchLength;
  if (type == kTypeStandard && version == OfVersion::k11) {
    if (length != kMatch11Bytes) return OfErrorId::kBadMatchLength;
    return DecodeMatch11(in);
  }
  if (type != kTypeOxm) return OfErrorId::kBadMatchType;
  if (length < kHeaderBytes) return OfErrorId::kBadMatchLength;
  const std::span<const uint8_t> fields = in->Take(length - kHeaderBytes);
  in->Skip((8 - length % 8) % 8);
  if (!in->ok()) return OfErrorId::kBadMatchLength;
  return DecodeOxm(fields);
}

void EncodeMatch(OfVersion version, const Match& match, Writer* out) {
  if (version == OfVersion::k10) return EncodeMatch10(match, out);
  if (version == OfVersion::k11) return EncodeMatch11(match, out);
  const size_t start = out->size();
  out->U16(kTypeOxm);
  out->U16(0);
  EncodeOxm(match, /*nxm=*/false, out, version);
  out->PatchU16(start + 2, static_cast<uint16_t>(out->size() - start));
  out->Align8(start);
}

}  // namespace vsw
