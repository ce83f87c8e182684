// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "ofproto/match/match_fields.h"
#include "ofproto/message/match_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

// OFPFW_* of 1.0: a set bit means that the field does not matter.
constexpr uint32_t kInPort = 1 << 0, kDlVlan = 1 << 1, kDlSrc = 1 << 2, kDlDst = 1 << 3,
                   kDlType = 1 << 4, kNwProto = 1 << 5, kTpSrc = 1 << 6, kTpDst = 1 << 7,
                   kDlVlanPcp = 1 << 20, kNwTos = 1 << 21;
constexpr int kNwSrcShift = 8, kNwDstShift = 14;  // number of low address bits that do not matter
constexpr uint32_t kAll = (1 << 22) - 1;
constexpr uint16_t kVlanNone = 0xffff;

uint32_t AddressMask(uint32_t wildcards, int shift) {
  const uint32_t bits = wildcards >> shift & 0x3f;
  return bits >= 32 ? 0 : ~0u << bits;
}
/// REQUIRES: a prefix mask.
uint32_t AddressWildcards(uint32_t mask, int shift) {
  return static_cast<uint32_t>(32 - std::popcount(mask)) << shift;
}
bool IsPrefix(uint32_t mask) { return (~mask & (~mask + 1)) == 0; }

void SetVlan(uint32_t wildcards, uint16_t vlan, uint8_t pcp, Match* match) {
  Be16* const value = &match->value.packet.vlan[0].tci;
  Be16* const mask = &match->mask.packet.vlan[0].tci;
  if ((wildcards & kDlVlan) == 0 && vlan == kVlanNone) {
    // No tag at all; a priority besides can only be that of no tag.
    *mask = Be16::From(0xffff);
    return;
  }
  uint16_t bits = 0;
  if ((wildcards & kDlVlan) == 0) bits |= kVlanPresent | kVlanIdMask;
  if ((wildcards & kDlVlanPcp) == 0) bits |= kVlanPresent | kVlanPriorityMask;
  const auto tci =
      static_cast<uint16_t>((vlan & kVlanIdMask) | kVlanPresent | (pcp << 13 & kVlanPriorityMask));
  *mask = Be16::From(bits);
  *value = Be16::From(tci & bits);
}

}  // namespace

OfResult<Match> DecodeMatch10(Reader* in) {
  if (in->left() < kMatch10Bytes) return OfErrorId::kBadMatchLength;
  Match match;
  const uint32_t wildcards = in->U32() & kAll;
  const auto set = [&](uint32_t bit, FieldId id, uint64_t value) {
    if ((wildcards & bit) == 0) match.Set(id, FieldValue::OfU64(value));
  };
  const uint16_t port = in->U16();
  set(kInPort, FieldId::kInPort, port >= 0xff00 ? 0xffff0000 | port : port);
  set(kDlSrc, FieldId::kEthSrc, ReadMac(in).ToU64());
  set(kDlDst, FieldId::kEthDst, ReadMac(in).ToU64());
  const uint16_t vlan = in->U16();
  SetVlan(wildcards, vlan, in->U8(), &match);
  in->Skip(1);
  set(kDlType, FieldId::kEthType, in->U16());
  set(kNwTos, FieldId::kIpDscp, in->U8() >> 2);
  set(kNwProto, FieldId::kIpProto, in->U8());
  in->Skip(2);
  const uint32_t source_mask = AddressMask(wildcards, kNwSrcShift);
  match.SetMasked(FieldId::kIpv4Src, FieldValue::OfU64(in->U32()), FieldValue::OfU64(source_mask));
  const uint32_t target_mask = AddressMask(wildcards, kNwDstShift);
  match.SetMasked(FieldId::kIpv4Dst, FieldValue::OfU64(in->U32()), FieldValue::OfU64(target_mask));
  set(kTpSrc, FieldId::kTcpSrc, in->U16());
  set(kTpDst, FieldId::kTcpDst, in->U16());
  NormalizeMatch(&match);
  return match;
}

void EncodeMatch10(const Match& match, Writer* out) {
  const FlowKey& mask = match.mask.packet;
  const FlowKey& value = match.value.packet;
  uint32_t wildcards = kAll;
  const auto matters = [&](bool yes, uint32_t bit) {
    if (yes) wildcards &= ~bit;
  };
  const uint16_t tci_mask = mask.vlan[0].tci.Get(), tci = value.vlan[0].tci.Get();
  const bool untagged = (tci_mask & kVlanPresent) != 0 && (tci & kVlanPresent) == 0;
  matters(!match.mask.pipeline.in_port.is_zero(), kInPort);
  matters(!mask.eth_src.is_zero(), kDlSrc);
  matters(!mask.eth_dst.is_zero(), kDlDst);
  matters(untagged || (tci_mask & kVlanIdMask) != 0, kDlVlan);
  matters(!untagged && (tci_mask & kVlanPriorityMask) != 0, kDlVlanPcp);
  matters(!mask.eth_type.is_zero(), kDlType);
  matters((mask.ip_tos & 0xfc) != 0, kNwTos);
  matters(mask.ip_proto != 0, kNwProto);
  matters(!mask.l4_src.is_zero(), kTpSrc);
  matters(!mask.l4_dst.is_zero(), kTpDst);
  wildcards &= ~(0x3fu << kNwSrcShift | 0x3fu << kNwDstShift);
  wildcards |= AddressWildcards(mask.ipv4_src.Get(), kNwSrcShift);
  wildcards |= AddressWildcards(mask.ipv4_dst.Get(), kNwDstShift);

  out->U32(wildcards);
  out->U16(PortTo10(match.value.pipeline.in_port.Get()));
  out->Put(value.eth_src.octets);
  out->Put(value.eth_dst.octets);
  out->U16(untagged ? kVlanNone : tci & kVlanIdMask);
  out->U8(static_cast<uint8_t>(tci >> 13));
  out->Zeros(1);
  out->U16(value.eth_type.Get());
  out->U8(value.ip_tos & 0xfc);
  out->U8(value.ip_proto);
  out->Zeros(2);
  out->U32(value.ipv4_src.Get());
  out->U32(value.ipv4_dst.Get());
  out->U16(value.l4_src.Get());
  out->U16(value.l4_dst.Get());
}

bool FitsOf10(const Match& match) {
  if (!IsPrefix(match.mask.packet.ipv4_src.Get()) || !IsPrefix(match.mask.packet.ipv4_dst.Get())) {
    return false;
  }
  // In IPv6 packets 1.0 knows nothing behind the Ethernet header.
  if (match.value.packet.eth_type.Get() == 0x86dd && match.mask.packet.ip_proto != 0) return false;
  // Otherwise: whatever is the same after a way there and back.
  Writer out;
  EncodeMatch10(match, &out);
  Reader in(out.bytes());
  const OfResult<Match> back = DecodeMatch10(&in);
  return back.ok() && *back == match;
}

}  // namespace vsw
