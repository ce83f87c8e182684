// SPDX-License-Identifier: Apache-2.0
//
// The vhost-user port: options, and the work that a guest's driver cannot do.
#include "datapath/port/vhost_user_port.h"
#include "tests/vhost/harness.h"

namespace vsw {
namespace {

using vhost::Eventually;
using vhost::Frame;
using vhost::FrontEnd;
using vhost::kBufferBase;

constexpr uint64_t kPlain = vhost::kFeatureVersion1 | vhost::kFeatureMergeable | vhost::Bit(30);

class VhostUserPortTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Port>> Make(std::map<std::string, std::string> options) {
    PortEnvironment environment;
    environment.mbuf_pool = testing::MbufPool();
    return MakePort(environment, {PortNo{1}, "vm1", "vhost-user", std::move(options)});
  }
  void Connect(Port* port, FrontEnd* front) {
    ASSERT_TRUE(front->Connect(folder_ / "vm1.sock"));
    front->Run(front->Handshake());
    ASSERT_TRUE(Eventually([&] { return port->ReadInfo().link_up; }));
    ASSERT_TRUE(Eventually([&] { return port->ReadInfo().tx_queues == 1; }));
  }
  static uint64_t Drops(const PortCounters& counters, DropReason reason) {
    return counters.drops[static_cast<size_t>(reason)].Get();
  }

  TempFolder folder_;
};

// Ethernet, IPv4 and TCP headers before `payload` bytes; the checksum field holds the sum over the
// pseudo header.
rte_mbuf* TcpPacket(uint16_t payload, uint16_t segment_bytes) {
  std::vector<uint8_t> bytes(14 + 20 + 20 + payload);
  bytes[12] = 8;
  bytes[14] = 0x45;
  const uint16_t total = static_cast<uint16_t>(bytes.size() - 14);
  bytes[16] = static_cast<uint8_t>(total >> 8), bytes[17] = static_cast<uint8_t>(total);
  bytes[22] = 64, bytes[23] = 6;
  bytes[26] = 10, bytes[30] = 10;
  bytes[46] = 0x50;
  rte_mbuf* mbuf = testing::MakeMbuf(bytes);
  mbuf->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IP_CKSUM;
  if (segment_bytes > 0) mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
  mbuf->l2_len = 14;
  mbuf->l3_len = 20;
  mbuf->l4_len = 20;
  mbuf->tso_segsz = segment_bytes;
  return mbuf;
}

TEST_F(VhostUserPortTest, RefusesWrongOptions) {
  const std::string path = folder_ / "vm1.sock";
  for (const std::map<std::string, std::string>& options :
       std::vector<std::map<std::string, std::string>>{{},
                                                       {{"path", path}, {"mode", "peer"}},
                                                       {{"path", path}, {"queues", "0"}},
                                                       {{"path", path}, {"queues", "9"}},
                                                       {{"path", path}, {"mtu", "10"}},
                                                       {{"path", path}, {"admin-state", "x"}},
                                                       {{"path", path}, {"color", "red"}}}) {
    EXPECT_EQ(Make(options).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(std::filesystem::exists(path));
  }
}

TEST_F(VhostUserPortTest, ChangesMtuAndAdminStateAloneInPlace) {
  const std::string path = folder_ / "vm1.sock";
  auto port = Make({{"path", path}, {"mtu", "2000"}});
  ASSERT_TRUE(port.ok()) << port.status().message();
  EXPECT_EQ((*port)->rx_queue_count(), 4);
  EXPECT_EQ((*port)->ReadInfo().mtu, 2000u);
  EXPECT_TRUE((*port)->Reconfigure({{"path", path}, {"mtu", "1400"}}).ok());
  EXPECT_EQ((*port)->ReadInfo().mtu, 1400u);
  EXPECT_EQ((*port)->Reconfigure({{"path", path}, {"mtu", "1400"}, {"queues", "2"}}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ((*port)->Reconfigure({{"path", path}, {"mtu", "9"}}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(VhostUserPortTest, DoesWhatTheGuestCannot) {
  auto port = Make({{"path", folder_ / "vm1.sock"}});
  ASSERT_TRUE(port.ok()) << port.status().message();
  FrontEnd front(kPlain);
  Connect(port->get(), &front);
  for (int i = 0; i < 8; ++i) front.Offer(0, {{kBufferBase + i * 2048u, 2048}});
  PortCounters counters;
  rte_mbuf* large = TcpPacket(4000, 1000);
  (*port)->Transmit(WorkerId{0}, {&large, 1}, counters);
  EXPECT_EQ(front.TakeUsed(0), (std::vector<uint32_t>(4, 12 + 54 + 1000)));
  vhost::NetHeader header;
  std::memcpy(&header, front.memory() + kBufferBase, sizeof(header));
  EXPECT_EQ(header.flags, 0);
  EXPECT_EQ(header.gso_type, 0);
  const uint8_t* checksum = front.memory() + kBufferBase + 12 + 14 + 20 + 16;
  EXPECT_NE(checksum[0] | checksum[1], 0) << "the checksum was not filled in";
  EXPECT_EQ(testing::MbufsInUse(), 0u);
}

TEST_F(VhostUserPortTest, LeavesToTheGuestWhatItCan) {
  auto port = Make({{"path", folder_ / "vm1.sock"}});
  ASSERT_TRUE(port.ok()) << port.status().message();
  FrontEnd front(kPlain | vhost::kFeatureGuestCsum | vhost::kFeatureGuestTso4);
  Connect(port->get(), &front);
  front.Offer(0, {{kBufferBase, 65536}});
  PortCounters counters;
  rte_mbuf* large = TcpPacket(4000, 1000);
  (*port)->Transmit(WorkerId{0}, {&large, 1}, counters);
  EXPECT_EQ(front.TakeUsed(0), (std::vector<uint32_t>{12 + 54 + 4000}));
  vhost::NetHeader header;
  std::memcpy(&header, front.memory() + kBufferBase, sizeof(header));
  EXPECT_EQ(header.flags, 1);
  EXPECT_EQ(header.gso_type, 1);
  EXPECT_EQ(header.gso_size, 1000);
  EXPECT_EQ(header.csum_start, 34);
  EXPECT_EQ(header.csum_offset, 16);
}

TEST_F(VhostUserPortTest, DropsUnderTheRightReasons) {
  const std::string path = folder_ / "vm1.sock";
  auto port = Make({{"path", path}, {"mtu", "1000"}});
  ASSERT_TRUE(port.ok()) << port.status().message();
  PortCounters counters;
  const auto send = [&](size_t bytes) {
    rte_mbuf* mbuf = testing::MakeMbuf(Frame(bytes));
    (*port)->Transmit(WorkerId{0}, {&mbuf, 1}, counters);
  };
  send(100);
  EXPECT_EQ(Drops(counters, DropReason::kTxNoGuest), 1u);
  send(1500);
  EXPECT_EQ(Drops(counters, DropReason::kTxTooBig), 1u);
  ASSERT_TRUE(
      (*port)->Reconfigure({{"path", path}, {"mtu", "1000"}, {"admin-state", "down"}}).ok());
  send(100);
  EXPECT_EQ(Drops(counters, DropReason::kTxPortDown), 1u);
  FrontEnd front(kPlain);
  ASSERT_TRUE(front.Connect(path));
  front.Run(front.Handshake());
  front.SendFrame(1, Frame(100));
  std::array<rte_mbuf*, kBurst> burst;
  ASSERT_TRUE(Eventually([&] {
    EXPECT_EQ((*port)->Receive(QueueId{0}, burst, counters), 0);
    return Drops(counters, DropReason::kPortDown) == 1;
  }));
  EXPECT_EQ(testing::MbufsInUse(), 0u);
}

TEST_F(VhostUserPortTest, TellsAboutItsGuest) {
  auto port = Make({{"path", folder_ / "vm1.sock"}});
  ASSERT_TRUE(port.ok()) << port.status().message();
  EXPECT_EQ((*port)->ReadInfo().facts.at("guest"), "absent");
  FrontEnd front(kPlain | vhost::kFeaturePacked);
  Connect(port->get(), &front);
  const PortInfo info = (*port)->ReadInfo();
  EXPECT_EQ(info.facts.at("guest"), "running");
  EXPECT_EQ(info.facts.at("ring"), "packed");
  EXPECT_EQ(info.facts.at("mode"), "server");
  EXPECT_EQ(info.rx_queues, 1u);
}

}  // namespace
}  // namespace vsw
