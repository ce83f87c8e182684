// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/system_port.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <rte_mbuf.h>

#include "tests/port/netns_fixture.h"
#include "tests/support/eal.h"

namespace vsw {
namespace {

using testing::Broadcast;
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
  EXPECT_EQ(port->ReadInfo().speed_mbps, 10'000u);  // what a veth says of itself
  EXPECT_THAT(Output("ip -d -o link show veth0"), HasSubstr("promiscuity 1"));
}

TEST_F(SystemPortTest, SaysWhichDeviceIsMissing) {
  const absl::Status status = TryMake("system", "nothere").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("nothere"));
  EXPECT_EQ(TryMake("system", "lo").status().code(), absl::StatusCode::kInvalidArgument);
}

// The kernel takes the outer tag off whatever device a frame comes in by.
TEST_F(SystemPortTest, PutsBackTheVlanTagsThatTheKernelTookOff) {
  auto port = Make("system", "veth0");
  auto peer = Make("system", "veth1");
  Drain(*port);
  const std::vector<std::vector<uint8_t>> tag_stacks = {
      {0x81, 0x00, 0x60, 100},
      {0x88, 0xa8, 0x00, 200},
      {0x81, 0x00, 0xe0, 0},
      {0x88, 0xa8, 0x00, 200, 0x81, 0x00, 0x20, 7}};
  for (const auto& tags : tag_stacks) {
    std::vector<uint8_t> frame = Broadcast(300);
    frame.insert(frame.begin() + 12, tags.begin(), tags.end());
    Send(*peer, frame);
    EXPECT_THAT(ReceiveFrames(*port, 1), ::testing::Contains(frame));
  }
}

TEST_F(SystemPortTest, KernelTcpPassesInBigFramesBothWays) {
  const std::string guest = AddNamedNetns(), other = AddNamedNetns();
  ASSERT_TRUE(Shell("ip link set veth1 netns " + guest + " && nsenter --net=/run/netns/" + guest +
                    " ip" + " link set veth1 up && nsenter --net=/run/netns/" + guest + " ip" +
                    " addr add 10.9.9.1/24 dev veth1"));
  auto veth = Make("system", "veth0");
  auto tap = Make("tap", "tap0");
  ASSERT_TRUE(Shell("ip link set tap0 netns " + other + " && nsenter --net=/run/netns/" + other +
                    " ip" + " link set tap0 up && nsenter --net=/run/netns/" + other + " ip" +
                    " addr add 10.9.9.2/24 dev tap0"));
  Pump pump(*veth, *tap);
  EXPECT_EQ(TransferTcp(guest, other, "10.9.9.1", 8 << 20), "");
  EXPECT_GT(pump.biggest(), 16000u);
  EXPECT_EQ(TransferTcp(other, guest, "10.9.9.2", 8 << 20), "");
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kTxError), 0u);
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kRxBadOffload), 0u);
}

// Between two switches over a veth pair, with a tag: the kernel must find the TCP header of an
// unsegmented frame behind it, and counts without it on the other side.
TEST_F(SystemPortTest, TaggedKernelTcpPassesInBigFrames) {
  const std::string left = AddNamedNetns(), right = AddNamedNetns();
  const auto place = [](const std::string& device, const std::string& netns,
                        const std::string& host) {
    const std::string ip = "nsenter --net=/run/netns/" + netns + " ip";
    return Shell("ip link set " + device + " netns " + netns + " && " + ip + " link set " + device +
                 " up && " + ip + " addr add 10.9.9." + host + "/24 dev " + device);
  };
  auto tap_left = Make("tap", "tapl"), tap_right = Make("tap", "tapr");
  ASSERT_TRUE(place("tapl", left, "1") && place("tapr", right, "2"));
  auto trunk_left = Make("system", "veth0"), trunk_right = Make("system", "veth1");
  Pump switch_left(*tap_left, *trunk_left, testing::PushVlan, testing::PopVlan);
  Pump switch_right(*tap_right, *trunk_right, testing::PushVlan, testing::PopVlan);
  EXPECT_EQ(TransferTcp(left, right, "10.9.9.1", 4 << 20), "");
  EXPECT_EQ(TransferTcp(right, left, "10.9.9.2", 4 << 20), "");
  EXPECT_GT(switch_left.biggest(), 16000u);
  EXPECT_GT(switch_right.biggest(), 16000u);
  for (const Pump* pump : {&switch_left, &switch_right}) {
    EXPECT_EQ(testing::Dropped(pump->counters(), DropReason::kTxError), 0u);
    EXPECT_EQ(testing::Dropped(pump->counters(), DropReason::kRxBadOffload), 0u);
  }
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
