// SPDX-License-Identifier: Apache-2.0
#include "cli/value.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vsw/v1/types.pb.h"

namespace vsw::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ParseNumber, TakesDecimalAndHexadecimal) {
  EXPECT_EQ(ParseNumber("42").value(), 42u);
  EXPECT_EQ(ParseNumber("0").value(), 0u);
  EXPECT_EQ(ParseNumber("0x2A").value(), 42u);
  EXPECT_EQ(ParseNumber("18446744073709551615").value(), UINT64_MAX);
  EXPECT_EQ(ParseNumber("0xffffffffffffffff").value(), UINT64_MAX);
}

TEST(ParseNumber, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "x", "1x", "-1", "+1", " 1", "1.5", "0x", "0xg"}) {
    EXPECT_FALSE(ParseNumber(text).ok()) << text;
  }
  EXPECT_THAT(std::string(ParseNumber("18446744073709551616").status().message()),
              HasSubstr("64 bits"));
}

TEST(ParseNumber, RefusesLeadingZerosSinceTheyMayMeanHexadecimal) {
  EXPECT_THAT(std::string(ParseNumber("0000000000000010").status().message()),
              HasSubstr("write 0x0000000000000010"));
}

TEST(ParseVlanList, SortsJoinsAndExpandsRanges) {
  EXPECT_THAT(ParseVlanList("1,2,5-9").value(), ElementsAre(1, 2, 5, 6, 7, 8, 9));
  EXPECT_THAT(ParseVlanList("9,0,9,8-9").value(), ElementsAre(0, 8, 9));
}

TEST(ParseVlanList, RefusesOtherThings) {
  for (const char* text : {"", "1,", "4095", "1-4294967295", "9-5", "1-", "-1", "a", "1--2"}) {
    EXPECT_FALSE(ParseVlanList(text).ok()) << text;
  }
}

TEST(FormatVlanList, WritesRunsOfThreeOrMoreAsRanges) {
  EXPECT_EQ(FormatVlanList({1, 2, 5, 6, 7, 8, 9}), "1,2,5-9");
  EXPECT_EQ(FormatVlanList({}), "");
  EXPECT_EQ(FormatVlanList({0}), "0");
}

TEST(EnumText, IsWhatPeopleType) {
  EXPECT_THAT(EnumTexts(v1::PortType_descriptor()),
              ElementsAre("internal", "tap", "system", "dpdk", "vhost-user", "patch", "vxlan",
                          "geneve", "gre"));
  EXPECT_THAT(EnumTexts(v1::VlanMode_descriptor()),
              ElementsAre("access", "trunk", "native-tagged", "native-untagged", "dot1q-tunnel"));
  EXPECT_THAT(EnumTexts(v1::PriorityTags_descriptor()), ElementsAre("no", "if-nonzero", "always"));
}

TEST(SetField, SaysWhatAnEnumTakes) {
  v1::Port port;
  const auto* type = port.GetDescriptor()->FindFieldByName("type");
  EXPECT_TRUE(SetField("vhost-user", type, &port).ok());
  EXPECT_EQ(port.type(), v1::PORT_TYPE_VHOST_USER);
  EXPECT_THAT(std::string(SetField("vhost", type, &port).message()),
              HasSubstr("none of internal, tap, system, dpdk, vhost-user, patch, vxlan"));
}

TEST(SetField, RefusesNumbersThatDoNotFit) {
  v1::Port port;
  const auto* ofport = port.GetDescriptor()->FindFieldByName("ofport");
  EXPECT_TRUE(SetField("4294967295", ofport, &port).ok());
  EXPECT_FALSE(SetField("4294967296", ofport, &port).ok());
}

TEST(FieldText, ShowsIdsInHexadecimal) {
  v1::Bridge bridge;
  const auto* dpid = bridge.GetDescriptor()->FindFieldByName("dpid");
  EXPECT_EQ(FieldText(bridge, dpid, false), "");
  bridge.set_dpid(UINT64_MAX - 1);
  EXPECT_EQ(FieldText(bridge, dpid, false), "0xfffffffffffffffe");
}

}  // namespace
}  // namespace vsw::cli
