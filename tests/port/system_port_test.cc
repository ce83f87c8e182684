// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/system_port.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <rte_mbuf.h>

#include "tests/port/netns_fixture.h"
#include "tests/support/eal.h"

namespace vsw {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;
using testing::Output;
using testing::Pump;
using testing::Shell;
using testing::TransferTcp;

class SystemPortTest : public testing::NetnsTest {
 protected:
  void SetUp() override {
    NetnsTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(MakeVeth());
  }
  // veth0 for the switch, veth1 for the host.
  static bool MakeVeth() {
    return Shell("ip link add veth0 type veth peer name veth1 && ip link set veth1 up");
  }
  // One ARP request out of `device`.
  static void ArpFrom(const std::string& device) {
    Shell("ip addr replace 10.9.9.1/24 dev " + device + "; ip neigh flush all;" +
          " ping -c 1 -W 0.05 -q 10.9.9.2 >/dev/null 2>&1; true");
  }
};

std::vector<uint8_t> Broadcast(size_t bytes) {
  std::vector<uint8_t> frame(bytes, 0x5a);
  std::fill_n(frame.begin(), 6, 0xff);
  frame[6] = 2;
  frame[12] = 0x88;
  frame[13] = 0xb5;
  return frame;
}

bool IsArp(const std::vector<uint8_t>& frame, size_t type_at = 12) {
  return frame.size() > type_at + 1 && frame[type_at] == 0x08 && frame[type_at + 1] == 0x06;
}

TEST_F(SystemPortTest, FramesGoBothWaysAndItsOwnDoNotComeBack) {
  auto port = Make("system", "veth0");
  auto peer = Make("system", "veth1");
  ASSERT_TRUE(Eventually([&] { return port->ReadInfo().link_up && peer->ReadInfo().link_up; }));
  Drain(*port);
  Drain(*peer);
  for (const size_t bytes : {size_t{60}, size_t{999}, size_t{1514}}) {
    Send(*port, Broadcast(bytes));
    EXPECT_THAT(ReceiveFrames(*peer, 1), ::testing::Contains(Broadcast(bytes)));
  }
  EXPECT_EQ(tx_.tx_packets.Get(), 3u);
  rte_mbuf* burst[kBurst];
  for (int i = 0; i < 100; ++i) ASSERT_EQ(port->Receive(QueueId{0}, burst, rx_), 0);
}

TEST_F(SystemPortTest, TakesAnotherDevicesNameByOption) {
  auto port = Make("system", "uplink", {{"device", "veth0"}, {"mtu", "4000"}});
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->ReadInfo().mtu, 4000u);
  EXPECT_EQ(port->ReadInfo().facts.at("driver"), "veth");
  EXPECT_THAT(Output("ip -d -o link show veth0"), HasSubstr("promiscuity 1"));
}

TEST_F(SystemPortTest, SaysWhichDeviceIsMissing) {
  const absl::Status status = TryMake("system", "nothere").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("nothere"));
  EXPECT_EQ(TryMake("system", "lo").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SystemPortTest, PutsBackTheVlanTagsThatTheKernelTookOff) {
  ASSERT_TRUE(Shell("ip link add link veth1 name v100 type vlan id 100 && ip link set v100 up"));
  ASSERT_TRUE(
      Shell("ip link add link veth1 name q200 type vlan proto 802.1ad id 200 && "
            "ip link set q200 up"));
  auto port = Make("system", "veth0");
  Drain(*port);
  ArpFrom("v100");
  auto frames = ReceiveFrames(*port, 1);
  ASSERT_FALSE(frames.empty());
  EXPECT_THAT(std::vector<uint8_t>(frames[0].begin() + 12, frames[0].begin() + 18),
              ::testing::ElementsAre(0x81, 0x00, 0x00, 100, 0x08, 0x06));
  Shell("ip addr del 10.9.9.1/24 dev v100");
  Drain(*port);
  ArpFrom("q200");
  frames = ReceiveFrames(*port, 1);
  ASSERT_FALSE(frames.empty());
  EXPECT_THAT(std::vector<uint8_t>(frames[0].begin() + 12, frames[0].begin() + 18),
              ::testing::ElementsAre(0x88, 0xa8, 0x00, 200, 0x08, 0x06));
}

TEST_F(SystemPortTest, KernelTcpPassesInBigFramesBothWays) {
  const std::string guest = AddNamedNetns(), other = AddNamedNetns();
  ASSERT_TRUE(Shell("ip link set veth1 netns " + guest + " && ip -n " + guest +
                    " link set veth1 up && ip -n " + guest + " addr add 10.9.9.1/24 dev veth1"));
  auto veth = Make("system", "veth0");
  auto tap = Make("tap", "tap0");
  ASSERT_TRUE(Shell("ip link set tap0 netns " + other + " && ip -n " + other +
                    " link set tap0 up && ip -n " + other + " addr add 10.9.9.2/24 dev tap0"));
  Pump pump(*veth, *tap);
  EXPECT_EQ(TransferTcp(guest, other, "10.9.9.1", 8 << 20), "");
  EXPECT_GT(pump.biggest(), 16000u);
  EXPECT_EQ(TransferTcp(other, guest, "10.9.9.2", 8 << 20), "");
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kTxError), 0u);
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kRxBadOffload), 0u);
}

// A tag in the frame, an unsegmented frame behind it: the kernel must find the TCP header.
TEST_F(SystemPortTest, TaggedKernelTcpPassesInBigFrames) {
  const std::string guest = AddNamedNetns(), other = AddNamedNetns();
  const auto address = [](const std::string& netns, const std::string& device,
                          const std::string& host) {
    const std::string ip = "ip -n " + netns;
    return Shell(ip + " link set " + device + " up && " + ip + " link add link " + device +
                 " name vlan7 type vlan id 7 && " + ip + " link set vlan7 up && " + ip +
                 " addr add 10.9.9." + host + "/24 dev vlan7");
  };
  auto veth = Make("system", "veth0");
  auto tap = Make("tap", "tap0");
  ASSERT_TRUE(Shell("ip link set veth1 netns " + guest + " && ip link set tap0 netns " + other));
  ASSERT_TRUE(address(guest, "veth1", "1") && address(other, "tap0", "2"));
  Pump pump(*veth, *tap);
  EXPECT_EQ(TransferTcp(guest, other, "10.9.9.1", 4 << 20), "");
  EXPECT_EQ(TransferTcp(other, guest, "10.9.9.2", 4 << 20), "");
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kTxError), 0u);
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kRxBadOffload), 0u);
}

TEST_F(SystemPortTest, TakesUpADeviceThatVanishedAndReturned) {
  auto port = Make("system", "veth0");
  ASSERT_TRUE(Eventually([&] { return port->ReadInfo().link_up; }));
  const int before = info_changes_;
  ASSERT_TRUE(Shell("ip link del veth0"));
  ASSERT_TRUE(Eventually([&] { return info_changes_ > before && !port->ReadInfo().link_up; }));
  EXPECT_THAT(port->ReadInfo().facts, ::testing::Contains(::testing::Key("error")));
  Drain(*port);
  Send(*port, Broadcast(60));
  EXPECT_EQ(testing::Dropped(tx_, DropReason::kTxPortDown), 1u);
  ASSERT_TRUE(MakeVeth());
  ASSERT_TRUE(Eventually([&] { return port->ReadInfo().link_up; }));
  ArpFrom("veth1");
  const auto frames = ReceiveFrames(*port, 1);
  ASSERT_FALSE(frames.empty());
  EXPECT_TRUE(IsArp(frames[0]));
  Send(*port, Broadcast(60));
  EXPECT_EQ(tx_.tx_packets.Get(), 1u);
}

TEST_F(SystemPortTest, AFrameBeyondTheMtuIsCountedAsTooBig) {
  auto port = Make("system", "veth0");
  Send(*port, Broadcast(2000));
  EXPECT_EQ(testing::Dropped(tx_, DropReason::kTxTooBig), 1u);
}

TEST_F(SystemPortTest, OneBadFrameDoesNotTakeItsBurstAlong) {
  auto port = Make("system", "veth0");
  rte_mbuf* burst[3] = {testing::MakeMbuf(Broadcast(60)), testing::MakeMbuf(Broadcast(2000)),
                        testing::MakeMbuf(Broadcast(70))};
  port->Transmit(WorkerId{0}, burst, tx_);
  EXPECT_EQ(tx_.tx_packets.Get(), 2u);
  EXPECT_EQ(testing::Dropped(tx_, DropReason::kTxTooBig), 1u);
}

TEST_F(SystemPortTest, TheSleepDescriptorBecomesReadableWithAFrame) {
  auto port = Make("system", "veth0");
  Drain(*port);
  pollfd waiting{port->BeginSleep(QueueId{0}), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  ArpFrom("veth1");
  EXPECT_EQ(poll(&waiting, 1, 2000), 1);
  port->EndSleep(QueueId{0});
  EXPECT_FALSE(ReceiveFrames(*port, 1).empty());
}

TEST_F(SystemPortTest, WhatTheSocketDropsIsCounted) {
  auto port = Make("system", "veth0");
  auto sender = Make("system", "veth1");
  // More than the socket's buffer of 16 MiB (twice that by the kernel's own measure) holds.
  for (int i = 0; i < 30000; ++i) Send(*sender, Broadcast(1514));
  EXPECT_GT(port->ReadDeviceCounters().rx_dropped, 0u);
  Drain(*port);
  EXPECT_EQ(rx_.drops[static_cast<size_t>(DropReason::kRxNoBuffer)].Get(), 0u);
}

}  // namespace
}  // namespace vsw
