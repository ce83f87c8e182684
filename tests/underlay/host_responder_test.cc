// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/host_responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datapath/packet/checksum.h"
#include "datapath/packet/parser.h"
#include "datapath/tunnel/nd.h"
#include "tests/support/eal.h"
#include "tests/support/packet_builder.h"
#include "tests/underlay/fake_kernel.h"

namespace vsw {
namespace {

using testing::Ip;
using testing::Ip6;
using testing::Mac;
using testing::PacketBuilder;

constexpr uint32_t kOurs = 0x0a000001, kPeer = 0x0a000002, kOther = 0x0a000003;
constexpr uint64_t kOurMac = 5, kPeerMac = 9, kBroadcast = 0xffffffffffff;

class HostResponderTest : public ::testing::Test {
 protected:
  HostResponderTest() {
    role_.mac = Mac(kOurMac);
    role_.addresses = {Ip("10.0.0.1"), Ip("fd00::1")};
    std::sort(role_.addresses.begin(), role_.addresses.end());
  }
  ~HostResponderTest() override { rte_pktmbuf_free(packet_); }

  HostVerdict Answer(const PacketBuilder& builder) {
    rte_pktmbuf_free(packet_);
    packet_ = testing::MakeMbuf(builder.Build());
    FlowKey key;
    EXPECT_EQ(ParsePacket(packet_, PortNo{5}, &key), DropReason::kNone);
    DefineLines(&key, 0xff);
    const HostVerdict verdict = AnswerAsHost(role_, key, packet_, &events_);
    ParsePacket(packet_, PortNo{5}, &reply_);
    DefineLines(&reply_, 0xff);
    return verdict;
  }
  std::vector<UnderlayEvent> Told() {
    std::vector<UnderlayEvent> told;
    UnderlayEvent event;
    while (events_.Pop(&event)) told.push_back(event);
    return told;
  }
  const uint8_t* Ip6Header() { return rte_pktmbuf_mtod_offset(packet_, const uint8_t*, 14); }

  IngressRole role_;
  UnderlayEvents events_;
  rte_mbuf* packet_ = nullptr;
  FlowKey reply_;
};

TEST_F(HostResponderTest, AnswersArpForItsAddressAndLearnsWhoAsked) {
  ASSERT_EQ(
      Answer(PacketBuilder().Ethernet(kBroadcast, kPeerMac).Arp(1, kPeerMac, kPeer, 0, kOurs)),
      HostVerdict::kReply);
  EXPECT_EQ(reply_.eth_dst, Mac(kPeerMac));
  EXPECT_EQ(reply_.eth_src, Mac(kOurMac));
  EXPECT_EQ(reply_.ip_proto, 2);
  EXPECT_EQ(reply_.arp_sha, Mac(kOurMac));
  EXPECT_EQ(reply_.arp_tha, Mac(kPeerMac));
  EXPECT_EQ(reply_.ipv4_src, Be32::From(kOurs));
  EXPECT_EQ(reply_.ipv4_dst, Be32::From(kPeer));
  const auto told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, UnderlayEvent::Kind::kSpoke);
  EXPECT_EQ(told[0].remote, Ip("10.0.0.2"));
  EXPECT_EQ(told[0].mac, Mac(kPeerMac));
  EXPECT_EQ(told[0].port, PortNo{5});
}

TEST_F(HostResponderTest, LeavesArpForOthersToTheBridge) {
  EXPECT_EQ(
      Answer(PacketBuilder().Ethernet(kBroadcast, kPeerMac).Arp(1, kPeerMac, kPeer, 0, kOther)),
      HostVerdict::kPass);
  EXPECT_TRUE(Told().empty());
}

TEST_F(HostResponderTest, TakesAnArpAnswer) {
  EXPECT_EQ(
      Answer(PacketBuilder().Ethernet(kOurMac, kPeerMac).Arp(2, kPeerMac, kPeer, kOurMac, kOurs)),
      HostVerdict::kTaken);
  const auto told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, UnderlayEvent::Kind::kAnswered);
}

TEST_F(HostResponderTest, BelievesNoGroupAddressToBeANeighbours) {
  Answer(PacketBuilder().Ethernet(kOurMac, kPeerMac).Arp(2, 0x01005e000001, kPeer, kOurMac, kOurs));
  EXPECT_TRUE(Told().empty());
}

TEST_F(HostResponderTest, AnswersEchoWithRightChecksums) {
  PacketBuilder request;
  request.Ethernet(kOurMac, kPeerMac).Ipv4(kPeer, kOurs).Icmp(8, 0).Payload(32);
  std::vector<uint8_t> bytes = request.Build();
  const auto sum = static_cast<uint16_t>(~FoldSum(AddBytes(0, bytes.data() + 34, 40)));
  std::memcpy(bytes.data() + 36, &sum, sizeof(sum));
  packet_ = testing::MakeMbuf(bytes);
  FlowKey key;
  ASSERT_EQ(ParsePacket(packet_, PortNo{5}, &key), DropReason::kNone);
  ASSERT_EQ(AnswerAsHost(role_, key, packet_, &events_), HostVerdict::kReply);
  const std::vector<uint8_t> reply = testing::BytesOf(packet_);
  EXPECT_EQ(reply[34], 0);
  EXPECT_EQ(FoldSum(AddBytes(0, reply.data() + 14, 20)), 0xffff);
  EXPECT_EQ(FoldSum(AddBytes(0, reply.data() + 34, 40)), 0xffff);
  ASSERT_EQ(ParsePacket(packet_, PortNo{5}, &reply_), DropReason::kNone);
  EXPECT_EQ(reply_.ipv4_dst, Be32::From(kPeer));
  EXPECT_EQ(reply_.eth_dst, Mac(kPeerMac));
}

TEST_F(HostResponderTest, LeavesOtherPacketsToTheBridge) {
  EXPECT_EQ(Answer(PacketBuilder().Ethernet(kOurMac, kPeerMac).Ipv4(kPeer, kOther).Icmp(8, 0)),
            HostVerdict::kPass);
  EXPECT_EQ(Answer(PacketBuilder().Ethernet(7, kPeerMac).Ipv4(kPeer, kOurs).Icmp(8, 0)),
            HostVerdict::kPass);
  EXPECT_EQ(Answer(PacketBuilder().Ethernet(kOurMac, kPeerMac).Ipv4(kPeer, kOurs).Udp(1, 2)),
            HostVerdict::kPass);
  EXPECT_EQ(
      Answer(
          PacketBuilder().Ethernet(kBroadcast, kPeerMac).Vlan(7).Arp(1, kPeerMac, kPeer, 0, kOurs)),
      HostVerdict::kPass);
}

TEST_F(HostResponderTest, AnswersSolicitations) {
  ASSERT_EQ(Answer(PacketBuilder()
                       .Ethernet(0x3333ff000001, kPeerMac)
                       .Ipv6(2, 1)
                       .Ttl(255)
                       .NeighborDiscovery(135, 1)
                       .LinkLayerOption(1, kPeerMac)),
            HostVerdict::kReply);
  EXPECT_EQ(reply_.eth_dst, Mac(kPeerMac));
  EXPECT_EQ(reply_.l4_src.Get(), 136);
  EXPECT_EQ(reply_.ipv6_src, Ip6(1));
  EXPECT_EQ(reply_.ipv6_dst, Ip6(2));
  EXPECT_EQ(reply_.nd_target, Ip6(1));
  EXPECT_EQ(reply_.arp_tha, Mac(kOurMac));
  EXPECT_EQ(reply_.nd_reserved.Get(), kNdSolicited | kNdOverride);
  EXPECT_EQ(SumIcmpv6(Ip6Header(), kNdMessageBytes), 0xffff);
  const auto told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].remote, Ip("fd00::2"));
}

TEST_F(HostResponderTest, DefendsItsAddressAgainstOneWithoutAny) {
  std::vector<uint8_t> bytes = PacketBuilder()
                                   .Ethernet(0x3333ff000001, kPeerMac)
                                   .Ipv6(2, 1)
                                   .Ttl(255)
                                   .NeighborDiscovery(135, 1)
                                   .Build();
  std::memset(bytes.data() + 22, 0, 16);  // from ::
  packet_ = testing::MakeMbuf(bytes);
  FlowKey key;
  ASSERT_EQ(ParsePacket(packet_, PortNo{5}, &key), DropReason::kNone);
  DefineLines(&key, 0xff);
  ASSERT_EQ(AnswerAsHost(role_, key, packet_, &events_), HostVerdict::kReply);
  EXPECT_EQ(IpAddress::FromV6(Ip6Header() + 24), Ip("ff02::1"));
  EXPECT_EQ(SumIcmpv6(Ip6Header(), kNdMessageBytes), 0xffff);
  EXPECT_TRUE(Told().empty());
}

TEST_F(HostResponderTest, RefusesRoutedNeighbourDiscovery) {
  EXPECT_EQ(Answer(PacketBuilder()
                       .Ethernet(kOurMac, kPeerMac)
                       .Ipv6(2, 1)
                       .Ttl(254)
                       .NeighborDiscovery(135, 1)
                       .LinkLayerOption(1, kPeerMac)),
            HostVerdict::kPass);
  EXPECT_TRUE(Told().empty());
}

TEST_F(HostResponderTest, TakesAnAdvertisement) {
  EXPECT_EQ(Answer(PacketBuilder()
                       .Ethernet(kOurMac, kPeerMac)
                       .Ipv6(2, 1)
                       .Ttl(255)
                       .NeighborDiscovery(136, 2, kNdSolicited)
                       .LinkLayerOption(2, kPeerMac)),
            HostVerdict::kTaken);
  const auto told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, UnderlayEvent::Kind::kAnswered);
  EXPECT_EQ(told[0].remote, Ip("fd00::2"));
  EXPECT_EQ(told[0].mac, Mac(kPeerMac));
}

TEST_F(HostResponderTest, AnswersEchoOverIpv6) {
  ASSERT_EQ(
      Answer(PacketBuilder().Ethernet(kOurMac, kPeerMac).Ipv6(2, 1).Icmpv6(128, 0).Payload(32)),
      HostVerdict::kReply);
  EXPECT_EQ(reply_.l4_src.Get(), 129);
  EXPECT_EQ(reply_.ipv6_dst, Ip6(2));
}

}  // namespace
}  // namespace vsw
