// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/tunnel_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <set>

#include "datapath/packet/checksum.h"
#include "datapath/packet/flow_key.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/tunnel_mark.h"
#include "datapath/tunnel/tunnel_headers.h"
#include "tests/support/eal.h"
#include "tests/support/tunnel_frame.h"
#include "tests/tunnel/fake_outlet.h"

namespace vsw {
namespace {

using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Join;
using testing::PacketBuilder;
using testing::With;
using Options = std::map<std::string, std::string>;
using enum DropReason;

constexpr PortNo kTunnel{3}, kEgress{9};
const IpAddress kLocal4 = *IpAddress::Parse("192.0.2.1");
const IpAddress kRemote4 = *IpAddress::Parse("192.0.2.2");
const IpAddress kLocal6 = *IpAddress::Parse("fd00::1");
const IpAddress kRemote6 = *IpAddress::Parse("fd00::2");

uint16_t Get16(const Bytes& bytes, size_t at) {
  return static_cast<uint16_t>(bytes.at(at) << 8 | bytes.at(at + 1));
}

class TunnelPortTest : public ::testing::Test {
 protected:
  void SetUp() override {
    in_use_before_ = (testing::MbufPool(), testing::MbufsInUse());
    TunnelMark::Register();
    Ways(1500);
  }
  void TearDown() override {
    outlet_.Clear();
    EXPECT_EQ(testing::MbufsInUse(), in_use_before_) << "mbufs leaked";
  }
  void Ways(uint32_t mtu, PortNo enters_bridge_by = kNoPort) {
    NextHopMap::Rows rows;
    for (const auto& [local, remote] :
         {std::pair(kLocal4, kRemote4), std::pair(kLocal6, kRemote6)}) {
      const NextHop next_hop = {.egress = kEgress,
                                .enters_bridge_by = enters_bridge_by,
                                .local = local,
                                .source_mac = MacAddress::FromU64(0x020000000011),
                                .destination_mac = MacAddress::FromU64(0x020000000022),
                                .mtu = mtu};
      rows.push_back({{{}, remote}, next_hop});
    }
    (void)next_hops_.Publish(std::make_unique<NextHopMap>(rows));
  }
  absl::StatusOr<std::unique_ptr<Port>> TryMake(TunnelKind kind, const Options& options,
                                                PortNo number = kTunnel) {
    return TunnelPort::Make({.pool = testing::MbufPool(),
                             .tunnels = &tunnels_,
                             .next_hops = &next_hops_,
                             .outlets = {&outlet_},
                             .synchronize = [] {},
                             .describe_way = describe_way_},
                            number, "t", BridgeId{0}, kind, options);
  }
  void Make(TunnelKind kind, const Options& options) {
    port_.reset();
    auto port = TryMake(kind, options);
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *std::move(port);
  }
  void Transmit(std::vector<rte_mbuf*> burst) { port_->Transmit(WorkerId{0}, burst, counters_); }
  void Transmit(const Bytes& frame, const TunnelSet* set = nullptr) {
    rte_mbuf* packet = testing::MakeMbuf(frame);
    if (set != nullptr) TunnelMark::Attach(packet, set);
    Transmit({packet});
  }
  // The one packet that was sent.
  Bytes Sent() {
    EXPECT_EQ(outlet_.sent.size(), 1u);
    if (outlet_.sent.size() != 1) return {};
    EXPECT_EQ(outlet_.sent[0].first, kEgress);
    Bytes bytes = testing::BytesOf(outlet_.sent[0].second);
    outlet_.Clear();
    return bytes;
  }
  uint64_t Drops(DropReason reason) const {
    return counters_.drops[static_cast<size_t>(reason)].Get();
  }

  uint32_t in_use_before_ = 0;
  UnderlayEvents events_;
  NextHopTable next_hops_{&events_};
  TunnelTable tunnels_{[] {}};
  testing::FakeOutlet outlet_;
  std::function<std::optional<TunnelWay>(const TunnelEnds&)> describe_way_;
  PortCounters counters_;
  std::unique_ptr<Port> port_;
};

Bytes Inner(size_t payload = 30, uint16_t source = 1000) {
  return PacketBuilder()
      .Ethernet(2, 1)
      .Ipv4(0x0a000001, 0x0a000002)
      .Udp(source, 53)
      .Payload(payload)
      .Build();
}

TEST_F(TunnelPortTest, PutsVxlanOverIpv4InFront) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "0x123456"}});
  Transmit(Inner());
  const Bytes sent = Sent();
  auto outer = PacketBuilder().Ethernet(0x22, 0x11).Ipv4(0xc0000201, 0xc0000202);
  const uint16_t source = Get16(sent, 34);
  EXPECT_GE(source, 49152);
  outer.Fragment(0x4000, false).Udp(source, 4789);
  EXPECT_EQ(sent, With(outer, Join({testing::Vxlan(0x123456), Inner()})));
  EXPECT_EQ(counters_.tx_packets.Get(), 1u);
  EXPECT_EQ(counters_.tx_bytes.Get(), Inner().size());
}

TEST_F(TunnelPortTest, PutsGeneveOverIpv6InFrontAndLeavesItsChecksumToTheWayOut) {
  Make(TunnelKind::kGeneve, {{"remote", "fd00::2"}, {"key", "5"}, {"tos", "0x20"}, {"ttl", "9"}});
  Transmit({testing::MakeMbuf(Inner())});
  ASSERT_EQ(outlet_.sent.size(), 1u);
  rte_mbuf* packet = outlet_.sent[0].second;
  EXPECT_EQ(packet->ol_flags & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_UDP_CKSUM);
  EXPECT_NE(packet->ol_flags & RTE_MBUF_F_TX_IPV6, 0u);
  EXPECT_EQ(packet->l2_len, 14);
  EXPECT_EQ(packet->l3_len, 40);
  FinishChecksum(packet, 54, 60);
  FlowKey key;
  ASSERT_EQ(ParsePacket(packet, kEgress, &key), kNone);
  EXPECT_EQ(key.ipv6_src, kLocal6.octets);
  EXPECT_EQ(key.ipv6_dst, kRemote6.octets);
  EXPECT_EQ(key.ip_tos, 0x20);
  EXPECT_EQ(key.ip_ttl, 9);
  EXPECT_EQ(key.l4_dst.Get(), 6081);
  // What received it finds the sum right.
  const Bytes sent = testing::BytesOf(packet);
  const uint8_t tail[4] = {0, 17, sent[58], sent[59]};
  uint64_t sum = AddBytes(AddBytes(0, sent.data() + 22, 32), tail, 4);
  sum = AddBytes(sum, sent.data() + 54, sent.size() - 54);
  EXPECT_EQ(FoldSum(sum), 0xffff);
  EXPECT_EQ(Bytes(sent.begin() + 62, sent.end()), Join({testing::Geneve(5), Inner()}));
}

TEST_F(TunnelPortTest, PutsGreInFrontWithKeyAndChecksum) {
  Make(TunnelKind::kGre, {{"remote", "192.0.2.2"}});
  Transmit(Inner());
  const Bytes plain = Sent();
  EXPECT_EQ(plain[23], 47);
  EXPECT_EQ(Bytes(plain.begin() + 34, plain.end()), Join({testing::Gre(0), Inner()}));
  Make(TunnelKind::kGre, {{"remote", "192.0.2.2"}, {"key", "7"}, {"csum", "true"}});
  Transmit(Inner());
  const Bytes summed = Sent();
  EXPECT_EQ(Get16(summed, 34), 0xa000);
  EXPECT_EQ(Bytes(summed.begin() + 42, summed.begin() + 46), (Bytes{0, 0, 0, 7}));
  EXPECT_EQ(FoldSum(AddBytes(0, summed.data() + 34, summed.size() - 34)), 0xffff);
}

TEST_F(TunnelPortTest, KeepsAFlowOnOneSourcePortAndSpreadsFlows) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  std::set<uint16_t> ports;
  for (uint16_t flow = 0; flow < 64; ++flow) {
    Transmit(Inner(30, flow));
    const uint16_t port = Get16(Sent(), 34);
    Transmit(Inner(90, flow));
    EXPECT_EQ(Get16(Sent(), 34), port);
    ports.insert(port);
  }
  EXPECT_GT(ports.size(), 55u);
}

TEST_F(TunnelPortTest, InheritsTosAndTtlAndAlwaysEcn) {
  const Bytes inner =
      PacketBuilder().Ethernet(2, 1).Vlan(4).Ipv6(1, 2).Tos(0x2b).Ttl(17).Udp(1, 2).Build();
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"tos", "inherit"}, {"ttl", "inherit"}});
  Transmit(inner);
  Bytes sent = Sent();
  EXPECT_EQ(sent[15], 0x2b);
  EXPECT_EQ(sent[22], 17);
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"tos", "0x40"}, {"df", "false"}});
  Transmit(inner);
  sent = Sent();
  EXPECT_EQ(sent[15], 0x43);
  EXPECT_EQ(sent[22], 64);
  EXPECT_EQ(Get16(sent, 20), 0);
  EXPECT_EQ(FoldSum(AddBytes(0, sent.data() + 14, 20)), 0xffff);
  Transmit(inner);
  EXPECT_NE(Get16(Sent(), 18), Get16(sent, 18)) << "fragments need an identification";
}

TEST_F(TunnelPortTest, TakesFromTheFlowWhatItsOptionsLeaveOpen) {
  Make(TunnelKind::kGeneve, {{"remote", "flow"}, {"key", "flow"}});
  // With options behind it, as it stands behind a kSetTunnel.
  alignas(TunnelSet) std::array<uint8_t, kMaxTunnelSetBytes> memory{};
  TunnelSet& given = *new (memory.data()) TunnelSet();
  given.fields =
      TunnelSet::kId | TunnelSet::kRemote | TunnelSet::kFlags | TunnelSet::kTtl | TunnelSet::kTos;
  given.tun_id = 77;
  given.remote = kRemote4;
  given.flags = kTunnelOam;
  given.ttl = 3;
  given.tos = 0x80;
  given.option_bytes = 8;
  const Bytes option = testing::GeneveOption(0x102, 0x81, {1, 2, 3, 4});
  std::memcpy(given.options(), option.data(), option.size());
  Transmit(Inner(), &given);
  const Bytes sent = Sent();
  EXPECT_EQ(sent[15], 0x80);
  EXPECT_EQ(sent[22], 3);
  EXPECT_EQ(Bytes(sent.begin() + 42, sent.end()),
            Join({testing::Geneve(77, option, 0xc0), Inner()}));
  Transmit(Inner());
  EXPECT_EQ(Drops(kTunnelNoRemote), 1u);
}

TEST_F(TunnelPortTest, SetsTheGroupPolicyWhereItIsOn) {
  TunnelSet set;
  set.fields = TunnelSet::kGbp | TunnelSet::kId;
  set.gbp_id = 0x1234;
  set.gbp_flags = 0x48;
  set.tun_id = 99;
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "1"}, {"gbp", "true"}});
  Transmit(Inner(), &set);
  const Bytes sent = Sent();
  EXPECT_EQ(Bytes(sent.begin() + 42, sent.begin() + 50),
            (Bytes{0x88, 0x48, 0x12, 0x34, 0, 0, 1, 0}))
      << "the fixed key stays";
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "1"}});
  Transmit(Inner(), &set);
  EXPECT_EQ(Sent()[42], 0x08);
}

TEST_F(TunnelPortTest, LeavesSharedBuffersAsTheyAre) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  rte_mbuf* packet = testing::MakeMbuf(Inner());
  rte_mbuf* clone = rte_pktmbuf_clone(packet, testing::MbufPool());
  Transmit({clone});
  EXPECT_EQ(testing::BytesOf(packet), Inner());
  const Bytes sent = Sent();
  EXPECT_EQ(Bytes(sent.begin() + 50, sent.end()), Inner());
  rte_pktmbuf_free(packet);

  packet = testing::MakeMbuf(Inner());
  const Bytes more(RTE_PKTMBUF_HEADROOM - 20, 0xee);  // little headroom is left
  std::memcpy(rte_pktmbuf_prepend(packet, static_cast<uint16_t>(more.size())), more.data(),
              more.size());
  Transmit({packet});
  const Bytes chained = Sent();
  EXPECT_EQ(Bytes(chained.begin() + 50, chained.end()), Join({more, Inner()}));
}

TEST_F(TunnelPortTest, FinishesWhatAGuestLeftToTheWayOut) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  rte_mbuf* packet = testing::MakeMbuf(Inner());
  packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
  packet->l2_len = 14, packet->l3_len = 20;
  Transmit({packet});
  const Bytes sent = Sent();
  const Bytes inner(sent.begin() + 50, sent.end());
  EXPECT_NE(Get16(inner, 40), 0);
  EXPECT_EQ(FoldSum(AddBytes(0, inner.data() + 34, inner.size() - 34)), 0xffff)
      << "with a pseudo-header of zeros";
}

TEST_F(TunnelPortTest, CutsTcpSegmentsToWhatTheWayTakes) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  rte_mbuf* packet = testing::MakeMbuf(
      PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(1, 2).Payload(10'000).Build());
  packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM;
  packet->l2_len = 14, packet->l3_len = 20, packet->l4_len = 20, packet->tso_segsz = 1460;
  Transmit({packet});
  // 1500 less IPv4, UDP, VXLAN, Ethernet, and IPv4 and TCP inside: 1410 each.
  ASSERT_EQ(outlet_.sent.size(), 8u);
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(outlet_.sent[i].second->pkt_len, 1514u);
  EXPECT_EQ(counters_.tx_packets.Get(), 8u);
  const Bytes first = testing::BytesOf(outlet_.sent[0].second);
  EXPECT_EQ(Get16(first, 50 + 16), 1450) << "the length of the inner packet";
}

TEST_F(TunnelPortTest, TellsTheSenderWhatIsTooBig) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "7"}});
  Transmit(Inner(1450 - 28));
  EXPECT_EQ(Sent().size(), 1514u);
  const Bytes big = PacketBuilder()
                        .Ethernet(2, 1)
                        .Vlan(5)
                        .Ipv4(0x0a000001, 0x0a000002)
                        .Udp(1, 2)
                        .Payload(1447 - 28)
                        .Build();
  Transmit(big);
  EXPECT_TRUE(outlet_.sent.empty());
  EXPECT_EQ(Drops(kTunnelTooBig), 1u);
  ASSERT_EQ(outlet_.answers.size(), 1u);
  const FlowKey& tunnel = outlet_.answers[0].first;
  EXPECT_EQ(tunnel.in_port, kTunnel);
  EXPECT_EQ(tunnel.tun_id.Get(), 7u);
  EXPECT_EQ(tunnel.tun_ipv4_src.Get(), 0xc0000202u);
  EXPECT_EQ(tunnel.tun_ipv4_dst.Get(), 0xc0000201u);
  FlowKey key;
  const Bytes answer = testing::BytesOf(outlet_.answers[0].second);
  ASSERT_EQ(ParseFrame(answer, answer.size(), kTunnel, &key), kNone);
  EXPECT_EQ(key.eth_dst, PacketBuilder::Address(1));
  EXPECT_EQ(key.vlan[0].tci.Get() & kVlanIdMask, 5);
  EXPECT_EQ(key.ipv4_src.Get(), 0x0a000002u);
  EXPECT_EQ(key.ipv4_dst.Get(), 0x0a000001u);
  EXPECT_EQ(key.l4_src.Get(), 3);
  EXPECT_EQ(key.l4_dst.Get(), 4);
  EXPECT_EQ(Get16(answer, 18 + 20 + 6), 1446) << "1500 less 50 for the tunnel and 4 for the tag";
  EXPECT_EQ(FoldSum(AddBytes(0, answer.data() + 18, 20)), 0xffff);
  EXPECT_EQ(FoldSum(AddBytes(0, answer.data() + 38, answer.size() - 38)), 0xffff);
  EXPECT_EQ(Bytes(answer.begin() + 46, answer.end()),
            Bytes(big.begin() + 18, big.begin() + 18 + 548));
}

TEST_F(TunnelPortTest, TellsItWithTheKeyThatTheOtherEndWouldUse) {
  TunnelSet set;
  set.fields = TunnelSet::kId;
  set.tun_id = 77;
  struct Case {
    TunnelKind kind;
    Options keys;
    uint64_t expected;
    bool present;
  };
  using enum TunnelKind;
  const Case cases[] = {
      {kVxlan, {{"in_key", "5"}, {"out_key", "7"}}, 5, true},
      {kGeneve, {{"in_key", "5"}, {"out_key", "flow"}}, 5, true},
      {kVxlan, {{"in_key", "flow"}, {"out_key", "7"}}, 7, true},
      {kVxlan, {{"key", "flow"}}, 77, true},
      {kVxlan, {{"out_key", "flow"}}, 0, true},
      {kGre, {{"key", "flow"}}, 77, true},
      {kGre, {{"in_key", "flow"}}, 0, false},
      {kGre, {{"out_key", "7"}}, 0, false},
      {kGre, {{"in_key", "9"}}, 9, true},
      {kGre, {}, 0, false},
  };
  for (const Case& c : cases) {
    Options options = c.keys;
    options["remote"] = "192.0.2.2";
    Make(c.kind, options);
    Transmit(Inner(1500), &set);
    ASSERT_EQ(outlet_.answers.size(), 1u);
    const FlowKey& tunnel = outlet_.answers[0].first;
    EXPECT_EQ(tunnel.in_port, kTunnel);
    EXPECT_EQ(tunnel.tun_id.Get(), c.expected) << &c - cases;
    EXPECT_EQ(tunnel.tun_flags.Get() & kTunnelKeyPresent, c.present ? kTunnelKeyPresent : 0)
        << &c - cases;
    outlet_.Clear();
  }
}

TEST_F(TunnelPortTest, TellsSendersOfIpv6TooAndNobodyOfGroups) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  Transmit(PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Udp(1, 2).Payload(1500).Build());
  ASSERT_EQ(outlet_.answers.size(), 1u);
  FlowKey key;
  const Bytes answer = testing::BytesOf(outlet_.answers[0].second);
  ASSERT_EQ(ParseFrame(answer, answer.size(), kTunnel, &key), kNone);
  EXPECT_EQ(key.ipv6_src, testing::Ip6(2));
  EXPECT_EQ(key.ip_proto, 58);
  EXPECT_EQ(key.l4_src.Get(), 2);
  EXPECT_EQ(Get16(answer, 14 + 40 + 6), 1450);
  EXPECT_LE(answer.size(), 14u + 1280);
  outlet_.Clear();
  Transmit(
      PacketBuilder().Ethernet(2, 1).Ipv4(1 << 24, 0xe0000001).Udp(1, 2).Payload(1500).Build());
  Transmit(PacketBuilder().Ethernet(2, 1).Ipv4(1 << 24, 2 << 24).Icmp(3, 4).Payload(1500).Build());
  Transmit(PacketBuilder().Ethernet(2, 1).Type(0x1234).Payload(1500).Build());
  EXPECT_TRUE(outlet_.answers.empty());
  EXPECT_EQ(Drops(kTunnelTooBig), 4u);
}

TEST_F(TunnelPortTest, TellsItNoMoreOftenThanIsGood) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"mtu", "1000"}});
  for (int i = 0; i < 200; ++i) Transmit(Inner(1000));
  EXPECT_EQ(Drops(kTunnelTooBig), 200u);
  EXPECT_GE(outlet_.answers.size(), 20u);
  EXPECT_LT(outlet_.answers.size(), 100u);
}

TEST_F(TunnelPortTest, HoldsWhatHasNoNextHopYet) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.99"}, {"local", "192.0.2.1"}});
  Transmit(Inner());
  ASSERT_EQ(outlet_.held.size(), 1u);
  EXPECT_EQ(outlet_.held[0].first.remote, *IpAddress::Parse("192.0.2.99"));
  EXPECT_EQ(outlet_.held[0].first.local, kLocal4);
  outlet_.has_room = false;
  Transmit(Inner());
  EXPECT_EQ(Drops(kTunnelUnresolved), 1u);
}

TEST_F(TunnelPortTest, UsesTheNextHopThatIsPublishedNow) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  Transmit(Inner(1400));
  EXPECT_EQ(Sent().size(), 1400 + 42 + 50u);
  Ways(1400);
  Transmit(Inner(1400));
  EXPECT_EQ(Drops(kTunnelTooBig), 1u);
  outlet_.Clear();
  Ways(1500, PortNo{5});
  Transmit(Inner());
  ASSERT_EQ(outlet_.entered.size(), 1u);
  EXPECT_EQ(outlet_.entered[0].first, PortNo{5});
  const NextHop no_way = {.refusal = kTunnelNoRoute};
  const NextHopMap::Rows refused = {{TunnelEnds{{}, kRemote4}, no_way}};
  (void)next_hops_.Publish(std::make_unique<NextHopMap>(refused));
  Transmit(Inner());
  EXPECT_EQ(Drops(kTunnelNoRoute), 1u);
}

TEST_F(TunnelPortTest, ChangesItsOptionsWhileItLives) {
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "1"}});
  Transmit(Inner());
  EXPECT_EQ(Sent()[48], 1);
  ASSERT_TRUE(port_->Reconfigure({{"remote", "192.0.2.2"}, {"key", "2"}}).ok());
  Transmit(Inner());
  EXPECT_EQ(Sent()[48], 2);
  EXPECT_TRUE(absl::IsFailedPrecondition(port_->Reconfigure({{"remote", "flow"}})));
  EXPECT_TRUE(absl::IsInvalidArgument(port_->Reconfigure({{"remote", "192.0.2.2"}, {"key", "x"}})));
  const auto other =
      TryMake(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "2"}}, PortNo{4});
  EXPECT_TRUE(absl::IsAlreadyExists(other.status()));
  ASSERT_TRUE(port_->Reconfigure({{"remote", "192.0.2.2"}, {"admin-state", "down"}}).ok());
  Transmit(Inner());
  EXPECT_EQ(Drops(kTxPortDown), 1u);
}

TEST_F(TunnelPortTest, KnowsWhatTheWayLeavesForTheMtu) {
  describe_way_ = [](const TunnelEnds&) { return TunnelWay{"by eth0", 1500, true}; };
  Make(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  EXPECT_EQ(port_->ReadInfo().mtu, 1450u);
  EXPECT_EQ(port_->ReadInfo().facts.at("way"), "by eth0");
  Make(TunnelKind::kVxlan, {{"remote", "fd00::2"}, {"mtu", "1400"}});
  EXPECT_EQ(port_->ReadInfo().mtu, 1400u);
  EXPECT_FALSE(port_->ReadInfo().facts.contains("warning"));
  Make(TunnelKind::kGeneve, {{"remote", "fd00::2"}, {"mtu", "1450"}});
  EXPECT_EQ(port_->ReadInfo().mtu, 1430u);
  EXPECT_THAT(port_->ReadInfo().facts.at("warning"), HasSubstr("1430"));
}

}  // namespace
}  // namespace vsw
