// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/looks.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "datapath/packet/parser.h"
#include "tests/support/packet_builder.h"
#include "tests/support/random_seed.h"
#include "tests/worker/pipeline_fixture.h"

namespace vsw {
namespace {

using testing::Frame;
using testing::MakeMbuf;
using testing::PacketBuilder;
using testing::Random;

constexpr PortNo kPort{1};

// Of the flow with this number; `kind` is what it comes as.
Frame FrameOf(uint16_t flow, uint32_t kind) {
  PacketBuilder packet;
  packet.Ethernet(2, 1);
  if (kind == 1) packet.Vlan(5);
  packet.Ipv4(1, 2, kind == 3 ? 4 : 0);
  if (kind == 2) return packet.Tcp(7, flow).Payload(40).Build();
  return packet.Udp(7, flow).Payload(40).Build();
}

// Flow tables of both kinds, which remember the same flows; each has a megaflow of its own.
class LooksTest : public ::testing::Test {
 protected:
  struct Side {
    std::unique_ptr<FlowTable> flows;
    Looks looks;
    std::map<Frame, Megaflow*> megaflows;
  };

  void SetUp() override { Make(4096); }
  void Make(uint32_t frame_entries) {
    for (size_t i = 0; i < sides_.size(); ++i) {
      sides_[i].flows = *FlowTable::Create(
          {.exact_match_entries = 64,
           .frame_entries = frame_entries,
           .instructions = i == 0 ? InstructionSet::kAll : InstructionSet::kBaseline});
    }
    translation_->Clear();
    translation_->mask.bits.l4_dst.raw = 0xffff;
    translation_->mask.bits.ip_proto = 0xff;
    translation_->mask.bits.vlan[0].tci.raw = 0xffff;
    translation_->actions.push_back(Action::Output(PortNo{2}));
  }
  void Remember(const Frame& frame) {
    for (Side& side : sides_) {
      rte_mbuf* const packet = MakeMbuf(frame);
      FlowLookup lookup;
      ASSERT_EQ(ParsePacket(packet, kPort, &lookup.key), DropReason::kNone);
      DefineLines(&lookup.key, kAllLines);
      side.flows->Prepare(&lookup);
      Megaflow*& flow = side.megaflows[frame];
      flow = side.flows->Install(&lookup, *translation_, 1, report_);
      ASSERT_NE(flow, nullptr);
      side.flows->Remember(kPort, packet, *flow);
      rte_pktmbuf_free(packet);
    }
  }
  static std::vector<Megaflow*> Find(Side* side, const std::vector<Frame>& frames) {
    std::vector<rte_mbuf*> burst;
    for (const Frame& frame : frames) burst.push_back(MakeMbuf(frame));
    const FrameLook* look = side->flows->mutable_frames()->Ask(kPort, 1);
    EXPECT_NE(look, nullptr);
    StageClock clock;
    found_ = side->looks.Find(*side->flows, *look, burst, &clock);
    std::vector<Megaflow*> flows;
    for (size_t i = 0; i < frames.size(); ++i) flows.push_back(side->looks.flow(i));
    rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
    return flows;
  }

  static inline Looks::Found found_;
  std::array<Side, 2> sides_;
  std::unique_ptr<Translation> translation_ = std::make_unique<Translation>();
  const FlowTable::Report report_ = [](std::span<const StatId>, uint64_t, uint64_t, uint64_t) {};
};

TEST_F(LooksTest, FindTheSameWithAllInstructionsAndWithFew) {
  if (!sides_[0].flows->hash().wide()) {
    GTEST_SKIP() << "this processor has neither AVX2 nor AES: there is one way only";
  }
  Random random(testing::RandomSeed());
  for (uint16_t flow = 0; flow < 150; ++flow) Remember(FrameOf(flow, flow % 3));
  int known = 0, unknown = 0, unreadable = 0;
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Frame> frames(1 + random.Below(kBurst));
    for (Frame& frame : frames) {
      const auto flow = static_cast<uint16_t>(random.Below(200));
      frame = FrameOf(flow, random.OneIn(4) ? random.Below(4) : flow % 3);
      if (random.OneIn(16)) frame.resize(14 + random.Below(40));
    }
    std::array<std::vector<Megaflow*>, 2> flows;
    std::array<Looks::Found, 2> found;
    for (size_t i = 0; i < sides_.size(); ++i) {
      flows[i] = Find(&sides_[i], frames);
      found[i] = found_;
    }
    EXPECT_EQ(found[0].unreadable, found[1].unreadable);
    unreadable += static_cast<int>(found[0].unreadable);
    for (size_t n = 0; n < frames.size(); ++n) {
      for (size_t i = 0; i < sides_.size(); ++i) {
        const auto& megaflows = sides_[i].megaflows;
        const auto wanted = megaflows.find(frames[n]);
        ASSERT_EQ(flows[i][n], wanted == megaflows.end() ? nullptr : wanted->second)
            << "side " << i << " round " << round << " frame " << n;
      }
      ++(flows[0][n] != nullptr ? known : unknown);
    }
  }
  EXPECT_GT(known, 10'000);
  EXPECT_GT(unknown, 5'000);
  EXPECT_GT(unreadable, 500);
}

TEST_F(LooksTest, FindMostOfThoseThatStandFarToo) {
  Make(256);
  std::vector<Frame> frames;
  for (uint16_t flow = 0; flow < 150; ++flow) Remember(frames.emplace_back(FrameOf(flow, 0)));
  for (Side& side : sides_) {
    uint32_t known = 0, near = 0;
    for (size_t i = 0; i < frames.size(); i += 30) {
      const std::vector part(frames.begin() + i, frames.begin() + i + 30);
      const std::vector<Megaflow*> flows = Find(&side, part);
      near += found_.near;
      for (size_t n = 0; n < part.size(); ++n) {
        if (flows[n] == nullptr) continue;
        EXPECT_EQ(flows[n], side.megaflows[part[n]]);
        ++known;
      }
    }
    EXPECT_GT(known, 120u);
    EXPECT_LT(near, known);
    EXPECT_GT(near, 60u);
  }
}

TEST_F(LooksTest, CountsWhatStandsNearAndWhatCannotBeRead) {
  Remember(FrameOf(1, 0));
  for (Side& side : sides_) {
    const std::vector<Megaflow*> flows =
        Find(&side, {FrameOf(1, 0), FrameOf(2, 0), FrameOf(1, 2), Frame(30, 0xff)});
    EXPECT_EQ(found_.near, 1u);
    EXPECT_EQ(found_.unreadable, 1u);
    EXPECT_NE(flows[0], nullptr);
    EXPECT_EQ(flows[1], nullptr);
    EXPECT_EQ(flows[2], nullptr);
    EXPECT_EQ(flows[3], nullptr);
  }
}

TEST_F(LooksTest, KnowNoMegaflowThatWasTakenOutOrInvalidated) {
  Remember(FrameOf(1, 0));
  Side& side = sides_[0];
  EXPECT_TRUE(side.flows->IsKnown(Find(&side, {FrameOf(1, 0)})[0]));
  side.flows->SetEpoch(2);
  EXPECT_FALSE(side.flows->IsKnown(Find(&side, {FrameOf(1, 0)})[0]));
  side.flows->SetEpoch(1);
  EXPECT_TRUE(side.flows->IsKnown(Find(&side, {FrameOf(1, 0)})[0]));
  side.flows->Sweep(1u << 20, 100, report_);
  ASSERT_EQ(side.flows->megaflow_count(), 0u);
  EXPECT_FALSE(side.flows->IsKnown(Find(&side, {FrameOf(1, 0)})[0]));
  // And none that comes after it.
  for (uint16_t flow = 100; flow < 120; ++flow) Remember(FrameOf(flow, 0));
  EXPECT_FALSE(side.flows->IsKnown(Find(&side, {FrameOf(1, 0)})[0]));
}

TEST_F(LooksTest, LearnNothingThatAFrameDoesNotShow) {
  const auto learns = [&](const Frame& frame, auto change) {
    for (Side& side : sides_) side = {};
    SetUp();
    change(translation_.get());
    Remember(frame);
    if (HasFatalFailure()) return false;
    return sides_[0].flows->mutable_frames()->Ask(kPort, 1) != nullptr;
  };
  EXPECT_TRUE(learns(FrameOf(1, 0), [](Translation*) {}));
  EXPECT_FALSE(learns(FrameOf(1, 3), [](Translation*) {})) << "IP options";
  EXPECT_FALSE(
      learns(FrameOf(1, 0), [](Translation* t) { t->actions.push_back(Action::PopVlan()); }));
  EXPECT_FALSE(learns(FrameOf(1, 0), [](Translation* t) { t->actions.clear(); }));
  EXPECT_FALSE(learns(FrameOf(1, 0), [](Translation* t) { t->mask.bits.ipv6_src[0] = 0xff; }));
}

}  // namespace
}  // namespace vsw
