// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/parser.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "datapath/packet/plain_parser.h"
#include "tests/support/packet_builder.h"
#include "tests/support/random_seed.h"
#include "tests/support/stack_mbuf.h"

namespace vsw {
namespace {

using testing::Ip6;
using testing::PacketBuilder;
using testing::StackMbuf;
using Frame = std::vector<uint8_t>;

constexpr uint32_t kA = 0x0a000001, kB = 0x0a000002;

PacketBuilder Eth() { return PacketBuilder().Ethernet(2, 1); }

// Parses the first `seen` bytes of a frame of `frame_bytes`, from memory that ends right there. The
// undefined lines of the key are zeros.
std::optional<FlowKey> Parse(std::span<const uint8_t> seen, size_t frame_bytes) {
  const auto exact = std::make_unique<uint8_t[]>(seen.size());
  if (!seen.empty()) std::memcpy(exact.get(), seen.data(), seen.size());
  FlowKey key;
  std::memset(static_cast<void*>(&key), 0xa5, sizeof(key));
  const DropReason reason = ParseFrame({exact.get(), seen.size()}, frame_bytes, PortNo{7}, &key);
  if (reason != DropReason::kNone) {
    EXPECT_EQ(reason, DropReason::kRxMalformed);
    return std::nullopt;
  }
  EXPECT_TRUE(key.lines & kLineBase);
  DefineLines(&key, 0xff);
  return key;
}

FlowKey Parse(const PacketBuilder& builder) {
  const Frame frame = builder.Build();
  const auto key = Parse(frame, frame.size());
  EXPECT_TRUE(key.has_value());
  return key.value_or(FlowKey{});
}

TEST(Parser, ReadsEthernet) {
  const FlowKey key = Parse(Eth().Type(0x88cc).Payload(46));
  EXPECT_EQ(key.in_port, PortNo{7});
  EXPECT_EQ(key.recirc_id, 0u);
  EXPECT_EQ(key.eth_dst, PacketBuilder::Address(2));
  EXPECT_EQ(key.eth_src, PacketBuilder::Address(1));
  EXPECT_EQ(key.eth_type.Get(), 0x88cc);
  EXPECT_EQ(key.vlan[0], VlanTag{});
  EXPECT_EQ(key.lines, kLineBase);
}

TEST(Parser, ReadsAFrameThatIsOnlyAnEthernetHeader) {
  EXPECT_EQ(Parse(Eth().Type(0x0800)).eth_type.Get(), 0x0800);
}

TEST(Parser, Reads8023AsNoType) {
  EXPECT_EQ(Parse(Eth().Type(46).Payload(46, 0x42)).eth_type.Get(), 0x05ff);
  EXPECT_EQ(Parse(Eth().Type(0)).eth_type.Get(), 0x05ff);
  EXPECT_EQ(Parse(Eth().Type(0x05ff).Payload(46, 0)).eth_type.Get(), 0x05ff);
  EXPECT_EQ(Parse(Eth().Type(0x0600).Payload(46, 0)).eth_type.Get(), 0x0600);
}

TEST(Parser, LooksBehindSnap) {
  const FlowKey key = Parse(Eth().Snap().Ipv4(kA, kB).Udp(1, 2));
  EXPECT_EQ(key.eth_type.Get(), 0x0800);
  EXPECT_EQ(key.ipv4_dst.Get(), kB);
  EXPECT_EQ(key.l4_dst.Get(), 2);
  EXPECT_EQ(Parse(Eth().Snap().Type(0x0100)).eth_type.Get(), 0x05ff);
}

TEST(Parser, ReadsUpToTwoTags) {
  const FlowKey one = Parse(Eth().Vlan(10, 5).Ipv4(kA, kB).Udp(1, 2));
  EXPECT_EQ(one.vlan[0].tpid.Get(), 0x8100);
  EXPECT_EQ(one.vlan[0].tci.Get(), 5 << 13 | kVlanPresent | 10);
  EXPECT_EQ(one.vlan[1], VlanTag{});
  EXPECT_EQ(one.eth_type.Get(), 0x0800);
  EXPECT_EQ(one.l4_dst.Get(), 2);
  const FlowKey two = Parse(Eth().Vlan(20, 0, 0x88a8).Vlan(10).Ipv4(kA, kB).Udp(1, 2));
  EXPECT_EQ(two.vlan[0].tpid.Get(), 0x88a8);
  EXPECT_EQ(two.vlan[0].tci.Get(), kVlanPresent | 20);
  EXPECT_EQ(two.vlan[1].tpid.Get(), 0x8100);
  EXPECT_EQ(two.vlan[1].tci.Get(), kVlanPresent | 10);
  EXPECT_EQ(two.l4_dst.Get(), 2);
}

TEST(Parser, LeavesAThirdTagAsTheType) {
  const FlowKey key = Parse(Eth().Vlan(1).Vlan(2).Vlan(3).Ipv4(kA, kB).Udp(1, 2));
  EXPECT_EQ(key.vlan[1].tci.Get(), kVlanPresent | 2);
  EXPECT_EQ(key.eth_type.Get(), 0x8100);
  EXPECT_EQ(key.ipv4_dst.Get(), 0u);
}

TEST(Parser, TellsAPriorityTagFromNone) {
  EXPECT_EQ(Parse(Eth().Vlan(0, 0).Type(0x88cc)).vlan[0].tci.Get(), kVlanPresent);
  // The bit of the drop-eligible indicator stands for presence in the key.
  EXPECT_EQ(Parse(Eth().Vlan(0x1000 | 5).Type(0x88cc)).vlan[0].tci.Get(), kVlanPresent | 5);
}

TEST(Parser, RefusesACutEthernetHeaderOrTag) {
  const Frame tagged = Eth().Vlan(20, 0, 0x88a8).Vlan(10).Type(0x88cc).Build();
  ASSERT_EQ(tagged.size(), 22u);
  for (size_t n = 0; n < tagged.size(); ++n) {
    EXPECT_FALSE(Parse({tagged.data(), n}, n)) << n;
  }
  EXPECT_TRUE(Parse(tagged, tagged.size()));
}

TEST(Parser, ReadsIpv4) {
  const FlowKey key = Parse(Eth().Ipv4(kA, kB).Ttl(3).Tos(0xb9).Tcp(1000, 80, 0x812));
  EXPECT_EQ(key.eth_type.Get(), 0x0800);
  EXPECT_EQ(key.ipv4_src.Get(), kA);
  EXPECT_EQ(key.ipv4_dst.Get(), kB);
  EXPECT_EQ(key.ip_proto, 6);
  EXPECT_EQ(key.ip_ttl, 3);
  EXPECT_EQ(key.ip_tos, 0xb9);
  EXPECT_EQ(key.ip_frag, 0);
  EXPECT_EQ(key.l4_src.Get(), 1000);
  EXPECT_EQ(key.l4_dst.Get(), 80);
  EXPECT_EQ(key.tcp_flags.Get(), 0x812);
  EXPECT_EQ(key.lines, kLineBase) << "the common packet has one cache line";
}

TEST(Parser, SkipsIpv4OptionsAndPadding) {
  const FlowKey key = Parse(Eth().Ipv4(kA, kB, 40).Udp(1000, 53).Padding(20));
  EXPECT_EQ(key.l4_src.Get(), 1000);
  EXPECT_EQ(key.l4_dst.Get(), 53);
}

TEST(Parser, ReadsPortsOfUdpAndSctpAndTypesOfIcmpAndIgmp) {
  EXPECT_EQ(Parse(Eth().Ipv4(kA, kB).Udp(5, 6)).l4_dst.Get(), 6);
  EXPECT_EQ(Parse(Eth().Ipv4(kA, kB).Sctp(5, 6)).l4_dst.Get(), 6);
  const FlowKey icmp = Parse(Eth().Ipv4(kA, kB).Icmp(8, 3));
  EXPECT_EQ(icmp.l4_src.Get(), 8);
  EXPECT_EQ(icmp.l4_dst.Get(), 3);
  EXPECT_EQ(Parse(Eth().Ipv4(kA, kB).Icmp(0x16, 0, 2)).l4_src.Get(), 0x16);
  const FlowKey other = Parse(Eth().Ipv4(kA, kB).Protocol(47).Payload(40));
  EXPECT_EQ(other.ip_proto, 47);
  EXPECT_EQ(other.l4_src.Get(), 0);
}

TEST(Parser, ReadsPortsOfTheFirstFragmentOnly) {
  const FlowKey first = Parse(Eth().Ipv4(kA, kB).Fragment(0, true).Udp(5, 6));
  EXPECT_EQ(first.ip_frag, kFragAny);
  EXPECT_EQ(first.l4_dst.Get(), 6);
  const FlowKey later = Parse(Eth().Ipv4(kA, kB).Fragment(185, true).Udp(5, 6));
  EXPECT_EQ(later.ip_frag, kFragAny | kFragLater);
  EXPECT_EQ(later.ip_proto, 17);
  EXPECT_EQ(later.l4_dst.Get(), 0);
  EXPECT_EQ(Parse(Eth().Ipv4(kA, kB).Fragment(185, false).Udp(5, 6)).ip_frag,
            kFragAny | kFragLater);
  // "Do not fragment" makes no fragment.
  EXPECT_EQ(Parse(Eth().Ipv4(kA, kB).Fragment(0x4000, false).Udp(5, 6)).ip_frag, 0);
}

TEST(Parser, TakesNothingFromAnIpv4HeaderThatContradictsItself) {
  const Frame good = Eth().Ipv4(kA, kB).Udp(5, 6).Build();
  struct Case {
    const char* what;
    size_t at;
    uint8_t value;
  };
  for (const Case& c :
       {Case{"version 5", 14, 0x55}, Case{"header of 16 bytes", 14, 0x44},
        Case{"header beyond the frame", 14, 0x4f}, Case{"total below the header", 17, 19},
        Case{"total 0", 17, 0}, Case{"total beyond the frame", 17, 29}}) {
    Frame bad = good;
    bad[c.at] = c.value;
    const auto key = Parse(bad, bad.size());
    ASSERT_TRUE(key) << c.what;
    EXPECT_EQ(key->eth_type.Get(), 0x0800) << c.what;
    EXPECT_EQ(key->ipv4_src.Get(), 0u) << c.what;
    EXPECT_EQ(key->ip_proto, 0) << c.what;
    EXPECT_EQ(key->l4_dst.Get(), 0) << c.what;
  }
}

TEST(Parser, TakesNoL4HeaderFromPadding) {
  // The IP packet ends inside the UDP header; what follows is padding.
  Frame frame = Eth().Ipv4(kA, kB).Udp(5, 6).Padding(30).Build();
  frame[17] = 20 + 7;
  const auto key = Parse(frame, frame.size());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->ip_proto, 17);
  EXPECT_EQ(key->l4_dst.Get(), 0);
}

TEST(Parser, ReadsIpv6) {
  const FlowKey key = Parse(Eth().Ipv6(1, 2, 0xabcde).Ttl(9).Tos(0xb9).Tcp(1000, 80, 2));
  EXPECT_EQ(key.ipv6_src, Ip6(1));
  EXPECT_EQ(key.ipv6_dst, Ip6(2));
  EXPECT_EQ(key.ipv6_label.Get(), 0xabcdeu);
  EXPECT_EQ(key.ip_ttl, 9);
  EXPECT_EQ(key.ip_tos, 0xb9);
  EXPECT_EQ(key.ip_proto, 6);
  EXPECT_EQ(key.l4_dst.Get(), 80);
  EXPECT_EQ(key.tcp_flags.Get(), 2);
  EXPECT_EQ(key.lines, kLineBase | kLineIpv6);
}

TEST(Parser, SkipsIpv6ExtensionHeaders) {
  const FlowKey key = Parse(
      Eth().Ipv6(1, 2).Extension(0, 8).Extension(43, 24).Extension(60, 16).Auth(24).Udp(5, 6));
  EXPECT_EQ(key.ip_proto, 17);
  EXPECT_EQ(key.l4_dst.Get(), 6);
}

// OpenFlow 1.3 section 7.2.3.8.
enum : uint16_t {
  kNoNext = 1,
  kEsp = 2,
  kAuth = 4,
  kDest = 8,
  kFrag = 16,
  kRouter = 32,
  kHop = 64,
  kRepeated = 128,
  kOutOfOrder = 256,
};

TEST(Parser, TellsWhichIpv6ExtensionHeadersThereAre) {
  const auto bits = [](const PacketBuilder& builder) { return Parse(builder).ipv6_exthdr.Get(); };
  const auto ipv6 = [] { return Eth().Ipv6(1, 2); };
  EXPECT_EQ(bits(ipv6().Udp(5, 6)), 0);
  EXPECT_EQ(bits(ipv6()), kNoNext);
  EXPECT_EQ(bits(ipv6().Protocol(50).Payload(40)), kEsp);
  EXPECT_EQ(bits(ipv6().Extension(0, 8).Auth(16).Tcp(5, 6)), kHop | kAuth);
  EXPECT_EQ(bits(ipv6().Extension(60, 8).Udp(5, 6)), kDest);
  EXPECT_EQ(bits(ipv6().Fragment6(0, true).Udp(5, 6)), kFrag);
  EXPECT_EQ(bits(ipv6().Fragment6(7, true).Payload(8)), kFrag);
  EXPECT_EQ(bits(ipv6()
                     .Extension(0, 8)
                     .Extension(60, 8)
                     .Extension(43, 8)
                     .Fragment6(0, true)
                     .Auth(12)
                     .Extension(60, 8)
                     .Udp(5, 6)),
            kHop | kDest | kRouter | kFrag | kAuth)
      << "the recommended order, with destination options twice";
  EXPECT_EQ(bits(ipv6().Extension(60, 8).Protocol(50).Payload(9)), kDest | kEsp);
}

TEST(Parser, TellsWhetherIpv6ExtensionHeadersAreRepeatedOrOutOfOrder) {
  const auto bits = [](const PacketBuilder& builder) { return Parse(builder).ipv6_exthdr.Get(); };
  const auto ipv6 = [] { return Eth().Ipv6(1, 2); };
  EXPECT_EQ(bits(ipv6().Auth(12).Extension(43, 8).Udp(5, 6)), kAuth | kRouter | kOutOfOrder);
  EXPECT_EQ(bits(ipv6().Extension(43, 8).Extension(0, 8).Udp(5, 6)), kRouter | kHop | kOutOfOrder);
  EXPECT_EQ(bits(ipv6().Extension(43, 8).Extension(43, 8).Udp(5, 6)), kRouter | kRepeated);
  EXPECT_EQ(bits(ipv6().Extension(60, 8).Extension(60, 8).Udp(5, 6)), kDest);
  EXPECT_EQ(bits(ipv6().Extension(60, 8).Extension(60, 8).Extension(60, 8).Udp(5, 6)),
            kDest | kRepeated);
  EXPECT_EQ(bits(ipv6().Extension(60, 8).Extension(60, 8).Auth(12).Udp(5, 6)),
            kDest | kAuth | kOutOfOrder);
  EXPECT_EQ(bits(ipv6().Extension(0, 8).Extension(0, 8).Udp(5, 6)), kHop | kRepeated | kOutOfOrder);
}

TEST(Parser, TellsOfNoExtensionHeadersWhenOneIsCut) {
  Frame cut = Eth().Ipv6(1, 2).Extension(0, 8).Extension(60, 8).Build();
  cut[14 + 40 + 8 + 1] = 20;
  const auto key = Parse(cut, cut.size());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->ipv6_exthdr.Get(), 0);
}

TEST(Parser, TakesNoProtocolBehindACutExtension) {
  const Frame frame = Eth().Ipv6(1, 2).Extension(0, 64).Build();
  Frame cut = frame;
  cut[14 + 40 + 1] = 20;  // longer than what is there
  const auto key = Parse(cut, cut.size());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->ipv6_dst, Ip6(2));
  EXPECT_EQ(key->ip_proto, 0);
}

TEST(Parser, LooksNoFurtherThanItsBound) {
  PacketBuilder builder = Eth().Ipv6(1, 2);
  for (int i = 0; i < 4; ++i) builder.Extension(60, 64);
  StackMbuf packet(builder.Udp(5, 6).Payload(1000).Build());
  FlowKey key;
  ASSERT_EQ(ParsePacket(packet.get(), PortNo{1}, &key), DropReason::kNone);
  EXPECT_EQ(key.ipv6_dst, Ip6(2));
  EXPECT_EQ(key.ip_proto, 0);
  EXPECT_EQ(key.l4_dst.Get(), 0);
}

TEST(Parser, ReadsIpv6Fragments) {
  const FlowKey first = Parse(Eth().Ipv6(1, 2).Fragment6(0, true).Udp(5, 6));
  EXPECT_EQ(first.ip_frag, kFragAny);
  EXPECT_EQ(first.l4_dst.Get(), 6);
  const FlowKey later = Parse(Eth().Ipv6(1, 2).Fragment6(100, false).Udp(5, 6));
  EXPECT_EQ(later.ip_frag, kFragAny | kFragLater);
  EXPECT_EQ(later.ip_proto, 44);
  EXPECT_EQ(later.l4_dst.Get(), 0);
  const FlowKey atomic = Parse(Eth().Ipv6(1, 2).Fragment6(0, false).Udp(5, 6));
  EXPECT_EQ(atomic.ip_frag, 0);
  EXPECT_EQ(atomic.l4_dst.Get(), 6);
}

TEST(Parser, TakesNothingFromAnIpv6HeaderThatContradictsItself) {
  for (const auto& [at, value] : {std::pair{14, 0x40}, std::pair{19, 9}}) {  // version, length
    Frame bad = Eth().Ipv6(1, 2).Udp(5, 6).Build();
    bad[static_cast<size_t>(at)] = static_cast<uint8_t>(value);
    const auto key = Parse(bad, bad.size());
    ASSERT_TRUE(key);
    EXPECT_EQ(key->ipv6_dst, testing::Ipv6Address{});
    EXPECT_EQ(key->lines, kLineBase);
  }
}

TEST(Parser, BelievesNothingOfNeighborDiscoveryThatSaysAnAddressTwice) {
  const FlowKey key = Parse(Eth()
                                .Ipv6(1, 2)
                                .NeighborDiscovery(135, 9, 5)
                                .LinkLayerOption(2, 0x31)
                                .LinkLayerOption(1, 0x33)
                                .LinkLayerOption(1, 0x34));
  EXPECT_EQ(key.l4_src.Get(), 135);
  EXPECT_EQ(key.nd_reserved.Get(), 5u);
  EXPECT_EQ(key.nd_target, testing::Ipv6Address{});
  EXPECT_EQ(key.arp_sha, MacAddress{});
  EXPECT_EQ(key.arp_tha, MacAddress{});
}

TEST(Parser, ReadsTheFirstOptionsTypeAndBothAddressesOfNeighborDiscovery) {
  const FlowKey key = Parse(
      Eth().Ipv6(1, 2).NeighborDiscovery(136, 9).LinkLayerOption(2, 0x31).LinkLayerOption(1, 0x33));
  EXPECT_EQ(key.nd_options_type, 2);
  EXPECT_EQ(key.arp_sha, PacketBuilder::Address(0x33));
  EXPECT_EQ(key.arp_tha, PacketBuilder::Address(0x31));
}

TEST(Parser, ReadsThreeMplsLabels) {
  const FlowKey key =
      Parse(Eth().Mpls(10, false, 1).Mpls(11, false, 2).Mpls(12, false, 3).Mpls(13, true, 4));
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(key.mpls[i].Get(), (10 + i) << 12 | (1 + i)) << i;
  }
}

TEST(Parser, ReadsNeighborDiscovery) {
  const FlowKey solicitation =
      Parse(Eth().Ipv6(1, 2).NeighborDiscovery(135, 9).LinkLayerOption(1, 0x33));
  EXPECT_EQ(solicitation.ip_proto, 58);
  EXPECT_EQ(solicitation.l4_src.Get(), 135);
  EXPECT_EQ(solicitation.nd_target, Ip6(9));
  EXPECT_EQ(solicitation.arp_sha, PacketBuilder::Address(0x33));
  EXPECT_EQ(solicitation.nd_options_type, 1);
  EXPECT_EQ(solicitation.lines, kLineBase | kLineIpv6 | kLineExtra);
  const FlowKey advertisement =
      Parse(Eth().Ipv6(1, 2).NeighborDiscovery(136, 9, 0x60000000).LinkLayerOption(2, 0x44));
  EXPECT_EQ(advertisement.nd_reserved.Get(), 0x60000000u);
  EXPECT_EQ(advertisement.arp_tha, PacketBuilder::Address(0x44));
  EXPECT_EQ(advertisement.arp_sha, MacAddress{});
}

TEST(Parser, StopsAtANeighborDiscoveryOptionOfNoLength) {
  Frame frame = Eth()
                    .Ipv6(1, 2)
                    .NeighborDiscovery(135, 9)
                    .LinkLayerOption(1, 0x33)
                    .LinkLayerOption(2, 0x44)
                    .Build();
  frame[frame.size() - 15] = 0;  // the first option's length
  const auto key = Parse(frame, frame.size());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->nd_target, Ip6(9));
  EXPECT_EQ(key->arp_sha, MacAddress{});
  EXPECT_EQ(key->arp_tha, MacAddress{});
}

TEST(Parser, ReadsOtherIcmpv6WithoutNeighborFields) {
  const FlowKey echo = Parse(Eth().Ipv6(1, 2).Icmpv6(128, 0).Payload(40));
  EXPECT_EQ(echo.l4_src.Get(), 128);
  EXPECT_EQ(echo.lines, kLineBase | kLineIpv6);
  // Neighbour discovery has code 0.
  const FlowKey odd = Parse(Eth().Ipv6(1, 2).Icmpv6(135, 1).Payload(40));
  EXPECT_EQ(odd.nd_target, testing::Ipv6Address{});
}

TEST(Parser, ReadsArp) {
  const FlowKey key = Parse(Eth().Arp(1, 0x11, kA, 0x22, kB).Padding(18));
  EXPECT_EQ(key.eth_type.Get(), 0x0806);
  EXPECT_EQ(key.ip_proto, 1);
  EXPECT_EQ(key.ipv4_src.Get(), kA);
  EXPECT_EQ(key.ipv4_dst.Get(), kB);
  EXPECT_EQ(key.arp_sha, PacketBuilder::Address(0x11));
  EXPECT_EQ(key.arp_tha, PacketBuilder::Address(0x22));
  EXPECT_EQ(Parse(Eth().Arp(0x101, 1, kA, 2, kB)).ip_proto, 0) << "no room for such an opcode";
}

TEST(Parser, LeavesArpOfOtherKindsUnread) {
  for (const size_t at : {15, 17, 18, 19}) {  // hardware, protocol, and their lengths
    Frame frame = Eth().Arp(1, 0x11, kA, 0x22, kB).Build();
    frame[at] ^= 0x40;
    const auto key = Parse(frame, frame.size());
    ASSERT_TRUE(key);
    EXPECT_EQ(key->ipv4_src.Get(), 0u) << at;
    EXPECT_EQ(key->lines, kLineBase) << at;
  }
}

TEST(Parser, ReadsMplsDownToTheBottomOfTheStack) {
  const FlowKey key = Parse(Eth().Mpls(100, false).Mpls(200, true).Payload(40));
  EXPECT_EQ(key.eth_type.Get(), 0x8847);
  EXPECT_EQ(key.mpls[0].Get() >> 12, 100u);
  EXPECT_EQ(key.mpls[1].Get() >> 12, 200u);
  EXPECT_EQ(key.mpls[2].Get(), 0u);
  const FlowKey deep =
      Parse(Eth().Mpls(1, false).Mpls(2, false).Mpls(3, false).Mpls(4, true).Payload(4));
  EXPECT_EQ(deep.mpls[2].Get() >> 12, 3u);
}

TEST(Parser, ReadsAPacketInAnySegmentsAlike) {
  const Frame frame =
      Eth().Vlan(10).Ipv6(1, 2).NeighborDiscovery(135, 9).LinkLayerOption(1, 0x33).Build();
  const auto whole = Parse(frame, frame.size());
  ASSERT_TRUE(whole);
  for (size_t step = 1; step <= frame.size(); ++step) {
    StackMbuf packet(frame, step);
    FlowKey key;
    ASSERT_EQ(ParsePacket(packet.get(), PortNo{7}, &key), DropReason::kNone);
    DefineLines(&key, 0xff);
    EXPECT_EQ(std::memcmp(&key, &*whole, sizeof(key)), 0) << "segments of " << step;
  }
  StackMbuf empty(Frame{});
  FlowKey key;
  EXPECT_EQ(ParsePacket(empty.get(), PortNo{7}, &key), DropReason::kRxMalformed);
}

// ---- What holds for any frame. ----

std::vector<Frame> ManyFrames() {
  std::vector<Frame> frames;
  const auto add = [&](PacketBuilder builder) { frames.push_back(builder.Build()); };
  for (int tags = 0; tags <= 3; ++tags) {
    PacketBuilder eth = Eth();
    for (int i = 0; i < tags; ++i) eth.Vlan(static_cast<uint16_t>(100 + i), 1);
    add(PacketBuilder(eth).Type(0x88cc).Payload(20));
    add(PacketBuilder(eth).Type(30).Payload(30));
    add(PacketBuilder(eth).Snap().Ipv4(kA, kB).Udp(1, 2));
    add(PacketBuilder(eth).Arp(2, 3, kA, 4, kB).Padding(18));
    add(PacketBuilder(eth).Ipv4(kA, kB).Tos(4).Tcp(1, 2).Payload(10));
    add(PacketBuilder(eth).Ipv4(kA, kB, 12).Udp(1, 2).Padding(9));
    add(PacketBuilder(eth).Ipv4(kA, kB).Fragment(9, true).Payload(30));
    add(PacketBuilder(eth).Ipv4(kA, kB).Icmp(8, 0).Payload(8));
    add(PacketBuilder(eth).Ipv4(kA, kB).Sctp(1, 2).Payload(8));
    add(PacketBuilder(eth).Ipv6(1, 2, 5).Tcp(1, 2));
    add(PacketBuilder(eth).Ipv6(1, 2).Extension(0, 16).Extension(43, 8).Auth(12).Udp(1, 2));
    add(PacketBuilder(eth).Ipv6(1, 2).Extension(60, 8).Fragment6(3, true).Payload(16));
    add(PacketBuilder(eth).Ipv6(1, 2).Fragment6(0, true).Udp(1, 2));
    add(PacketBuilder(eth).Ipv6(1, 2).NeighborDiscovery(135, 9, 1).LinkLayerOption(1, 7));
    add(PacketBuilder(eth)
            .Ipv6(1, 2)
            .NeighborDiscovery(136, 9, 1)
            .LinkLayerOption(9, 7)
            .LinkLayerOption(2, 7));
    add(PacketBuilder(eth).Mpls(1, false).Mpls(2, false).Mpls(3, true).Payload(20));
  }
  return frames;
}

// Each byte of `part` is that of `whole`, or zero because it was not read.
void ExpectPartOf(const FlowKey& part, const FlowKey& whole) {
  EXPECT_EQ(part.eth_dst, whole.eth_dst);
  EXPECT_EQ(part.eth_src, whole.eth_src);
  EXPECT_EQ(part.vlan, whole.vlan);
  EXPECT_TRUE(part.eth_type == whole.eth_type || part.eth_type.Get() == 0x05ff);
  EXPECT_EQ(part.lines & ~whole.lines, 0);
  for (size_t i = offsetof(FlowKey, ipv4_src); i < sizeof(FlowKey); ++i) {
    EXPECT_TRUE(part.line(0)[i] == 0 || part.line(0)[i] == whole.line(0)[i]) << "byte " << i;
  }
}

TEST(Parser, ReadsNothingWrongFromAnyTruncation) {
  for (const Frame& frame : ManyFrames()) {
    const auto whole = Parse(frame, frame.size());
    ASSERT_TRUE(whole);
    for (size_t n = 0; n < frame.size(); ++n) {
      // The frame ends there; and: only so much of it is seen.
      for (const size_t frame_bytes : {n, frame.size()}) {
        const auto key = Parse({frame.data(), n}, frame_bytes);
        EXPECT_FALSE(key && n < 14);
        ASSERT_TRUE(key || n < 22);  // two tags are the most that are read
        if (key) ExpectPartOf(*key, *whole);
        if (HasFailure()) FAIL() << n << " of " << frame.size() << " bytes";
      }
    }
  }
}

// How many of them took the short way, each of which ends where the whole parser does.
size_t CountPlain(std::span<const Frame> frames) {
  size_t plain = 0;
  for (const Frame& frame : frames) {
    StackMbuf mbuf(frame);
    FlowKey key, whole;
    KeyLine line;
    if (!ParsePlain(mbuf.get(), PortNo{7}, &line, &key)) continue;
    ++plain;
    EXPECT_EQ(ParsePacket(mbuf.get(), PortNo{7}, &whole), DropReason::kNone);
    EXPECT_EQ(key.lines, whole.lines);
    EXPECT_EQ(std::memcmp(key.line(0), whole.line(0), kLineBytes), 0);
    EXPECT_EQ(std::memcmp(line.word, whole.line(0), kLineBytes), 0);
  }
  return plain;
}

TEST(PlainParser, TakesWhatMostPacketsAre) {
  const std::vector<Frame> frames = {
      Eth().Ipv4(kA, kB).Udp(1, 2).Payload(40).Build(),
      Eth().Ipv4(kA, kB).Tcp(1, 2).Payload(40).Build(),
      Eth().Vlan(5, 3).Ipv4(kA, kB).Udp(1, 2).Payload(40).Build(),
      Eth().Vlan(0, 0, 0x88a8).Ipv4(kA, kB).Tcp(1, 2).Payload(40).Build(),
  };
  EXPECT_EQ(CountPlain(frames), frames.size());
}

TEST(PlainParser, LeavesTheRestToTheParser) {
  const std::vector<Frame> frames = {
      Eth().Ipv4(kA, kB).Udp(1, 2).Payload(4).Build(),  // short
      Eth().Vlan(5, 0, 0x88a8).Vlan(5, 3).Ipv4(kA, kB).Udp(1, 2).Payload(40).Build(),
      Eth().Ipv6(1, 2).Udp(1, 2).Payload(40).Build(),
      Eth().Type(0x88cc).Payload(60).Build(),
  };
  EXPECT_EQ(CountPlain(frames), 0u);
}

TEST(PlainParser, AgreesWithTheParserOnDamagedFrames) {
  testing::Random random(testing::RandomSeed());
  const std::vector<Frame> good = {
      Eth().Ipv4(kA, kB).Udp(1, 2).Payload(40).Build(),
      Eth().Ipv4(kA, kB).Tcp(1, 2).Payload(60).Build(),
      Eth().Vlan(5, 3).Ipv4(kA, kB).Udp(1, 2).Payload(40).Build(),
      Eth().Vlan(5, 3).Ipv4(kA, kB).Tcp(1, 2).Payload(40).Build(),
  };
  std::vector<Frame> frames;
  for (int i = 0; i < 100'000; ++i) {
    Frame& frame = frames.emplace_back(random.Pick(good));
    // Where lengths, types and flags are.
    for (uint32_t n = random.Below(4); n > 0; --n) {
      frame[random.Below(56)] =
          static_cast<uint8_t>(random.Below(2) ? random.Bits() : random.Below(64));
    }
    if (random.OneIn(4)) frame.resize(14 + random.Below(static_cast<uint32_t>(frame.size()) - 14));
  }
  EXPECT_GT(CountPlain(frames), frames.size() / 10);
}

TEST(Parser, SurvivesRandomBytesAndIsAPureFunction) {
  testing::Random random(testing::RandomSeed());
  const std::vector<Frame> frames = ManyFrames();
  for (int i = 0; i < 30'000; ++i) {
    Frame frame = random.Pick(frames);
    for (uint32_t n = 1 + random.Below(8); n > 0; --n) {
      frame[random.Below(static_cast<uint32_t>(frame.size()))] =
          static_cast<uint8_t>(random.Bits());
    }
    frame.resize(random.Below(static_cast<uint32_t>(frame.size()) + 1));
    const auto once = Parse(frame, frame.size());
    const auto again = Parse(frame, frame.size());
    ASSERT_EQ(once.has_value(), again.has_value());
    ASSERT_TRUE(!once || std::memcmp(&*once, &*again, sizeof(FlowKey)) == 0);
  }
}

}  // namespace
}  // namespace vsw
