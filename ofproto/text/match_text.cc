// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/match_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/status.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

constexpr uint16_t kTypeIpv4 = 0x0800, kTypeArp = 0x0806, kTypeRarp = 0x8035, kTypeIpv6 = 0x86dd,
                   kTypeMpls = 0x8847, kTypeMplsMulticast = 0x8848;

struct Keyword {
  std::string_view name;
  uint16_t eth_type;
  uint8_t ip_proto;  // 0: none
};
// The first that fits is what is printed.
constexpr Keyword kKeywords[] = {{"icmp", kTypeIpv4, 1},    {"tcp", kTypeIpv4, 6},
                                 {"udp", kTypeIpv4, 17},    {"sctp", kTypeIpv4, 132},
                                 {"ip", kTypeIpv4, 0},      {"icmp6", kTypeIpv6, 58},
                                 {"tcp6", kTypeIpv6, 6},    {"udp6", kTypeIpv6, 17},
                                 {"sctp6", kTypeIpv6, 132}, {"ipv6", kTypeIpv6, 0},
                                 {"arp", kTypeArp, 0},      {"rarp", kTypeRarp, 0},
                                 {"mpls", kTypeMpls, 0},    {"mplsm", kTypeMplsMulticast, 0},
                                 {"icmpv6", kTypeIpv6, 58}};

uint16_t TypeOf(const Match& match) {
  return match.mask.packet.eth_type.Get() == 0xffff ? match.value.packet.eth_type.Get() : 0;
}
uint8_t ProtoOf(const Match& match) {
  return match.mask.packet.ip_proto == 0xff ? match.value.packet.ip_proto : 0;
}

bool IsArp(const Match& match) { return TypeOf(match) == kTypeArp || TypeOf(match) == kTypeRarp; }

// Names that mean another field in each protocol.
struct ByProtocol {
  std::string_view name;
  uint8_t ip_proto;
  FieldId field;
};
constexpr ByProtocol kByProtocol[] = {
    {"tp_src", 6, FieldId::kTcpSrc},         {"tp_dst", 6, FieldId::kTcpDst},
    {"tp_src", 17, FieldId::kUdpSrc},        {"tp_dst", 17, FieldId::kUdpDst},
    {"tp_src", 132, FieldId::kSctpSrc},      {"tp_dst", 132, FieldId::kSctpDst},
    {"tp_src", 1, FieldId::kIcmpv4Type},     {"tp_dst", 1, FieldId::kIcmpv4Code},
    {"tp_src", 58, FieldId::kIcmpv6Type},    {"tp_dst", 58, FieldId::kIcmpv6Code},
    {"icmp_type", 58, FieldId::kIcmpv6Type}, {"icmp_code", 58, FieldId::kIcmpv6Code}};
struct OfArp {
  std::string_view name;
  FieldId field;
};
constexpr OfArp kOfArp[] = {
    {"nw_src", FieldId::kArpSpa}, {"nw_dst", FieldId::kArpTpa}, {"nw_proto", FieldId::kArpOp}};

// The field of a name in such packets; nullptr: none of that name.
const FieldInfo* FieldFor(std::string_view name, const Match& match) {
  if (name == "in_port") return &Describe(FieldId::kInPort);
  if (IsArp(match)) {
    for (const OfArp& known : kOfArp) {
      if (known.name == name) return &Describe(known.field);
    }
  }
  for (const ByProtocol& known : kByProtocol) {
    if (known.name == name && known.ip_proto == ProtoOf(match)) return &Describe(known.field);
  }
  return FindAnyField(name);
}

std::string_view Needs(Prerequisite prerequisite) {
  switch (prerequisite) {
    case Prerequisite::kNone:
      return "nothing";
    case Prerequisite::kVlan:
      return "a VLAN tag";
    case Prerequisite::kMpls:
      return "mpls";
    case Prerequisite::kIpv4:
      return "ip";
    case Prerequisite::kIpv6:
      return "ipv6";
    case Prerequisite::kIp:
      return "ip or ipv6";
    case Prerequisite::kArp:
      return "arp or rarp";
    case Prerequisite::kTcp:
      return "tcp or tcp6";
    case Prerequisite::kUdp:
      return "udp or udp6";
    case Prerequisite::kSctp:
      return "sctp or sctp6";
    case Prerequisite::kIcmpv4:
      return "icmp";
    case Prerequisite::kIcmpv6:
      return "icmp6";
    case Prerequisite::kNd:
      return "icmp6,icmp_type=135 or 136";
    case Prerequisite::kNdSolicit:
      return "icmp6,icmp_type=135";
    case Prerequisite::kNdAdvert:
      return "icmp6,icmp_type=136";
  }
  return "";
}

// Words in the order in which they print.
class Printer {
 public:
  explicit Printer(const Match& match, const PortNames* ports) : match_(match), ports_(ports) {}

  void Say(const std::string& word) { text_ += (text_.empty() ? "" : ",") + word; }
  void Field(FieldId id, std::string_view name = {}) {
    const FieldValue mask = GetField(match_.mask, id);
    if (mask.is_zero()) return;
    const FieldInfo& field = Describe(id);
    const FieldValue value = GetField(match_.value, id);
    const bool exact = mask == FieldValue::Ones(field.bits);
    // In matches, though not in set_field, masked ports of protocols are hexadecimal.
    Say(std::string(name.empty() ? std::string_view(field.name) : name) + "=" +
        (field.format == FieldFormat::kDecimal && !exact
             ? fmt::format("{:#x}/{:#x}", value.low64(), mask.low64())
             : FormatMaskedValue(field, value, mask, ports_)));
  }
  void Label() {
    const auto value = GetField(match_.value, FieldId::kIpv6Label).low64();
    const auto mask = GetField(match_.mask, FieldId::kIpv6Label).low64();
    if (mask == 0) return;
    const bool exact = mask == FieldValue::Ones(20).low64();
    Say(fmt::format("ipv6_label=0x{:05x}", value) + (exact ? "" : fmt::format("/0x{:05x}", mask)));
  }
  void Vlan() {
    const uint16_t mask = match_.mask.packet.vlan[0].tci.Get();
    const uint16_t value = match_.value.packet.vlan[0].tci.Get();
    if (mask == 0) return;
    const uint16_t pcp = mask & kVlanPriorityMask, vid = mask & kVlanIdMask;
    const bool present = (mask & value & kVlanPresent) != 0;
    const bool whole = (pcp == 0 || pcp == kVlanPriorityMask) && (vid == 0 || vid == kVlanIdMask);
    if (present && whole && (pcp | vid) != 0) {
      if (vid != 0) Say("dl_vlan=" + std::to_string(value & kVlanIdMask));
      if (pcp != 0) Say("dl_vlan_pcp=" + std::to_string(value >> 13));
    } else if (mask == 0xffff) {
      Say(fmt::format("vlan_tci={:#06x}", value));
    } else {
      Say(fmt::format("vlan_tci={:#06x}/{:#06x}", value, mask));
    }
  }
  std::string Release() { return std::move(text_); }

 private:
  const Match& match_;
  const PortNames* const ports_;
  std::string text_;
};

void PrintPipeline(Printer* out) {
  for (const FieldId id :
       {FieldId::kPktMark, FieldId::kConjId, FieldId::kActsetOutput, FieldId::kCtState,
        FieldId::kCtZone, FieldId::kCtMark, FieldId::kCtLabel, FieldId::kPacketType}) {
    out->Field(id);
  }
}

void PrintTunnel(Printer* out) {
  for (const FieldId id :
       {FieldId::kTunId, FieldId::kTunSrc, FieldId::kTunDst, FieldId::kTunIpv6Src,
        FieldId::kTunIpv6Dst, FieldId::kTunGbpId, FieldId::kTunGbpFlags, FieldId::kTunFlags}) {
    out->Field(id);
  }
}

void PrintL4(const Match& match, uint16_t type, uint8_t proto, Printer* out) {
  if (type == kTypeIpv4 && proto == 1) {
    out->Field(FieldId::kIcmpv4Type);
    out->Field(FieldId::kIcmpv4Code);
  } else if (type == kTypeIpv6 && proto == 58) {
    out->Field(FieldId::kIcmpv6Type, "icmp_type");
    out->Field(FieldId::kIcmpv6Code, "icmp_code");
    for (const FieldId id : {FieldId::kNdTarget, FieldId::kNdSll, FieldId::kNdTll,
                             FieldId::kNdReserved, FieldId::kNdOptionsType}) {
      out->Field(id);
    }
  } else {
    out->Field(FieldId::kTcpSrc, "tp_src");
    out->Field(FieldId::kTcpDst, "tp_dst");
    out->Field(FieldId::kTcpFlags);
  }
}

}  // namespace

absl::Status MatchReader::ReadVlan(const Word& word) {
  const uint64_t value = GetField(match_.value, FieldId::kVlanTci).low64();
  const uint64_t mask = GetField(match_.mask, FieldId::kVlanTci).low64();
  const auto set = [&](uint64_t bits, uint64_t which) {
    match_.SetMasked(FieldId::kVlanTci, FieldValue::OfU64((value & ~which) | bits | kVlanPresent),
                     FieldValue::OfU64(mask | which | kVlanPresent));
  };
  if (word.key != "dl_vlan") {
    VSW_ASSIGN_OR_RETURN(const uint64_t pcp, NumberOf(word.key, word.value, 7));
    set(pcp << 13, kVlanPriorityMask);
    return absl::OkStatus();
  }
  VSW_ASSIGN_OR_RETURN(const uint64_t vid, NumberOf(word.key, word.value, 0xffff));
  if (vid == 0xffff) {  // OFP_VLAN_NONE
    match_.SetMasked(FieldId::kVlanTci, FieldValue(), FieldValue::OfU64(0xffff));
    return absl::OkStatus();
  }
  if (vid > kVlanIdMask) return InvalidArgument("dl_vlan: {} is not a VLAN", vid);
  set(vid, kVlanIdMask);
  return absl::OkStatus();
}

absl::Status MatchReader::ReadField(const Word& word, const FieldInfo& field) {
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(field, word.value, ports_));
  const bool exact = value.mask == FieldValue::Ones(field.bits);
  if (!exact && !value.mask.is_zero() && field.masking == Masking::kNone) {
    return InvalidArgument("{}: cannot be masked", std::string(word.key));
  }
  // Flags that are not named are not set.
  const bool by_flags =
      field.format == FieldFormat::kTcpFlags || field.format == FieldFormat::kCtState ||
      field.format == FieldFormat::kTunnelFlags || field.format == FieldFormat::kFrag;
  if (!exact && !by_flags && masks_ == Masks::kRefused) {
    return InvalidArgument("{}: {} is not one value", std::string(word.key),
                           std::string(word.value));
  }
  match_.SetMasked(field.id, value.value, value.mask);
  if (!value.mask.is_zero()) named_.push_back(word.key);
  return absl::OkStatus();
}

absl::StatusOr<bool> MatchReader::Read(const Word& word) {
  if (!word.has_value) {
    const auto keyword = std::ranges::find(kKeywords, word.key, &Keyword::name);
    if (keyword == std::end(kKeywords)) return word.key == "eth";
    match_.Set(FieldId::kEthType, FieldValue::OfU64(keyword->eth_type));
    if (keyword->ip_proto != 0) {
      match_.Set(FieldId::kIpProto, FieldValue::OfU64(keyword->ip_proto));
    }
    return true;
  }
  if (word.key == "dl_vlan" || word.key == "dl_vlan_pcp" || word.key == "vlan_pcp") {
    VSW_RETURN_IF_ERROR(ReadVlan(word));
    return true;
  }
  if (word.key == "tp_src" || word.key == "tp_dst") {
    ports_of_protocol_.push_back(word);
    return true;
  }
  if (word.key == "nw_tos") {
    VSW_ASSIGN_OR_RETURN(const uint64_t tos, NumberOf(word.key, word.value, 255));
    if ((tos & 3) != 0) return InvalidArgument("nw_tos: {} has ECN bits set", tos);
    match_.Set(FieldId::kIpDscp, FieldValue::OfU64(tos >> 2));
    named_.push_back("ip_dscp");
    return true;
  }
  const FieldInfo* field = FieldFor(word.key, match_);
  if (field == nullptr) return false;
  VSW_RETURN_IF_ERROR(ReadField(word, *field));
  return true;
}

absl::StatusOr<Match> MatchReader::Finish() {
  for (const Word& word : ports_of_protocol_) {
    const FieldInfo* field = FieldFor(word.key, match_);
    if (!MeetsPrerequisite(match_, field->id)) {
      return InvalidArgument("{}: prerequisites are not met (needs tcp, udp, sctp or icmp)",
                             std::string(word.key));
    }
    VSW_RETURN_IF_ERROR(ReadField(word, *field));
  }
  for (const std::string_view name : named_) {
    const FieldInfo* field = FieldFor(name, match_);
    if (MeetsPrerequisite(match_, field->id)) continue;
    return InvalidArgument("{}: prerequisites are not met (needs {})", std::string(name),
                           std::string(Needs(field->prerequisite)));
  }
  if (const OfStatus status = CheckMatch(match_); !status.ok()) {
    return InvalidArgument("{}", status.ToString());
  }
  return match_;
}

namespace {

absl::StatusOr<Match> ReadAll(std::string_view text, MatchReader reader) {
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  for (const Word& word : words) {
    VSW_ASSIGN_OR_RETURN(const bool known, reader.Read(word));
    if (!known) return InvalidArgument("{}: unknown keyword", std::string(word.text));
  }
  return reader.Finish();
}

}  // namespace

absl::StatusOr<Match> ParseMatch(std::string_view text, const PortNames* ports) {
  return ReadAll(text, MatchReader(ports));
}

absl::StatusOr<MatchKey> ParsePacketKey(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const Match match,
                       ReadAll(text, MatchReader(ports, MatchReader::Masks::kRefused)));
  MatchKey key = match.value;
  VlanTag& tag = key.packet.vlan[0];
  if ((tag.tci.Get() & kVlanPresent) != 0 && tag.tpid.is_zero()) tag.tpid = Be16::From(0x8100);
  return key;
}

std::string FormatMatch(const Match& match, const PortNames* ports) {
  Printer out(match, ports);
  const uint16_t type = TypeOf(match);
  const uint8_t proto = ProtoOf(match);
  const bool is_arp = IsArp(match);
  PrintPipeline(&out);
  bool said_type = false, said_proto = false;
  for (const Keyword& keyword : kKeywords) {
    if (type == 0 || keyword.eth_type != type) continue;
    if (keyword.ip_proto != 0 && keyword.ip_proto != proto) continue;
    out.Say(std::string(keyword.name));
    said_type = true;
    said_proto = keyword.ip_proto != 0;
    break;
  }
  for (uint8_t n = 0; n < 16; ++n) {
    out.Field(static_cast<FieldId>(static_cast<uint8_t>(FieldId::kReg0) + n));
  }
  PrintTunnel(&out);
  out.Field(FieldId::kMetadata);
  out.Field(FieldId::kInPort, "in_port");
  out.Vlan();
  out.Field(FieldId::kEthSrc, "dl_src");
  out.Field(FieldId::kEthDst, "dl_dst");
  if (!said_type && match.mask.packet.eth_type.raw != 0) {
    out.Say(fmt::format("dl_type={:#06x}", match.value.packet.eth_type.Get()));
  }
  if (type == kTypeIpv6) {
    out.Field(FieldId::kIpv6Src);
    out.Field(FieldId::kIpv6Dst);
    out.Label();
    out.Field(FieldId::kIpv6Exthdr);
  } else {
    out.Field(FieldId::kIpv4Src, is_arp ? "arp_spa" : "nw_src");
    out.Field(FieldId::kIpv4Dst, is_arp ? "arp_tpa" : "nw_dst");
  }
  if (!said_proto) out.Field(FieldId::kIpProto, is_arp ? "arp_op" : "nw_proto");
  if (is_arp) {
    out.Field(FieldId::kArpSha);
    out.Field(FieldId::kArpTha);
  }
  if (const uint8_t tos = match.mask.packet.ip_tos; (tos & 0xfc) != 0) {
    out.Say("nw_tos=" + std::to_string(match.value.packet.ip_tos & 0xfc));
  }
  out.Field(FieldId::kIpEcn, "nw_ecn");
  out.Field(FieldId::kIpTtl);
  for (const FieldId id :
       {FieldId::kMplsLabel, FieldId::kMplsTc, FieldId::kMplsTtl, FieldId::kMplsBos}) {
    out.Field(id);
  }
  out.Field(FieldId::kIpFrag, "nw_frag");
  PrintL4(match, type, proto, &out);
  return out.Release();
}

}  // namespace vsw
