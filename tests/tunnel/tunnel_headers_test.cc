// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/tunnel_headers.h"

#include <gtest/gtest.h>

#include <array>

#include "datapath/packet/flow_key.h"
#include "tests/support/random_seed.h"
#include "tests/support/tunnel_frame.h"

namespace vsw {
namespace {

using testing::Bytes;
using testing::Geneve;
using testing::Gre;
using testing::Join;
using testing::Vxlan;
using enum DropReason;

DropReason Read(TunnelKind kind, const Bytes& bytes, TunnelHeader* header) {
  return ReadTunnelHeader(kind, bytes, header);
}
DropReason Read(TunnelKind kind, const Bytes& bytes) {
  TunnelHeader header;
  return Read(kind, bytes, &header);
}

TEST(VxlanHeader, GivesTheNetworkIdentifier) {
  TunnelHeader header;
  ASSERT_EQ(Read(TunnelKind::kVxlan, Vxlan(0x123456), &header), kNone);
  EXPECT_EQ(header.bytes, 8u);
  EXPECT_EQ(header.key, 0x123456u);
  EXPECT_TRUE(header.has_key);
  EXPECT_FALSE(header.has_gbp);
}

TEST(VxlanHeader, IgnoresWhatIsReserved) {
  Bytes bytes = Vxlan(7, 0x77 | 0x08);
  bytes[3] = bytes[7] = 0xff;
  TunnelHeader header;
  ASSERT_EQ(Read(TunnelKind::kVxlan, bytes, &header), kNone);
  EXPECT_EQ(header.key, 7u);
}

TEST(VxlanHeader, NeedsTheFlagThatTheIdentifierIsValid) {
  EXPECT_EQ(Read(TunnelKind::kVxlan, Vxlan(7, 0)), kTunnelMalformed);
}

TEST(VxlanHeader, HasAGroupPolicyWhereTheFlagSaysSo) {
  const Bytes bytes = {0x88, 0xff, 0x12, 0x34, 0, 0, 7, 0};
  TunnelHeader header;
  ASSERT_EQ(Read(TunnelKind::kVxlan, bytes, &header), kNone);
  EXPECT_TRUE(header.has_gbp);
  EXPECT_EQ(header.gbp_id, 0x1234);
  EXPECT_EQ(header.gbp_flags, 0x48);
}

TEST(GeneveHeader, HasItsOptionsBehindIt) {
  const Bytes options = testing::GeneveOption(0x102, 3, {1, 2, 3, 4});
  TunnelHeader header;
  const Bytes bytes = Join({Geneve(99, options, 0x80), {0xee}});
  ASSERT_EQ(Read(TunnelKind::kGeneve, bytes, &header), kNone);
  EXPECT_EQ(header.bytes, 16u);
  EXPECT_EQ(header.key, 99u);
  EXPECT_TRUE(header.oam);
  EXPECT_EQ(Bytes(header.options.begin(), header.options.end()), options);
}

TEST(GeneveHeader, IsRefusedWhenCutShortOrOfAnotherVersion) {
  Bytes bytes = Geneve(99, Bytes(8));
  bytes.pop_back();
  EXPECT_EQ(Read(TunnelKind::kGeneve, bytes), kTunnelMalformed);
  bytes = Geneve(99);
  bytes[0] |= 0x40;
  EXPECT_EQ(Read(TunnelKind::kGeneve, bytes), kTunnelMalformed);
  bytes = Geneve(99);
  bytes[2] = 0x08, bytes[3] = 0;  // an IPv4 packet, no frame
  EXPECT_EQ(Read(TunnelKind::kGeneve, bytes), kTunnelUnknown);
}

TEST(GreHeader, MayHaveChecksumKeyAndSequenceInThisOrder) {
  TunnelHeader header;
  ASSERT_EQ(Read(TunnelKind::kGre, Gre(0), &header), kNone);
  EXPECT_EQ(header.bytes, 4u);
  EXPECT_FALSE(header.has_key);
  const Bytes all = Gre(0xb000, {1, 2, 0, 0, 0xaa, 0xbb, 0xcc, 0xdd, 0, 0, 0, 9});
  ASSERT_EQ(Read(TunnelKind::kGre, all, &header), kNone);
  EXPECT_EQ(header.bytes, 16u);
  EXPECT_EQ(header.key, 0xaabbccddu);
  EXPECT_TRUE(header.has_checksum);
}

TEST(GreHeader, IsRefusedWithRoutingOrAVersionOrCutShort) {
  EXPECT_EQ(Read(TunnelKind::kGre, Gre(0x4000)), kTunnelMalformed);
  EXPECT_EQ(Read(TunnelKind::kGre, Gre(0x0001)), kTunnelMalformed);
  EXPECT_EQ(Read(TunnelKind::kGre, Gre(0x2000, {1, 2, 3})), kTunnelMalformed);
  EXPECT_EQ(Read(TunnelKind::kGre, Gre(0xb000, Bytes(11))), kTunnelMalformed);
  EXPECT_EQ(Read(TunnelKind::kGre, Gre(0, {}, 0x0800)), kTunnelUnknown);
}

class GeneveOptions : public ::testing::Test {
 protected:
  DropReason Read(const Bytes& options) {
    metadata_.fill(0);
    present_ = 0;
    return ReadGeneveOptions(options, &map_, metadata_, &present_);
  }
  TunnelOptionMap map_ = {
      {.option_class = 0x102, .type = 0x80, .bytes = 4, .index = 5, .offset = 8},
      {.option_class = 0x103, .type = 1, .bytes = 8, .index = 0, .offset = 0}};
  std::array<uint8_t, kTunnelMetadataBytes> metadata_;
  uint64_t present_ = 0;
};

TEST_F(GeneveOptions, GoWhereTheMapSays) {
  ASSERT_EQ(Read(Join({testing::GeneveOption(0x102, 0x80, {1, 2, 3, 4}),
                       testing::GeneveOption(0x103, 1, {5, 6, 7, 8, 9, 10, 11, 12})})),
            kNone);
  EXPECT_EQ(Bytes(metadata_.begin(), metadata_.begin() + 12),
            (Bytes{5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4}));
  EXPECT_EQ(present_, uint64_t{1} << 5 | 1);
}

TEST_F(GeneveOptions, ThatNobodyKnowsAreIgnoredUnlessCritical) {
  EXPECT_EQ(Read(testing::GeneveOption(0x999, 0x01, {1, 2, 3, 4})), kNone);
  EXPECT_EQ(present_, 0u);
  EXPECT_EQ(Read(testing::GeneveOption(0x999, 0x81, {1, 2, 3, 4})), kTunnelOption);
  // Known, with another length.
  EXPECT_EQ(Read(testing::GeneveOption(0x102, 0x80, Bytes(8))), kTunnelOption);
  EXPECT_EQ(Read(testing::GeneveOption(0x103, 1, Bytes(4))), kNone);
  EXPECT_EQ(present_, 0u);
}

TEST_F(GeneveOptions, MustEndWhereTheHeaderDoes) {
  Bytes options = testing::GeneveOption(0x102, 0x80, {1, 2, 3, 4});
  options[3] = 2;
  EXPECT_EQ(Read(options), kTunnelMalformed);
}

TEST(TunnelHeaders, OfRandomBytesAreReadWithinTheirBounds) {
  testing::Random random(testing::RandomSeed());
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes(random.Below(80));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Below(256));
    for (const TunnelKind kind : {TunnelKind::kVxlan, TunnelKind::kGeneve, TunnelKind::kGre}) {
      TunnelHeader header;
      if (Read(kind, bytes, &header) != kNone) continue;
      ASSERT_LE(header.bytes, bytes.size());
      std::array<uint8_t, kTunnelMetadataBytes> metadata{};
      uint64_t present = 0;
      (void)ReadGeneveOptions(header.options, nullptr, metadata, &present);
      ASSERT_EQ(present, 0u);
    }
  }
}

}  // namespace
}  // namespace vsw
