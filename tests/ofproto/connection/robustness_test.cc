// SPDX-License-Identifier: Apache-2.0
//
// Peers that send too much, read too little, or send nonsense: they may harm themselves alone.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "ofproto/connection/outbox.h"
#include "tests/ofproto/connection/server_fixture.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {
namespace {

constexpr OfVersion k13 = OfVersion::k13;

class Robustness : public ServerTest {
 protected:
  void SendPacketIns(int count, size_t bytes) {
    PacketIn packet_in;
    packet_in.packet = Bytes(bytes, 1);
    packet_in.total_bytes = static_cast<uint32_t>(bytes);
    for (int i = 0; i < count; ++i) {
      bridge_.Tell([&](BridgeObserver* observer) { observer->OnPacketIn(packet_in); });
    }
  }
  /// Flow-statistics request for all rules.
  static Bytes DumpRequest(uint32_t xid) {
    Writer body;
    body.U8(kTableAll), body.Zeros(3), body.U32(kOfpAny), body.U32(kGroupAny), body.Zeros(4 + 16);
    body.U16(1), body.U16(4), body.Zeros(4);
    return MakeMultipart(k13, xid, 1, body);
  }
  size_t Handled(const std::string& what) {
    const auto log = bridge_.TakeLog();
    return static_cast<size_t>(std::count(log.begin(), log.end(), what));
  }
};

TEST_F(Robustness, AReaderThatStopsLosesPacketInsAndNothingElse) {
  Start();
  Client slow = Connect(k13), other = Connect(k13);
  slow.Barrier(), other.Barrier();
  std::atomic<bool> done{false};
  std::atomic<int> got{0};
  std::thread reader([&] {
    while (!done || !other.Silent(50)) {
      if (!other.Silent(50) && other.Receive().has_value()) ++got;
    }
  });
  constexpr int kCount = 4000;
  for (int i = 0; i < kCount / 10; ++i) {
    SendPacketIns(10, 1400);
    usleep(500);
  }
  done = true;
  reader.join();
  EXPECT_EQ(got, kCount);
  EXPECT_TRUE(Eventually([&] {
    uint64_t dropped = 0;
    for (const auto& connection : Status().connections) dropped += connection.dropped_packet_ins;
    return dropped > 0;
  }));
  // Bounded: our limit and what the kernel holds for the socket.
  const auto held = slow.Barrier();
  EXPECT_LT(held.size() * 1400, ofconn::Outbox::kPacketInLimit + (2 << 20));
}

TEST_F(Robustness, RequestsOfAReaderThatStopsWaitAndAreAnsweredLater) {
  Start();
  bridge_.FillFlows(10000);  // a dump is about a megabyte
  Client slow = Connect(k13), other = Connect(k13);
  slow.Barrier();
  bridge_.TakeLog();
  constexpr uint32_t kDumps = 40;
  for (uint32_t i = 0; i < kDumps; ++i) slow.Send(DumpRequest(100 + i));
  EXPECT_TRUE(other.Barrier().empty());
  usleep(200000);
  const size_t early = Handled("list");
  EXPECT_LE(early, 4u);
  EXPECT_TRUE(other.Barrier().empty()) << "others are served all the time";
  uint32_t complete = 0;
  for (uint32_t i = 0; i < kDumps;) {
    const Message part = slow.Expect(type::kMultipartReply);
    ASSERT_EQ(part.header.xid, 100 + i) << "in the order of the requests";
    if ((part.body()[3] & 1) == 0) ++i, ++complete;
  }
  EXPECT_EQ(complete, kDumps);
  EXPECT_EQ(early + Handled("list"), kDumps);
}

TEST_F(Robustness, AFloodOfOnePeerLeavesOthersTheirTurn) {
  Start();
  Client flood = Connect(k13), other = Connect(k13);
  std::atomic<bool> done{false};
  std::thread flooder([&] {
    Bytes chunk;
    for (uint32_t i = 0; i < 500; ++i) {
      const Bytes mod = MakeFlowMod(k13, i, i % 50);
      chunk.insert(chunk.end(), mod.begin(), mod.end());
    }
    do flood.Send(chunk);
    while (!done);
  });
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(other.Barrier().empty());
  done = true;
  flooder.join();
  EXPECT_TRUE(flood.Barrier().empty());
  EXPECT_EQ(bridge_.flow_count(), 50u);
}

TEST_F(Robustness, GarbageEndsItsOwnConnectionAtMost) {
  const uint64_t seed = RandomSeed();
  Random random(seed);
  Start();
  Client witness = Connect(k13);
  for (int round = 0; round < 200; ++round) {
    Client client = Connect();
    const auto version = static_cast<OfVersion>(1 + random.Below(6));
    if (!random.OneIn(4)) client.Send(MakeMessage(version, type::kHello, 1));
    for (int i = 0; i < 20; ++i) {
      Bytes bytes(random.Below(300));
      for (uint8_t& octet : bytes) octet = static_cast<uint8_t>(random.Bits());
      if (random.OneIn(2)) {
        client.Send(MakeMessage(version, static_cast<uint8_t>(random.Below(36)), 5, bytes));
      } else {
        client.Send(bytes);
      }
    }
    if (random.OneIn(20)) {
      EXPECT_TRUE(witness.Barrier().empty());
    }
  }
  EXPECT_TRUE(witness.Barrier().empty());
}

TEST_F(Robustness, AThousandConnectionsComeAndGo) {
  Start();
  for (int i = 0; i < 1000; ++i) {
    Client client = Connect(k13);
    if (i % 3 == 0) client.Barrier();
  }
  EXPECT_TRUE(Eventually([&] { return Status().connections.empty(); }));
  Client client = Connect(k13);
  EXPECT_TRUE(client.Barrier().empty());
}

TEST_F(Robustness, ConnectionsBeyondTheLimitAreTurnedAway) {
  options_.max_connections = 3;
  Start();
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(Connect(k13));
  for (Client& client : clients) client.Barrier();
  Client more = Connect();
  EXPECT_TRUE(more.Ends());
  clients.pop_back();
  EXPECT_TRUE(Eventually([&] { return Status().connections.size() == 2; }));
  EXPECT_TRUE(Connect(k13).Barrier().empty());
}

TEST_F(Robustness, ABridgeThatGoesTakesItsConnectionsAlong) {
  Start();
  FakeBridge second(&control_, "br1");
  server_->SetBridge(BridgeId{8}, &second, settings_);
  Client client = Client::Unix(folder_ + "/br1.mgmt"), other = Connect(k13);
  client.Hello(k13);
  client.Barrier();
  server_->RemoveBridge(BridgeId{8});
  second.TakeLog();
  client.Send(MakeFlowMod(k13, 1, 1));
  EXPECT_TRUE(client.Ends());
  EXPECT_TRUE(second.TakeLog().empty()) << "nobody uses it after RemoveBridge()";
  EXPECT_TRUE(Eventually([&] { return !std::filesystem::exists(folder_ + "/br1.mgmt"); }));
  EXPECT_TRUE(other.Barrier().empty());
}

TEST_F(Robustness, BridgesMayComeAndGoOnTheSlowThreadItself) {
  Start();
  Client client = Connect(k13);
  std::atomic<bool> done{false};
  std::thread busy([&] {
    while (!done) client.Barrier();
  });
  for (int i = 0; i < 100; ++i) {
    auto bridge = std::make_unique<FakeBridge>(&control_, "br1");
    control_.RunOnSlowThread([&] { server_->SetBridge(BridgeId{8}, bridge.get(), settings_); });
    Client other = Client::Unix(folder_ + "/br1.mgmt");
    if (i % 2 == 0) other.Hello(k13);
    control_.RunOnSlowThread([&] {
      server_->RemoveBridge(BridgeId{8});
      bridge.reset();
    });
    // Its listener goes a moment later; the next one's is another.
    ASSERT_TRUE(Eventually([&] { return !std::filesystem::exists(folder_ + "/br1.mgmt"); }));
  }
  done = true;
  busy.join();
}

}  // namespace
}  // namespace vsw::testing
