// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/frame_look.h"

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

FlowMask MaskOfPorts() {
  FlowMask mask = NoMask();
  mask.bits.l4_src.raw = mask.bits.l4_dst.raw = 0xffff;
  return mask;
}

FlowMask RandomMask(Random* random) {
  FlowMask mask = NoMask();
  uint8_t* const line = mask.bits.line(0);
  for (size_t i = 0; i < offsetof(FlowKey, ct_zone); ++i) {
    if (random->OneIn(6)) line[i] = random->OneIn(2) ? 0xff : static_cast<uint8_t>(random->Bits());
  }
  mask.bits.lines = mask.bits.reserved0 = 0;
  return mask;
}

std::optional<FrameImage> ImageOf(const FrameLook& look, const rte_mbuf* packet) {
  const FrameImage* mask;
  if (!look.FindMask(packet, &mask)) return std::nullopt;
  FrameImage image;
  FrameLook::Read(rte_pktmbuf_mtod(packet, const uint8_t*), *mask, look.stamp(), &image);
  return image;
}
std::optional<FrameImage> ImageOf(const FrameLook& look, const Frame& frame) {
  return ImageOf(look, StackMbuf(frame).get());
}

// What looks like a frame that the parser's short way takes is taken by it, too, and has the same
// key under each of the masks. What does not is other under all of them together.
TEST(FrameLook, IsTheSameForFramesThatAreTheSameUnderAllMasks) {
  Random random(testing::RandomSeed());
  int same = 0, other = 0, unreadable = 0;
  for (int round = 0; round < 30'000; ++round) {
    const Frame frame = RandomFrame::Make(&random).bytes;
    StackMbuf sample(frame);
    const auto line = PlainLine(sample.get());
    if (!line) continue;
    FrameLook look;
    look.Reset(random.Below(FrameLook::kMaxId) + 1);
    std::vector<FlowMask> masks;
    FlowMask all = NoMask();
    for (uint32_t n = 1 + random.Below(5); n > 0; --n) {
      masks.push_back(RandomMask(&random));
      look.Widen(masks.back());
      for (size_t i = 0; i < kLineBytes; ++i) all.bits.line(0)[i] |= masks.back().bits.line(0)[i];
    }
    for (const FlowMask& mask : masks) ASSERT_TRUE(look.Covers(mask));
    const auto image = ImageOf(look, sample.get());
    ASSERT_TRUE(image.has_value());
    for (int i = 0; i < 50; ++i) {
      StackMbuf packet(Altered(frame, &random));
      const auto its_image = ImageOf(look, packet.get());
      const auto its_line = PlainLine(packet.get());
      if (its_image && LookSame(*image, *its_image)) {
        ASSERT_TRUE(its_line.has_value()) << "round " << round;
        for (const FlowMask& mask : masks) {
          ASSERT_TRUE(SameUnder(mask, *line, *its_line)) << "round " << round;
        }
        ++same;
      } else if (!its_image) {
        ASSERT_FALSE(its_line.has_value()) << "round " << round;
        ++unreadable;
      } else {
        ++other;
      }
    }
  }
  EXPECT_GT(same, 5'000);
  EXPECT_GT(other, 3'000);
  EXPECT_GT(unreadable, 1'000);
}

Frame Udp(uint16_t from, uint32_t source = 1) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(source, 2).Udp(from, 53).Payload(40).Build();
}

TEST(FrameLook, ReadsNoMoreThanItsMasks) {
  FrameLook look;
  look.Reset(1);
  EXPECT_TRUE(LookSame(*ImageOf(look, Udp(1)), *ImageOf(look, Udp(2))));
  EXPECT_FALSE(look.Covers(MaskOfPorts()));
  look.Widen(MaskOfPorts());
  EXPECT_TRUE(look.Covers(MaskOfPorts()));
  EXPECT_TRUE(look.Covers(NoMask()));
  EXPECT_FALSE(LookSame(*ImageOf(look, Udp(1)), *ImageOf(look, Udp(2))));
  EXPECT_TRUE(LookSame(*ImageOf(look, Udp(1)), *ImageOf(look, Udp(1, 99))));
}

TEST(FrameLook, OfAnotherIdIsAnotherOne) {
  FrameLook one, other;
  one.Reset(1);
  other.Reset(FrameLook::kMaxId);
  EXPECT_FALSE(LookSame(*ImageOf(one, Udp(1)), *ImageOf(other, Udp(1))));
  EXPECT_EQ(FrameLook::IdOf(*ImageOf(one, Udp(1))), 1u);
  EXPECT_EQ(FrameLook::IdOf(*ImageOf(other, Udp(1))), FrameLook::kMaxId);
}

TEST(FrameLook, LeavesBytesToItsUser) {
  FrameLook look;
  look.Reset(FrameLook::kMaxId);
  const FrameImage image = *ImageOf(look, Udp(1));
  FrameImage marked = image;
  marked.part[3] = _mm_or_si128(image.part[3], _mm_cvtsi32_si128(0xffffff));
  EXPECT_TRUE(LookSame(image, marked));
  EXPECT_EQ(_mm_cvtsi128_si32(image.part[3]) & 0xffffff, 0);
}

}  // namespace
}  // namespace vsw
