// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/dpdk_port.h"

#include <gmock/gmock.h>
#include <rte_mbuf.h>

#include "tests/port/netns_fixture.h"
#include "tests/support/eal.h"

namespace vsw {
namespace {

using testing::Broadcast;
using ::testing::HasSubstr;
using testing::Shell;

class DpdkPortTest : public testing::NetnsTest {
 protected:
  absl::Status Failure(const std::string& devargs, std::map<std::string, std::string> more = {}) {
    more["devargs"] = devargs;
    return TryMake("dpdk", "d0", more).status();
  }
};

TEST_F(DpdkPortTest, ReceivesFromAndSendsToANullDevice) {
  auto port = Make("dpdk", "d0", {{"devargs", "net_null0,size=100"}});
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(port->ReadInfo().link_up);
  EXPECT_EQ(port->BeginSleep(QueueId{0}), Port::kMustPoll);
  const auto frames = ReceiveFrames(*port, 1);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].size(), 100u);
  Send(*port, Broadcast(60));
  EXPECT_EQ(tx_.tx_packets.Get(), 1u);
}

TEST_F(DpdkPortTest, ARingGivesBackWhatItWasGiven) {
  auto port = Make("dpdk", "d0", {{"devargs", "net_ring0"}});
  ASSERT_NE(port, nullptr);
  Send(*port, Broadcast(777));
  EXPECT_THAT(ReceiveFrames(*port, 1), ::testing::ElementsAre(Broadcast(777)));
}

TEST_F(DpdkPortTest, PcapWorksOnAKernelDevice) {
  ASSERT_TRUE(
      Shell("ip link add veth0 type veth peer name veth1 && ip link set veth0 up && "
            "ip link set veth1 up"));
  auto peer = Make("system", "veth1");
  auto port = Make("dpdk", "d0", {{"devargs", "net_pcap0,iface=veth0"}});
  ASSERT_NE(port, nullptr);
  Drain(*peer);
  Send(*port, Broadcast(300));
  EXPECT_THAT(ReceiveFrames(*peer, 1), ::testing::Contains(Broadcast(300)));
}

TEST_F(DpdkPortTest, ADeviceComesBackAfterItsPortEnded) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_NE(Make("dpdk", "d0", {{"devargs", "net_null5"}}), nullptr) << round;
  }
}

TEST_F(DpdkPortTest, OneDeviceServesOnePort) {
  auto port = Make("dpdk", "first", {{"devargs", "net_null0"}});
  const absl::Status status = Failure("net_null0,size=200");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("first"));
  EXPECT_EQ(ReceiveFrames(*port, 1)[0].size(), 64u) << "the first one is not disturbed";
}

TEST_F(DpdkPortTest, ErrorsSayWhatIsWrong) {
  EXPECT_EQ(TryMake("dpdk", "d0").status().code(), absl::StatusCode::kInvalidArgument);
  const absl::Status driver = Failure("net_nosuch0");
  EXPECT_EQ(driver.code(), absl::StatusCode::kNotFound) << driver.ToString();
  EXPECT_THAT(std::string(driver.message()), HasSubstr("net_nosuch0"));
  const absl::Status pci = Failure("00ff:1f:1f.7");
  EXPECT_EQ(pci.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(pci.message()), HasSubstr("00ff:1f:1f.7"));
  const absl::Status iface = Failure("net_pcap0,iface=nothere");
  EXPECT_EQ(iface.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(iface.message()), HasSubstr("nothere"));
  EXPECT_EQ(Failure("net_null0", {{"rxq", "0"}}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Failure("net_ring7", {{"rxq", "64"}}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Failure("net_ring7").ok()) << "nothing half done stays behind";
}

TEST_F(DpdkPortTest, FewerQueuesThanWorkersAreShared) {
  environment_.worker_count = 4;
  auto port = Make("dpdk", "d0", {{"devargs", "net_null0"}, {"txq", "1"}});
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->ReadInfo().tx_queues, 1u);
  std::vector<std::thread> workers;
  PortCounters counters[4];
  for (uint32_t w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      for (int i = 0; i < 200; ++i) {
        rte_mbuf* burst[2] = {testing::MakeMbuf(Broadcast(60)), testing::MakeMbuf(Broadcast(61))};
        port->Transmit(WorkerId{w}, burst, counters[w]);
      }
    });
  }
  for (auto& worker : workers) worker.join();
  for (const auto& c : counters) EXPECT_EQ(c.tx_packets.Get(), 400u);
}

TEST_F(DpdkPortTest, CountsAFrameBeyondTheMtu) {
  auto port = Make("dpdk", "d0", {{"devargs", "net_null0"}});
  Send(*port, Broadcast(1700));
  EXPECT_EQ(testing::Dropped(tx_, DropReason::kTxTooBig), 1u);
}

TEST_F(DpdkPortTest, SaysWhatItLeavesToTheDevice) {
  auto port = Make("dpdk", "d0", {{"devargs", "net_null0"}});
  const auto facts = port->ReadInfo().facts;
  EXPECT_EQ(facts.at("checksum"), "software");
  EXPECT_EQ(facts.at("tunnel-offload"), "software");
  EXPECT_EQ(facts.at("tunnel-checksum"), "software");
  EXPECT_FALSE(port->tunnel_offloads().any());
}

TEST_F(DpdkPortTest, CountsATunnelPacketThatWasMeantForAnotherDevice) {
  auto port = Make("dpdk", "d0", {{"devargs", "net_null0"}});
  rte_mbuf* packet = testing::MakeMbuf(Broadcast(200));
  packet->ol_flags |= RTE_MBUF_F_TX_TUNNEL_VXLAN | RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_IPV4 |
                      RTE_MBUF_F_TX_TCP_CKSUM;
  port->Transmit(WorkerId{0}, {&packet, 1}, tx_);
  EXPECT_EQ(testing::Dropped(tx_, DropReason::kTxOffload), 1u);
}

TEST(PortFactoryTest, UnknownKindsAreAnsweredWithTheKnownOnes) {
  const absl::Status status = MakePort({}, {PortNo{1}, "x", "carrier-pigeon", {}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("internal, tap, system, dpdk"));
}

}  // namespace
}  // namespace vsw
