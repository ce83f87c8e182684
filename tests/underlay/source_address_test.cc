// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/source_address.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/underlay/fake_kernel.h"

namespace vsw {
namespace {

using testing::Ip;

constexpr int kEgress = 2, kOther = 3;

// Whatever order the kernel lists them in.
std::string Choice(const char* remote, std::vector<KernelAddress> addresses, bool on_link = false) {
  const IpAddress chosen = ChooseSource(Ip(remote), kEgress, on_link, addresses);
  std::reverse(addresses.begin(), addresses.end());
  EXPECT_EQ(ChooseSource(Ip(remote), kEgress, on_link, addresses), chosen);
  return chosen.ToString();
}

TEST(ChooseSource, TakesAnAddressOfTheHostWhereTheDeviceHasNone) {
  EXPECT_EQ(Choice("2001:db8:5::2", {{kOther, Ip("2001:db8::1")}}), "2001:db8::1");
  EXPECT_EQ(Choice("203.0.113.1", {{kOther, Ip("192.0.2.1")}}), "192.0.2.1");
  EXPECT_EQ(Choice("2001:db8:5::2", {{kOther, Ip("192.0.2.1")}}), "") << "of the other family";
}

TEST(ChooseSource, NeverOfASmallerScopeThanTheRemote) {
  EXPECT_EQ(Choice("2001:db8:5::2", {{kEgress, Ip("fe80::1"), true}}), "");
  EXPECT_EQ(Choice("203.0.113.1", {{kEgress, Ip("169.254.1.1")}}), "");
  EXPECT_EQ(Choice("2001:db8:5::2", {{kEgress, Ip("fe80::1"), true}, {kOther, Ip("2001:db8::1")}}),
            "2001:db8::1");
}

TEST(ChooseSource, AnAddressForOneLinkIsGoodOnThatLink) {
  const KernelAddress here = {kEgress, Ip("192.0.2.1"), true};
  EXPECT_EQ(Choice("192.0.2.2", {here}, true), "192.0.2.1");
  EXPECT_EQ(Choice("203.0.113.1", {here}, false), "");
  EXPECT_EQ(Choice("192.0.2.2", {{kOther, Ip("192.0.2.1"), true}}, true), "");
  EXPECT_EQ(Choice("fe80::2", {{kEgress, Ip("fe80::1"), true}}, true), "fe80::1");
}

TEST(ChooseSource, PrefersByDeprecationDeviceLabelAndPrefix) {
  const KernelAddress deprecated = {kEgress, Ip("2001:db8:5::1"), false, true};
  const KernelAddress here = {kEgress, Ip("2001:db8::1")};
  const KernelAddress there = {kOther, Ip("2001:db8:5::7")};
  EXPECT_EQ(Choice("2001:db8:5::2", {deprecated, there}), "2001:db8:5::7");
  EXPECT_EQ(Choice("2001:db8:5::2", {deprecated}), "2001:db8:5::1");
  EXPECT_EQ(Choice("2001:db8:5::2", {here, there, deprecated}), "2001:db8::1");
  EXPECT_EQ(Choice("2001:db8:5::2", {{kOther, Ip("2001:db8:4::1")}, there}), "2001:db8:5::7");
  // A label says more than leading bits.
  const KernelAddress unique_local = {kOther, Ip("fd00::1")}, global = {kOther, Ip("2001:db8::1")};
  EXPECT_EQ(Choice("2001:db8:5::2", {unique_local, global}), "2001:db8::1");
  EXPECT_EQ(Choice("fd12::2", {unique_local, global}), "fd00::1");
  const KernelAddress six_to_four = {kOther, Ip("2002:c000:201::1")};
  EXPECT_EQ(Choice("2003::2", {six_to_four, global}), "2001:db8::1");
}

TEST(MaySendFrom, RefusesWhatARemoteHostCannotAnswer) {
  EXPECT_FALSE(MaySendFrom({}, Ip("2001:db8::2")));
  EXPECT_FALSE(MaySendFrom(Ip("0.0.0.0"), Ip("192.0.2.2")));
  EXPECT_FALSE(MaySendFrom(Ip("fe80::1"), Ip("2001:db8::2")));
  EXPECT_TRUE(MaySendFrom(Ip("fe80::1"), Ip("fe80::2")));
  EXPECT_TRUE(MaySendFrom(Ip("fd00::1"), Ip("2001:db8::2")));
}

}  // namespace
}  // namespace vsw
