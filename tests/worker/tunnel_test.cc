// SPDX-License-Identifier: Apache-2.0
//
// Tunnels on the packet's way: what comes out of one, what goes into one, and both by a bridge.
#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <cstring>

#include "datapath/tunnel/tunnel_config.h"
#include "datapath/tunnel/tunnel_port.h"
#include "tests/support/packet_builder.h"
#include "tests/support/tunnel_frame.h"
#include "tests/worker/lending_port.h"
#include "tests/worker/pipeline_fixture.h"

namespace vsw {
namespace {

using testing::Bytes;
using testing::Frame;
using testing::Join;
using testing::PacketBuilder;
using testing::PipelineTest;
using testing::With;
using enum DropReason;

constexpr uint32_t kLocal = 0xc0000201, kRemote = 0xc0000202;  // 192.0.2.1 and .2
constexpr uint32_t kTunnel = 4;
const MacAddress kOurMac = PacketBuilder::Address(0x11);

Bytes Inner(size_t payload = 30) {
  return PacketBuilder()
      .Ethernet(2, 1)
      .Ipv4(0x0a000001, 0x0a000002)
      .Udp(1000, 53)
      .Payload(payload)
      .Build();
}
Bytes Outer(uint32_t vni, const Bytes& inner, uint16_t udp_port = 4789) {
  const auto headers =
      PacketBuilder().Ethernet(0x11, 0x22).Ipv4(kRemote, kLocal).Udp(50000, udp_port);
  return With(headers, Join({testing::Vxlan(vni), inner}));
}

class TunnelTest : public PipelineTest {
 protected:
  // Port 4 is a tunnel to 192.0.2.2; its way is port 2, or port 3's bridge.
  void MakeTunnel(std::map<std::string, std::string> options, bool has_way = true,
                  PortNo enters_bridge_by = kNoPort) {
    auto port = TunnelPort::Make({.pool = testing::MbufPool(),
                                  .tunnels = &tunnels_,
                                  .next_hops = &underlay_.next_hops,
                                  .outlets = {pipeline_->outlet()},
                                  .synchronize = [] {},
                                  .describe_way = {}},
                                 PortNo{kTunnel}, "t", BridgeId{0}, TunnelKind::kVxlan, options);
    ASSERT_TRUE(port.ok()) << port.status();
    tunnel_ = *std::move(port);
    ports_.Publish(tunnel_.get());
    if (has_way) PublishWay(enters_bridge_by);
  }
  void PublishWay(PortNo enters_bridge_by = kNoPort) {
    const NextHop way = {.egress = PortNo{2},
                         .enters_bridge_by = enters_bridge_by,
                         .local = IpAddress::FromV4(Be32::From(kLocal)),
                         .source_mac = kOurMac,
                         .destination_mac = PacketBuilder::Address(0x22),
                         .mtu = 1500};
    const IpAddress remote = IpAddress::FromV4(Be32::From(kRemote));
    const NextHopMap::Rows rows = {{TunnelEnds{{}, remote}, way}};
    (void)underlay_.next_hops.Publish(std::make_unique<NextHopMap>(rows));
  }
  void Ingress(uint32_t port, bool hidden) {
    auto role = std::make_unique<IngressRole>();
    role->hidden = hidden;
    role->mac = kOurMac;
    role->addresses = {IpAddress::FromV4(Be32::From(kLocal))};
    (void)underlay_.ingress.Publish(PortNo{port}, std::move(role));
  }
  // What comes from a port has its own actions.
  void ByPort(std::map<uint32_t, std::vector<Action>> actions) {
    slow_path_.Publish([=, this](const FlowKey& key, Translation* result) {
      keys_.push_back(key);
      const auto found = actions.find(ToInt(key.in_port));
      if (found == actions.end()) {
        result->drop_reason = kTableMiss;
        return;
      }
      for (const Action& action : found->second) result->actions.push_back(action);
    });
  }
  static std::vector<Action> To(uint32_t port) { return {Action::Output(PortNo{port})}; }

  std::unique_ptr<Port> tunnel_;
  std::vector<FlowKey> keys_;
};

TEST_F(TunnelTest, TakesFramesOutInTheSamePass) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  Ingress(1, /*hidden=*/true);
  ByPort({{kTunnel, To(3)}});
  Receive({Outer(100, Inner()), Outer(100, Inner(50))});
  EXPECT_EQ(third_.TakeSent(), (std::vector<Frame>{Inner(), Inner(50)}));
  ASSERT_FALSE(keys_.empty());
  EXPECT_EQ(keys_[0].in_port, PortNo{kTunnel});
  EXPECT_EQ(keys_[0].tun_id.Get(), 100u);
  EXPECT_EQ(keys_[0].tun_ipv4_src.Get(), kRemote);
  EXPECT_EQ(counters_[kTunnel].rx_packets.Get(), 2u);
  EXPECT_EQ(counters_[kTunnel].rx_bytes.Get(), Inner().size() + Inner(50).size());
  EXPECT_EQ(counters_[1].rx_packets.Get(), 2u);
}

TEST_F(TunnelTest, TakesLaterFramesOutAsTheFirst) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  Ingress(1, /*hidden=*/true);
  ByPort({{kTunnel, To(3)}});
  const Bytes arp = PacketBuilder().Ethernet(2, 1).Type(0x1234).Payload(50).Build();
  Receive({Outer(100, Inner())});
  Receive({Outer(100, Inner(50)), Outer(101, Inner()), Outer(100, arp), Outer(100, Inner())});
  EXPECT_EQ(third_.TakeSent(), (std::vector<Frame>{Inner(), Inner(50), arp, Inner()}));
  EXPECT_EQ(counters_[kTunnel].rx_packets.Get(), 4u);
  EXPECT_EQ(counters_[kTunnel].rx_bytes.Get(), 2 * Inner().size() + Inner(50).size() + arp.size());
  EXPECT_EQ(counters_[1].rx_packets.Get(), 5u);
  EXPECT_EQ(Drops(1, kTunnelUnknown), 1u);
  for (const FlowKey& key : keys_) {
    EXPECT_EQ(key.in_port, PortNo{kTunnel});
    EXPECT_EQ(key.tun_id.Get(), 100u);
    EXPECT_EQ(key.tun_ipv4_src.Get(), kRemote);
  }
}

TEST_F(TunnelTest, TakesWholeFramesOutOfThoseThatAreLent) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  Ingress(1, /*hidden=*/true);
  ByPort({{kTunnel, To(3)}});
  testing::LendingPort lender(1);
  for (int i = 0; i < 3; ++i) {
    lender.PassTo(pipeline_.get(), {Outer(100, Inner(1400)), Outer(100, Inner(1300))}, ++now_);
    EXPECT_EQ(third_.TakeSent(), (std::vector<Frame>{Inner(1400), Inner(1300)}));
  }
}

TEST_F(TunnelTest, PutsWholeFramesInOfThoseThatAreLent) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  ByPort({{1, To(kTunnel)}});
  testing::LendingPort lender(1);
  lender.PassTo(pipeline_.get(), {Inner(1400)}, ++now_);
  const std::vector<Frame> sent = out_.TakeSent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(Frame(sent[0].end() - static_cast<ptrdiff_t>(Inner(1400).size()), sent[0].end()),
            Inner(1400));
}

TEST_F(TunnelTest, TellsByTunnelFieldsWhatLooksTheSameInside) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "flow"}});
  Ingress(1, /*hidden=*/true);
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->mask.bits.tun_id.raw = ~uint64_t{0};
    result->actions.push_back(Action::Output(PortNo{key.tun_id.Get() == 100 ? 3u : 2u}));
  });
  for (int i = 0; i < 4; ++i) Receive({Outer(100, Inner()), Outer(100, Inner(50))});
  for (int i = 0; i < 4; ++i) {
    Receive({Outer(100, Inner()), Outer(101, Inner(40)), Outer(100, Inner(50))});
  }
  const std::vector<Frame> sent = third_.TakeSent();
  ASSERT_EQ(sent.size(), 16u);
  for (size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(sent[i], Inner(i % 2 == 0 ? 30 : 50)) << i;
  EXPECT_EQ(out_.TakeSent(), std::vector<Frame>(4, Inner(40)));
  EXPECT_EQ(counters_[kTunnel].rx_packets.Get(), 20u);
  EXPECT_EQ(slow_path_.translations(), 2u);
}

TEST_F(TunnelTest, ForgetsWhatTunnelsAndAddressesThereWere) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  Ingress(1, /*hidden=*/true);
  ByPort({{kTunnel, To(3)}});
  Receive({Outer(100, Inner()), Outer(100, Inner())});
  EXPECT_EQ(third_.TakeSent().size(), 2u);
  auto elsewhere = std::make_unique<IngressRole>();
  elsewhere->hidden = true;
  (void)underlay_.ingress.Publish(PortNo{1}, std::move(elsewhere));
  Receive({Outer(100, Inner())});
  EXPECT_EQ(Drops(1, kTunnelUnknown), 1u);
  Ingress(1, /*hidden=*/true);
  Receive({Outer(100, Inner()), Outer(100, Inner())});
  EXPECT_EQ(third_.TakeSent().size(), 2u);
  ports_.Withdraw(PortNo{kTunnel});
  tunnel_.reset();
  Receive({Outer(100, Inner())});
  EXPECT_EQ(Drops(1, kTunnelUnknown), 2u);
}

TEST_F(TunnelTest, NamesWhatIsForNoTunnel) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  Ingress(1, /*hidden=*/true);
  ByPort({});
  Receive({Outer(101, Inner()), Outer(100, Inner(), 53), Outer(100, {1})});
  EXPECT_EQ(Drops(1, kTunnelUnknown), 2u);
  EXPECT_EQ(Drops(kTunnel, kRxMalformed), 1u) << "what is inside is the tunnel's";
}

TEST_F(TunnelTest, LeavesTheBridgeWhatIsNotForItsAddress) {
  MakeTunnel({{"remote", "192.0.2.2"}});
  Ingress(1, /*hidden=*/false);
  ByPort({{1, To(2)}, {kTunnel, To(3)}});
  Bytes to_other_mac = Outer(0, Inner());
  to_other_mac[5] = 0x99;
  Receive({Outer(0, Inner()), to_other_mac, Inner()});
  EXPECT_EQ(third_.TakeSent(), (std::vector<Frame>{Inner()}));
  EXPECT_EQ(out_.TakeSent(), (std::vector<Frame>{to_other_mac, Inner()}));
  const auto later = PacketBuilder()
                         .Ethernet(0x11, 0x22)
                         .Ipv4(kRemote, kLocal)
                         .Fragment(9, false)
                         .Protocol(17)
                         .Payload(40)
                         .Build();
  Receive({later});
  EXPECT_EQ(Drops(1, kTunnelFragment), 1u);
}

TEST_F(TunnelTest, SendsByThePortOfTheWay) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "7"}});
  ByPort({{1, To(kTunnel)}});
  Receive({Inner(), Inner()});
  const std::vector<Frame> sent = out_.TakeSent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(Frame(sent[0].begin() + 42, sent[0].end()), Join({testing::Vxlan(7), Inner()}));
  EXPECT_EQ(counters_[kTunnel].tx_packets.Get(), 2u);
}

// Actions that set where the packet goes, as translation writes them.
std::vector<Action> SetThenOutput(uint64_t id) {
  TunnelSet set;
  set.fields = TunnelSet::kId | TunnelSet::kRemote;
  set.tun_id = id;
  set.remote = IpAddress::FromV4(Be32::From(kRemote));
  std::vector<Action> actions = {Action::SetTunnel(sizeof(set))};
  std::vector<Action> slots(ActionSlots(sizeof(set)), Action::Output(PortNo{1}));
  std::memcpy(static_cast<void*>(slots.data()), &set, sizeof(set));
  actions.insert(actions.end(), slots.begin(), slots.end());
  actions.push_back(Action::Output(PortNo{kTunnel}));
  return actions;
}

TEST_F(TunnelTest, SendsWhereTheRulesSay) {
  MakeTunnel({{"remote", "flow"}, {"key", "flow"}});
  std::vector<Action> both = SetThenOutput(5);
  const std::vector<Action> second = SetThenOutput(6);
  both.insert(both.end(), second.begin(), second.end());
  ByPort({{1, both}, {3, To(kTunnel)}});
  Receive({Inner()});
  const std::vector<Frame> sent = out_.TakeSent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0][48], 5);
  EXPECT_EQ(sent[1][48], 6);
  Receive({Inner()}, 3);
  EXPECT_EQ(Drops(kTunnel, kTunnelNoRemote), 1u) << "nothing is left from packets before";
}

TEST_F(TunnelTest, SendsMoreSetsThanItRemembersAtOnce) {
  MakeTunnel({{"remote", "flow"}, {"key", "flow"}});
  std::vector<Action> actions;
  for (uint64_t id = 0; id < 1000; ++id) {
    const std::vector<Action> more = SetThenOutput(id % 200);
    actions.insert(actions.end(), more.begin(), more.end());
  }
  ByPort({{1, actions}});
  Receive({Inner(), Inner()});
  const std::vector<Frame> sent = out_.TakeSent();
  ASSERT_EQ(sent.size(), 2000u);
  for (size_t i = 0; i < 2000; ++i) ASSERT_EQ(sent[i][48], i % 200) << i;
}

TEST_F(TunnelTest, EntersTheBridgeThatHasTheAddress) {
  MakeTunnel({{"remote", "192.0.2.2"}}, true, PortNo{3});
  ByPort({{1, To(kTunnel)}, {3, To(2)}});
  Receive({Inner(), Inner()});
  ASSERT_EQ(out_.TakeSent().size(), 2u);
  EXPECT_EQ(counters_[3].rx_packets.Get(), 2u);
}

TEST_F(TunnelTest, EndsLoopsByName) {
  MakeTunnel({{"remote", "192.0.2.2"}}, true, PortNo{3});
  ByPort({{1, To(kTunnel)}, {3, To(kTunnel)}});
  Receive({Inner(), Inner()});
  EXPECT_EQ(Drops(3, kTunnelLoop), 2u);
  EXPECT_TRUE(out_.TakeSent().empty());
}

TEST_F(TunnelTest, TakesFramesOutWhereABridgeSaysSo) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  ByPort({{1, {Action::Decapsulate(PortNo{3})}}, {kTunnel, To(2)}});
  Receive({Outer(100, Inner()), Outer(101, Inner())});
  EXPECT_EQ(out_.TakeSent(), (std::vector<Frame>{Inner()}));
  EXPECT_EQ(third_.TakeSent(), (std::vector<Frame>{Outer(101, Inner())})) << "the host may want it";
  EXPECT_EQ(counters_[kTunnel].rx_packets.Get(), 1u);
  EXPECT_EQ(keys_.back().tun_id.Get(), 100u);
}

TEST_F(TunnelTest, TakesFramesOutOfWhatActionsHaveChanged) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "100"}});
  ByPort({{1, {Action::PopVlan(), Action::Decapsulate(PortNo{3})}}, {kTunnel, To(2)}});
  Bytes tagged = Outer(100, Inner());
  const Bytes tag = {0x81, 0, 0, 5};
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  Receive({tagged});
  EXPECT_EQ(out_.TakeSent(), (std::vector<Frame>{Inner()}));
}

TEST_F(TunnelTest, KeepsPacketsUntilTheWayIsKnown) {
  MakeTunnel({{"remote", "flow"}, {"key", "flow"}}, /*has_way=*/false);
  ByPort({{1, SetThenOutput(9)}});
  Receive({Inner(), Inner()});
  EXPECT_TRUE(out_.TakeSent().empty());
  EXPECT_TRUE(pipeline_->holds_packets());
  UnderlayEvent event;
  ASSERT_TRUE(underlay_.events.Pop(&event));
  EXPECT_EQ(event.remote, IpAddress::FromV4(Be32::From(kRemote)));
  PublishWay();
  pipeline_->SendHeld(rte_rdtsc());
  const std::vector<Frame> sent = out_.TakeSent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[1][48], 9) << "with what the rules had set";
  EXPECT_FALSE(pipeline_->holds_packets());
}

TEST_F(TunnelTest, DropsByNameWhatWaitedTooLong) {
  MakeTunnel({{"remote", "192.0.2.2"}}, /*has_way=*/false);
  ByPort({{1, To(kTunnel)}});
  Receive({Inner()});
  pipeline_->SendHeld(rte_rdtsc() + 4 * rte_get_tsc_hz());
  EXPECT_EQ(Drops(kTunnel, kTunnelUnresolved), 1u);
}

TEST_F(TunnelTest, AnswersTheSenderOfWhatIsTooBig) {
  MakeTunnel({{"remote", "192.0.2.2"}, {"key", "7"}});
  ByPort({{1, To(kTunnel)}, {kTunnel, To(3)}});
  Receive({Inner(1460)});
  EXPECT_EQ(Drops(kTunnel, kTunnelTooBig), 1u);
  const std::vector<Frame> answers = third_.TakeSent();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0][23], 1) << "ICMP";
  EXPECT_EQ(keys_.back().in_port, PortNo{kTunnel});
  EXPECT_EQ(keys_.back().tun_id.Get(), 7u);
}

}  // namespace
}  // namespace vsw
