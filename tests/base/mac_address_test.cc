// SPDX-License-Identifier: Apache-2.0
#include "base/mac_address.h"

#include <gtest/gtest.h>

namespace vsw {
namespace {

TEST(MacAddress, ParsesWhatItPrints) {
  const auto mac = MacAddress::Parse("02:aB:00:00:ff:01");
  ASSERT_TRUE(mac);
  EXPECT_EQ(mac->ToString(), "02:ab:00:00:ff:01");
  EXPECT_EQ(MacAddress::FromU64(mac->ToU64()), *mac);
}

TEST(MacAddress, RefusesEverythingElse) {
  for (const char* text : {"", "02:ab:00:00:ff", "02:ab:00:00:ff:0", "02-ab-00-00-ff-01",
                           "02:ab:00:00:ff:0g", "02:ab:00:00:ff:01 "}) {
    EXPECT_FALSE(MacAddress::Parse(text)) << text;
  }
}

TEST(MacAddress, KnowsTheReservedGroupAddresses) {
  EXPECT_TRUE(MacAddress::FromU64(0x0180c2000000).is_reserved());
  EXPECT_TRUE(MacAddress::FromU64(0x0180c200000f).is_reserved());
  EXPECT_FALSE(MacAddress::FromU64(0x0180c2000010).is_reserved());
  EXPECT_TRUE(MacAddress::FromU64(0x0180c2000000).is_multicast());
  EXPECT_FALSE(MacAddress::FromU64(0x020000000001).is_multicast());
}

}  // namespace
}  // namespace vsw
