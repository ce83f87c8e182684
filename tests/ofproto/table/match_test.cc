// SPDX-License-Identifier: Apache-2.0
#include "ofproto/match/match.h"

#include <gtest/gtest.h>

#include "tests/ofproto/table/match_builder.h"

namespace vsw {
namespace {

// Field by field, as OpenFlow 1.3 section 7.2.3.6 has it.
MatchKey AllowedBits(const Match& match) {
  MatchKey allowed;
  allowed.packet.tun_metadata_present = Be64::From(~uint64_t{0});
  for (size_t i = 0; i < kFieldCount; ++i) {
    const auto id = static_cast<FieldId>(i);
    if (Describe(id).bits == 0 || !MeetsPrerequisite(match, id)) continue;
    SetField(&allowed, id, FieldValue::Ones(Describe(id).bits));
  }
  return allowed;
}

bool IsWithin(const MatchKey& mask, const MatchKey& allowed) {
  uint64_t beyond = 0;
  for (size_t i = 0; i < kMatchKeyWords; ++i) beyond |= mask.words()[i] & ~allowed.words()[i];
  return beyond == 0;
}

TEST(CheckMatchTest, AdmitsWhatAnyFieldOfAPlaceMayMatch) {
  size_t admitted = 0, refused = 0;
  for (const uint16_t type : {0, 0x0800, 0x0806, 0x8035, 0x86dd, 0x8847, 0x8848, 0x1234}) {
    for (const uint8_t proto : {0, 1, 6, 17, 58, 132}) {
      for (const uint8_t l4_type : {0, 135, 136}) {
        for (const bool has_more : {false, true}) {
          testing::MatchBuilder builder;
          if (type != 0) builder.Type(type);
          if (proto != 0) builder.Proto(proto);
          if (l4_type != 0) builder.Field(FieldId::kIcmpv6Type, l4_type);
          if (has_more) {  // a tag, and a later fragment
            builder.Field(FieldId::kVlanTci, kVlanPresent, kVlanPresent);
            builder.Field(FieldId::kIpFrag, kFragLater, kFragLater);
          }
          for (size_t i = 0; i < kFieldCount; ++i) {
            const auto id = static_cast<FieldId>(i);
            if (Describe(id).bits == 0) continue;
            Match match = builder;
            SetField(&match.mask, id, FieldValue::Ones(Describe(id).bits));
            const bool right = IsWithin(match.mask, AllowedBits(match));
            ASSERT_EQ(CheckMatch(match).ok(), right)
                << Describe(id).name << " type " << type << " proto " << int{proto};
            ++(right ? admitted : refused);
          }
        }
      }
    }
  }
  EXPECT_GT(admitted, 1000u);
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace vsw
