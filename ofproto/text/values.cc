// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/mac_address.h"
#include "base/status.h"
#include "ofproto/match/match_fields.h"
#include "ofproto/text/words.h"

namespace vsw {
namespace {

struct Flag {
  std::string_view name;
  uint32_t bit;
};
constexpr Flag kTcpFlags[] = {{"fin", 1},  {"syn", 2},     {"rst", 4},      {"psh", 8},
                              {"ack", 16}, {"urg", 32},    {"ece", 64},     {"cwr", 128},
                              {"ns", 256}, {"[200]", 512}, {"[400]", 1024}, {"[800]", 2048}};
constexpr Flag kCtFlags[] = {{"new", 1},  {"est", 2},  {"rel", 4},   {"rpl", 8},
                             {"inv", 16}, {"trk", 32}, {"snat", 64}, {"dnat", 128}};
constexpr Flag kTunFlags[] = {{"oam", 1}};

struct PortName {
  std::string_view name;
  uint32_t port;
};
// As ovs-ofctl prints them; read in any case.
constexpr PortName kPortNames[] = {{"IN_PORT", kOfpInPort}, {"TABLE", kOfpTable},
                                   {"NORMAL", kOfpNormal},  {"FLOOD", kOfpFlood},
                                   {"ALL", kOfpAll},        {"CONTROLLER", kOfpController},
                                   {"LOCAL", kOfpLocal},    {"ANY", kOfpAny},
                                   {"NONE", kOfpAny},       {"UNSET", kOfpUnset}};

struct FragName {
  std::string_view name;
  uint8_t value, mask;
};
constexpr FragName kFragNames[] = {
    {"no", 0, 3}, {"yes", 1, 1}, {"first", 1, 3}, {"later", 3, 3}, {"not_later", 0, 2}};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

absl::Status Bad(const FieldInfo& field, std::string_view text, const char* wanted) {
  return InvalidArgument("{}: {} is not {}", field.name, std::string(text), wanted);
}

std::span<const Flag> FlagsOf(FieldFormat format) {
  if (format == FieldFormat::kTcpFlags) return kTcpFlags;
  if (format == FieldFormat::kCtState) return kCtFlags;
  return kTunFlags;
}

bool IsFlags(FieldFormat format) {
  return format == FieldFormat::kTcpFlags || format == FieldFormat::kCtState ||
         format == FieldFormat::kTunnelFlags;
}

// "+syn-ack".
absl::StatusOr<MaskedValue> ParseFlags(const FieldInfo& field, std::string_view text) {
  uint32_t value = 0, mask = 0;
  while (!text.empty()) {
    const char sign = text.front();
    text.remove_prefix(1);
    const size_t end = std::min(text.find_first_of("+-"), text.size());
    const std::string name = Lower(text.substr(0, end));
    text.remove_prefix(end);
    const auto flags = FlagsOf(field.format);
    const auto flag = std::ranges::find(flags, name, &Flag::name);
    if (flag == flags.end() || (sign != '+' && sign != '-')) return Bad(field, name, "a flag");
    if ((mask & flag->bit) != 0) return Bad(field, name, "given once");
    mask |= flag->bit;
    if (sign == '+') value |= flag->bit;
  }
  return MaskedValue{FieldValue::OfU64(value), FieldValue::OfU64(mask)};
}

absl::StatusOr<FieldValue> ParseMac(const FieldInfo& field, std::string_view text) {
  const auto mac = MacAddress::Parse(std::string(text));
  if (!mac) return Bad(field, text, "an Ethernet address");
  return FieldValue::OfU64(mac->ToU64());
}

absl::StatusOr<FieldValue> ParseIp(const FieldInfo& field, std::string_view text) {
  FieldValue value;
  if (field.format == FieldFormat::kIpv4) {
    if (inet_pton(AF_INET, std::string(text).c_str(), value.octets.data() + 12) == 1) return value;
    return Bad(field, text, "an IPv4 address");
  }
  if (inet_pton(AF_INET6, std::string(text).c_str(), value.octets.data()) == 1) return value;
  return Bad(field, text, "an IPv6 address");
}

absl::StatusOr<FieldValue> ParseHexWide(const FieldInfo& field, std::string_view text) {
  FieldValue value;
  std::string digits(text.starts_with("0x") ? text.substr(2) : std::string_view());
  if (digits.empty() || digits.size() > 32 ||
      digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return Bad(field, text, "a number");
  }
  digits.insert(0, 32 - digits.size(), '0');
  for (size_t i = 0; i < 16; ++i) {
    value.octets[i] = static_cast<uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  }
  return value;
}

absl::StatusOr<FieldValue> ParseOne(const FieldInfo& field, std::string_view text,
                                    const PortNames* ports) {
  switch (field.format) {
    case FieldFormat::kMac:
      if (text.find(':') != std::string_view::npos) return ParseMac(field, text);
      break;
    case FieldFormat::kIpv4:
      if (text.find('.') != std::string_view::npos) return ParseIp(field, text);
      break;
    case FieldFormat::kIpv6:
      if (text.find(':') != std::string_view::npos) return ParseIp(field, text);
      break;
    case FieldFormat::kPort: {
      VSW_ASSIGN_OR_RETURN(const uint32_t port, ParsePort(text, ports));
      // In 16 bits, reserved ports are numbered from 0xff00.
      return FieldValue::OfU64(field.bits == 16 ? port & 0xffff : port);
    }
    case FieldFormat::kPacketType:
      // (name space,type)
      if (text.starts_with('(') && text.ends_with(')')) {
        const std::string_view inside = text.substr(1, text.size() - 2);
        const size_t comma = inside.find(',');
        const auto space = ParseNumber(inside.substr(0, comma), 0xffff);
        const auto type = comma == std::string_view::npos
                              ? std::nullopt
                              : ParseNumber(inside.substr(comma + 1), 0xffff);
        if (space && type) return FieldValue::OfU64(*space << 16 | *type);
      }
      break;
    default:
      break;
  }
  if (const auto number = ParseNumber(text)) {
    const FieldValue value = FieldValue::OfU64(*number);
    const FieldValue ones = FieldValue::Ones(field.bits);
    for (size_t i = 0; i < 16; ++i) {
      if ((value.octets[i] & ~ones.octets[i]) != 0) return Bad(field, text, "within its width");
    }
    return value;
  }
  if (field.bits > 64) return ParseHexWide(field, text);
  return Bad(field, text, "a value");
}

// "/8" of an address.
bool ParsePrefixLength(const FieldInfo& field, std::string_view text, FieldValue* mask) {
  if (field.format != FieldFormat::kIpv4 && field.format != FieldFormat::kIpv6) return false;
  const auto bits = ParseNumber(text, field.bits);
  if (!bits) return false;
  *mask = FieldValue();
  const size_t first = 128 - field.bits;
  for (size_t i = first; i < first + *bits; ++i) {
    mask->octets[i / 8] |= static_cast<uint8_t>(0x80 >> i % 8);
  }
  return true;
}

int PrefixLength(const FieldInfo& field, const FieldValue& mask) {
  const size_t first = 128 - field.bits;
  size_t i = first;
  while (i < 128 && (mask.octets[i / 8] & 0x80 >> i % 8) != 0) ++i;
  for (size_t j = i; j < 128; ++j) {
    if ((mask.octets[j / 8] & 0x80 >> j % 8) != 0) return -1;
  }
  return static_cast<int>(i - first);
}

std::string FormatIp(const FieldInfo& field, const FieldValue& value) {
  char text[INET6_ADDRSTRLEN];
  if (field.format == FieldFormat::kIpv4) {
    return inet_ntop(AF_INET, value.octets.data() + 12, text, sizeof(text));
  }
  return inet_ntop(AF_INET6, value.octets.data(), text, sizeof(text));
}

std::string FormatFlags(const FieldInfo& field, uint64_t value, uint64_t mask) {
  std::string text;
  if (mask == FieldValue::Ones(field.bits).low64()) {
    // All of them: the numbers say it shorter.
    return FormatHex(FieldValue::OfU64(value));
  }
  for (const Flag& flag : FlagsOf(field.format)) {
    if ((mask & flag.bit) == 0) continue;
    text += ((value & flag.bit) != 0 ? "+" : "-") + std::string(flag.name);
    mask &= ~uint64_t{flag.bit};
  }
  return mask == 0 ? text : fmt::format("{:#x}/{:#x}", value, mask);
}

}  // namespace

std::string FormatMac(const FieldValue& value) {
  return MacAddress::FromU64(value.low64()).ToString();
}

std::string FormatHex(const FieldValue& value) {
  std::string text;
  for (const uint8_t octet : value.octets) {
    text += text.empty() ? (octet == 0 ? "" : fmt::format("{:x}", octet))
                         : fmt::format("{:02x}", octet);
  }
  return text.empty() ? "0" : "0x" + text;
}

absl::StatusOr<uint32_t> ParsePort(std::string_view text, const PortNames* ports) {
  if (const auto number = ParseNumber(text, UINT32_MAX)) {
    // 1.0's reserved numbers mean those of the later versions.
    return static_cast<uint32_t>(*number >= 0xff00 && *number <= 0xffff ? *number | 0xffff0000
                                                                        : *number);
  }
  std::string_view name = text;
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
    name = name.substr(1, name.size() - 2);
  }
  if (ports != nullptr && ports->number_of) {
    if (const auto number = ports->number_of(name)) return *number;
  }
  const std::string lower = Lower(name);
  for (const PortName& known : kPortNames) {
    if (Lower(known.name) == lower) return known.port;
  }
  return InvalidArgument("{}: no such port", std::string(text));
}

std::string FormatPort(uint32_t port, const PortNames* ports) {
  for (const PortName& known : kPortNames) {
    if (known.port == port) return std::string(known.name);
  }
  if (ports != nullptr && ports->name_of) {
    const std::string name = ports->name_of(port);
    const bool plain = !name.empty() && name.find_first_of(" ,()[]=:\"") == std::string::npos &&
                       !ParseNumber(name);
    if (plain) return name;
    if (!name.empty() && name.find('"') == std::string::npos) return "\"" + name + "\"";
  }
  return std::to_string(port);
}

absl::StatusOr<MaskedValue> ParseMaskedValue(const FieldInfo& field, std::string_view text,
                                             const PortNames* ports) {
  // Of a port, ANY is the number that stands for none.
  if (text == "*" || (text == "ANY" && field.format != FieldFormat::kPort)) return MaskedValue{};
  if (field.format == FieldFormat::kFrag) {
    for (const FragName& known : kFragNames) {
      if (known.name == text) {
        return MaskedValue{FieldValue::OfU64(known.value), FieldValue::OfU64(known.mask)};
      }
    }
  }
  if (IsFlags(field.format) && !text.empty() && (text.front() == '+' || text.front() == '-')) {
    return ParseFlags(field, text);
  }
  const size_t slash = text.find('/');
  MaskedValue result;
  VSW_ASSIGN_OR_RETURN(result.value, ParseOne(field, text.substr(0, slash), ports));
  if (slash == std::string_view::npos) {
    result.mask = FieldValue::Ones(field.bits);
    return result;
  }
  const std::string_view mask = text.substr(slash + 1);
  if (!ParsePrefixLength(field, mask, &result.mask)) {
    if (mask == "-1") {
      result.mask = FieldValue::Ones(field.bits);
    } else {
      VSW_ASSIGN_OR_RETURN(result.mask, ParseOne(field, mask, nullptr));
    }
  }
  return result;
}

std::string FormatFieldValue(FieldId id, const FieldValue& value, const PortNames* ports) {
  const FieldInfo& field = Describe(id);
  switch (field.format) {
    case FieldFormat::kDecimal:
      return std::to_string(value.low64());
    case FieldFormat::kMac:
      return FormatMac(value);
    case FieldFormat::kIpv4:
    case FieldFormat::kIpv6:
      return FormatIp(field, value);
    case FieldFormat::kPort: {
      const auto port = static_cast<uint32_t>(value.low64());
      const bool reserved16 = field.bits == 16 && port >= 0xff00;
      return FormatPort(reserved16 ? port | 0xffff0000 : port, ports);
    }
    case FieldFormat::kPacketType:
      return fmt::format("({},{:#x})", value.low64() >> 16, value.low64() & 0xffff);
    default:
      return FormatHex(value);
  }
}

std::string FormatMaskedValue(const FieldInfo& field, const FieldValue& value,
                              const FieldValue& mask, const PortNames* ports) {
  if (field.format == FieldFormat::kFrag) {
    for (const FragName& known : kFragNames) {
      if (known.value == value.low64() && known.mask == mask.low64()) {
        return std::string(known.name);
      }
    }
  }
  if (IsFlags(field.format)) return FormatFlags(field, value.low64(), mask.low64());
  if (mask == FieldValue::Ones(field.bits)) return FormatFieldValue(field.id, value, ports);
  const bool address = field.format == FieldFormat::kIpv4 || field.format == FieldFormat::kIpv6;
  if (const int bits = address ? PrefixLength(field, mask) : -1; bits >= 0) {
    return FormatIp(field, value) + "/" + std::to_string(bits);
  }
  if (field.format == FieldFormat::kDecimal) return FormatHex(value) + "/" + FormatHex(mask);
  return FormatFieldValue(field.id, value, nullptr) + "/" +
         FormatFieldValue(field.id, mask, nullptr);
}

// --- Names and parts of fields -------------------------------------------------------------------

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
constexpr NumberedName kNumbered[] = {
    {"NXM_NX_REG", FieldId::kReg0, 16},
    {"OXM_OF_PKT_REG", FieldId::kXreg0, 8},
    {"NXM_NX_XXREG", FieldId::kXxreg0, 4},
    {"NXM_NX_TUN_METADATA", FieldId::kTunMetadata0, kTunnelOptionFields}};

FieldId Offset(FieldId first, uint64_t n) {
  return static_cast<FieldId>(static_cast<uint64_t>(first) + n);
}

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
  const uint16_t width = FieldWireBits(field->id);
  Subfield result{.field = field->id, .offset = 0, .bits = width};
  if (open == std::string_view::npos) return result;
  if (!text.ends_with(']')) return InvalidArgument("{}: missing ']'", std::string(text));
  const std::string_view range = text.substr(open + 1, text.size() - open - 2);
  if (range.empty()) return result;
  const size_t dots = range.find("..");
  const auto first = ParseNumber(range.substr(0, dots), width - 1u);
  const auto last =
      dots == std::string_view::npos ? first : ParseNumber(range.substr(dots + 2), width - 1u);
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
  if (subfield.offset == 0 && subfield.bits == FieldWireBits(subfield.field)) return name + "[]";
  if (subfield.bits == 1) return fmt::format("{}[{}]", name, subfield.offset);
  return fmt::format("{}[{}..{}]", name, subfield.offset, subfield.offset + subfield.bits - 1);
}

}  // namespace vsw
