// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace vsw {
namespace {

TEST(IpAddress, KeepsBothFamiliesAsTheyAreWritten) {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "fe80::1", "::1"}) {
    const auto address = IpAddress::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const char* text : {"", "flow", "192.0.2", "192.0.2.256", "192.0.2.1/24", "2001::db8::1"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
}

TEST(IpAddress, TellsFamiliesAndKindsApart) {
  EXPECT_TRUE(IpAddress::Parse("192.0.2.1")->is_v4());
  EXPECT_EQ(IpAddress::Parse("192.0.2.1")->size(), 4u);
  EXPECT_FALSE(IpAddress::Parse("2001:db8::1")->is_v4());
  EXPECT_FALSE(IpAddress().is_v4());
  EXPECT_TRUE(IpAddress().is_unset());
  EXPECT_TRUE(IpAddress::Parse("0.0.0.0")->is_any());
  EXPECT_FALSE(IpAddress::Parse("0.0.0.0")->is_unset());
  EXPECT_TRUE(IpAddress::Parse("224.0.0.5")->is_multicast());
  EXPECT_TRUE(IpAddress::Parse("ff02::1")->is_multicast());
  EXPECT_TRUE(IpAddress::Parse("255.255.255.255")->is_multicast());
  EXPECT_FALSE(IpAddress::Parse("223.255.255.255")->is_multicast());
  EXPECT_TRUE(IpAddress::Parse("fe80::1")->is_link_local());
  EXPECT_TRUE(IpAddress::Parse("127.0.0.1")->is_loopback());
  EXPECT_TRUE(IpAddress::Parse("::1")->is_loopback());
}

TEST(IpPrefix, ContainsWhatSharesItsBits) {
  const auto v4 = IpPrefix::Parse("192.0.2.129/25");
  ASSERT_TRUE(v4);
  EXPECT_TRUE(v4->Contains(*IpAddress::Parse("192.0.2.200")));
  EXPECT_FALSE(v4->Contains(*IpAddress::Parse("192.0.2.1")));
  EXPECT_FALSE(v4->Contains(*IpAddress::Parse("2001:db8::1")));
  const auto v6 = IpPrefix::Parse("2001:db8::1/64");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->Contains(*IpAddress::Parse("2001:db8::ffff:1")));
  EXPECT_FALSE(v6->Contains(*IpAddress::Parse("2001:db8:0:1::1")));
  EXPECT_TRUE(IpPrefix::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("8.8.8.8")));
}

TEST(IpPrefix, RefusesLengthsBeyondItsFamily) {
  EXPECT_FALSE(IpPrefix::Parse("192.0.2.1/33"));
  EXPECT_FALSE(IpPrefix::Parse("2001:db8::1/129"));
  EXPECT_FALSE(IpPrefix::Parse("192.0.2.1/"));
  EXPECT_FALSE(IpPrefix::Parse("192.0.2.1/24x"));
  EXPECT_EQ(IpPrefix::Parse("192.0.2.1")->length, 32);
  EXPECT_EQ(IpPrefix::Parse("192.0.2.1/24")->ToString(), "192.0.2.1/24");
}

}  // namespace
}  // namespace vsw
