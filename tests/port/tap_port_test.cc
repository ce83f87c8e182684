// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/tap_port.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <rte_mbuf.h>

#include "base/unique_fd.h"
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

class TapPortTest : public testing::NetnsTest {
 protected:
  // A broadcast from the host's side of the device.
  static bool SendFromHost(const std::string& in = "") {
    return Shell(in + " ip neigh flush all; " + in +
                 " ping -c 1 -W 0.05 -q 10.9.9.2 >/dev/null 2>&1; true");
  }
};

TEST_F(TapPortTest, MakesADeviceThatIsUpWithTheWantedProperties) {
  auto port = Make("tap", "tap0", {{"mac", "02:00:00:00:00:99"}, {"mtu", "9000"}});
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(Eventually([&] { return port->ReadInfo().link_up; }));
  EXPECT_EQ(port->ReadInfo().mac.ToString(), "02:00:00:00:00:99");
  EXPECT_EQ(port->ReadInfo().mtu, 9000u);
  EXPECT_EQ(port->rx_queue_count(), 1);
  EXPECT_THAT(Output("ip -o link show tap0"), HasSubstr("mtu 9000"));
}

TEST_F(TapPortTest, ItsAddressIsStableLocalAndUnicast) {
  auto port = Make("tap", "tap0");
  const MacAddress mac = port->ReadInfo().mac;
  EXPECT_EQ(mac.octets[0] & 3, 2);
  auto other = Make("tap", "tap1");
  EXPECT_NE(other->ReadInfo().mac, mac);
  port->Retire();
  port.reset();
  EXPECT_EQ(Make("tap", "tap0")->ReadInfo().mac, mac);
}

TEST_F(TapPortTest, FramesGoBothWaysUnchanged) {
  auto port = Make("tap", "tap0");
  Shell("ip addr add 10.9.9.1/24 dev tap0");
  Drain(*port);
  ASSERT_TRUE(SendFromHost());
  const auto frames = ReceiveFrames(*port, 1);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0][12], 0x08);  // ARP for 10.9.9.2
  EXPECT_EQ(frames[0][13], 0x06);
  EXPECT_EQ(frames[0].back(), 2);

  for (const size_t bytes : {size_t{60}, size_t{1514}}) Send(*port, Broadcast(bytes));
  EXPECT_EQ(tx_.tx_packets.Get(), 2u);
  EXPECT_EQ(tx_.tx_bytes.Get(), 60u + 1514u);
  EXPECT_THAT(Output("cat /sys/class/net/tap0/statistics/rx_bytes 2>/dev/null; "
                     "ip -s -o link show tap0"),
              HasSubstr("1574"));
}

TEST_F(TapPortTest, RefusesNamesThatTheKernelWouldNot) {
  for (const char* name : {"", "sixteen-letters-", "a/b", "a b", "tap%d", ".", ".."}) {
    EXPECT_EQ(TryMake("tap", name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_TRUE(TryMake("tap", "fifteen-letters").ok());
}

TEST_F(TapPortTest, RefusesADeviceThatIsNotItsOwn) {
  ASSERT_TRUE(Shell("ip tuntap add tap0 mode tap"));
  const absl::Status status = TryMake("tap", "tap0").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("tap0"));
  EXPECT_TRUE(Shell("ip link show tap0 >/dev/null")) << "it must not be touched";
}

TEST_F(TapPortTest, AnotherSwitchsDeviceIsNotItsOwn) {
  auto port = Make("tap", "tap0");
  environment_.instance += "-other";
  EXPECT_EQ(TryMake("tap", "tap0").status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(TapPortTest, RefusesWrongOptions) {
  const std::map<std::string, std::string> cases[] = {{{"mac", "01:00:00:00:00:01"}},
                                                      {{"mac", "x"}},
                                                      {{"mtu", "67"}},
                                                      {{"mtu", "9217"}},
                                                      {{"queues", "0"}},
                                                      {{"admin-state", "on"}},
                                                      {{"colour", "blue"}},
                                                      {{"device", "eth0"}}};
  for (const auto& options : cases) {
    EXPECT_EQ(TryMake("tap", "tap0", options).status().code(), absl::StatusCode::kInvalidArgument)
        << options.begin()->first << "=" << options.begin()->second;
  }
  EXPECT_FALSE(Shell("ip link show tap0 >/dev/null 2>&1")) << "nothing half done";
}

TEST_F(TapPortTest, TheDeviceAndItsAddressesOutliveADeadSwitch) {
  auto port = Make("tap", "tap0");
  ASSERT_TRUE(Shell("ip addr add 10.9.9.1/24 dev tap0"));
  port.reset();  // as when vswitchd is killed
  EXPECT_THAT(Output("ip -o addr show tap0"), HasSubstr("10.9.9.1"));
  port = Make("tap", "tap0");
  EXPECT_THAT(Output("ip -o addr show tap0"), HasSubstr("10.9.9.1"));
  ASSERT_TRUE(Eventually([&] { return port->ReadInfo().link_up; }));
  ASSERT_TRUE(SendFromHost());
  EXPECT_FALSE(ReceiveFrames(*port, 1).empty());
}

TEST_F(TapPortTest, TheDeviceGoesAwayWithARetiredPort) {
  auto port = Make("tap", "tap0");
  port->Retire();
  port.reset();
  EXPECT_FALSE(Shell("ip link show tap0 >/dev/null 2>&1"));
}

TEST_F(TapPortTest, IsFoundAgainInANamedNamespaceUnderAnotherName) {
  const std::string netns = AddNamedNetns();
  auto port = Make("tap", "tap0");
  ASSERT_TRUE(Shell("ip link set tap0 netns " + netns + " && nsenter --net=/run/netns/" + netns +
                    " ip" + " link set tap0 name eth0 && nsenter --net=/run/netns/" + netns +
                    " ip" + " addr add 10.9.9.1/24 dev eth0 && nsenter --net=/run/netns/" + netns +
                    " ip" + " link set eth0 up"));
  EXPECT_EQ(port->ReadInfo().facts.at("netns"), "other");
  port.reset();
  port = Make("tap", "tap0");
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->ReadInfo().facts.at("device"), "eth0");
  EXPECT_FALSE(Shell("ip link show tap0 >/dev/null 2>&1"));
  ASSERT_TRUE(Eventually([&] { return port->ReadInfo().link_up; }));
  ASSERT_TRUE(SendFromHost("nsenter --net=/run/netns/" + netns));
  EXPECT_FALSE(ReceiveFrames(*port, 1).empty());
  port->Retire();
  port.reset();
  EXPECT_FALSE(
      Shell("nsenter --net=/run/netns/" + netns + " ip" + " link show eth0 >/dev/null 2>&1"));
}

TEST_F(TapPortTest, IsFoundAgainInANamespaceThatOnlyAProcessHolds) {
  auto port = Make("tap", "tap0");
  const std::string pid = Output("unshare -n sleep 20 >/dev/null 2>&1 & echo $!");
  const std::string holder = pid.substr(0, pid.find('\n'));
  ASSERT_TRUE(Eventually([&] {
    return Output("readlink /proc/" + holder + "/ns/net") != Output("readlink /proc/self/ns/net");
  }));
  ASSERT_TRUE(Shell("ip link set tap0 netns " + holder));
  port.reset();
  port = Make("tap", "tap0");
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->ReadInfo().facts.at("netns"), "other");
  EXPECT_FALSE(Shell("ip link show tap0 >/dev/null 2>&1"));
  port.reset();
  Shell("kill " + holder);
}

TEST_F(TapPortTest, ANewNumberOfQueuesMakesTheDeviceAnew) {
  Make("tap", "tap0").reset();
  auto port = Make("tap", "tap0", {{"queues", "3"}});
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->rx_queue_count(), 3);
  EXPECT_EQ(port->Reconfigure({{"queues", "1"}}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(TapPortTest, ADeletedDeviceIsMadeAnew) {
  auto port = Make("tap", "tap0");
  Drain(*port);
  const int fd = port->BeginSleep(QueueId{0});
  port->EndSleep(QueueId{0});
  ASSERT_TRUE(Shell("ip link del tap0"));
  ASSERT_TRUE(Eventually([&] {
    Drain(*port);
    return Shell("ip link show tap0 >/dev/null 2>&1") && port->ReadInfo().link_up;
  }));
  EXPECT_TRUE(Eventually([&] { return wakes_ > 0; }));
  EXPECT_EQ(port->BeginSleep(QueueId{0}), fd) << "what workers sleep on stays the same";
  port->EndSleep(QueueId{0});
  Shell("ip addr add 10.9.9.1/24 dev tap0");
  ASSERT_TRUE(SendFromHost());
  EXPECT_FALSE(ReceiveFrames(*port, 1).empty());
}

TEST_F(TapPortTest, IsMadeAnewWhenItsNamespaceEnds) {
  auto port = Make("tap", "tap0");
  const std::string netns = AddNamedNetns();
  ASSERT_TRUE(Shell("ip link set tap0 netns " + netns + " && ip netns del " + netns));
  EXPECT_TRUE(Eventually([&] {
    Drain(*port);
    return Shell("ip link show tap0 >/dev/null 2>&1");
  }));
  Shell("ip netns add " + netns);  // for the clean-up
}

TEST_F(TapPortTest, StaleDevicesAreRemovedAndOthersAreNot) {
  const std::string netns = AddNamedNetns();
  for (const char* name : {"tap0", "tap1", "tap2"}) Make("tap", name).reset();
  ASSERT_TRUE(Shell("ip link set tap1 netns " + netns + "; ip tuntap add tap3 mode tap"));
  EXPECT_THAT(RemoveStaleTaps(environment_.instance, {"tap2"}),
              ::testing::UnorderedElementsAre("tap0", "tap1"));
  EXPECT_TRUE(Shell("ip link show tap2 >/dev/null && ip link show tap3 >/dev/null"));
}

TEST_F(TapPortTest, TheSleepDescriptorBecomesReadableWithAFrame) {
  auto port = Make("tap", "tap0");
  Shell("ip addr add 10.9.9.1/24 dev tap0");
  Drain(*port);
  pollfd waiting{port->BeginSleep(QueueId{0}), POLLIN, 0};
  ASSERT_GE(waiting.fd, 0);
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  ASSERT_TRUE(SendFromHost());
  EXPECT_EQ(poll(&waiting, 1, 2000), 1);
  port->EndSleep(QueueId{0});
  EXPECT_FALSE(ReceiveFrames(*port, 1).empty());
}

TEST_F(TapPortTest, DownCountsWhatItDoesNotSend) {
  auto port = Make("tap", "tap0");
  ASSERT_TRUE(port->Reconfigure({{"admin-state", "down"}}).ok());
  EXPECT_FALSE(port->ReadInfo().link_up);
  Send(*port, Broadcast(60));
  EXPECT_EQ(testing::Dropped(tx_, DropReason::kTxPortDown), 1u);
  ASSERT_TRUE(port->Reconfigure({}).ok());
  Send(*port, Broadcast(60));
  EXPECT_EQ(tx_.tx_packets.Get(), 1u);
}

TEST_F(TapPortTest, ReconfiguresALivingDevice) {
  auto port = Make("tap", "tap0");
  ASSERT_TRUE(port->Reconfigure({{"mtu", "1400"}, {"mac", "02:00:00:00:00:42"}}).ok());
  EXPECT_EQ(port->ReadInfo().mtu, 1400u);
  EXPECT_EQ(port->ReadInfo().mac.ToString(), "02:00:00:00:00:42");
  EXPECT_TRUE(Eventually([&] { return info_changes_ > 0; }));
}

// Two taps in two namespaces with the pump as the switch: the kernels' TCP goes unsegmented.
TEST_F(TapPortTest, KernelTcpPassesInBigFramesOverIpv4AndIpv6) {
  const std::string left = AddNamedNetns(), right = AddNamedNetns();
  auto a = Make("tap", "tapa"), b = Make("tap", "tapb");
  ASSERT_TRUE(Shell("ip link set tapa netns " + left + " && ip link set tapb netns " + right));
  for (const auto& [netns, device, host] :
       {std::tuple{left, "tapa", "1"}, std::tuple{right, "tapb", "2"}}) {
    const std::string ip = "nsenter --net=/run/netns/" + netns + " ip";
    ASSERT_TRUE(Shell(ip + " link set " + device + " up && " + ip + " addr add 10.9.9." + host +
                      "/24 dev " + device + " && " + ip + " addr add fd00::" + host +
                      "/64 nodad dev " + device));
  }
  Pump pump(*a, *b);
  EXPECT_EQ(TransferTcp(left, right, "10.9.9.1", 8 << 20), "");
  EXPECT_GT(pump.biggest(), 16000u) << "TCP was cut before it reached the switch";
  EXPECT_EQ(TransferTcp(right, left, "fd00::2", 8 << 20), "");
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kRxBadOffload), 0u);
  EXPECT_EQ(testing::Dropped(pump.counters(), DropReason::kTxError), 0u);
}

}  // namespace
}  // namespace vsw
