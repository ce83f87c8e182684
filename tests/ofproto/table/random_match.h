// SPDX-License-Identifier: Apache-2.0
//
// Random matches and keys over domains so small that rules overlap, nest and miss often, in every
// stage of a lookup and with every kind of prefix.
#ifndef VSW_TESTS_OFPROTO_TABLE_RANDOM_MATCH_H_
#define VSW_TESTS_OFPROTO_TABLE_RANDOM_MATCH_H_

#include <cstdint>
#include <vector>

#include "ofproto/match/match.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {

class RandomMatch {
 public:
  explicit RandomMatch(Random* random) : random_(*random) {}

  /// A match on up to `most` fields.
  Match Draw(uint32_t most) {
    Match match;
    for (uint32_t n = random_.Below(most + 1); n > 0; --n) {
      const FieldId field = random_.Pick(kFields);
      const FieldValue value = Value(field);
      if (Describe(field).masking == Masking::kNone || random_.OneIn(3)) {
        match.Set(field, value);
      } else {
        match.SetMasked(field, value, Mask(field));
      }
    }
    return match;
  }

  MatchKey Key() {
    MatchKey key;
    for (const FieldId field : kFields) SetField(&key, field, Value(field));
    return key;
  }
  /// A key that meets the match, as any in other respects.
  MatchKey KeyWithin(const Match& match) {
    MatchKey key = Key();
    Blend(&key, match.value, match.mask);
    return key;
  }
  /// Another key that has the same bits as `key` where `mask` is set.
  MatchKey Disturb(const MatchKey& key, const MatchKey& mask) {
    MatchKey other = random_.OneIn(2) ? key : Key();
    if (random_.OneIn(2)) {
      for (uint32_t flips = 1 + random_.Below(3); flips > 0; --flips) {
        const FieldInfo& field = Describe(random_.Pick(kFields));
        other.bytes()[field.offset + random_.Below(field.bytes)] ^=
            static_cast<uint8_t>(1u << random_.Below(8));
      }
    }
    Blend(&other, key, mask);
    return other;
  }

 private:
  static constexpr FieldId kFields[] = {
      FieldId::kInPort,  FieldId::kReg0,    FieldId::kMetadata, FieldId::kTunId,
      FieldId::kEthDst,  FieldId::kEthType, FieldId::kVlanTci,  FieldId::kIpProto,
      FieldId::kIpTos,   FieldId::kIpv4Src, FieldId::kIpv4Dst,  FieldId::kIpv6Src,
      FieldId::kIpv6Dst, FieldId::kTcpSrc,  FieldId::kTcpDst,   FieldId::kTcpFlags};

  static void Blend(MatchKey* key, const MatchKey& from, const MatchKey& mask) {
    for (size_t i = 0; i < kMatchKeyWords; ++i) {
      const uint64_t bits = mask.words()[i];
      key->words()[i] = (key->words()[i] & ~bits) | (from.words()[i] & bits);
    }
  }
  FieldValue Value(FieldId field) {
    const FieldInfo& info = Describe(field);
    FieldValue value;
    const size_t first = 16 - (info.bits + 7u) / 8;
    // A few bits at the front, in the middle and at the end; all the rest alike.
    value.octets[first] = static_cast<uint8_t>(random_.Below(4) << 3);
    value.octets[(first + 15) / 2] |= static_cast<uint8_t>(random_.Below(2) << 2);
    value.octets[15] |= static_cast<uint8_t>(random_.Below(4));
    return Cut(value, info.bits);
  }
  FieldValue Mask(FieldId field) {
    const uint16_t bits = Describe(field).bits;
    FieldValue mask = FieldValue::Ones(bits);
    const bool is_prefix = !random_.OneIn(4);
    const unsigned last = random_.Below(bits + 1u);
    for (unsigned bit = 0; bit < bits; ++bit) {
      const bool keep = is_prefix ? bit >= last : random_.OneIn(2);
      if (!keep) mask.octets[15 - bit / 8] &= static_cast<uint8_t>(~(1u << bit % 8));
    }
    return mask;
  }
  static FieldValue Cut(FieldValue value, uint16_t bits) {
    const FieldValue ones = FieldValue::Ones(bits);
    for (size_t i = 0; i < 16; ++i) value.octets[i] &= ones.octets[i];
    return value;
  }

  Random& random_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_TABLE_RANDOM_MATCH_H_
