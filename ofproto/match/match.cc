// SPDX-License-Identifier: Apache-2.0
#include "ofproto/match/match.h"

#include <array>

namespace vsw {
namespace {

constexpr uint16_t kTypeIpv4 = 0x0800, kTypeArp = 0x0806, kTypeRarp = 0x8035, kTypeIpv6 = 0x86dd,
                   kTypeMpls = 0x8847, kTypeMplsMulticast = 0x8848;
constexpr uint8_t kProtoIcmp = 1, kProtoTcp = 6, kProtoUdp = 17, kProtoIcmpv6 = 58,
                  kProtoSctp = 132;
constexpr uint16_t kNdSolicit = 135, kNdAdvert = 136;

bool HasType(const Match& match, uint16_t type) {
  return match.mask.packet.eth_type == Be16::From(0xffff) &&
         match.value.packet.eth_type == Be16::From(type);
}
bool IsIp(const Match& match) { return HasType(match, kTypeIpv4) || HasType(match, kTypeIpv6); }
// A later fragment has no transport header.
bool HasProto(const Match& match, uint8_t proto) {
  const bool later = (match.value.packet.ip_frag & match.mask.packet.ip_frag & kFragLater) != 0;
  return !later && match.mask.packet.ip_proto == 0xff && match.value.packet.ip_proto == proto;
}
bool HasIcmpv6Type(const Match& match, uint16_t type) {
  return (match.mask.packet.l4_src.Get() & 0xff) == 0xff && match.value.packet.l4_src.Get() == type;
}

bool Meets(const Match& match, Prerequisite prerequisite) {
  switch (prerequisite) {
    case Prerequisite::kNone:
      return true;
    case Prerequisite::kVlan:
      return (match.mask.packet.vlan[0].tci.Get() & match.value.packet.vlan[0].tci.Get() &
              kVlanPresent) != 0;
    case Prerequisite::kMpls:
      return HasType(match, kTypeMpls) || HasType(match, kTypeMplsMulticast);
    case Prerequisite::kIpv4:
      return HasType(match, kTypeIpv4);
    case Prerequisite::kIpv6:
      return HasType(match, kTypeIpv6);
    case Prerequisite::kIp:
      return IsIp(match);
    case Prerequisite::kArp:
      return HasType(match, kTypeArp) || HasType(match, kTypeRarp);
    case Prerequisite::kTcp:
      return IsIp(match) && HasProto(match, kProtoTcp);
    case Prerequisite::kUdp:
      return IsIp(match) && HasProto(match, kProtoUdp);
    case Prerequisite::kSctp:
      return IsIp(match) && HasProto(match, kProtoSctp);
    case Prerequisite::kIcmpv4:
      return HasType(match, kTypeIpv4) && HasProto(match, kProtoIcmp);
    case Prerequisite::kIcmpv6:
      return HasType(match, kTypeIpv6) && HasProto(match, kProtoIcmpv6);
    case Prerequisite::kNd:
      return HasType(match, kTypeIpv6) && HasProto(match, kProtoIcmpv6) &&
             (HasIcmpv6Type(match, kNdSolicit) || HasIcmpv6Type(match, kNdAdvert));
    case Prerequisite::kNdSolicit:
      return HasType(match, kTypeIpv6) && HasProto(match, kProtoIcmpv6) &&
             HasIcmpv6Type(match, kNdSolicit);
    case Prerequisite::kNdAdvert:
      return HasType(match, kTypeIpv6) && HasProto(match, kProtoIcmpv6) &&
             HasIcmpv6Type(match, kNdAdvert);
  }
  return false;
}

constexpr size_t kPrerequisiteCount = static_cast<size_t>(Prerequisite::kNdAdvert) + 1;

// By prerequisite: the bits of all fields that have it.
std::array<MatchKey, kPrerequisiteCount> MakePlaces() {
  std::array<MatchKey, kPrerequisiteCount> places;
  for (size_t i = 0; i < kFieldCount; ++i) {
    const auto id = static_cast<FieldId>(i);
    if (Describe(id).bits == 0) continue;
    SetField(&places[static_cast<size_t>(Describe(id).prerequisite)], id,
             FieldValue::Ones(Describe(id).bits));
  }
  places[static_cast<size_t>(Prerequisite::kNone)].packet.tun_metadata_present =
      Be64::From(~uint64_t{0});
  return places;
}

// Of all fields that a packet that matches is sure to have. Several may share a place; a bit is
// right if one of them has its prerequisite met.
MatchKey AllowedBits(const Match& match) {
  static const std::array<MatchKey, kPrerequisiteCount> places = MakePlaces();
  MatchKey allowed = places[static_cast<size_t>(Prerequisite::kNone)];
  for (size_t p = 0; p < kPrerequisiteCount; ++p) {
    if (p == static_cast<size_t>(Prerequisite::kNone)) continue;
    if (!Meets(match, static_cast<Prerequisite>(p))) continue;
    for (size_t i = 0; i < kMatchKeyWords; ++i) allowed.words()[i] |= places[p].words()[i];
  }
  return allowed;
}

}  // namespace

void Match::Set(FieldId id, const FieldValue& field_value) {
  SetMasked(id, field_value, FieldValue::Ones(Describe(id).bits));
}

void Match::SetMasked(FieldId id, const FieldValue& field_value, const FieldValue& asked) {
  FieldValue field_mask = asked;
  // The other flags are how a packet was carried, and nobody's to match.
  if (id == FieldId::kTunFlags) field_mask = FieldValue::OfU64(asked.low64() & kTunnelOam);
  FieldValue kept;
  for (size_t i = 0; i < kept.octets.size(); ++i) {
    kept.octets[i] = field_value.octets[i] & field_mask.octets[i];
  }
  SetField(&value, id, kept);
  SetField(&mask, id, field_mask);
  if (IsTunnelOption(id)) {
    const Be64 bit = Be64::From(TunnelOptionBit(id));
    value.packet.tun_metadata_present = value.packet.tun_metadata_present | bit;
    mask.packet.tun_metadata_present = mask.packet.tun_metadata_present | bit;
  }
}

bool Match::Matches(const MatchKey& key) const {
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    if ((key.words()[i] & mask.words()[i]) != value.words()[i]) return false;
  }
  return true;
}

bool Match::Overlaps(const Match& other) const {
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    const uint64_t both = mask.words()[i] & other.mask.words()[i];
    if (((value.words()[i] ^ other.value.words()[i]) & both) != 0) return false;
  }
  return true;
}

bool Match::IsWithin(const Match& wider) const {
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    const uint64_t bits = wider.mask.words()[i];
    if ((mask.words()[i] & bits) != bits) return false;
    if ((value.words()[i] & bits) != wider.value.words()[i]) return false;
  }
  return true;
}

bool MeetsPrerequisite(const Match& match, FieldId id) {
  return Meets(match, Describe(id).prerequisite);
}

OfStatus CheckMatch(const Match& match) {
  const MatchKey allowed = AllowedBits(match);
  // A VLAN priority without the tag's presence is what OpenFlow 1.0 may say.
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    if ((match.mask.words()[i] & ~allowed.words()[i]) != 0) {
      return {OfErrorId::kBadPrerequisite, "a field without what it requires"};
    }
    if ((match.value.words()[i] & ~match.mask.words()[i]) != 0) return OfErrorId::kBadWildcards;
  }
  return {};
}

}  // namespace vsw
