// SPDX-License-Identifier: Apache-2.0
//
// The quick way into a tunnel writes what the long one does, or leaves the packet to it.
#include "datapath/tunnel/outer_headers.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <map>
#include <string>

#include "datapath/tunnel/tunnel_config.h"
#include "tests/support/eal.h"
#include "tests/support/random_seed.h"
#include "tests/support/tunnel_frame.h"

namespace vsw {
namespace {

using testing::Bytes;
using testing::PacketBuilder;

OuterHeaders Make(TunnelKind kind, std::map<std::string, std::string> options,
                  const char* remote = "192.0.2.2", const char* local = "192.0.2.1") {
  options["remote"] = remote;
  const NextHop next_hop = {.local = *IpAddress::Parse(local),
                            .source_mac = PacketBuilder::Address(0x11),
                            .destination_mac = PacketBuilder::Address(0x22),
                            .mtu = 1500};
  return {*ParseTunnelOptions(kind, options), *IpAddress::Parse(remote), next_hop};
}

Bytes Long(const OuterHeaders& headers, const Bytes& frame, uint16_t identification) {
  rte_mbuf* packet = testing::MakeMbuf(frame);
  packet =
      headers.Put(packet, ReadInnerFrame(packet), nullptr, identification, testing::MbufPool());
  Bytes bytes = testing::BytesOf(packet);
  rte_pktmbuf_free(packet);
  return bytes;
}
// Empty: it was left to the long way.
Bytes Quick(const OuterHeaders& headers, const Bytes& frame, uint16_t identification) {
  rte_mbuf* packet = testing::MakeMbuf(frame);
  const bool put = headers.PutPlain(packet, identification);
  Bytes bytes = testing::BytesOf(packet);
  rte_pktmbuf_free(packet);
  if (!put) {
    EXPECT_EQ(bytes, frame);
  }
  return put ? bytes : Bytes();
}

Bytes Inner(uint8_t tos = 0) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tos(tos).Udp(1000, 53).Payload(30).Build();
}

TEST(OuterHeaders, ArePutInFrontOfPlainFramesQuickly) {
  for (const TunnelKind kind : {TunnelKind::kVxlan, TunnelKind::kGeneve, TunnelKind::kGre}) {
    for (const auto& options : std::vector<std::map<std::string, std::string>>{
             {{"key", "7"}}, {{"ttl", "inherit"}, {"tos", "inherit"}}, {{"df", "false"}}}) {
      const OuterHeaders headers = Make(kind, options);
      EXPECT_EQ(Quick(headers, Inner(0x2b), 99), Long(headers, Inner(0x2b), 99));
    }
  }
}

TEST(OuterHeaders, WantALookWhereRulesOrSumsAreInThem) {
  for (const auto& options :
       std::vector<std::map<std::string, std::string>>{{{"key", "flow"}}, {{"csum", "true"}}}) {
    EXPECT_EQ(Quick(Make(TunnelKind::kVxlan, options), Inner(), 1), Bytes());
    EXPECT_EQ(Quick(Make(TunnelKind::kGre, options), Inner(), 1), Bytes());
  }
  EXPECT_EQ(Quick(Make(TunnelKind::kVxlan, {}, "fd00::2", "fd00::1"), Inner(), 1), Bytes());
}

TEST(OuterHeaders, AreTheSameInEitherWayWhateverIsInside) {
  const OuterHeaders headers[] = {Make(TunnelKind::kVxlan, {{"key", "7"}}),
                                  Make(TunnelKind::kGeneve, {{"ttl", "inherit"}, {"df", "false"}}),
                                  Make(TunnelKind::kGre, {{"tos", "inherit"}})};
  const Bytes good[] = {
      Inner(), PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(1000, 80).Payload(100).Build(),
      PacketBuilder().Ethernet(2, 1).Ipv4(3, 4).Icmp(8, 0).Payload(10).Build(),
      PacketBuilder().Ethernet(2, 1).Vlan(4).Ipv4(3, 4).Udp(1, 2).Payload(10).Build(),
      PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Tcp(1, 2).Build()};
  testing::Random random(testing::RandomSeed());
  uint32_t quick = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes frame = random.Pick(good);
    for (uint32_t i = random.Below(3); i > 0; --i) {
      frame[random.Below(static_cast<uint32_t>(frame.size()))] =
          static_cast<uint8_t>(random.Below(256));
    }
    if (random.OneIn(8)) frame.resize(14 + random.Below(static_cast<uint32_t>(frame.size())));
    const OuterHeaders& some = random.Pick(headers);
    const auto identification = static_cast<uint16_t>(random.Bits());
    const Bytes bytes = Quick(some, frame, identification);
    if (bytes.empty()) continue;
    ++quick;
    ASSERT_EQ(bytes, Long(some, frame, identification)) << "round " << round;
  }
  EXPECT_GT(quick, 1000u);
}

}  // namespace
}  // namespace vsw
