// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/match_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/status.h"
#include "ofproto/match/match_fields.h"
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
constexpr Keyword kKeywords[] = {
    {"icmp", kTypeIpv4, 1},    {"igmp", kTypeIpv4, 2},   {"tcp", kTypeIpv4, 6},
    {"udp", kTypeIpv4, 17},    {"sctp", kTypeIpv4, 132}, {"ip", kTypeIpv4, 0},
    {"icmp6", kTypeIpv6, 58},  {"tcp6", kTypeIpv6, 6},   {"udp6", kTypeIpv6, 17},
    {"sctp6", kTypeIpv6, 132}, {"ipv6", kTypeIpv6, 0},   {"arp", kTypeArp, 0},
    {"rarp", kTypeRarp, 0},    {"mpls", kTypeMpls, 0},   {"mplsm", kTypeMplsMulticast, 0},
    {"icmpv6", kTypeIpv6, 58}};

uint16_t TypeOf(const Match& match) {
  return match.mask.packet.eth_type.Get() == 0xffff ? match.value.packet.eth_type.Get() : 0;
}
uint8_t ProtoOf(const Match& match) {
  return match.mask.packet.ip_proto == 0xff ? match.value.packet.ip_proto : 0;
}

// Names whose field depends on what the packet is.
const FieldInfo* FieldFor(std::string_view key, const Match& match) {
  const uint16_t type = TypeOf(match);
  const uint8_t proto = ProtoOf(match);
  const bool is_arp = type == kTypeArp || type == kTypeRarp;
  if (key == "nw_src" || key == "ip_src") {
    return &Describe(is_arp ? FieldId::kArpSpa : FieldId::kIpv4Src);
  }
  if (key == "nw_dst" || key == "ip_dst") {
    return &Describe(is_arp ? FieldId::kArpTpa : FieldId::kIpv4Dst);
  }
  if (key == "nw_proto" && is_arp) return &Describe(FieldId::kArpOp);
  if (key == "tp_src" || key == "tp_dst") {
    const bool src = key == "tp_src";
    if (proto == 6) return &Describe(src ? FieldId::kTcpSrc : FieldId::kTcpDst);
    if (proto == 17) return &Describe(src ? FieldId::kUdpSrc : FieldId::kUdpDst);
    if (proto == 132) return &Describe(src ? FieldId::kSctpSrc : FieldId::kSctpDst);
    if (proto == 1) return &Describe(src ? FieldId::kIcmpv4Type : FieldId::kIcmpv4Code);
    if (proto == 58) return &Describe(src ? FieldId::kIcmpv6Type : FieldId::kIcmpv6Code);
    return nullptr;
  }
  if (type == kTypeIpv6 && key == "icmp_type") return &Describe(FieldId::kIcmpv6Type);
  if (type == kTypeIpv6 && key == "icmp_code") return &Describe(FieldId::kIcmpv6Code);
  if (key == "in_port") return &Describe(FieldId::kInPort);
  return FindAnyField(key);
}

absl::Status ParseVlan(const Word& word, Match* match) {
  if (word.key == "dl_vlan_pcp") {
    VSW_ASSIGN_OR_RETURN(const uint64_t pcp, NumberOf(word.key, word.value, 7));
    match->SetMasked(FieldId::kVlanTci,
                     FieldValue::OfU64(pcp << 13 | kVlanPresent |
                                       GetField(match->value, FieldId::kVlanTci).low64()),
                     FieldValue::OfU64(kVlanPriorityMask | kVlanPresent |
                                       GetField(match->mask, FieldId::kVlanTci).low64()));
    return absl::OkStatus();
  }
  VSW_ASSIGN_OR_RETURN(const uint64_t vid, NumberOf(word.key, word.value, 0xffff));
  const uint64_t before = GetField(match->value, FieldId::kVlanTci).low64() & kVlanPriorityMask;
  const uint64_t mask = GetField(match->mask, FieldId::kVlanTci).low64() & kVlanPriorityMask;
  if (vid == 0xffff) {  // OFP_VLAN_NONE
    match->SetMasked(FieldId::kVlanTci, FieldValue(), FieldValue::OfU64(0xffff));
    return absl::OkStatus();
  }
  if (vid > 0xfff) return InvalidArgument("dl_vlan: {} is not a VLAN", vid);
  match->SetMasked(FieldId::kVlanTci, FieldValue::OfU64(before | kVlanPresent | vid),
                   FieldValue::OfU64(mask | kVlanPresent | kVlanIdMask));
  return absl::OkStatus();
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
    Say(std::string(name.empty() ? std::string_view(field.name) : name) + "=" +
        FormatMaskedValue(field, GetField(match_.value, id), mask, ports_));
  }
  void TunnelOption(FieldId id) {
    if (!IsMatched(match_, id)) return;
    GetField(match_.mask, id).is_zero() ? Say(Describe(id).name) : Field(id);
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
  for (uint8_t n = 0; n < kTunnelOptionFields; ++n) out->TunnelOption(TunnelOptionField(n));
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

absl::StatusOr<bool> ParseMatchWord(const Word& word, const PortNames* ports, Match* match) {
  if (!word.has_value) {
    for (const Keyword& keyword : kKeywords) {
      if (keyword.name != word.key) continue;
      match->Set(FieldId::kEthType, FieldValue::OfU64(keyword.eth_type));
      if (keyword.ip_proto != 0) match->Set(FieldId::kIpProto, FieldValue::OfU64(keyword.ip_proto));
      return true;
    }
    if (const FieldInfo* field = FindAnyField(word.key);
        field != nullptr && IsTunnelOption(field->id)) {
      match->SetMasked(field->id, FieldValue(), FieldValue());  // that it is there
      return true;
    }
    return word.key == "eth";
  }
  if (word.key == "dl_vlan" || word.key == "dl_vlan_pcp") {
    VSW_RETURN_IF_ERROR(ParseVlan(word, match));
    return true;
  }
  if (word.key == "nw_tos" || word.key == "ip_dscp") {
    const bool shifted = word.key == "nw_tos";
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, shifted ? 255 : 63));
    if (shifted && (number & 3) != 0) {
      return InvalidArgument("nw_tos: {} has ECN bits set", number);
    }
    match->Set(FieldId::kIpDscp, FieldValue::OfU64(shifted ? number >> 2 : number));
    return true;
  }
  const FieldInfo* field = FieldFor(word.key, *match);
  if (field == nullptr && (word.key == "tp_src" || word.key == "tp_dst")) {
    return InvalidArgument("{}: prerequisites are not met (needs tcp, udp, sctp or icmp before it)",
                           std::string(word.key));
  }
  if (field == nullptr) return false;
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(*field, word.value, ports));
  const bool exact = value.mask == FieldValue::Ones(field->bits) || value.mask.is_zero();
  if (field->masking == Masking::kNone && !exact) {
    return InvalidArgument("{}: cannot be masked", field->name);
  }
  match->SetMasked(field->id, value.value, value.mask);
  return true;
}

absl::Status CheckedMatch(const Match& match) {
  const OfStatus status = CheckMatch(match);
  if (status.ok()) return absl::OkStatus();
  for (size_t i = 0; i < kFieldCount; ++i) {
    const auto id = static_cast<FieldId>(i);
    if (Describe(id).name.empty() || GetField(match.mask, id).is_zero()) continue;
    if (!MeetsPrerequisite(match, id)) {
      return InvalidArgument("{}: prerequisites are not met", Describe(id).name);
    }
  }
  return InvalidArgument("{}", status.ToString());
}

absl::StatusOr<Match> ParseMatch(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  Match match;
  for (const Word& word : words) {
    VSW_ASSIGN_OR_RETURN(const bool known, ParseMatchWord(word, ports, &match));
    if (!known) return InvalidArgument("{}: unknown keyword", std::string(word.text));
  }
  VSW_RETURN_IF_ERROR(CheckedMatch(match));
  return match;
}

absl::StatusOr<MatchKey> ParsePacketKey(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const Match match, ParseMatch(text, ports));
  MatchKey key = match.value;
  VlanTag& tag = key.packet.vlan[0];
  if ((tag.tci.Get() & kVlanPresent) != 0 && tag.tpid.is_zero()) tag.tpid = Be16::From(0x8100);
  return key;
}

std::string FormatMatch(const Match& match, const PortNames* ports) {
  Printer out(match, ports);
  const uint16_t type = TypeOf(match);
  const uint8_t proto = ProtoOf(match);
  const bool is_arp = type == kTypeArp || type == kTypeRarp;
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
    out.Field(FieldId::kIpv6Label);
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
