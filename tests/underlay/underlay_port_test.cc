// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/underlay_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "datapath/port/rtnl.h"
#include "datapath/underlay/netlink_view.h"
#include "datapath/underlay/packet_filter.h"
#include "datapath/underlay/quiet_sockets.h"
#include "tests/port/netns_fixture.h"
#include "tests/support/eal.h"
#include "tests/support/packet_builder.h"
#include "tests/underlay/fake_kernel.h"

namespace vsw {
namespace {

using testing::Eventually;
using testing::Ip;
using testing::NetnsTest;
using testing::Output;
using testing::Shell;

// One device, u0, with an address on a /24, whose other end is in a namespace of its own.
class UnderlayPortTest : public NetnsTest {
 protected:
  void SetUp() override {
    NetnsTest::SetUp();
    if (IsSkipped()) return;
    peer_ = AddNamedNetns();
    const std::string in = "nsenter --net=/run/netns/" + peer_ + " ";
    ASSERT_TRUE(Shell("ip link add u0 type veth peer name u1 netns " + peer_ +
                      " && ip address add 192.0.2.1/24 dev u0 && ip link set u0 up && " + in +
                      "ip address add 192.0.2.2/24 dev u1 && " + in + "ip link set u1 up"));
    auto kernel = MakeNetlinkView();
    ASSERT_TRUE(kernel.ok());
    kernel_ = *std::move(kernel);
  }
  KernelDevice Device(const char* name) {
    return kernel_->FindDevice(GetLink(name).value().index).value();
  }
  std::unique_ptr<UnderlayPort> MakePort(bool gre = false) {
    const uint16_t ports[] = {4789};
    const std::vector<sock_filter> filter = MakeTunnelFilter(ports, gre);
    auto port = UnderlayPort::Make(PortNo{4032}, Device("u0"), filter, environment_.mbuf_pool);
    EXPECT_TRUE(port.ok()) << port.status();
    return port.ok() ? *std::move(port) : nullptr;
  }
  // From the other end, by Python: `what` is the body of a short script with socket imported.
  bool FromPeer(const std::string& what) {
    return Shell("nsenter --net=/run/netns/" + peer_ + " python3 -c '" +
                 "import socket as s\nu=s.socket(s.AF_INET,s.SOCK_DGRAM)\n" + what + "'");
  }

  std::string peer_;
  std::unique_ptr<KernelView> kernel_;
};

TEST_F(UnderlayPortTest, ReceivesTunnelPacketsForTheHostAlone) {
  auto port = MakePort();
  ASSERT_NE(port, nullptr);
  ASSERT_TRUE(
      FromPeer("u.sendto(b\"other\", (\"192.0.2.1\", 5000))\n"
               "u.sendto(b\"tunnel\", (\"192.0.2.1\", 4789))"));
  const auto frames = ReceiveFrames(*port, 1);
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_GE(frames[0].size(), 48u);
  EXPECT_EQ(std::string(frames[0].begin() + 42, frames[0].begin() + 48), "tunnel");
}

TEST_F(UnderlayPortTest, ReceivesGreOnlyIfATunnelWantsIt) {
  auto without = MakePort(/*gre=*/false);
  auto with = MakePort(/*gre=*/true);
  ASSERT_TRUE(
      FromPeer("g=s.socket(s.AF_INET,s.SOCK_RAW,47)\n"
               "g.sendto(b\"\\0\\0\\x65\\x58\", (\"192.0.2.1\", 0))"));
  EXPECT_EQ(ReceiveFrames(*with, 1).size(), 1u);
  rte_mbuf* burst[kBurst];
  EXPECT_EQ(without->Receive(QueueId{0}, burst, rx_), 0);
}

TEST_F(UnderlayPortTest, ReceivesGreBehindDestinationOptionsButNothingElseThere) {
  auto port = MakePort(/*gre=*/true);
  const MacAddress to = Device("u0").mac, from = MacAddress::FromU64(0x020000000002);
  const auto options = testing::PacketBuilder().Ethernet(to, from).Ipv6(2, 1).Extension(60, 8);
  std::string send = "p=s.socket(s.AF_PACKET,s.SOCK_RAW)\np.bind((\"u1\",0))\n";
  for (const uint8_t protocol : {17, 47}) {
    const std::vector<uint8_t> frame =
        testing::PacketBuilder(options).Protocol(protocol).Payload(40).Build();
    std::string text;
    for (const uint8_t byte : frame) text += fmt::format("{:02x}", byte);
    send += "p.send(bytes.fromhex(\"" + text + "\"))\n";
  }
  ASSERT_TRUE(FromPeer(send));
  const auto frames = ReceiveFrames(*port, 1);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0][14 + 40], 47);
  rte_mbuf* burst[kBurst];
  EXPECT_EQ(port->Receive(QueueId{0}, burst, rx_), 0);
}

TEST_F(UnderlayPortTest, TheKernelDoesNotSayThatNobodyIsThere) {
  const std::string ask =
      "u.settimeout(1)\nu.connect((\"192.0.2.1\", 4789))\nu.send(b\"x\")\n"
      "try:\n  u.recv(10)\nexcept ConnectionRefusedError:\n  exit(3)\nexcept OSError:\n  pass";
  EXPECT_FALSE(FromPeer(ask)) << "without quiet sockets the kernel refuses";
  QuietSockets quiet;
  const uint16_t ports[] = {4789};
  ASSERT_TRUE(quiet.Set(ports, /*gre=*/true).ok());
  EXPECT_TRUE(FromPeer(ask));
  ASSERT_TRUE(quiet.Set({}, false).ok());
  EXPECT_FALSE(FromPeer(ask));
}

TEST_F(UnderlayPortTest, QuietSocketsStandBackForTheKernelsOwnTunnel) {
  ASSERT_TRUE(
      Shell("ip link add vx type vxlan id 7 remote 192.0.2.2 dstport 4789 dev u0 && "
            "ip link set vx up"));
  QuietSockets quiet;
  const uint16_t ports[] = {4789};
  EXPECT_TRUE(quiet.Set(ports, false).ok());
}

TEST_F(UnderlayPortTest, InnerSegmentsOfTheKernelComeWithInnerOffloads) {
  const std::string in = "nsenter --net=/run/netns/" + peer_ + " ";
  ASSERT_TRUE(Shell(in + "ip link add vx type vxlan id 7 remote 192.0.2.1 dstport 4789 dev u1 && " +
                    in + "ip address add 10.9.0.2/24 dev vx && " + in + "ip link set vx up && " +
                    in + "ip neigh add 10.9.0.1 lladdr 02:00:00:00:00:09 dev vx"));
  auto port = MakePort();
  // A SYN has a partial checksum, which must be the inner frame's.
  ASSERT_TRUE(FromPeer("t=s.socket()\nt.setblocking(False)\nt.connect_ex((\"10.9.0.1\", 80))"));
  rte_mbuf* syn = nullptr;
  ASSERT_TRUE(Eventually([&] {
    rte_mbuf* burst[kBurst];
    const uint16_t count = port->Receive(QueueId{0}, burst, rx_);
    for (uint16_t i = 0; i < count; ++i) {
      const bool tcp =
          burst[i]->pkt_len > 90 && *rte_pktmbuf_mtod_offset(burst[i], uint8_t*, 73) == 6;
      if (tcp && syn == nullptr) {
        syn = burst[i];
      } else {
        rte_pktmbuf_free(burst[i]);
      }
    }
    return syn != nullptr;
  }));
  EXPECT_EQ(syn->ol_flags & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_TCP_CKSUM);
  EXPECT_EQ(syn->l2_len, 14 + 20 + 8 + 8 + 14);
  EXPECT_EQ(syn->l3_len, 20);
  rte_pktmbuf_free(syn);
  testing::Shell(in + "ip link del vx");
}

TEST_F(UnderlayPortTest, NetlinkKnowsRoutesNeighboursAndAddresses) {
  const int device = Device("u0").index;
  ASSERT_TRUE(Shell("ip route add 198.51.100.0/24 via 192.0.2.2 mtu 1400"));
  const auto route = kernel_->FindRoute({{}, Ip("198.51.100.7")});
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(route->device, device);
  EXPECT_EQ(route->gateway, Ip("192.0.2.2"));
  EXPECT_EQ(route->source, Ip("192.0.2.1"));
  EXPECT_EQ(route->mtu, 1400u);
  EXPECT_TRUE(kernel_->FindRoute({{}, Ip("192.0.2.1")})->to_this_host);
  EXPECT_FALSE(kernel_->FindRoute({{}, Ip("203.0.113.1")}).ok());
  EXPECT_FALSE(kernel_->FindRoute({Ip("203.0.113.9"), Ip("192.0.2.2")}).ok());
  EXPECT_THAT(kernel_->ListAddresses(),
              ::testing::Contains(KernelAddress{device, Ip("192.0.2.1")}));
  ASSERT_TRUE(
      Shell("ip address add 192.0.2.7/32 dev u0 scope link && "
            "ip address add 192.0.2.8/32 dev u0 valid_lft 900 preferred_lft 0"));
  EXPECT_THAT(kernel_->ListAddresses(),
              ::testing::IsSupersetOf({KernelAddress{device, Ip("192.0.2.7"), true, false},
                                       KernelAddress{device, Ip("192.0.2.8"), false, true}}));

  kernel_->TakeChanges();
  EXPECT_EQ(kernel_->FindNeighbour(device, Ip("192.0.2.2")).state,
            KernelNeighbour::State::kUnknown);
  kernel_->Solicit(device, Ip("192.0.2.2"));
  EXPECT_TRUE(Eventually([&] {
    return kernel_->FindNeighbour(device, Ip("192.0.2.2")).state == KernelNeighbour::State::kUsable;
  }));
  EXPECT_THAT(kernel_->TakeChanges().neighbours,
              ::testing::Contains(std::pair(device, Ip("192.0.2.2"))));
}

TEST_F(UnderlayPortTest, NetlinkTellsWhatChanged) {
  kernel_->TakeChanges();
  ASSERT_TRUE(Shell("ip address add 192.0.2.9/24 dev u0"));
  EXPECT_TRUE(kernel_->TakeChanges().addresses);
  ASSERT_TRUE(Shell("ip route add 198.51.100.0/24 via 192.0.2.2"));
  EXPECT_TRUE(kernel_->TakeChanges().routes);
  ASSERT_TRUE(Shell("ip link set u0 down"));
  EXPECT_TRUE(kernel_->TakeChanges().devices);
  EXPECT_FALSE(Device("u0").up);
}

}  // namespace
}  // namespace vsw
