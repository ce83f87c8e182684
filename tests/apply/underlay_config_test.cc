// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/underlay_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vsw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

IpAddress Ip(const char* text) { return IpAddress::Parse(text).value(); }

UnderlayConfig ConfigOf(PortKind kind, std::map<std::string, std::string> options,
                        const PortInfo& info = {}) {
  UnderlayConfig config;
  AddToUnderlay({.name = "p", .bridge = "br0", .kind = kind, .options = std::move(options)},
                PortNo{7}, info, /*polled=*/true, &config);
  return config;
}

TEST(AddToUnderlay, TakesATunnelsEndsAndItsPort) {
  const UnderlayConfig config =
      ConfigOf(PortKind::kVxlan, {{"remote", "192.0.2.2"}, {"local", "192.0.2.1"}, {"key", "1"}});
  EXPECT_THAT(config.tunnels, ElementsAre(TunnelEnds{Ip("192.0.2.1"), Ip("192.0.2.2")}));
  EXPECT_THAT(config.udp_ports, ElementsAre(4789));
  EXPECT_FALSE(config.gre);
}

TEST(AddToUnderlay, AFlowTunnelHasNoRemoteOfItsOwn) {
  const UnderlayConfig config = ConfigOf(PortKind::kGre, {{"remote", "flow"}, {"key", "flow"}});
  EXPECT_THAT(config.tunnels, ElementsAre(TunnelEnds{}));
  EXPECT_THAT(config.udp_ports, IsEmpty());
  EXPECT_TRUE(config.gre);
}

TEST(AddToUnderlay, NamesEachUdpPortOnceInOrder) {
  UnderlayConfig config;
  for (const char* port : {"5000", "4789", "5000"}) {
    AddToUnderlay({.name = "p",
                   .bridge = "br0",
                   .kind = PortKind::kVxlan,
                   .options = {{"remote", "192.0.2.2"}, {"dst_port", port}}},
                  PortNo{7}, {}, /*polled=*/true, &config);
  }
  EXPECT_THAT(config.udp_ports, ElementsAre(4789, 5000));
}

TEST(AddToUnderlay, KnowsDevicesOfThisNamespaceAlone) {
  EXPECT_THAT(ConfigOf(PortKind::kInternal, {}, {.device_index = 3}).bridge_devices,
              ElementsAre(Pair(3, PortNo{7})));
  EXPECT_THAT(ConfigOf(PortKind::kTap, {}, {}).bridge_devices, IsEmpty());
  EXPECT_THAT(ConfigOf(PortKind::kSystem, {}, {.device_index = 3}).bridge_devices, IsEmpty());
}

TEST(AddToUnderlay, ReadsAddressesAndGateways) {
  const UnderlayConfig config = ConfigOf(
      PortKind::kDpdk,
      {{"address", "192.0.2.1/24, 2001:db8::1/64"}, {"gateway", "192.0.2.254,2001:db8::fe"}},
      {.mac = MacAddress::FromU64(5), .mtu = 1500});
  ASSERT_EQ(config.addressed_ports.size(), 1u);
  const AddressedPort& port = config.addressed_ports[0];
  EXPECT_EQ(port.port, PortNo{7});
  EXPECT_EQ(port.mtu, 1500u);
  EXPECT_THAT(port.addresses,
              ElementsAre(*IpPrefix::Parse("192.0.2.1/24"), *IpPrefix::Parse("2001:db8::1/64")));
  EXPECT_THAT(port.gateways, ElementsAre(Ip("192.0.2.254"), Ip("2001:db8::fe")));
  EXPECT_THAT(ConfigOf(PortKind::kDpdk, {}).addressed_ports, IsEmpty());
}

}  // namespace
}  // namespace vsw
