// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/way.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/underlay/fake_kernel.h"

namespace vsw {
namespace {

using testing::FakeKernel;
using ::testing::HasSubstr;
using testing::Ip;
using testing::Mac;

class FindWayTest : public ::testing::Test {
 protected:
  FindWayTest() {
    kernel_.AddDevice(2, "eth0");
    kernel_.AddRoute("192.0.2.2", 2, "192.0.2.1");
    kernel_.AddRoute("198.51.100.1", 2, "192.0.2.1", "192.0.2.254");
  }
  Way Find(const char* remote, const char* local = nullptr) {
    return FindWay(config_, {local != nullptr ? Ip(local) : IpAddress(), Ip(remote)}, &kernel_);
  }
  void AddPort(uint32_t number, const char* address, const char* gateway = nullptr) {
    AddressedPort port{.port = PortNo{number},
                       .mac = Mac(number),
                       .mtu = 9000,
                       .addresses = {*IpPrefix::Parse(address)},
                       .gateways = {},
                       .ready = true};
    if (gateway != nullptr) port.gateways.push_back(Ip(gateway));
    config_.addressed_ports.push_back(port);
  }

  FakeKernel kernel_;
  UnderlayConfig config_;
};

TEST_F(FindWayTest, FollowsTheKernelsRoute) {
  const Way way = Find("192.0.2.2");
  EXPECT_EQ(way.problem, "");
  EXPECT_EQ(way.device.name, "eth0");
  EXPECT_EQ(way.source, Ip("192.0.2.1"));
  EXPECT_EQ(way.source_mac, Mac(2));
  EXPECT_EQ(way.hop, Ip("192.0.2.2"));
  EXPECT_EQ(way.mtu, 1500u);
  EXPECT_EQ(Find("198.51.100.1").hop, Ip("192.0.2.254"));
}

TEST_F(FindWayTest, TakesTheSmallerMtuOfRouteAndDevice) {
  kernel_.routes[Ip("192.0.2.2")].mtu = 1400;
  EXPECT_EQ(Find("192.0.2.2").mtu, 1400u);
  kernel_.routes[Ip("192.0.2.2")].mtu = 9000;
  EXPECT_EQ(Find("192.0.2.2").mtu, 1500u);
}

TEST_F(FindWayTest, PrefersTheLocalAddressThatIsAskedFor) {
  EXPECT_EQ(Find("192.0.2.2", "192.0.2.7").source, Ip("192.0.2.7"));
}

TEST_F(FindWayTest, ChoosesTheAddressThatTheKernelDoesNot) {
  kernel_.AddRoute("2001:db8:5::2", 2, "fe80::1", "fe80::254");
  EXPECT_THAT(Find("2001:db8:5::2").problem, HasSubstr("no address to send from"));
  EXPECT_EQ(Find("2001:db8:5::2", "2001:db8::9").source, Ip("2001:db8::9"));
  kernel_.addresses = {{2, Ip("fe80::1"), true}, {3, Ip("2001:db8::1")}};
  Way way = Find("2001:db8:5::2");
  EXPECT_EQ(way.problem, "");
  EXPECT_EQ(way.source, Ip("2001:db8::1"));
  EXPECT_EQ(way.hop, Ip("fe80::254"));
  EXPECT_EQ(way.source_mac, Mac(2));
  kernel_.routes[Ip("2001:db8:5::2")].source = {};
  EXPECT_EQ(Find("2001:db8:5::2").source, Ip("2001:db8::1"));
}

TEST_F(FindWayTest, EntersTheBridgeOfAnInternalPort) {
  config_.bridge_devices[2] = PortNo{9};
  EXPECT_EQ(Find("192.0.2.2").enters_bridge_by, PortNo{9});
}

TEST_F(FindWayTest, SaysWhyThereIsNone) {
  EXPECT_THAT(Find("203.0.113.1").problem, HasSubstr("no route"));
  EXPECT_THAT(Find("224.0.0.1").problem, HasSubstr("single host"));
  EXPECT_THAT(Find("2001:db8::1", "192.0.2.1").problem, HasSubstr("families"));
  kernel_.routes[Ip("192.0.2.1")] = {.to_this_host = true, .device = 1};
  EXPECT_THAT(Find("192.0.2.1").problem, HasSubstr("address of this host"));
  kernel_.devices[2].up = false;
  EXPECT_THAT(Find("192.0.2.2").problem, HasSubstr("eth0, which is down"));
  kernel_.devices[2].is_ethernet = false;
  EXPECT_THAT(Find("192.0.2.2").problem, HasSubstr("no Ethernet"));
}

TEST_F(FindWayTest, LeavesByThePortThatHasTheRemotesSubnet) {
  AddPort(5, "192.0.2.1/24");
  const Way way = Find("192.0.2.2");
  EXPECT_EQ(way.egress, PortNo{5});
  EXPECT_EQ(way.source, Ip("192.0.2.1"));
  EXPECT_EQ(way.hop, Ip("192.0.2.2"));
  EXPECT_EQ(way.mtu, 9000u);
  EXPECT_EQ(way.device.index, 0);
}

TEST_F(FindWayTest, OfSeveralSubnetsTheSmallestWins) {
  AddPort(5, "192.0.2.1/24");
  AddPort(6, "192.0.2.9/28");
  EXPECT_EQ(Find("192.0.2.2").egress, PortNo{6});
  EXPECT_EQ(Find("192.0.2.200").egress, PortNo{5});
}

TEST_F(FindWayTest, LeavesByThePortOfTheLocalAddressThroughItsGateway) {
  AddPort(5, "10.0.0.1/24", "10.0.0.254");
  const Way way = Find("203.0.113.1", "10.0.0.1");
  EXPECT_EQ(way.egress, PortNo{5});
  EXPECT_EQ(way.hop, Ip("10.0.0.254"));
  EXPECT_THAT(Find("2001:db8::1").problem, HasSubstr("no route"));
}

TEST_F(FindWayTest, TakesAPortsGatewayOnlyWhereTheKernelHasNoRoute) {
  AddPort(5, "10.0.0.1/24", "10.0.0.254");
  EXPECT_EQ(Find("192.0.2.2").egress, kNoPort);
  EXPECT_EQ(Find("203.0.113.1").egress, PortNo{5});
}

TEST_F(FindWayTest, ATunnelToThePortsOwnAddressHasNoWay) {
  AddPort(5, "10.0.0.1/24");
  EXPECT_THAT(Find("10.0.0.1").problem, HasSubstr("address of this switch"));
}

}  // namespace
}  // namespace vsw
