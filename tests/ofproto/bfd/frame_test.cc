// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bfd/frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace vsw::bfd {
namespace {

const Packet kPacket = {.state = State::kInit,
                        .detect_mult = 3,
                        .my_discriminator = 7,
                        .your_discriminator = 9,
                        .desired_min_tx_us = 100'000,
                        .required_min_rx_us = 1'000'000};

std::vector<uint8_t> With(size_t at, uint8_t value) {
  std::vector<uint8_t> frame = MakeFrame({}, kPacket);
  frame[at] = value;
  return frame;
}

uint16_t SumOf(const std::vector<uint8_t>& frame, size_t from, size_t to, uint32_t sum) {
  for (size_t i = from; i < to; i += 2) {
    sum += static_cast<uint32_t>(frame[i] << 8 | frame[i + 1]);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

TEST(BfdFrame, GoesToTheAddressesThatOpenVswitchUses) {
  const std::vector<uint8_t> frame = MakeFrame({}, kPacket);
  ASSERT_EQ(frame.size(), 14u + 20 + 8 + 24);
  EXPECT_EQ(std::vector<uint8_t>(frame.begin(), frame.begin() + 6),
            (std::vector<uint8_t>{0x00, 0x23, 0x20, 0x00, 0x00, 0x01}));
  EXPECT_EQ(std::vector<uint8_t>(frame.begin() + 26, frame.begin() + 34),
            (std::vector<uint8_t>{169, 254, 1, 1, 169, 254, 1, 0}));
  EXPECT_EQ(frame[22], 255) << "TTL: RFC 5881 section 5";
  EXPECT_EQ(frame[36] << 8 | frame[37], 3784);
}

TEST(BfdFrame, HasRightChecksums) {
  const std::vector<uint8_t> frame = MakeFrame({}, kPacket);
  EXPECT_EQ(SumOf(frame, 14, 34, 0), 0xffff) << "IPv4 header";
  EXPECT_EQ(SumOf(frame, 26, frame.size(), 17 + 32), 0xffff) << "UDP with its pseudo header";
}

TEST(BfdFrame, ComesBackAsItWas) { EXPECT_EQ(ParseFrame(MakeFrame({}, kPacket)), kPacket); }

TEST(BfdFrame, IsReadBehindIpOptionsAndBeforePadding) {
  std::vector<uint8_t> frame = MakeFrame({}, kPacket);
  frame[14] = 0x46;
  frame[17] = static_cast<uint8_t>(frame[17] + 4);
  frame.insert(frame.begin() + 34, 4, 1);
  frame.insert(frame.end(), 6, 0);
  EXPECT_EQ(ParseFrame(frame), kPacket);
}

TEST(BfdFrame, IsDiscardedIfItComesFromFartherAway) {
  EXPECT_FALSE(ParseFrame(With(22, 254)).has_value());
}

TEST(BfdFrame, IsNotWhatItSeemsWithOtherHeaders) {
  EXPECT_FALSE(ParseFrame(With(12, 0x86)).has_value()) << "type";
  EXPECT_FALSE(ParseFrame(With(14, 0x65)).has_value()) << "version";
  EXPECT_FALSE(ParseFrame(With(14, 0x44)).has_value()) << "header length";
  EXPECT_FALSE(ParseFrame(With(17, 0xff)).has_value()) << "total length";
  EXPECT_FALSE(ParseFrame(With(23, 6)).has_value()) << "protocol";
  EXPECT_FALSE(ParseFrame(With(37, 0)).has_value()) << "port";
  EXPECT_FALSE(ParseFrame(With(39, 7)).has_value()) << "UDP length below its header";
  EXPECT_FALSE(ParseFrame(With(39, 200)).has_value()) << "UDP length beyond the packet";
}

TEST(BfdFrame, IsDiscardedAtEveryShorterLength) {
  const std::vector<uint8_t> frame = MakeFrame({}, kPacket);
  for (size_t length = 0; length < frame.size(); ++length) {
    EXPECT_FALSE(ParseFrame({frame.data(), length}).has_value()) << length;
  }
}

}  // namespace
}  // namespace vsw::bfd
