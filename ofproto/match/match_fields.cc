// SPDX-License-Identifier: Apache-2.0
#include "ofproto/match/match_fields.h"

#include <array>
#include <cstddef>

namespace vsw {
namespace {

constexpr uint64_t kVlanIdBits = 0x1fff;  // with the bit that says that there is a tag
constexpr uint64_t kTunnelFlagBits = 1;   // "oam" is the only one
constexpr uint64_t kCtStateBits = 0xff;

/// The field of several in the same place that a match means, if it is this one.
bool IsChosen(const Match& match, FieldId id) {
  switch (id) {
    // Written as other fields in the same place.
    case FieldId::kInPhyPort:
    case FieldId::kInPortNx:
    case FieldId::kIpTos:
      return false;
    case FieldId::kVlanTci:
    case FieldId::kVlanVid:
    case FieldId::kVlanPcp: {
      // As an id and a priority where these say it; the raw tag where they do not: "no tag at all",
      // some bits of the priority, a priority whether or not there is a tag.
      const uint16_t mask = match.mask.packet.vlan[0].tci.Get();
      const uint16_t value = match.value.packet.vlan[0].tci.Get();
      const uint16_t priority = mask & kVlanPriorityMask;
      const bool split =
          priority == 0 || (priority == kVlanPriorityMask && (value & mask & kVlanPresent) != 0);
      return (id == FieldId::kVlanTci) != split;
    }
    default:
      // Registers are told one by one: that says any mask.
      if (id >= FieldId::kXreg0 && id <= FieldId::kXxreg3) return false;
      return MeetsPrerequisite(match, id);
  }
}

FieldValue And(const FieldValue& a, const FieldValue& b) {
  FieldValue both;
  for (size_t i = 0; i < both.octets.size(); ++i) both.octets[i] = a.octets[i] & b.octets[i];
  return both;
}

bool FitsIn(const FieldValue& value, uint16_t bits) {
  return And(value, FieldValue::Ones(bits)) == value;
}

}  // namespace

uint16_t FieldWireBits(FieldId id) { return id == FieldId::kArpOp ? 16 : Describe(id).bits; }

bool IsMatched(const Match& match, FieldId id) {
  if (!IsTunnelOption(id)) return !GetField(match.mask, id).is_zero();
  return (match.mask.packet.tun_metadata_present.Get() & TunnelOptionBit(id)) != 0;
}

void ForEachField(const Match& match,
                  const std::function<void(FieldId, const FieldValue&, const FieldValue&)>& fn) {
  for (size_t i = 0; i < kFieldCount; ++i) {
    const auto id = static_cast<FieldId>(i);
    if (Describe(id).bits == 0) continue;
    const FieldValue mask = GetField(match.mask, id);
    if (!IsMatched(match, id) || !IsChosen(match, id)) continue;
    fn(id, GetField(match.value, id), mask);
  }
}

void NormalizeMatch(Match* match) {
  MatchKey allowed;
  allowed.packet.tun_metadata_present = Be64::From(~uint64_t{0});
  for (size_t i = 0; i < kFieldCount; ++i) {
    const auto id = static_cast<FieldId>(i);
    if (Describe(id).bits == 0 || !MeetsPrerequisite(*match, id)) continue;
    SetField(&allowed, id, FieldValue::Ones(Describe(id).bits));
  }
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    match->mask.words()[i] &= allowed.words()[i];
    match->value.words()[i] &= match->mask.words()[i];
  }
}

bool IsValidFieldValue(FieldId id, const FieldValue& value) {
  const uint64_t low = value.low64();
  switch (id) {
    case FieldId::kVlanVid:
      return FitsIn(value, 16) && (low & ~kVlanIdBits) == 0;
    case FieldId::kIpTos:
      return FitsIn(value, 8) && (low & 3) == 0;
    case FieldId::kTunFlags:
      return FitsIn(value, 16) && (low & ~kTunnelFlagBits) == 0;
    case FieldId::kCtState:
      return FitsIn(value, 32) && (low & ~kCtStateBits) == 0;
    default:
      return FitsIn(value, Describe(id).bits);
  }
}

bool IsValidFieldMask(FieldId id, const FieldValue& mask) {
  const FieldInfo& info = Describe(id);
  if (info.masking == Masking::kAny) return true;
  return mask.is_zero() || mask == FieldValue::Ones(info.bits);
}

}  // namespace vsw
