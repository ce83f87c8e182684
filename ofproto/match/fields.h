// SPDX-License-Identifier: Apache-2.0
//
// Every field that a rule may match, read or write: one line each. The table is the only place that
// knows a field's name, its place in a MatchKey, its width, its prerequisites, and what it is
// called on the wire (OXM of OpenFlow 1.3 section 7.2.3.7, NXM of the Nicira extensions, and ONF's
// experimenter fields).
//
// A field stands in `bytes` big-endian bytes at `offset` of a MatchKey, shifted left by `shift`
// bits and `bits` wide: the DSCP is the upper 6 bits of ip_tos.
#ifndef VSW_OFPROTO_MATCH_FIELDS_H_
#define VSW_OFPROTO_MATCH_FIELDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ofproto/match/match_key.h"

namespace vsw {

/// What a packet must be for it to have the field.
enum class Prerequisite : uint8_t {
  kNone,
  kVlan,
  kMpls,
  kIpv4,
  kIpv6,
  kIp,
  kArp,
  kTcp,
  kUdp,
  kSctp,
  kIcmpv4,
  kIcmpv6,
  kNd,
  kNdSolicit,
  kNdAdvert,
};
/// Which masks a match may have.
enum class Masking : uint8_t { kNone, kAny };
/// How a value reads and prints.
enum class FieldFormat : uint8_t {
  kDecimal,
  kHex,
  kMac,
  kIpv4,
  kIpv6,
  kPort,
  kFrag,
  kTcpFlags,
  kTunnelFlags,
  kCtState,
  kPacketType,
};

// Wire classes: high half of an OXM/NXM header.
inline constexpr uint16_t kNxm0 = 0x0000, kNxm1 = 0x0001, kOxm = 0x8000, kPacketRegs = 0x8001;

// id, name, other name, member, shift, bits, prerequisite, masking, writable, format,
//   OXM class and field, NXM class and field ({-1,-1}: none)
// clang-format off
#define VSW_FIELDS(X) \
  X(kInPort,       "in_port_oxm", "",          pipeline.in_port, 0, 32, kNone, kNone, true,  kPort,    (kOxm, 0),  (-1, -1)) \
  X(kInPhyPort,    "in_phy_port", "",          pipeline.in_port, 0, 32, kNone, kNone, false, kPort,    (kOxm, 1),  (-1, -1)) \
  X(kMetadata,     "metadata",    "",          pipeline.metadata, 0, 64, kNone, kAny, true,  kHex,     (kOxm, 2),  (-1, -1)) \
  X(kEthDst,       "eth_dst",     "dl_dst",    packet.eth_dst, 0, 48, kNone, kAny, true,  kMac,        (kOxm, 3),  (kNxm0, 1)) \
  X(kEthSrc,       "eth_src",     "dl_src",    packet.eth_src, 0, 48, kNone, kAny, true,  kMac,        (kOxm, 4),  (kNxm0, 2)) \
  X(kEthType,      "eth_type",    "dl_type",   packet.eth_type, 0, 16, kNone, kNone, true,  kHex,      (kOxm, 5),  (kNxm0, 3)) \
  X(kVlanVid,      "vlan_vid",    "",          packet.vlan[0].tci, 0, 13, kNone, kAny, true, kDecimal,     (kOxm, 6),  (-1, -1)) \
  X(kVlanPcp,      "vlan_pcp",    "dl_vlan_pcp", packet.vlan[0].tci, 13, 3, kVlan, kNone, true, kDecimal, (kOxm, 7), (-1, -1)) \
  X(kVlanTci,      "vlan_tci",    "",          packet.vlan[0].tci, 0, 16, kNone, kAny, true, kHex,     (-1, -1),   (kNxm0, 4)) \
  X(kIpDscp,       "ip_dscp",     "",          packet.ip_tos, 2, 6, kIp, kNone, true, kDecimal,   (kOxm, 8),  (-1, -1)) \
  X(kIpTos,        "nw_tos",      "",          packet.ip_tos, 0, 8, kIp, kNone, true, kDecimal,        (-1, -1),   (kNxm0, 5)) \
  X(kIpEcn,        "nw_ecn",      "ip_ecn",    packet.ip_tos, 0, 2, kIp, kNone, true, kDecimal,        (kOxm, 9),  (kNxm1, 28)) \
  X(kIpProto,      "nw_proto",    "ip_proto",  packet.ip_proto, 0, 8, kIp, kNone, true,  kDecimal,     (kOxm, 10), (kNxm0, 6)) \
  X(kIpTtl,        "nw_ttl",      "ip_ttl",    packet.ip_ttl, 0, 8, kIp, kNone, true, kDecimal,        (-1, -1),   (kNxm1, 29)) \
  X(kIpFrag,       "ip_frag",     "nw_frag",   packet.ip_frag, 0, 2, kIp, kAny, false, kFrag,          (-1, -1),   (kNxm1, 26)) \
  X(kIpv4Src,      "ip_src",      "nw_src",    packet.ipv4_src, 0, 32, kIpv4, kAny, true, kIpv4,       (kOxm, 11), (kNxm0, 7)) \
  X(kIpv4Dst,      "ip_dst",      "nw_dst",    packet.ipv4_dst, 0, 32, kIpv4, kAny, true, kIpv4,       (kOxm, 12), (kNxm0, 8)) \
  X(kTcpSrc,       "tcp_src",     "tp_src",    packet.l4_src, 0, 16, kTcp, kAny, true, kDecimal,       (kOxm, 13), (kNxm0, 9)) \
  X(kTcpDst,       "tcp_dst",     "tp_dst",    packet.l4_dst, 0, 16, kTcp, kAny, true, kDecimal,       (kOxm, 14), (kNxm0, 10)) \
  X(kTcpFlags,     "tcp_flags",   "",          packet.tcp_flags, 0, 12, kTcp, kAny, false, kTcpFlags,  (kOxm, 42), (kNxm1, 34)) \
  X(kUdpSrc,       "udp_src",     "",          packet.l4_src, 0, 16, kUdp, kAny, true, kDecimal,       (kOxm, 15), (kNxm0, 11)) \
  X(kUdpDst,       "udp_dst",     "",          packet.l4_dst, 0, 16, kUdp, kAny, true, kDecimal,       (kOxm, 16), (kNxm0, 12)) \
  X(kSctpSrc,      "sctp_src",    "",          packet.l4_src, 0, 16, kSctp, kAny, true, kDecimal,      (kOxm, 17), (-1, -1)) \
  X(kSctpDst,      "sctp_dst",    "",          packet.l4_dst, 0, 16, kSctp, kAny, true, kDecimal,      (kOxm, 18), (-1, -1)) \
  X(kIcmpv4Type,   "icmp_type",   "icmpv4_type", packet.l4_src, 0, 8, kIcmpv4, kNone, true, kDecimal,  (kOxm, 19), (kNxm0, 13)) \
  X(kIcmpv4Code,   "icmp_code",   "icmpv4_code", packet.l4_dst, 0, 8, kIcmpv4, kNone, true, kDecimal,  (kOxm, 20), (kNxm0, 14)) \
  X(kArpOp,        "arp_op",      "",          packet.ip_proto, 0, 8, kArp, kNone, true, kDecimal,     (kOxm, 21), (kNxm0, 15)) \
  X(kArpSpa,       "arp_spa",     "",          packet.ipv4_src, 0, 32, kArp, kAny, true, kIpv4,        (kOxm, 22), (kNxm0, 16)) \
  X(kArpTpa,       "arp_tpa",     "",          packet.ipv4_dst, 0, 32, kArp, kAny, true, kIpv4,        (kOxm, 23), (kNxm0, 17)) \
  X(kArpSha,       "arp_sha",     "",          packet.arp_sha, 0, 48, kArp, kAny, true, kMac,          (kOxm, 24), (kNxm1, 17)) \
  X(kArpTha,       "arp_tha",     "",          packet.arp_tha, 0, 48, kArp, kAny, true, kMac,          (kOxm, 25), (kNxm1, 18)) \
  X(kIpv6Src,      "ipv6_src",    "",          packet.ipv6_src, 0, 128, kIpv6, kAny, true, kIpv6,      (kOxm, 26), (kNxm1, 19)) \
  X(kIpv6Dst,      "ipv6_dst",    "",          packet.ipv6_dst, 0, 128, kIpv6, kAny, true, kIpv6,      (kOxm, 27), (kNxm1, 20)) \
  X(kIpv6Label,    "ipv6_label",  "ipv6_flabel", packet.ipv6_label, 0, 20, kIpv6, kAny, true, kHex,    (kOxm, 28), (kNxm1, 27)) \
  X(kIcmpv6Type,   "icmpv6_type", "",          packet.l4_src, 0, 8, kIcmpv6, kNone, true, kDecimal,    (kOxm, 29), (kNxm1, 21)) \
  X(kIcmpv6Code,   "icmpv6_code", "",          packet.l4_dst, 0, 8, kIcmpv6, kNone, true, kDecimal,    (kOxm, 30), (kNxm1, 22)) \
  X(kNdTarget,     "nd_target",   "ipv6_nd_target", packet.nd_target, 0, 128, kNd, kAny, true, kIpv6,  (kOxm, 31), (kNxm1, 23)) \
  X(kNdSll,        "nd_sll",      "ipv6_nd_sll", packet.arp_sha, 0, 48, kNdSolicit, kAny, true, kMac,  (kOxm, 32), (kNxm1, 24)) \
  X(kNdTll,        "nd_tll",      "ipv6_nd_tll", packet.arp_tha, 0, 48, kNdAdvert, kAny, true, kMac,   (kOxm, 33), (kNxm1, 25)) \
  X(kMplsLabel,    "mpls_label",  "",          packet.mpls[0], 12, 20, kMpls, kNone, true, kDecimal,   (kOxm, 34), (-1, -1)) \
  X(kMplsTc,       "mpls_tc",     "",          packet.mpls[0], 9, 3, kMpls, kNone, true, kDecimal,     (kOxm, 35), (-1, -1)) \
  X(kMplsBos,      "mpls_bos",    "",          packet.mpls[0], 8, 1, kMpls, kNone, true,  kDecimal,    (kOxm, 36), (-1, -1)) \
  X(kMplsTtl,      "mpls_ttl",    "",          packet.mpls[0], 0, 8, kMpls, kNone, true, kDecimal,     (-1, -1),   (kNxm1, 30)) \
  X(kTunId,        "tun_id",      "tunnel_id", packet.tun_id, 0, 64, kNone, kAny, true, kHex,          (kOxm, 38), (kNxm1, 16)) \
  X(kIpv6Exthdr,   "ipv6_exthdr", "",          packet.ipv6_exthdr, 0, 9, kIpv6, kAny, false, kHex,     (kOxm, 39), (-1, -1)) \
  X(kTunSrc,       "tun_src",     "",          packet.tun_ipv4_src, 0, 32, kNone, kAny, true, kIpv4,   (-1, -1),   (kNxm1, 31)) \
  X(kTunDst,       "tun_dst",     "",          packet.tun_ipv4_dst, 0, 32, kNone, kAny, true, kIpv4,   (-1, -1),   (kNxm1, 32)) \
  X(kTunIpv6Src,   "tun_ipv6_src", "",         packet.tun_ipv6_src, 0, 128, kNone, kAny, true, kIpv6,  (-1, -1),   (kNxm1, 109)) \
  X(kTunIpv6Dst,   "tun_ipv6_dst", "",         packet.tun_ipv6_dst, 0, 128, kNone, kAny, true, kIpv6,  (-1, -1),   (kNxm1, 110)) \
  X(kTunFlags,     "tun_flags",   "",          packet.tun_flags, 0, 16, kNone, kAny, true, kTunnelFlags, (-1, -1), (kNxm1, 104)) \
  X(kTunGbpId,     "tun_gbp_id",  "",          packet.tun_gbp_id, 0, 16, kNone, kAny, true, kDecimal,  (-1, -1),   (kNxm1, 38)) \
  X(kTunGbpFlags,  "tun_gbp_flags", "",        packet.tun_gbp_flags, 0, 8, kNone, kAny, true, kHex,    (-1, -1),   (kNxm1, 39)) \
  X(kPktMark,      "pkt_mark",    "",          packet.packet_mark, 0, 32, kNone, kAny, true, kHex,     (-1, -1),   (kNxm1, 33)) \
  X(kCtState,      "ct_state",    "",          packet.ct_state, 0, 32, kNone, kAny, false, kCtState,   (-1, -1),   (kNxm1, 105)) \
  X(kCtZone,       "ct_zone",     "",          packet.ct_zone, 0, 16, kNone, kNone, false, kDecimal,       (-1, -1),   (kNxm1, 106)) \
  X(kCtMark,       "ct_mark",     "",          packet.ct_mark, 0, 32, kNone, kAny, true, kHex,         (-1, -1),   (kNxm1, 107)) \
  X(kCtLabel,      "ct_label",    "",          packet.ct_label, 0, 128, kNone, kAny, true, kHex,       (-1, -1),   (kNxm1, 108)) \
  X(kNdReserved,   "nd_reserved", "",          packet.nd_reserved, 0, 32, kNd, kNone, true, kDecimal,     (-1, -1),   (-1, -1)) \
  X(kNdOptionsType, "nd_options_type", "",     packet.nd_options_type, 0, 8, kNd, kNone, true, kDecimal, (-1, -1),  (-1, -1)) \
  X(kInPortNx,     "in_port",     "",          pipeline.in_port, 0, 16, kNone, kNone, true, kPort,     (-1, -1),   (kNxm0, 0)) \
  X(kActsetOutput, "actset_output", "",        pipeline.actset_output, 0, 32, kNone, kNone, false, kPort, (-1, -1), (-1, -1)) \
  X(kConjId,       "conj_id",     "",          pipeline.conj_id, 0, 32, kNone, kNone, false, kDecimal, (-1, -1),   (kNxm1, 37)) \
  X(kPacketType,   "packet_type", "",          pipeline.packet_type, 0, 32, kNone, kNone, false, kPacketType, (-1, -1), (-1, -1))
// clang-format on

enum class FieldId : uint8_t {
#define VSW_FIELD_ENUM(id, ...) id,
  VSW_FIELDS(VSW_FIELD_ENUM)
#undef VSW_FIELD_ENUM
      kReg0,
  kReg15 = kReg0 + 15,
  kXreg0,
  kXreg7 = kXreg0 + 7,
  kXxreg0,
  kXxreg3 = kXxreg0 + 3,
  kTunMetadata0,
  kTunMetadata19 = kTunMetadata0 + 19,
  kCount
};
inline constexpr size_t kFieldCount = static_cast<size_t>(FieldId::kCount);

struct FieldInfo {
  FieldId id;
  std::string name;        // as ovs-fields(7) has it first
  std::string other_name;  // also understood; may be empty
  uint16_t offset;         // in a MatchKey
  uint8_t bytes;           // of its storage there
  uint8_t shift;
  uint16_t bits;
  Prerequisite prerequisite;
  Masking masking;
  bool writable;
  FieldFormat format;
  int32_t oxm_class = -1, oxm_field = -1;
  int32_t nxm_class = -1, nxm_field = -1;
};

const FieldInfo& Describe(FieldId id);

/// tun_metadata0...: data of one option of Geneve, which a bridge's option map names
/// (ofproto/tunnel/). The first four have room for 16 bytes, the others for 4; shorter data is
/// right-aligned. A match on one asks that the option is there, whatever its mask; what is written
/// is there from then on.
inline constexpr uint8_t kTunnelOptionFields = 20;
constexpr bool IsTunnelOption(FieldId id) {
  return id >= FieldId::kTunMetadata0 && id <= FieldId::kTunMetadata19;
}
/// N of tun_metadataN, and back. REQUIRES: IsTunnelOption(id); index < kTunnelOptionFields.
constexpr uint8_t TunnelOptionIndex(FieldId id) {
  return static_cast<uint8_t>(static_cast<uint8_t>(id) -
                              static_cast<uint8_t>(FieldId::kTunMetadata0));
}
constexpr FieldId TunnelOptionField(uint8_t index) {
  return static_cast<FieldId>(static_cast<uint8_t>(FieldId::kTunMetadata0) + index);
}
/// Its bit in FlowKey::tun_metadata_present.
constexpr uint64_t TunnelOptionBit(FieldId id) { return uint64_t{1} << TunnelOptionIndex(id); }

/// nullptr: no such field.
const FieldInfo* FindField(std::string_view name);

/// A value of any field: its bytes right-aligned, big-endian, bits above the field's width zero.
struct FieldValue {
  std::array<uint8_t, 16> octets{};
  static FieldValue OfU64(uint64_t value);
  static FieldValue Ones(uint16_t bits);
  uint64_t low64() const;
  bool is_zero() const;
  bool operator==(const FieldValue&) const = default;
};

FieldValue GetField(const MatchKey& key, FieldId id);
void SetField(MatchKey* key, FieldId id, const FieldValue& value);
/// Replaces those bits of the field that are set in `mask`.
void SetFieldMasked(MatchKey* key, FieldId id, const FieldValue& value, const FieldValue& mask);

/// Some bits of a field: `NXM_OF_VLAN_TCI[0..11]`, `reg0[]`.
struct Subfield {
  FieldId field{};
  uint16_t offset = 0;
  uint16_t bits = 0;
  bool operator==(const Subfield&) const = default;
};
FieldValue GetSubfield(const MatchKey& key, const Subfield& subfield);
void SetSubfield(MatchKey* key, const Subfield& subfield, const FieldValue& value);

}  // namespace vsw

#endif  // VSW_OFPROTO_MATCH_FIELDS_H_
