// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/decapsulate.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <cstring>
#include <utility>

#include "datapath/packet/checksum.h"
#include "datapath/packet/parser.h"
#include "datapath/tunnel/tunnel_config.h"
#include "datapath/tunnel/tunnel_table.h"
#include "tests/support/eal.h"
#include "tests/support/random_seed.h"
#include "tests/support/tunnel_frame.h"

namespace vsw {
namespace {

using testing::Bytes;
using testing::Join;
using testing::PacketBuilder;
using testing::With;
using enum DropReason;

constexpr uint32_t kRemote = 0xc0000202, kLocal = 0xc0000201;  // 192.0.2.2 and .1
constexpr PortNo kUnderlay{9};

PacketBuilder OuterUdp(uint16_t port, uint8_t tos = 0) {
  return PacketBuilder().Ethernet(0x11, 0x22).Ipv4(kRemote, kLocal).Tos(tos).Udp(50000, port);
}
Bytes Inner(uint8_t tos = 0) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tos(tos).Udp(1000, 53).Payload(30).Build();
}
// Completes a checksum over all behind `start`, whose field at `field` is zero.
void Sum(Bytes* bytes, size_t start, size_t field, uint64_t pseudo = 0) {
  const auto sum = static_cast<uint16_t>(
      ~FoldSum(AddBytes(pseudo, bytes->data() + start, bytes->size() - start)));
  std::memcpy(bytes->data() + field, &sum, sizeof(sum));
}
uint64_t UdpPseudo(const Bytes& bytes, size_t addresses, size_t address_bytes, size_t udp_at) {
  const uint8_t tail[4] = {0, 17, bytes[udp_at + 4], bytes[udp_at + 5]};
  return AddBytes(AddBytes(0, bytes.data() + addresses, address_bytes), tail, sizeof(tail));
}

class DecapsulateTest : public ::testing::Test {
 protected:
  void SetUp() override { in_use_before_ = (testing::MbufPool(), testing::MbufsInUse()); }
  void TearDown() override {
    rte_pktmbuf_free(packet_);
    EXPECT_EQ(testing::MbufsInUse(), in_use_before_);
  }
  void AddPort(uint32_t port, TunnelKind kind, const std::map<std::string, std::string>& options) {
    const TunnelFacts facts = ParseTunnelOptions(kind, options)->facts;
    ASSERT_TRUE(table_.Set(PortNo{port}, "t" + std::to_string(port), BridgeId{0}, facts).ok());
  }
  DecapResult Receive(const Bytes& frame, size_t segment_bytes = 0) {
    rte_pktmbuf_free(packet_);
    packet_ = testing::MakeMbuf(frame, segment_bytes);
    EXPECT_EQ(ParsePacket(packet_, kUnderlay, &key_), kNone);
    return Decapsulate(packet_, *table_.Load(), &key_);
  }
  DropReason Reason(const Bytes& frame) {
    const DecapResult result = Receive(frame);
    EXPECT_EQ(result.verdict, DecapVerdict::kDrop);
    return result.reason;
  }
  Bytes Left() const { return testing::BytesOf(packet_); }

  uint32_t in_use_before_ = 0;
  rte_mbuf* packet_ = nullptr;
  FlowKey key_;
  TunnelTable table_{[] {}};
};

TEST_F(DecapsulateTest, LeavesTheInnerFrameAndItsKey) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "100"}});
  const Bytes frame = With(OuterUdp(4789, 0x28), Join({testing::Vxlan(100), Inner()}));
  const DecapResult result = Receive(frame);
  ASSERT_EQ(result.verdict, DecapVerdict::kDone);
  EXPECT_EQ(result.port, PortNo{3});
  EXPECT_EQ(Left(), Inner());
  EXPECT_EQ(key_.in_port, PortNo{3});
  EXPECT_EQ(key_.l4_dst.Get(), 53);
  EXPECT_EQ(key_.lines, kLineBase | kLineTunnel);
  EXPECT_EQ(key_.tun_id.Get(), 100u);
  EXPECT_EQ(key_.tun_ipv4_src.Get(), kRemote);
  EXPECT_EQ(key_.tun_ipv4_dst.Get(), kLocal);
  EXPECT_EQ(key_.tun_tos, 0x28);
  EXPECT_EQ(key_.tun_ttl, 64);
  EXPECT_EQ(key_.tun_flags.Get(), kTunnelKeyPresent);
  EXPECT_TRUE(key_.tun_metadata_present.is_zero());
}

TEST_F(DecapsulateTest, TakesWhatComesOverIpv6AndInTags) {
  AddPort(3, TunnelKind::kGeneve, {{"remote", "fd00::2"}, {"key", "flow"}});
  const auto outer = PacketBuilder().Ethernet(0x11, 0x22).Vlan(5).Ipv6(2, 1).Udp(50000, 6081);
  const Bytes frame = With(outer, Join({testing::Geneve(0xffffff, {}, 0x80), Inner()}));
  ASSERT_EQ(Receive(frame).verdict, DecapVerdict::kDone);
  EXPECT_EQ(Left(), Inner());
  EXPECT_EQ(key_.tun_id.Get(), 0xffffffu);
  EXPECT_EQ(key_.tun_ipv6_src, testing::Ip6(2));
  EXPECT_EQ(key_.tun_ipv6_dst, testing::Ip6(1));
  EXPECT_EQ(key_.tun_flags.Get(), kTunnelKeyPresent | kTunnelOam);
}

TEST_F(DecapsulateTest, GoesPastDestinationOptions) {
  AddPort(3, TunnelKind::kGre, {{"remote", "fd00::2"}, {"key", "100"}});
  const auto outer = PacketBuilder().Ethernet(0x11, 0x22).Ipv6(2, 1).Extension(60, 8).Protocol(47);
  Bytes frame = With(outer, Join({testing::Gre(0x2000, {0, 0, 0, 100}), Inner()}));
  // The tunnel encapsulation limit, which is 4, and padding.
  const Bytes options = {4, 1, 4, 1, 1, 0};
  std::copy(options.begin(), options.end(), frame.begin() + 14 + 40 + 2);
  ASSERT_EQ(Receive(frame).verdict, DecapVerdict::kDone);
  EXPECT_EQ(Left(), Inner());
  EXPECT_EQ(key_.tun_id.Get(), 100u);
  frame[14 + 40 + 2] = 0xc4;  // an option that whoever does not know it must not pass over
  EXPECT_EQ(Receive(frame).verdict, DecapVerdict::kNotForTunnel);
  const auto routed = PacketBuilder().Ethernet(0x11, 0x22).Ipv6(2, 1).Extension(43, 8).Protocol(47);
  const Bytes gre = Join({testing::Gre(0x2000, {0, 0, 0, 100}), Inner()});
  EXPECT_EQ(Receive(With(routed, gre)).verdict, DecapVerdict::kNotForTunnel);
}

TEST_F(DecapsulateTest, TakesOffPaddingAndReadsScatteredHeaders) {
  AddPort(3, TunnelKind::kGre, {{"remote", "192.0.2.2"}});
  const auto outer =
      PacketBuilder().Ethernet(0x11, 0x22).Ipv4(kRemote, kLocal).Protocol(47).Padding(20);
  const Bytes inner = PacketBuilder().Ethernet(2, 1).Type(0x1234).Build();
  Bytes frame = PacketBuilder(outer).Padding(0).Payload(4 + inner.size()).Build();
  const Bytes gre = Join({testing::Gre(0), inner});
  std::copy(gre.begin(), gre.end(), frame.begin() + 34);
  frame.insert(frame.end(), 20, 0);
  ASSERT_EQ(Receive(frame).verdict, DecapVerdict::kDone);
  EXPECT_EQ(Left(), inner);
  AddPort(4, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  const Bytes vxlan = With(OuterUdp(4789), Join({testing::Vxlan(0), Inner()}));
  ASSERT_EQ(Receive(vxlan, 60).verdict, DecapVerdict::kDone);
  EXPECT_EQ(Left(), Inner());
}

TEST_F(DecapsulateTest, PutsGeneveOptionsIntoTheKey) {
  AddPort(3, TunnelKind::kGeneve, {{"remote", "192.0.2.2"}});
  table_.SetOptions(BridgeId{0}, {{0x102, 0x81, 4, 2, 4}});
  const Bytes option = testing::GeneveOption(0x102, 0x81, {9, 8, 7, 6});
  ASSERT_EQ(Receive(With(OuterUdp(6081), Join({testing::Geneve(0, option), Inner()}))).verdict,
            DecapVerdict::kDone);
  EXPECT_EQ(key_.lines, kLineBase | kTunnelLines);
  EXPECT_EQ(Bytes(key_.tun_metadata.begin() + 4, key_.tun_metadata.begin() + 8),
            (Bytes{9, 8, 7, 6}));
  EXPECT_EQ(key_.tun_metadata_present.Get(), 4u);
  const Bytes other = testing::GeneveOption(0x102, 0x82, {9, 8, 7, 6});
  const DecapResult result =
      Receive(With(OuterUdp(6081), Join({testing::Geneve(0, other), Inner()})));
  EXPECT_EQ(result.reason, kTunnelOption);
  EXPECT_EQ(result.port, PortNo{3});
}

TEST_F(DecapsulateTest, GivesTheGroupPolicyToPortsThatWantIt) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"gbp", "true"}});
  AddPort(4, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "1"}});
  Bytes header = testing::Vxlan(0, 0x88);
  header[1] = 0x08, header[2] = 0x12, header[3] = 0x34;
  ASSERT_EQ(Receive(With(OuterUdp(4789), Join({header, Inner()}))).verdict, DecapVerdict::kDone);
  EXPECT_EQ(key_.tun_gbp_id.Get(), 0x1234);
  EXPECT_EQ(key_.tun_gbp_flags, 0x08);
  header[6] = 1;
  ASSERT_EQ(Receive(With(OuterUdp(4789), Join({header, Inner()}))).verdict, DecapVerdict::kDone);
  EXPECT_EQ(key_.tun_gbp_id.Get(), 0);
}

TEST_F(DecapsulateTest, LeavesAloneWhatIsForNoTunnel) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "100"}});
  const Bytes other_port = With(OuterUdp(53), Inner());
  EXPECT_EQ(Receive(other_port).verdict, DecapVerdict::kNotForTunnel);
  EXPECT_EQ(Left(), other_port);
  EXPECT_EQ(key_.in_port, kUnderlay);
  const Bytes gre = With(PacketBuilder().Ethernet(1, 2).Ipv4(kRemote, kLocal).Protocol(47),
                         Join({testing::Gre(0), Inner()}));
  EXPECT_EQ(Receive(gre).verdict, DecapVerdict::kNotForTunnel);
  const Bytes other_key = With(OuterUdp(4789), Join({testing::Vxlan(101), Inner()}));
  EXPECT_EQ(Receive(other_key).verdict, DecapVerdict::kUnknown);
  EXPECT_EQ(Left(), other_key);
}

TEST_F(DecapsulateTest, RefusesWhatIsMalformed) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  EXPECT_EQ(Reason(With(OuterUdp(4789), {8, 0, 0, 0})), kTunnelMalformed);
  EXPECT_EQ(Reason(With(OuterUdp(4789), Join({testing::Vxlan(0, 0), Inner()}))), kTunnelMalformed);
  EXPECT_EQ(Reason(With(OuterUdp(4789), Join({testing::Vxlan(0), {1, 2, 3}}))), kRxMalformed);
  Bytes lying = With(OuterUdp(4789), Join({testing::Vxlan(0), Inner()}));
  lying[14 + 20 + 5] += 1;  // the length of UDP
  EXPECT_EQ(Reason(lying), kTunnelMalformed);
  Bytes header = With(OuterUdp(4789), Join({testing::Vxlan(0), Inner()}));
  header[14 + 10] ^= 1;  // the checksum of IPv4
  EXPECT_EQ(Reason(header), kTunnelChecksum);
  const auto fragment =
      PacketBuilder().Ethernet(1, 2).Ipv4(kRemote, kLocal).Fragment(0, true).Udp(50000, 4789);
  EXPECT_EQ(Reason(With(fragment, Join({testing::Vxlan(0), Inner()}))), kTunnelFragment);
}

TEST_F(DecapsulateTest, ChecksTheChecksumsThatThereAre) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  Bytes udp = With(OuterUdp(4789), Join({testing::Vxlan(0), Inner()}));
  Sum(&udp, 34, 40, UdpPseudo(udp, 26, 8, 34));
  ASSERT_EQ(Receive(udp).verdict, DecapVerdict::kDone);
  EXPECT_NE(key_.tun_flags.Get() & vsw::kTunnelChecksum, 0);
  udp.back() ^= 1;
  EXPECT_EQ(Reason(udp), kTunnelChecksum);

  AddPort(4, TunnelKind::kGre, {{"remote", "192.0.2.2"}});
  Bytes gre = With(PacketBuilder().Ethernet(1, 2).Ipv4(kRemote, kLocal).Protocol(47),
                   Join({testing::Gre(0x8000, Bytes(4)), Inner()}));
  Sum(&gre, 34, 38);
  EXPECT_EQ(Receive(gre).verdict, DecapVerdict::kDone);
  gre.back() ^= 1;
  EXPECT_EQ(Reason(gre), kTunnelChecksum);
}

TEST_F(DecapsulateTest, TakesTheKernelsWordForUnfinishedChecksums) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  Bytes udp = With(OuterUdp(4789), Join({testing::Vxlan(0), Inner()}));
  udp[40] = 0x12;  // the sum of the pseudo-header, say
  rte_pktmbuf_free(std::exchange(packet_, testing::MakeMbuf(udp)));
  packet_->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
  packet_->l2_len = 14, packet_->l3_len = 20;
  ASSERT_EQ(ParsePacket(packet_, kUnderlay, &key_), kNone);
  ASSERT_EQ(Decapsulate(packet_, *table_.Load(), &key_).verdict, DecapVerdict::kDone);
  EXPECT_EQ(packet_->ol_flags & RTE_MBUF_F_TX_L4_MASK, 0u) << "it was the outer one's";

  rte_pktmbuf_free(std::exchange(packet_, testing::MakeMbuf(udp)));
  packet_->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
  packet_->l2_len = 50 + 14, packet_->l3_len = 20;
  ASSERT_EQ(ParsePacket(packet_, kUnderlay, &key_), kNone);
  ASSERT_EQ(Decapsulate(packet_, *table_.Load(), &key_).verdict, DecapVerdict::kDone);
  EXPECT_EQ(packet_->ol_flags & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_UDP_CKSUM);
  EXPECT_EQ(packet_->l2_len, 14);
}

// RFC 6040 section 4.2, figure 4.
TEST_F(DecapsulateTest, BringsCongestionMarksInside) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  const auto receive = [&](uint8_t outer, uint8_t inner) {
    return Receive(With(OuterUdp(4789, outer), Join({testing::Vxlan(0), Inner(inner)})));
  };
  ASSERT_EQ(receive(0x03, 0x2a).verdict, DecapVerdict::kDone);
  EXPECT_EQ(Left(), Inner(0x2b)) << "congested, with its header's checksum";
  EXPECT_EQ(key_.ip_tos, 0x2b);
  ASSERT_EQ(receive(0x01, 0x02).verdict, DecapVerdict::kDone);
  EXPECT_EQ(Left(), Inner(0x01));
  ASSERT_EQ(receive(0x02, 0x00).verdict, DecapVerdict::kDone);
  EXPECT_EQ(Left(), Inner(0x00));
  EXPECT_EQ(receive(0x03, 0x00).reason, kTunnelEcn);
  const Bytes inner6 = PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Tos(2).Udp(1, 2).Build();
  const Bytes marked6 = PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Tos(3).Udp(1, 2).Build();
  ASSERT_EQ(Receive(With(OuterUdp(4789, 3), Join({testing::Vxlan(0), inner6}))).verdict,
            DecapVerdict::kDone);
  EXPECT_EQ(Left(), marked6);
}

TEST_F(DecapsulateTest, StandsAnyDamage) {
  AddPort(3, TunnelKind::kVxlan, {{"remote", "flow"}, {"key", "flow"}});
  AddPort(4, TunnelKind::kGeneve, {{"remote", "flow"}, {"key", "flow"}});
  AddPort(5, TunnelKind::kGre, {{"remote", "flow"}, {"key", "flow"}});
  const Bytes good[] = {
      With(OuterUdp(4789), Join({testing::Vxlan(0), Inner()})),
      With(OuterUdp(6081),
           Join({testing::Geneve(1, testing::GeneveOption(1, 2, Bytes(8))), Inner()})),
      With(PacketBuilder().Ethernet(1, 2).Ipv6(2, 1).Protocol(47),
           Join({testing::Gre(0x2000, Bytes(4)), Inner()}))};
  testing::Random random(testing::RandomSeed());
  for (int round = 0; round < 5'000; ++round) {
    Bytes frame = random.Pick(good);
    for (uint32_t i = random.Below(4); i > 0; --i) {
      frame[random.Below(static_cast<uint32_t>(frame.size()))] =
          static_cast<uint8_t>(random.Below(256));
    }
    if (random.OneIn(3)) frame.resize(14 + random.Below(static_cast<uint32_t>(frame.size() - 14)));
    rte_pktmbuf_free(std::exchange(packet_, testing::MakeMbuf(frame, random.OneIn(2) ? 24 : 0)));
    if (ParsePacket(packet_, kUnderlay, &key_) != kNone) continue;
    const DecapResult result = Decapsulate(packet_, *table_.Load(), &key_);
    if (result.verdict == DecapVerdict::kDone) {
      ASSERT_EQ(key_.in_port, result.port);
    }
  }
}

}  // namespace
}  // namespace vsw
