// SPDX-License-Identifier: Apache-2.0
//
// The quick way out of a tunnel does what the long one does, or leaves the packet to it.
#include "datapath/tunnel/known_outers.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datapath/packet/parser.h"
#include "datapath/tunnel/decapsulate.h"
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

PacketBuilder Ip(uint32_t remote = kRemote, uint8_t tos = 0, uint8_t ttl = 64) {
  return PacketBuilder().Ethernet(0x11, 0x22).Ipv4(remote, kLocal).Tos(tos).Ttl(ttl);
}
Bytes Inner(size_t payload = 30) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(1000, 53).Payload(payload).Build();
}
Bytes Vxlan(uint32_t vni = 100, const Bytes& inner = Inner(), PacketBuilder ip = Ip(),
            uint16_t source_port = 50000) {
  return With(ip.Udp(source_port, 4789), Join({testing::Vxlan(vni), inner}));
}

// What came out of a tunnel.
struct Outcome {
  PortNo port;
  Bytes frame;
  FlowKey key;
};

class KnownOutersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    in_use_before_ = (testing::MbufPool(), testing::MbufsInUse());
    known_.Begin(1);
    AddPort(3, TunnelKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "100"}});
    AddPort(4, TunnelKind::kGeneve, {{"remote", "flow"}, {"key", "flow"}});
    AddPort(5, TunnelKind::kGre, {{"remote", "flow"}, {"key", "100"}});
    AddPort(6, TunnelKind::kGre, {{"remote", "flow"}});
  }
  void TearDown() override { EXPECT_EQ(testing::MbufsInUse(), in_use_before_); }
  void AddPort(uint32_t port, TunnelKind kind, const std::map<std::string, std::string>& options) {
    const TunnelFacts facts = ParseTunnelOptions(kind, options)->facts;
    ASSERT_TRUE(table_.Set(PortNo{port}, "t" + std::to_string(port), BridgeId{0}, facts).ok());
  }
  // Nothing if it is for no tunnel or dropped.
  std::optional<Outcome> TheLongWay(const Bytes& frame, bool learn = false) {
    rte_mbuf* packet = testing::MakeMbuf(frame);
    PlainOuter outer;
    const bool plain = ReadPlainOuter(packet, kUnderlay, &outer);
    std::optional<Outcome> outcome;
    FlowKey key;
    if (ParsePacket(packet, kUnderlay, &key) == kNone) {
      const DecapResult result = Decapsulate(packet, *table_.Load(), &key);
      if (result.verdict == DecapVerdict::kDone) {
        outcome = {result.port, testing::BytesOf(packet), key};
        if (learn && plain) {
          known_.Learn(outer, static_cast<uint32_t>(frame.size()) - packet->pkt_len, key);
        }
      }
    }
    rte_pktmbuf_free(packet);
    return outcome;
  }
  // Whether the headers were known; `*outcome` is empty if what is inside is no frame.
  bool TheQuickWay(const Bytes& frame, std::optional<Outcome>* outcome,
                   PortNo in_port = kUnderlay) {
    rte_mbuf* packet = testing::MakeMbuf(frame);
    PlainOuter outer;
    const KnownOuters::Known* known = known_.Peel(packet, in_port, &outer);
    outcome->reset();
    FlowKey key;
    if (known == nullptr) {
      EXPECT_EQ(testing::BytesOf(packet), frame);
    } else if (ParsePacket(packet, known->port, &key) == kNone) {
      known->WriteTunnelLine(outer, &key);
      key.lines |= kLineTunnel;
      *outcome = {known->port, testing::BytesOf(packet), key};
    }
    rte_pktmbuf_free(packet);
    return known != nullptr;
  }
  void ExpectSame(const std::optional<Outcome>& quick, const std::optional<Outcome>& slow) {
    ASSERT_EQ(quick.has_value(), slow.has_value());
    if (!quick.has_value()) return;
    EXPECT_EQ(quick->port, slow->port);
    EXPECT_EQ(quick->frame, slow->frame);
    ASSERT_EQ(quick->key.lines, slow->key.lines);
    for (size_t i = 0; i < kFlowKeyLines; ++i) {
      if ((slow->key.lines & (1u << i)) == 0) continue;
      EXPECT_EQ(std::memcmp(quick->key.line(i), slow->key.line(i), kLineBytes), 0) << "line " << i;
    }
  }
  void ExpectKnown(const Bytes& frame) {
    std::optional<Outcome> quick;
    ASSERT_TRUE(TheQuickWay(frame, &quick));
    ExpectSame(quick, TheLongWay(frame));
  }
  void ExpectUnknown(const Bytes& frame, PortNo in_port = kUnderlay) {
    std::optional<Outcome> quick;
    EXPECT_FALSE(TheQuickWay(frame, &quick, in_port));
  }

  uint32_t in_use_before_ = 0;
  TunnelTable table_{[] {}};
  KnownOuters known_;
};

TEST_F(KnownOutersTest, KnowsThePacketsBehindTheFirst) {
  ExpectUnknown(Vxlan());
  ASSERT_TRUE(TheLongWay(Vxlan(), /*learn=*/true).has_value());
  ExpectKnown(Vxlan());
  ExpectKnown(Vxlan(100, Inner(500)));
  ExpectKnown(Vxlan(100, PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Tcp(1, 2).Build()));
  ExpectKnown(Vxlan(100, Inner(), Ip(kRemote, 0x2a, 3), 65535));
}

TEST_F(KnownOutersTest, KnowsEachKind) {
  const Bytes frames[] = {
      Vxlan(), With(Ip().Udp(50000, 6081), Join({testing::Geneve(7), Inner()})),
      With(Ip().Udp(50000, 6081), Join({testing::Geneve(7, {}, 0x80), Inner()})),
      With(Ip().Protocol(47), Join({testing::Gre(0x2000, {0, 0, 0, 100}), Inner()})),
      With(Ip().Protocol(47), Join({testing::Gre(0), Inner()}))};
  for (const Bytes& frame : frames) ASSERT_TRUE(TheLongWay(frame, /*learn=*/true).has_value());
  for (const Bytes& frame : frames) ExpectKnown(frame);
}

TEST_F(KnownOutersTest, LeavesAloneWhatDiffers) {
  ASSERT_TRUE(TheLongWay(Vxlan(), /*learn=*/true).has_value());
  ExpectUnknown(Vxlan(101));
  ExpectUnknown(Vxlan(100, Inner(), Ip(kRemote + 1)));
  ExpectUnknown(Vxlan(), PortNo{8});
  ExpectUnknown(With(Ip().Udp(50000, 4790), Join({testing::Vxlan(100), Inner()})));
  ExpectUnknown(With(Ip().Udp(50000, 4789), Join({testing::Vxlan(100, 0x88), Inner()})));
  const auto to = [](uint64_t mac) {
    const auto ip = PacketBuilder().Ethernet(mac, 0x22).Ipv4(kRemote, kLocal);
    return Vxlan(100, Inner(), ip);
  };
  ExpectKnown(to(0x11));
  ExpectUnknown(to(0x12));
}

TEST_F(KnownOutersTest, LeavesAloneWhatHasToBeLookedAt) {
  ASSERT_TRUE(TheLongWay(Vxlan(), /*learn=*/true).has_value());
  Bytes padded = Vxlan();
  padded.resize(padded.size() + 4);
  ExpectUnknown(padded);
  Bytes cut = Vxlan();
  cut.pop_back();
  ExpectUnknown(cut);
  Bytes lying = Vxlan();
  lying[14 + 20 + 5] += 1;  // the length of UDP
  ExpectUnknown(lying);
  Bytes summed = Vxlan();
  summed[14 + 20 + 6] = 1;  // UDP has a checksum
  ExpectUnknown(summed);
  Bytes broken = Vxlan();
  broken[14 + 10] ^= 1;  // IPv4's
  ExpectUnknown(broken);
  ExpectUnknown(Vxlan(100, Inner(), Ip(kRemote, 0x01)));
  ExpectUnknown(Vxlan(100, Inner(), Ip(kRemote, 0x03)));
  const auto fragment = PacketBuilder().Ethernet(0x11, 0x22).Ipv4(kRemote, kLocal);
  ExpectUnknown(Vxlan(100, Inner(), PacketBuilder(fragment).Fragment(0, true)));
  ExpectUnknown(Vxlan(100, {1, 2, 3}));
}

TEST_F(KnownOutersTest, LearnsNothingOfOptions) {
  const Bytes option = testing::GeneveOption(0x102, 1, {1, 2, 3, 4});
  const Bytes frame = With(Ip().Udp(50000, 6081), Join({testing::Geneve(7, option), Inner()}));
  ASSERT_TRUE(TheLongWay(frame, /*learn=*/true).has_value());
  ExpectUnknown(frame);
}

TEST_F(KnownOutersTest, ForgetsWhenSomethingHasChanged) {
  ASSERT_TRUE(TheLongWay(Vxlan(), /*learn=*/true).has_value());
  known_.Begin(1);
  ExpectKnown(Vxlan());
  const uint64_t before = table_.generation();
  table_.Remove(PortNo{3});
  EXPECT_GT(table_.generation(), before);
  known_.Begin(2);
  ExpectUnknown(Vxlan());
}

TEST_F(KnownOutersTest, DoesWhatTheLongWayDoesToAnything) {
  const Bytes good[] = {
      Vxlan(),
      Vxlan(100, Inner(), Ip(kRemote, 0x2a, 3)),
      With(Ip().Udp(50000, 6081), Join({testing::Geneve(7), Inner()})),
      With(Ip().Udp(50000, 6081),
           Join({testing::Geneve(1, testing::GeneveOption(1, 2, Bytes(8))), Inner()})),
      With(Ip().Protocol(47), Join({testing::Gre(0x2000, {0, 0, 0, 100}), Inner()})),
      With(Ip().Protocol(47), Join({testing::Gre(0), Inner()}))};
  testing::Random random(testing::RandomSeed());
  uint32_t known = 0;
  for (int round = 0; round < 50'000; ++round) {
    Bytes frame = random.Pick(good);
    for (uint32_t i = random.Below(3); i > 0; --i) {
      frame[random.Below(static_cast<uint32_t>(frame.size()))] =
          static_cast<uint8_t>(random.Below(256));
    }
    if (random.OneIn(8)) frame.resize(14 + random.Below(static_cast<uint32_t>(frame.size())));
    std::optional<Outcome> quick;
    if (TheQuickWay(frame, &quick)) {
      ++known;
      ASSERT_NO_FATAL_FAILURE(ExpectSame(quick, TheLongWay(frame)));
      ASSERT_FALSE(HasFailure());
    }
    TheLongWay(frame, /*learn=*/true);
  }
  EXPECT_GT(known, 1000u);
}

}  // namespace
}  // namespace vsw
