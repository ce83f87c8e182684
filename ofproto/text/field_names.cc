// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/field_names.h"

#include "base/status.h"
#include "ofproto/match/match_fields.h"
#include "ofproto/text/words.h"

namespace vsw {
namespace {

struct NxmName {
  std::string_view name;
  FieldId field;
};
constexpr NxmName kNxmNames[] = {{"NXM_OF_IN_PORT", FieldId::kInPortNx},
                                 {"NXM_OF_ETH_DST", FieldId::kEthDst},
                                 {"NXM_OF_ETH_SRC", FieldId::kEthSrc},
                                 {"NXM_OF_ETH_TYPE", FieldId::kEthType},
                                 {"NXM_OF_VLAN_TCI", FieldId::kVlanTci},
                                 {"NXM_OF_IP_TOS", FieldId::kIpTos},
                                 {"NXM_OF_IP_PROTO", FieldId::kIpProto},
                                 {"NXM_OF_IP_SRC", FieldId::kIpv4Src},
                                 {"NXM_OF_IP_DST", FieldId::kIpv4Dst},
                                 {"NXM_OF_TCP_SRC", FieldId::kTcpSrc},
                                 {"NXM_OF_TCP_DST", FieldId::kTcpDst},
                                 {"NXM_OF_UDP_SRC", FieldId::kUdpSrc},
                                 {"NXM_OF_UDP_DST", FieldId::kUdpDst},
                                 {"NXM_OF_ICMP_TYPE", FieldId::kIcmpv4Type},
                                 {"NXM_OF_ICMP_CODE", FieldId::kIcmpv4Code},
                                 {"NXM_OF_ARP_OP", FieldId::kArpOp},
                                 {"NXM_OF_ARP_SPA", FieldId::kArpSpa},
                                 {"NXM_OF_ARP_TPA", FieldId::kArpTpa},
                                 {"NXM_NX_TUN_ID", FieldId::kTunId},
                                 {"NXM_NX_ARP_SHA", FieldId::kArpSha},
                                 {"NXM_NX_ARP_THA", FieldId::kArpTha},
                                 {"NXM_NX_IPV6_SRC", FieldId::kIpv6Src},
                                 {"NXM_NX_IPV6_DST", FieldId::kIpv6Dst},
                                 {"NXM_NX_ICMPV6_TYPE", FieldId::kIcmpv6Type},
                                 {"NXM_NX_ICMPV6_CODE", FieldId::kIcmpv6Code},
                                 {"NXM_NX_ND_TARGET", FieldId::kNdTarget},
                                 {"NXM_NX_ND_SLL", FieldId::kNdSll},
                                 {"NXM_NX_ND_TLL", FieldId::kNdTll},
                                 {"NXM_NX_IP_FRAG", FieldId::kIpFrag},
                                 {"NXM_NX_IPV6_LABEL", FieldId::kIpv6Label},
                                 {"NXM_NX_IP_ECN", FieldId::kIpEcn},
                                 {"NXM_NX_IP_TTL", FieldId::kIpTtl},
                                 {"NXM_NX_MPLS_TTL", FieldId::kMplsTtl},
                                 {"NXM_NX_TUN_IPV4_SRC", FieldId::kTunSrc},
                                 {"NXM_NX_TUN_IPV4_DST", FieldId::kTunDst},
                                 {"NXM_NX_PKT_MARK", FieldId::kPktMark},
                                 {"NXM_NX_TCP_FLAGS", FieldId::kTcpFlags},
                                 {"NXM_NX_CONJ_ID", FieldId::kConjId},
                                 {"NXM_NX_TUN_GBP_ID", FieldId::kTunGbpId},
                                 {"NXM_NX_TUN_GBP_FLAGS", FieldId::kTunGbpFlags},
                                 {"NXM_NX_TUN_FLAGS", FieldId::kTunFlags},
                                 {"NXM_NX_CT_STATE", FieldId::kCtState},
                                 {"NXM_NX_CT_ZONE", FieldId::kCtZone},
                                 {"NXM_NX_CT_MARK", FieldId::kCtMark},
                                 {"NXM_NX_CT_LABEL", FieldId::kCtLabel},
                                 {"NXM_NX_TUN_IPV6_SRC", FieldId::kTunIpv6Src},
                                 {"NXM_NX_TUN_IPV6_DST", FieldId::kTunIpv6Dst},
                                 {"OXM_OF_METADATA", FieldId::kMetadata},
                                 {"OXM_OF_IN_PORT", FieldId::kInPort},
                                 {"OXM_OF_IN_PHY_PORT", FieldId::kInPhyPort},
                                 {"OXM_OF_VLAN_VID", FieldId::kVlanVid},
                                 {"OXM_OF_VLAN_PCP", FieldId::kVlanPcp},
                                 {"OXM_OF_IP_DSCP", FieldId::kIpDscp},
                                 {"OXM_OF_SCTP_SRC", FieldId::kSctpSrc},
                                 {"OXM_OF_SCTP_DST", FieldId::kSctpDst},
                                 {"OXM_OF_MPLS_LABEL", FieldId::kMplsLabel},
                                 {"OXM_OF_MPLS_TC", FieldId::kMplsTc},
                                 {"OXM_OF_MPLS_BOS", FieldId::kMplsBos},
                                 {"OXM_OF_IPV6_EXTHDR", FieldId::kIpv6Exthdr},
                                 {"OXM_OF_ACTSET_OUTPUT", FieldId::kActsetOutput},
                                 {"OXM_OF_PACKET_TYPE", FieldId::kPacketType},
                                 {"NXOXM_ET_ND_RESERVED", FieldId::kNdReserved},
                                 {"NXOXM_ET_ND_OPTIONS_TYPE", FieldId::kNdOptionsType},
                                 {"ERICOXM_OF_ICMPV6_ND_RESERVED", FieldId::kNdReserved},
                                 {"ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", FieldId::kNdOptionsType},
                                 // Second names, read only.
                                 {"OXM_OF_ETH_DST", FieldId::kEthDst},
                                 {"OXM_OF_ETH_SRC", FieldId::kEthSrc},
                                 {"OXM_OF_ETH_TYPE", FieldId::kEthType},
                                 {"OXM_OF_IP_ECN", FieldId::kIpEcn},
                                 {"OXM_OF_IP_PROTO", FieldId::kIpProto},
                                 {"OXM_OF_IPV4_SRC", FieldId::kIpv4Src},
                                 {"OXM_OF_IPV4_DST", FieldId::kIpv4Dst},
                                 {"OXM_OF_TCP_SRC", FieldId::kTcpSrc},
                                 {"OXM_OF_TCP_DST", FieldId::kTcpDst},
                                 {"OXM_OF_UDP_SRC", FieldId::kUdpSrc},
                                 {"OXM_OF_UDP_DST", FieldId::kUdpDst},
                                 {"OXM_OF_ICMPV4_TYPE", FieldId::kIcmpv4Type},
                                 {"OXM_OF_ICMPV4_CODE", FieldId::kIcmpv4Code},
                                 {"OXM_OF_ARP_OP", FieldId::kArpOp},
                                 {"OXM_OF_ARP_SPA", FieldId::kArpSpa},
                                 {"OXM_OF_ARP_TPA", FieldId::kArpTpa},
                                 {"OXM_OF_ARP_SHA", FieldId::kArpSha},
                                 {"OXM_OF_ARP_THA", FieldId::kArpTha},
                                 {"OXM_OF_IPV6_SRC", FieldId::kIpv6Src},
                                 {"OXM_OF_IPV6_DST", FieldId::kIpv6Dst},
                                 {"OXM_OF_IPV6_FLABEL", FieldId::kIpv6Label},
                                 {"OXM_OF_ICMPV6_TYPE", FieldId::kIcmpv6Type},
                                 {"OXM_OF_ICMPV6_CODE", FieldId::kIcmpv6Code},
                                 {"OXM_OF_IPV6_ND_TARGET", FieldId::kNdTarget},
                                 {"OXM_OF_IPV6_ND_SLL", FieldId::kNdSll},
                                 {"OXM_OF_IPV6_ND_TLL", FieldId::kNdTll},
                                 {"OXM_OF_TUNNEL_ID", FieldId::kTunId},
                                 {"OXM_OF_TCP_FLAGS", FieldId::kTcpFlags},
                                 {"ONFOXM_ET_TCP_FLAGS", FieldId::kTcpFlags},
                                 {"ONFOXM_ET_ACTSET_OUTPUT", FieldId::kActsetOutput}};

struct NumberedName {
  std::string_view prefix;
  FieldId first;
  uint32_t count;
};
constexpr NumberedName kNumbered[] = {{"NXM_NX_REG", FieldId::kReg0, 16},
                                      {"OXM_OF_PKT_REG", FieldId::kXreg0, 8},
                                      {"NXM_NX_XXREG", FieldId::kXxreg0, 4}};

FieldId Offset(FieldId first, uint64_t n) {
  return static_cast<FieldId>(static_cast<uint64_t>(first) + n);
}

/// Bits of `field[]`: of a VLAN id without the bit that says that there is a tag.
uint16_t SubfieldBits(FieldId id) { return id == FieldId::kVlanVid ? 12 : FieldWireBits(id); }

}  // namespace

const FieldInfo* FindAnyField(std::string_view name) {
  std::string_view plain = name;
  if (plain.ends_with("_W")) plain.remove_suffix(2);
  for (const NxmName& known : kNxmNames) {
    if (known.name == plain) return &Describe(known.field);
  }
  for (const NumberedName& known : kNumbered) {
    if (!plain.starts_with(known.prefix)) continue;
    const auto number = ParseNumber(plain.substr(known.prefix.size()), known.count - 1);
    if (number) return &Describe(Offset(known.first, *number));
  }
  return FindField(name);
}

std::string WireName(FieldId field) {
  for (const NxmName& known : kNxmNames) {
    if (known.field == field) return std::string(known.name);
  }
  for (const NumberedName& known : kNumbered) {
    if (field < known.first || field >= Offset(known.first, known.count)) continue;
    return std::string(known.prefix) +
           std::to_string(static_cast<uint32_t>(field) - static_cast<uint32_t>(known.first));
  }
  return Describe(field).name;
}

absl::StatusOr<Subfield> ParseSubfield(std::string_view text) {
  const size_t open = text.find('[');
  const std::string_view name = text.substr(0, open);
  const FieldInfo* field = FindAnyField(name);
  if (field == nullptr) return InvalidArgument("{}: unknown field", std::string(name));
  Subfield result{.field = field->id, .offset = 0, .bits = SubfieldBits(field->id)};
  if (open == std::string_view::npos) return result;
  if (!text.ends_with(']')) return InvalidArgument("{}: missing ']'", std::string(text));
  const std::string_view range = text.substr(open + 1, text.size() - open - 2);
  if (range.empty()) return result;
  const uint16_t width = FieldWireBits(field->id);
  const size_t dots = range.find("..");
  const auto first = ParseNumber(range.substr(0, dots), width - 1);
  const auto last =
      dots == std::string_view::npos ? first : ParseNumber(range.substr(dots + 2), width - 1);
  if (!first || !last || *first > *last) {
    return InvalidArgument("{}: bits {} are not within the field's {}", std::string(text),
                           std::string(range), width);
  }
  result.offset = static_cast<uint16_t>(*first);
  result.bits = static_cast<uint16_t>(*last - *first + 1);
  return result;
}

std::string FormatSubfield(const Subfield& subfield) {
  const std::string name = WireName(subfield.field);
  if (IsWhole(subfield)) return name + "[]";
  if (subfield.bits == 1) return fmt::format("{}[{}]", name, subfield.offset);
  return fmt::format("{}[{}..{}]", name, subfield.offset, subfield.offset + subfield.bits - 1);
}

bool IsWhole(const Subfield& subfield) {
  return subfield.offset == 0 && subfield.bits == SubfieldBits(subfield.field);
}

}  // namespace vsw
