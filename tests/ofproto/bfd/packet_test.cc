// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bfd/packet.h"

#include <gtest/gtest.h>

#include <vector>

namespace vsw::bfd {
namespace {

Packet Sample() {
  return {.diagnostic = Diagnostic::kNeighborSignaledDown,
          .state = State::kInit,
          .poll = true,
          .detect_mult = 3,
          .my_discriminator = 0x01020304,
          .your_discriminator = 0x05060708,
          .desired_min_tx_us = 1'000'000,
          .required_min_rx_us = 300'000,
          .required_min_echo_rx_us = 0};
}

// A valid packet with one byte changed.
std::vector<uint8_t> With(size_t at, uint8_t value) {
  const auto bytes = Encode(Sample());
  std::vector<uint8_t> changed(bytes.begin(), bytes.end());
  changed[at] = value;
  return changed;
}

TEST(BfdPacket, StandsOnTheWireAsRfc5880Section41DrawsIt) {
  const auto bytes = Encode(Sample());
  EXPECT_EQ(bytes[0], 0x23);  // version 1, diagnostic 3
  EXPECT_EQ(bytes[1], 0xa0);  // init, poll
  EXPECT_EQ(bytes[2], 3);
  EXPECT_EQ(bytes[3], 24);
  EXPECT_EQ(bytes[4], 0x01);
  EXPECT_EQ(bytes[11], 0x08);
  EXPECT_EQ(bytes[13], 0x0f);  // 0x000f4240
}

TEST(BfdPacket, ComesBackAsItWas) {
  EXPECT_EQ(Decode(Encode(Sample())), Sample());
  Packet flags = Sample();
  flags.poll = false;
  flags.final = flags.control_plane_independent = flags.demand = true;
  EXPECT_EQ(Decode(Encode(flags)), flags);
}

TEST(BfdPacket, IgnoresWhatIsBehindItsLength) {
  std::vector<uint8_t> longer = With(3, 24);
  longer.push_back(0xff);
  EXPECT_EQ(Decode(longer), Sample());
}

TEST(BfdPacket, IsDiscardedByTheRulesOfSection686) {
  EXPECT_FALSE(Decode(With(0, 0x43)).has_value()) << "version 2";
  EXPECT_FALSE(Decode(With(1, 0xa4)).has_value()) << "authentication";
  EXPECT_FALSE(Decode(With(1, 0xa1)).has_value()) << "multipoint";
  EXPECT_FALSE(Decode(With(2, 0)).has_value()) << "detect mult 0";
  EXPECT_FALSE(Decode(With(3, 23)).has_value()) << "length too small";
  EXPECT_FALSE(Decode(With(3, 25)).has_value()) << "length beyond the payload";
  Packet nobody = Sample();
  nobody.my_discriminator = 0;
  EXPECT_FALSE(Decode(Encode(nobody)).has_value());
  Packet unasked = Sample();
  unasked.your_discriminator = 0;
  EXPECT_FALSE(Decode(Encode(unasked)).has_value()) << "init to nobody";
  unasked.state = State::kDown;
  EXPECT_TRUE(Decode(Encode(unasked)).has_value());
}

TEST(BfdPacket, IsDiscardedAtEveryShorterLength) {
  const auto bytes = Encode(Sample());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(Decode({bytes.data(), length}).has_value()) << length;
  }
}

}  // namespace
}  // namespace vsw::bfd
