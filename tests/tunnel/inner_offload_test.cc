// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/inner_offload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>

#include "datapath/packet/offload.h"
#include "datapath/packet/tunnel_mark.h"
#include "datapath/packet/virtio_net.h"
#include "datapath/tunnel/encapsulator.h"
#include "tests/packet/offload_frame.h"
#include "tests/support/eal.h"
#include "tests/support/tunnel_frame.h"
#include "tests/tunnel/fake_nic.h"
#include "tests/tunnel/fake_outlet.h"

namespace vsw {
namespace {

using testing::Bytes;
using testing::Frame;
using testing::NicSends;
using Options = std::map<std::string, std::string>;

constexpr TunnelOffloads kAll{
    .vxlan = true, .geneve = true, .gre = true, .outer_udp_checksum = true};
constexpr TunnelOffloads kNoOuterSum{
    .vxlan = true, .geneve = true, .gre = true, .outer_udp_checksum = false};
constexpr TunnelKind kKinds[] = {TunnelKind::kVxlan, TunnelKind::kGeneve, TunnelKind::kGre};
constexpr uint16_t kUncut = 0;

Bytes Pattern(size_t length) {
  Bytes b(length);
  for (size_t i = 0; i < length; ++i) b[i] = static_cast<uint8_t>(i * 29 + i / 250);
  return b;
}

// Without fragments nobody needs an outer identification (RFC 6864): software leaves it 0, and a
// device counts it on all the same.
Bytes WithoutIdleIdentification(Bytes b) {
  constexpr size_t kIp = 14;
  const bool dont_fragment = b.at(kIp) == 0x45 && (b.at(kIp + 6) & 0x40) != 0;
  if (!dont_fragment) return b;
  EXPECT_EQ(testing::Sum(b, kIp, kIp + 20), 0xffff) << "the checksum of the outer header";
  for (const size_t at : {4, 5, 10, 11}) b.at(kIp + at) = 0;
  return b;
}

void ExpectSame(const std::vector<Bytes>& device, const std::vector<Bytes>& software) {
  ASSERT_EQ(device.size(), software.size());
  for (size_t i = 0; i < device.size(); ++i) {
    const Bytes a = WithoutIdleIdentification(device[i]);
    const Bytes b = WithoutIdleIdentification(software[i]);
    ASSERT_EQ(a.size(), b.size()) << "packet " << i;
    const size_t at =
        static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
    ASSERT_EQ(at, a.size()) << "packet " << i << " differs from here on: " << int{a.at(at)}
                            << " by the device, " << int{b.at(at)} << " by software";
  }
}

class InnerOffloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    in_use_before_ = (testing::MbufPool(), testing::MbufsInUse());
    TunnelMark::Register();
    NextHopMap::Rows rows;
    for (const auto& [local, remote] :
         {std::pair("192.0.2.1", "192.0.2.2"), std::pair("fd00::1", "fd00::2")}) {
      const NextHop next_hop = {.egress = PortNo{9},
                                .local = *IpAddress::Parse(local),
                                .source_mac = MacAddress::FromU64(0x020000000011),
                                .destination_mac = MacAddress::FromU64(0x020000000022),
                                .mtu = 1500};
      rows.push_back({{{}, *IpAddress::Parse(remote)}, next_hop});
    }
    (void)next_hops_.Publish(std::make_unique<NextHopMap>(rows));
  }
  void TearDown() override {
    outlet_.Clear();
    EXPECT_EQ(testing::MbufsInUse(), in_use_before_) << "mbufs leaked";
  }

  // As a guest hands it over.
  static rte_mbuf* FromGuest(const Frame& f, uint16_t segment_bytes, size_t mbuf_bytes = 0) {
    rte_mbuf* m = testing::MakeMbuf(f.Build(), mbuf_bytes);
    const uint8_t gso = segment_bytes == kUncut ? kVirtioGsoNone
                        : !f.tcp                ? kVirtioGsoUdpL4
                        : f.ipv6                ? kVirtioGsoTcpv6
                                                : kVirtioGsoTcpv4;
    EXPECT_TRUE(ApplyVirtioHeader(m, kVirtioNeedsChecksum, gso, 0, segment_bytes,
                                  static_cast<uint16_t>(f.l4()), f.tcp ? 16 : 6));
    return m;
  }
  // What the port is given of `packets` by a tunnel of its own.
  std::vector<rte_mbuf*> Encapsulate(TunnelKind kind, const Options& options,
                                     const TunnelOffloads& offloads, std::vector<rte_mbuf*> packets,
                                     const TunnelSet* set = nullptr) {
    outlet_.Clear();
    outlet_.offloads = offloads;
    absl::StatusOr<TunnelConfig> config = ParseTunnelOptions(kind, options);
    EXPECT_TRUE(config.ok()) << config.status();
    Encapsulator encapsulator(PortNo{3}, &next_hops_, &outlet_, testing::MbufPool(), false);
    if (set != nullptr) {
      for (rte_mbuf* packet : packets) TunnelMark::Attach(packet, set);
    }
    encapsulator.Run({*std::move(config), 1}, packets, counters_);
    std::vector<rte_mbuf*> sent;
    for (const auto& [egress, packet] : outlet_.sent) sent.push_back(packet);
    return sent;
  }
  rte_mbuf* EncapsulateOne(TunnelKind kind, const Options& options, const TunnelOffloads& offloads,
                           rte_mbuf* packet, const TunnelSet* set = nullptr) {
    const auto sent = Encapsulate(kind, options, offloads, {packet}, set);
    EXPECT_EQ(sent.size(), 1u);
    return sent.size() == 1 ? sent[0] : nullptr;
  }
  std::vector<Bytes> WireByDevice(const std::vector<rte_mbuf*>& packets) {
    std::vector<Bytes> wire;
    for (rte_mbuf* packet : packets) {
      for (Bytes& bytes : NicSends(packet)) wire.push_back(std::move(bytes));
    }
    return wire;
  }
  // Of packets that need no more than an outer checksum.
  std::vector<Bytes> WireBySoftware(const std::vector<rte_mbuf*>& packets) {
    std::vector<Bytes> wire;
    for (rte_mbuf* packet : packets) {
      EXPECT_EQ(packet->ol_flags & (RTE_MBUF_F_TX_TUNNEL_MASK | RTE_MBUF_F_TX_TCP_SEG), 0u);
      std::array<rte_mbuf*, 1> one = {packet};
      EXPECT_EQ(ResolveOffloads(packet, {}, testing::MbufPool(), one, counters_), 1);
      wire.push_back(testing::BytesOf(packet));
    }
    return wire;
  }

  uint32_t in_use_before_ = 0;
  UnderlayEvents events_;
  NextHopTable next_hops_{&events_};
  testing::FakeOutlet outlet_;
  PortCounters counters_;
};

std::string Remote(bool v6) { return v6 ? "fd00::2" : "192.0.2.2"; }

TEST_F(InnerOffloadTest, SaysSegmentationInDpdksTerms) {
  const Frame f{.tags = 1, .payload = Pattern(9000)};
  const rte_mbuf* packet =
      EncapsulateOne(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}}, kAll, FromGuest(f, 1446));
  ASSERT_NE(packet, nullptr);
  EXPECT_EQ(packet->ol_flags, RTE_MBUF_F_TX_TUNNEL_VXLAN | RTE_MBUF_F_TX_OUTER_IPV4 |
                                  RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_IPV4 |
                                  RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM |
                                  RTE_MBUF_F_TX_TCP_SEG);
  EXPECT_EQ(packet->outer_l2_len, 14);
  EXPECT_EQ(packet->outer_l3_len, 20);
  EXPECT_EQ(packet->l2_len, 8 + 8 + 18) << "outer UDP, VXLAN, inner Ethernet with its tag";
  EXPECT_EQ(packet->l3_len, 20);
  EXPECT_EQ(packet->l4_len, 32);
  // 1500 less 50 for the tunnel, 4 for the tag, and IPv4 and TCP inside.
  EXPECT_EQ(packet->tso_segsz, 1500 - 50 - 4 - 52);
  EXPECT_EQ(packet->pkt_len, f.Build().size() + 50);
  EXPECT_EQ(counters_.tx_packets.Get(), 1u);
}

TEST_F(InnerOffloadTest, SaysTheOuterChecksumWhereOneIsWanted) {
  const Frame f{.ipv6 = true, .payload = Pattern(5000)};
  const rte_mbuf* v6 =
      EncapsulateOne(TunnelKind::kGeneve, {{"remote", "fd00::2"}}, kAll, FromGuest(f, 1000));
  ASSERT_NE(v6, nullptr);
  EXPECT_EQ(v6->ol_flags, RTE_MBUF_F_TX_TUNNEL_GENEVE | RTE_MBUF_F_TX_OUTER_IPV6 |
                              RTE_MBUF_F_TX_OUTER_UDP_CKSUM | RTE_MBUF_F_TX_IPV6 |
                              RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_TCP_SEG);
  EXPECT_EQ(v6->outer_l3_len, 40);
  const rte_mbuf* v4 = EncapsulateOne(
      TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"csum", "true"}}, kAll, FromGuest(f, 1000));
  ASSERT_NE(v4, nullptr);
  EXPECT_NE(v4->ol_flags & RTE_MBUF_F_TX_OUTER_UDP_CKSUM, 0u);
}

TEST_F(InnerOffloadTest, GivesTheSegmentsThatSoftwareGives) {
  for (const TunnelKind kind : kKinds) {
    for (const bool outer_v6 : {false, true}) {
      for (const bool inner_v6 : {false, true}) {
        for (const char* csum : {"false", "true"}) {
          for (const char* df : {"true", "false"}) {
            const Options options = {
                {"remote", Remote(outer_v6)}, {"key", "77"}, {"csum", csum}, {"df", df}};
            SCOPED_TRACE(::testing::Message() << static_cast<int>(kind) << outer_v6 << inner_v6
                                              << " csum " << csum << " df " << df);
            const Frame f{.ipv6 = inner_v6, .tags = 1, .tcp_flags = 0x99, .payload = Pattern(7001)};
            const auto burst = [&] {
              return std::vector{FromGuest(f, 1400), FromGuest(f, 500, 700), FromGuest(f, 6000)};
            };
            const auto software = WireBySoftware(Encapsulate(kind, options, {}, burst()));
            ASSERT_GT(software.size(), 20u);
            const auto left = Encapsulate(kind, options, kAll, burst());
            // A checksum over everything behind GRE's header is out of any device's reach.
            const bool summed_gre = kind == TunnelKind::kGre && csum == std::string("true");
            EXPECT_EQ(left.size(), summed_gre ? software.size() : 3u);
            ExpectSame(WireByDevice(left), software);
          }
        }
      }
    }
  }
}

TEST_F(InnerOffloadTest, GivesTheChecksumsThatSoftwareGives) {
  for (const TunnelKind kind : kKinds) {
    for (const bool outer_v6 : {false, true}) {
      for (const bool inner_v6 : {false, true}) {
        for (const bool tcp : {false, true}) {
          const Options options = {{"remote", Remote(outer_v6)}, {"key", "flow"}};
          SCOPED_TRACE(::testing::Message()
                       << static_cast<int>(kind) << outer_v6 << inner_v6 << tcp);
          const Frame f{.ipv6 = inner_v6, .tcp = tcp, .tags = 2, .payload = Pattern(777)};
          const auto software =
              WireBySoftware(Encapsulate(kind, options, {}, {FromGuest(f, kUncut)}));
          // The outer sum is made here: no payload has to be read for it.
          const auto left = Encapsulate(kind, options, kNoOuterSum, {FromGuest(f, kUncut)});
          ASSERT_EQ(left.size(), 1u);
          EXPECT_NE(left[0]->ol_flags & RTE_MBUF_F_TX_TUNNEL_MASK, 0u);
          EXPECT_EQ(left[0]->ol_flags & RTE_MBUF_F_TX_OUTER_UDP_CKSUM, 0u);
          EXPECT_EQ(left[0]->ol_flags & RTE_MBUF_F_TX_L4_MASK,
                    tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM);
          ExpectSame(WireByDevice(left), software);
        }
      }
    }
  }
}

TEST_F(InnerOffloadTest, CarriesOptionsOfGeneve) {
  alignas(TunnelSet) std::array<uint8_t, kMaxTunnelSetBytes> memory{};
  TunnelSet& set = *new (memory.data()) TunnelSet();
  const Bytes option = testing::GeneveOption(0x102, 1, {1, 2, 3, 4});
  set.option_bytes = static_cast<uint8_t>(option.size());
  std::memcpy(set.options(), option.data(), option.size());
  const Frame f{.payload = Pattern(5000)};
  const Options options = {{"remote", "fd00::2"}};
  const auto software =
      WireBySoftware(Encapsulate(TunnelKind::kGeneve, options, {}, {FromGuest(f, 1200)}, &set));
  rte_mbuf* left = EncapsulateOne(TunnelKind::kGeneve, options, kAll, FromGuest(f, 1200), &set);
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(left->l2_len, 8 + 8 + 8 + 14);
  ExpectSame(WireByDevice({left}), software);
}

TEST_F(InnerOffloadTest, KeepsWhatDevicesCannotDoInSoftware) {
  const Options v4 = {{"remote", "192.0.2.2"}}, v6 = {{"remote", "fd00::2"}};
  const auto by_software = [&](TunnelKind kind, const Options& options,
                               const TunnelOffloads& offloads, rte_mbuf* packet) {
    const auto sent = Encapsulate(kind, options, offloads, {packet});
    EXPECT_GT(sent.size(), 0u);
    return std::all_of(sent.begin(), sent.end(), [](const rte_mbuf* m) {
      return (m->ol_flags & RTE_MBUF_F_TX_TUNNEL_MASK) == 0;
    });
  };
  const Frame tcp{.payload = Pattern(4000)};
  const TunnelKind vxlan = TunnelKind::kVxlan;
  EXPECT_FALSE(by_software(vxlan, v4, kAll, FromGuest(tcp, 1000)));
  EXPECT_TRUE(by_software(TunnelKind::kGeneve, v4, {.vxlan = true}, FromGuest(tcp, 1000)))
      << "a kind that it does not know";
  EXPECT_TRUE(by_software(vxlan, v6, kNoOuterSum, FromGuest(tcp, 1000)))
      << "an outer checksum for each segment";
  EXPECT_TRUE(by_software(vxlan, v4, kAll, FromGuest(tcp, 255))) << "small segments";
  const Frame udp{.tcp = false, .payload = Pattern(4000)};
  EXPECT_TRUE(by_software(vxlan, v4, kAll, FromGuest(udp, 1000))) << "cutting UDP";
  const Frame extended{.ipv6 = true, .extension_words = 1, .payload = Pattern(4000)};
  EXPECT_TRUE(by_software(vxlan, v4, kAll, FromGuest(extended, 1000))) << "extension headers";
  const Frame huge{.payload = Pattern(65535 - 20 - 32)};
  EXPECT_TRUE(by_software(vxlan, v4, kAll, FromGuest(huge, 1000)))
      << "longer than an outer IP header can say";
  EXPECT_TRUE(by_software(vxlan, v4, kAll, FromGuest(tcp, 1000, 50))) << "headers in two pieces";
  rte_mbuf* packet = FromGuest(tcp, 1000);
  rte_mbuf* clone = rte_pktmbuf_clone(packet, testing::MbufPool());
  EXPECT_TRUE(by_software(vxlan, v4, kAll, clone)) << "a shared buffer";
  rte_pktmbuf_free(packet);
}

TEST_F(InnerOffloadTest, LeavesNothingToWhatABridgeReceives) {
  NextHopMap::Rows rows;
  const IpAddress remote = *IpAddress::Parse("192.0.2.2");
  rows.push_back({{{}, remote},
                  {.egress = kNoPort,
                   .enters_bridge_by = PortNo{5},
                   .local = *IpAddress::Parse("192.0.2.1"),
                   .mtu = 1500}});
  (void)next_hops_.Publish(std::make_unique<NextHopMap>(rows));
  const Frame f{.payload = Pattern(4000)};
  Encapsulate(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}}, kAll, {FromGuest(f, 1000)});
  EXPECT_EQ(outlet_.entered.size(), 4u);
}

TEST(TunnelOffloadsTest, AreTheDevicesIfItHasAllThatTheyTake) {
  constexpr uint64_t kNeeded = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
                               RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
                               RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM;
  constexpr uint64_t kKindsOn = RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO |
                                RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO | RTE_ETH_TX_OFFLOAD_GRE_TNL_TSO;
  constexpr uint64_t kSum = RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM;
  EXPECT_EQ(ReadTunnelOffloads(kNeeded | kKindsOn | kSum), kAll);
  EXPECT_EQ(ReadTunnelOffloads(kNeeded | kKindsOn), kNoOuterSum);
  EXPECT_EQ(ReadTunnelOffloads(kNeeded | kSum), TunnelOffloads{});
  for (uint64_t bit = 1; bit != 0; bit <<= 1) {
    if ((kNeeded & bit) != 0) {
      EXPECT_FALSE(ReadTunnelOffloads((kNeeded & ~bit) | kKindsOn).any()) << std::hex << bit;
    }
  }
  EXPECT_EQ(ReadTunnelOffloads(kNeeded | kKindsOn).ToString(), "device for vxlan, geneve, gre");
  EXPECT_EQ(ReadTunnelOffloads(kNeeded | RTE_ETH_TX_OFFLOAD_GRE_TNL_TSO).ToString(),
            "device for gre");
  EXPECT_EQ(TunnelOffloads{}.ToString(), "software");
  EXPECT_TRUE(kAll.Knows(RTE_MBUF_F_TX_TUNNEL_GENEVE | RTE_MBUF_F_TX_TCP_SEG));
  EXPECT_FALSE(kAll.Knows(RTE_MBUF_F_TX_TUNNEL_IPIP));
}

}  // namespace
}  // namespace vsw
