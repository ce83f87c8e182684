// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/frame_pattern.h"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <vector>

#include "tests/packet/plain_frames.h"
#include "tests/packet/random_frame.h"
#include "tests/support/packet_builder.h"
#include "tests/support/random_seed.h"
#include "tests/support/stack_mbuf.h"

namespace vsw {
namespace {

using testing::Altered;
using testing::NoMask;
using testing::PacketBuilder;
using testing::PlainLine;
using testing::Random;
using testing::RandomFrame;
using testing::SameUnder;
using testing::StackMbuf;
using Frame = std::vector<uint8_t>;

FlowMask RandomMask(Random* random) {
  FlowMask mask = NoMask();
  uint8_t* const line = mask.bits.line(0);
  const uint32_t density = random->Below(4);
  for (size_t i = 0; i < offsetof(FlowKey, ct_zone); ++i) {
    if (density == 0 || !random->OneIn(density + 1)) continue;
    line[i] = random->OneIn(2) ? 0xff : static_cast<uint8_t>(random->Bits());
  }
  mask.bits.lines = 0;
  mask.bits.reserved0 = 0;
  return mask;
}

// A pattern says yes for the frames that the parser's short way takes and gives the same masked
// key, but for some whose tags, protocol or TCP header are other ones than the sample's.
TEST(FramePattern, SaysWhatTheKeyWouldSay) {
  Random random(testing::RandomSeed());
  int yes = 0, no = 0, passed_over = 0;
  for (int round = 0; round < 60'000; ++round) {
    const Frame frame = RandomFrame::Make(&random).bytes;
    StackMbuf sample(frame);
    const auto line = PlainLine(sample.get());
    if (!line) continue;
    const FlowMask mask = RandomMask(&random);
    FramePattern pattern;
    pattern.Learn(sample.get(), mask);
    ASSERT_TRUE(pattern.Matches(sample.get()));
    for (int other = 0; other < 100; ++other) {
      StackMbuf packet(Altered(frame, &random));
      const auto its = PlainLine(packet.get());
      const bool same = its && SameUnder(mask, *line, *its);
      const bool matches = pattern.Matches(packet.get());
      if (matches) {
        ASSERT_TRUE(same) << "round " << round;
        ++yes;
      } else {
        ++(same ? passed_over : no);
      }
    }
  }
  EXPECT_GT(yes, 10'000);
  EXPECT_GT(no, 10'000);
  EXPECT_LT(passed_over, yes / 10);
}

// `mask` reads what the caller sets; whether a pattern of `a` matches `b`.
bool Alike(const FlowMask& mask, const PacketBuilder& a, const PacketBuilder& b) {
  StackMbuf sample(a.Build()), packet(b.Build());
  EXPECT_TRUE(PlainLine(sample.get()).has_value());
  FramePattern pattern;
  pattern.Learn(sample.get(), mask);
  return pattern.Matches(packet.get());
}
PacketBuilder Ip(uint32_t dst = 2, uint8_t tos = 0, uint8_t ttl = 64) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, dst).Tos(tos).Ttl(ttl);
}
PacketBuilder Udp(uint16_t dst = 53) { return Ip().Udp(1, dst).Payload(40); }

TEST(FramePattern, PassesOverWhatTheMaskDoesNotRead) {
  const FlowMask mask = NoMask();
  EXPECT_TRUE(Alike(mask, Udp(), Ip(99, 4, 3).Udp(7, 8).Payload(200)));
  EXPECT_TRUE(Alike(mask, Udp(), PacketBuilder().Ethernet(8, 9).Ipv4(1, 2).Udp(1, 1).Payload(40)));
}

TEST(FramePattern, ReadsEachFieldOfTheMask) {
  FlowMask mask = NoMask();
  mask.bits.l4_dst.raw = 0xffff;
  EXPECT_TRUE(Alike(mask, Udp(53), Ip(9).Udp(2, 53).Payload(40)));
  EXPECT_FALSE(Alike(mask, Udp(53), Udp(54)));
  mask = NoMask();
  mask.bits.ip_ttl = 0xff;
  EXPECT_FALSE(Alike(mask, Udp(), Ip(2, 0, 63).Udp(1, 53).Payload(40)));
  mask = NoMask();
  mask.bits.ip_tos = 0x03;
  EXPECT_FALSE(Alike(mask, Udp(), Ip(2, 1).Udp(1, 53).Payload(40)));
  EXPECT_TRUE(Alike(mask, Udp(), Ip(2, 4).Udp(1, 53).Payload(40)));
  mask = NoMask();
  mask.bits.ipv4_dst = Be32::From(0xffffff00);
  EXPECT_TRUE(Alike(mask, Udp(), Ip(77).Udp(1, 53).Payload(40)));
  EXPECT_FALSE(Alike(mask, Udp(), Ip(256).Udp(1, 53).Payload(40)));
}

TEST(FramePattern, IsOfOneProtocolAndOneLengthOfHeaders) {
  const FlowMask mask = NoMask();
  const auto tcp = [] { return Ip().Tcp(1, 2).Payload(40); };
  EXPECT_TRUE(Alike(mask, tcp(), tcp()));
  EXPECT_FALSE(Alike(mask, tcp(), Udp()));
  EXPECT_FALSE(Alike(mask, Udp(), Ip().Fragment(0, true).Udp(1, 53).Payload(40)));
  EXPECT_FALSE(
      Alike(mask, Udp(), PacketBuilder().Ethernet(2, 1).Ipv4(1, 2, 4).Udp(1, 53).Payload(40)));
  EXPECT_FALSE(
      Alike(mask, Udp(), PacketBuilder().Ethernet(2, 1).Vlan(5).Ipv4(1, 2).Udp(1, 53).Payload(40)));
}

TEST(FramePattern, ReadsTagsButForTheBitThatSaysThereIsOne) {
  const auto tagged = [](uint16_t vlan, uint16_t priority = 0, uint16_t tpid = 0x8100) {
    return PacketBuilder()
        .Ethernet(2, 1)
        .Vlan(vlan, priority, tpid)
        .Ipv4(1, 2)
        .Udp(1, 53)
        .Payload(40);
  };
  FlowMask mask = NoMask();
  EXPECT_TRUE(Alike(mask, tagged(5), tagged(6)));
  EXPECT_FALSE(Alike(mask, tagged(5), tagged(5, 0, 0x88a8)));
  EXPECT_FALSE(Alike(mask, tagged(5), Udp()));
  mask.bits.vlan[0].tci = Be16::From(kVlanIdMask | kVlanPresent);
  EXPECT_TRUE(Alike(mask, tagged(5), tagged(5, 3)));
  EXPECT_TRUE(Alike(mask, tagged(5), tagged(0x1000 | 5)));
  EXPECT_FALSE(Alike(mask, tagged(5), tagged(6)));
}

TEST(FramePattern, WantsLengthsThatAreRight) {
  const FlowMask mask = NoMask();
  StackMbuf sample(Udp().Build());
  FramePattern pattern;
  pattern.Learn(sample.get(), mask);
  const auto with_length = [](uint16_t ip_bytes) {
    Frame frame = Udp().Build();
    frame[16] = static_cast<uint8_t>(ip_bytes >> 8);
    frame[17] = static_cast<uint8_t>(ip_bytes);
    return frame;
  };
  const auto whole = static_cast<uint16_t>(Udp().Build().size() - 14);
  EXPECT_TRUE(pattern.Matches(StackMbuf(with_length(whole)).get()));
  EXPECT_FALSE(pattern.Matches(StackMbuf(with_length(whole + 1)).get()));
  EXPECT_TRUE(pattern.Matches(StackMbuf(with_length(28)).get()));
  EXPECT_FALSE(pattern.Matches(StackMbuf(with_length(27)).get()));
  // In pieces: the headers have to be in the first one.
  EXPECT_TRUE(pattern.Matches(StackMbuf(Udp().Build(), 64).get()));
  EXPECT_FALSE(pattern.Matches(StackMbuf(Udp().Build(), 57).get()));
}

}  // namespace
}  // namespace vsw
