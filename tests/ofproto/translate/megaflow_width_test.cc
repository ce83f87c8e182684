// SPDX-License-Identifier: Apache-2.0
// How wide megaflows are: as wide as the rules let them be, however many rules there are.
#include <bit>
#include <set>

#include "fmt/format.h"
#include "tests/ofproto/translate/pipeline_fixture.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {
namespace {

constexpr uint32_t kRoutes = 100'000;

class MegaflowWidthTest : public PipelineTest {
 protected:
  void Route(uint32_t address, int bits) {
    FlowMod mod;
    mod.match.Set(FieldId::kEthType, FieldValue::OfU64(0x0800));
    mod.match.SetMasked(FieldId::kIpv4Dst, FieldValue::OfU64(address),
                        FieldValue::OfU64(0xffffffffULL << (32 - bits) & 0xffffffff));
    mod.priority = static_cast<uint16_t>(bits);
    mod.instructions.apply = {act::Output{.port = 2}};
    mod.instructions.has_apply = true;
    bridge().Change(mod);
  }
  const FlowMask& MaskOf(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport) {
    return Translate(PacketBuilder().Ethernet(0xb, 0xa).Ipv4(src, dst).Tcp(sport, dport)).mask;
  }
};

TEST_F(MegaflowWidthTest, OneRouteOfManyIsOneMegaflow) {
  // As real tables are: mostly /24, some wider ones, and none that covers everything.
  for (uint32_t i = 0; i < kRoutes; ++i) Route(0x0a000000 + (i << 8), 24);
  for (uint32_t i = 0; i < 100; ++i) Route(0x20000000 + (i << 16), 16);
  Random random(RandomSeed());
  for (int i = 0; i < 2000; ++i) {
    const uint32_t route = random.Below(kRoutes);
    const uint32_t dst = 0x0a000000 + (route << 8) + random.Below(256);
    const FlowMask& mask = MaskOf(static_cast<uint32_t>(random.Bits()), dst,
                                  static_cast<uint16_t>(random.Bits()), 80);
    const uint32_t bits = mask.bits.ipv4_dst.Get();
    ASSERT_EQ(bits & 0xff, 0u) << "a megaflow for each host of a route";
    ASSERT_EQ(std::countl_one(bits) + std::countr_zero(bits), 32) << fmt::format("{:x}", bits);
    ASSERT_TRUE(mask.bits.ipv4_src.is_zero());
    ASSERT_TRUE(mask.bits.l4_src.is_zero() && mask.bits.l4_dst.is_zero());
    ASSERT_TRUE(mask.bits.eth_src.is_zero() && mask.bits.eth_dst.is_zero());
  }
}

TEST_F(MegaflowWidthTest, WhatNoRouteCoversIsTakenTogether) {
  for (uint32_t i = 0; i < kRoutes; ++i) Route(0x0a000000 + (i << 8), 24);
  Flow("priority=0,actions=3");
  Random random(RandomSeed());
  std::set<uint32_t> megaflows;
  for (int i = 0; i < 2000; ++i) {
    const uint32_t dst = static_cast<uint32_t>(random.Bits()) | 0x80000000;
    const uint32_t bits = MaskOf(1, dst, 2, 80).bits.ipv4_dst.Get();
    megaflows.insert(dst & bits);
  }
  EXPECT_EQ(megaflows.size(), 1u) << "the first bit tells them from all routes";
}

TEST_F(MegaflowWidthTest, PortsThatFewRulesAskForAreAskedOfFewPackets) {
  for (uint32_t i = 0; i < 1000; ++i) {
    Flow(fmt::format("priority=50,tcp,nw_dst=10.0.{}.{},tp_dst=443,actions=2", i / 250, i % 250));
  }
  Flow("priority=1,actions=3");
  // Elsewhere the address settles it, and no port is looked at.
  const FlowMask elsewhere = MaskOf(1, 0xc0000001, 7, 443);
  EXPECT_TRUE(elsewhere.bits.l4_dst.is_zero());
  EXPECT_TRUE(elsewhere.bits.l4_src.is_zero());
  const FlowMask there = MaskOf(1, 0x0a000005, 7, 443);
  EXPECT_FALSE(there.bits.l4_dst.is_zero());
  EXPECT_TRUE(there.bits.l4_src.is_zero());
}

}  // namespace
}  // namespace vsw::testing
