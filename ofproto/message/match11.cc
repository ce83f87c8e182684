// SPDX-License-Identifier: Apache-2.0
#include "ofproto/match/match_fields.h"
#include "ofproto/message/match_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

// OFPFW_* of 1.1: a set bit means that the field does not matter. Addresses and the metadata have
// masks of their own, where a set bit does not matter either.
constexpr uint32_t kInPort = 1 << 0, kDlVlan = 1 << 1, kDlVlanPcp = 1 << 2, kDlType = 1 << 3,
                   kNwTos = 1 << 4, kNwProto = 1 << 5, kTpSrc = 1 << 6, kTpDst = 1 << 7,
                   kMplsLabel = 1 << 8, kMplsTc = 1 << 9;
constexpr uint32_t kAll = (1 << 10) - 1;
constexpr uint16_t kVlanAny = 0xfffe, kVlanNone = 0xffff;
constexpr uint16_t kTypeIpv4 = 0x0800, kTypeArp = 0x0806, kTypeRarp = 0x8035, kTypeMpls = 0x8847,
                   kTypeMplsMulticast = 0x8848;
constexpr uint8_t kProtoIcmp = 1, kProtoTcp = 6, kProtoUdp = 17, kProtoSctp = 132;

/// The fixed struct as read.
struct Standard {
  uint32_t in_port, wildcards;
  MacAddress dl_src, dl_src_mask, dl_dst, dl_dst_mask;
  uint16_t dl_vlan;
  uint8_t dl_vlan_pcp;
  uint16_t dl_type;
  uint8_t nw_tos, nw_proto;
  uint32_t nw_src, nw_src_mask, nw_dst, nw_dst_mask;
  uint16_t tp_src, tp_dst;
  uint32_t mpls_label;
  uint8_t mpls_tc;
  uint64_t metadata, metadata_mask;

  bool matters(uint32_t bit) const { return (wildcards & bit) == 0; }
};

Standard Read(Reader* in) {
  Standard s;
  s.in_port = in->U32();
  s.wildcards = in->U32();
  s.dl_src = ReadMac(in);
  s.dl_src_mask = ReadMac(in);
  s.dl_dst = ReadMac(in);
  s.dl_dst_mask = ReadMac(in);
  s.dl_vlan = in->U16();
  s.dl_vlan_pcp = in->U8();
  in->Skip(1);
  s.dl_type = in->U16();
  s.nw_tos = in->U8();
  s.nw_proto = in->U8();
  s.nw_src = in->U32();
  s.nw_src_mask = in->U32();
  s.nw_dst = in->U32();
  s.nw_dst_mask = in->U32();
  s.tp_src = in->U16();
  s.tp_dst = in->U16();
  s.mpls_label = in->U32();
  s.mpls_tc = in->U8();
  in->Skip(3);
  s.metadata = in->U64();
  s.metadata_mask = in->U64();
  return s;
}

void Set(FieldId id, uint64_t value, Match* match) { match->Set(id, FieldValue::OfU64(value)); }
/// `wild`: bits that do not matter, as 1.1 has its masks.
void SetWild(FieldId id, uint64_t value, uint64_t wild, Match* match) {
  match->SetMasked(id, FieldValue::OfU64(value), FieldValue::OfU64(~wild));
}

OfStatus SetVlan(const Standard& s, Match* match) {
  if (!s.matters(kDlVlan)) return {};
  if (s.dl_vlan == kVlanNone) {
    Set(FieldId::kVlanTci, 0, match);
    return {};
  }
  if (s.dl_vlan == kVlanAny) {
    match->SetMasked(FieldId::kVlanVid, FieldValue::OfU64(kVlanPresent),
                     FieldValue::OfU64(kVlanPresent));
  } else if (s.dl_vlan <= kVlanIdMask) {
    Set(FieldId::kVlanVid, kVlanPresent | s.dl_vlan, match);
  } else {
    return OfErrorId::kBadMatchValue;
  }
  if (s.matters(kDlVlanPcp)) {
    if (s.dl_vlan_pcp > 7) return OfErrorId::kBadMatchValue;
    Set(FieldId::kVlanPcp, s.dl_vlan_pcp, match);
  }
  return {};
}

OfStatus SetTransport(const Standard& s, Match* match) {
  switch (match->value.packet.ip_proto) {
    case kProtoTcp:
    case kProtoUdp:
    case kProtoSctp:
      // All three keep their ports in the same place.
      if (s.matters(kTpSrc)) Set(FieldId::kTcpSrc, s.tp_src, match);
      if (s.matters(kTpDst)) Set(FieldId::kTcpDst, s.tp_dst, match);
      return {};
    case kProtoIcmp:
      // 1.1 is silent on ICMP; 1.0 could match it, and so can this.
      if ((s.matters(kTpSrc) && s.tp_src > 0xff) || (s.matters(kTpDst) && s.tp_dst > 0xff)) {
        return OfErrorId::kBadMatchField;
      }
      if (s.matters(kTpSrc)) Set(FieldId::kIcmpv4Type, s.tp_src, match);
      if (s.matters(kTpDst)) Set(FieldId::kIcmpv4Code, s.tp_dst, match);
      return {};
    default:
      return {};
  }
}

OfStatus SetNetwork(const Standard& s, Match* match) {
  if (!s.matters(kDlType)) return {};
  const bool ipv4 = s.dl_type == kTypeIpv4;
  if (ipv4 && s.matters(kNwTos)) {
    if ((s.nw_tos & 3) != 0) return OfErrorId::kBadMatchValue;
    Set(FieldId::kIpDscp, s.nw_tos >> 2, match);
  }
  if (ipv4 || s.dl_type == kTypeArp || s.dl_type == kTypeRarp) {
    if (s.matters(kNwProto)) Set(FieldId::kIpProto, s.nw_proto, match);
    SetWild(FieldId::kIpv4Src, s.nw_src, s.nw_src_mask, match);
    SetWild(FieldId::kIpv4Dst, s.nw_dst, s.nw_dst_mask, match);
  }
  if (ipv4 && s.matters(kNwProto)) VSW_OF_RETURN_IF_ERROR(SetTransport(s, match));
  if (s.dl_type == kTypeMpls || s.dl_type == kTypeMplsMulticast) {
    if (s.matters(kMplsLabel)) Set(FieldId::kMplsLabel, s.mpls_label, match);
    if (s.matters(kMplsTc)) Set(FieldId::kMplsTc, s.mpls_tc, match);
  }
  return {};
}

}  // namespace

OfResult<Match> DecodeMatch11(Reader* in) {
  const Standard s = Read(in);
  if (!in->ok()) return OfErrorId::kBadMatchLength;
  Match match;
  if (s.matters(kInPort)) Set(FieldId::kInPort, s.in_port, &match);
  SetWild(FieldId::kEthSrc, s.dl_src.ToU64(), s.dl_src_mask.ToU64(), &match);
  SetWild(FieldId::kEthDst, s.dl_dst.ToU64(), s.dl_dst_mask.ToU64(), &match);
  VSW_OF_RETURN_IF_ERROR(SetVlan(s, &match));
  if (s.matters(kDlType)) Set(FieldId::kEthType, s.dl_type, &match);
  VSW_OF_RETURN_IF_ERROR(SetNetwork(s, &match));
  SetWild(FieldId::kMetadata, s.metadata, s.metadata_mask, &match);
  return match;
}

void EncodeMatch11(const Match& match, Writer* out) {
  const FlowKey& mask = match.mask.packet;
  const FlowKey& value = match.value.packet;
  uint32_t wildcards = kAll;
  const auto matters = [&](bool yes, uint32_t bit) {
    if (yes) wildcards &= ~bit;
  };
  const uint16_t tci_mask = mask.vlan[0].tci.Get(), tci = value.vlan[0].tci.Get();
  const bool untagged = (tci_mask & kVlanPresent) != 0 && (tci & kVlanPresent) == 0;
  matters(!match.mask.pipeline.in_port.is_zero(), kInPort);
  matters(tci_mask != 0, kDlVlan);
  matters(!untagged && (tci_mask & kVlanPriorityMask) != 0, kDlVlanPcp);
  matters(!mask.eth_type.is_zero(), kDlType);
  matters((mask.ip_tos & 0xfc) != 0, kNwTos);
  matters(mask.ip_proto != 0, kNwProto);
  matters(!mask.l4_src.is_zero(), kTpSrc);
  matters(!mask.l4_dst.is_zero(), kTpDst);
  matters(!GetField(match.mask, FieldId::kMplsLabel).is_zero(), kMplsLabel);
  matters(!GetField(match.mask, FieldId::kMplsTc).is_zero(), kMplsTc);

  const auto number = [&](const MatchKey& key, FieldId id) { return GetField(key, id).low64(); };
  out->U16(0);  // OFPMT_STANDARD
  out->U16(kMatch11Bytes);
  out->U32(match.value.pipeline.in_port.Get());
  out->U32(wildcards);
  for (const FieldId id : {FieldId::kEthSrc, FieldId::kEthDst}) {
    out->Put(MacAddress::FromU64(number(match.value, id)).octets);
    out->Put(MacAddress::FromU64(~number(match.mask, id)).octets);
  }
  out->U16(untagged                        ? kVlanNone
           : (tci_mask & kVlanIdMask) != 0 ? tci & kVlanIdMask
           : tci_mask != 0                 ? kVlanAny
                                           : 0);
  out->U8(static_cast<uint8_t>(tci >> 13));
  out->Zeros(1);
  out->U16(value.eth_type.Get());
  out->U8(value.ip_tos & 0xfc);
  out->U8(value.ip_proto);
  for (const FieldId id : {FieldId::kIpv4Src, FieldId::kIpv4Dst}) {
    out->U32(static_cast<uint32_t>(number(match.value, id)));
    out->U32(static_cast<uint32_t>(~number(match.mask, id)));
  }
  out->U16(value.l4_src.Get());
  out->U16(value.l4_dst.Get());
  out->U32(static_cast<uint32_t>(number(match.value, FieldId::kMplsLabel)));
  out->U8(static_cast<uint8_t>(number(match.value, FieldId::kMplsTc)));
  out->Zeros(3);
  out->U64(match.value.pipeline.metadata.Get());
  out->U64(~match.mask.pipeline.metadata.Get());
}

}  // namespace vsw
