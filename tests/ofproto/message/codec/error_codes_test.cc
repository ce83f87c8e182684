// SPDX-License-Identifier: Apache-2.0
#include "ofproto/message/error_codes.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/ofproto/message/codec/wire_message.h"

namespace vsw {
namespace {

using namespace testing;
using enum OfVersion;
using enum ErrorSpace;

TEST(ErrorCodes, HaveANumberForEveryErrorInEveryVersion) {
  for (const OfVersion version : kVersions) {
    for (int id = 0; id < static_cast<int>(OfErrorId::kCount); ++id) {
      EXPECT_NE(CodeOfError(version, static_cast<OfErrorId>(id)).space, kNone)
          << NameOf(version) << " " << OfErrorName(static_cast<OfErrorId>(id));
    }
  }
}

TEST(ErrorCodes, FollowTheRenumberingsBetweenVersions) {
  struct Case {
    OfErrorId id;
    OfVersion version;
    ErrorCode code;
  };
  const Case cases[] = {
      {OfErrorId::kOverlap, k10, {kStandard, 3, 1}},
      {OfErrorId::kOverlap, k11, {kStandard, 5, 3}},
      {OfErrorId::kPortModBadPort, k10, {kStandard, 4, 0}},
      {OfErrorId::kPortModBadPort, k13, {kStandard, 7, 0}},
      {OfErrorId::kBadTableId, k10, {kNicira, 1, 512}},
      {OfErrorId::kBadTableId, k13, {kStandard, 1, 9}},
      {OfErrorId::kBadPrerequisite, k11, {kNicira, 1, 260}},
      {OfErrorId::kBadPrerequisite, k12, {kStandard, 4, 9}},
      {OfErrorId::kBundleBadId, k13, {kOnf, 0, 2302}},
      {OfErrorId::kBundleBadId, k14, {kStandard, 17, 2}},
      {OfErrorId::kBadPropertyType, k13, {kStandard, 13, 2}},
      {OfErrorId::kBadPropertyType, k14, {kStandard, 14, 0}},
      {OfErrorId::kCtDatapathSupport, k13, {kNicira, 0, 42}},
      {OfErrorId::kMonitorExists, k13, {kNicira, 0, 6}},
      {OfErrorId::kMonitorExists, k15, {kStandard, 16, 1}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CodeOfError(c.version, c.id), c.code) << NameOf(c.version) << OfErrorName(c.id);
  }
}

TEST(ErrorCodes, UseTheNearestWhereAVersionHasNoNumber) {
  EXPECT_EQ(CodeOfError(k13, OfErrorId::kBadSetMask), CodeOfError(k13, OfErrorId::kBadSetArgument));
  EXPECT_EQ(CodeOfError(k10, OfErrorId::kIsSlave), CodeOfError(k10, OfErrorId::kPermission));
  // There is nothing near a meter in 1.0: NXBRC_UNENCODABLE_ERROR.
  EXPECT_EQ(CodeOfError(k10, OfErrorId::kMeterExists), (ErrorCode{kNicira, 1, 521}));
  EXPECT_EQ(CodeOfError(k12, OfErrorId::kMeterExists), (ErrorCode{kNicira, 0, 10}));
}

TEST(ErrorCodes, AreDistinctWithinAVersionUnlessOneStandsIn) {
  // In 1.5 all but Nicira's own have standard numbers, no two the same.
  std::map<std::pair<uint16_t, uint16_t>, OfErrorId> seen;
  for (int i = 0; i < static_cast<int>(OfErrorId::kCount); ++i) {
    const auto id = static_cast<OfErrorId>(i);
    const ErrorCode code = CodeOfError(k15, id);
    if (code.space != kStandard) continue;
    const auto [it, inserted] = seen.try_emplace({code.type, code.code}, id);
    EXPECT_TRUE(inserted) << OfErrorName(id) << " and " << OfErrorName(it->second);
  }
  EXPECT_GT(seen.size(), 100u);
}

}  // namespace
}  // namespace vsw
