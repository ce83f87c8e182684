// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/guesses.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "datapath/packet/parser.h"
#include "tests/support/packet_builder.h"
#include "tests/support/stack_mbuf.h"
#include "tests/worker/pipeline_fixture.h"

namespace vsw {
namespace {

using testing::Frame;
using testing::PacketBuilder;
using testing::PipelineTest;
using testing::StackMbuf;

Frame Udp(uint16_t dst, uint8_t number = 0) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(7, dst).Payload(30, number).Build();
}

// A flow table into which each test puts decisions, and bursts that these have decided.
class GuessesTest : public ::testing::Test {
 protected:
  struct Packet {
    explicit Packet(const Frame& frame, PortNo in_port) : mbuf(frame) {
      EXPECT_EQ(ParsePacket(mbuf.get(), in_port, &key), DropReason::kNone);
    }
    StackMbuf mbuf;
    FlowKey key;
  };

  void SetUp() override {
    flows_ = *FlowTable::Create({.exact_match_entries = 64, .max_megaflows = 64});
    guesses_ = std::make_unique<Guesses>(*flows_);
    translation_->mask.bits.l4_dst.raw = 0xffff;
    translation_->actions.push_back(Action::Output(PortNo{2}));
  }
  Megaflow* Install(const FlowKey& key) {
    FlowLookup lookup;
    lookup.key = key;
    DefineLines(&lookup.key, kAllLines);
    flows_->Prepare(&lookup);
    return flows_->Install(&lookup, *translation_, 1, report_);
  }
  // A burst of two packets that look like this one, decided by `flow`.
  void Learn(const Packet& packet, Megaflow* flow) {
    std::vector<FlowLookup> works(2);
    for (FlowLookup& work : works) {
      work.packet = const_cast<Packet&>(packet).mbuf.get();
      work.key = packet.key;
      work.flow = flow;
    }
    guesses_->Learn(works);
  }
  bool KnowsAlike() const { return guesses_->AlikeFrom(kPort) != nullptr; }

  static constexpr PortNo kPort{1};
  std::unique_ptr<FlowTable> flows_;
  std::unique_ptr<Guesses> guesses_;
  std::unique_ptr<Translation> translation_ = std::make_unique<Translation>();
  const FlowTable::Report report_ = [](std::span<const StatId>, uint64_t, uint64_t, uint64_t) {};
};

TEST_F(GuessesTest, LearnsWhatHeldForTwoBursts) {
  const Packet packet(Udp(53), kPort), other(Udp(54), kPort);
  Megaflow* const flow = Install(packet.key);
  Learn(packet, flow);
  EXPECT_EQ(guesses_->Last(kPort), flow);
  EXPECT_FALSE(KnowsAlike());
  Learn(packet, flow);
  ASSERT_TRUE(KnowsAlike());
  const Guesses::Alike& alike = *guesses_->AlikeFrom(kPort);
  EXPECT_EQ(alike.flow, flow);
  EXPECT_TRUE(alike.pattern.Matches(StackMbuf(Udp(53, 9)).get()));
  EXPECT_FALSE(alike.pattern.Matches(StackMbuf(Udp(54)).get()));
  EXPECT_EQ(guesses_->AlikeFrom(PortNo{3}), nullptr);
}

TEST_F(GuessesTest, ForgetsWithTheDecision) {
  const Packet packet(Udp(53), kPort), other(Udp(54), kPort);
  Megaflow* flow = Install(packet.key);
  for (int i = 0; i < 2; ++i) Learn(packet, flow);
  ASSERT_TRUE(KnowsAlike());
  flows_->SetEpoch(2);
  EXPECT_FALSE(KnowsAlike());
  // In the same place there is another flow with the same mask then.
  flows_->Sweep(64, 0, report_);
  Megaflow* const next = Install(other.key);
  ASSERT_EQ(next, flow);
  EXPECT_FALSE(KnowsAlike());
  for (int i = 0; i < 2; ++i) Learn(other, next);
  ASSERT_TRUE(KnowsAlike());
  EXPECT_TRUE(guesses_->AlikeFrom(kPort)->pattern.Matches(StackMbuf(Udp(54)).get()));
  EXPECT_FALSE(guesses_->AlikeFrom(kPort)->pattern.Matches(StackMbuf(Udp(53)).get()));
}

TEST_F(GuessesTest, LearnsAnotherLookOnlyNowAndThen) {
  const Packet first(Udp(53), kPort), second(Udp(54), kPort);
  Megaflow* const one = Install(first.key);
  Megaflow* const two = Install(second.key);
  for (int i = 0; i < 2; ++i) Learn(first, one);
  for (int i = 0; i < 10; ++i) Learn(second, two);
  EXPECT_EQ(guesses_->AlikeFrom(kPort)->flow, one);
  for (int i = 0; i < 100; ++i) Learn(second, two);
  EXPECT_EQ(guesses_->AlikeFrom(kPort)->flow, two);
}

TEST_F(GuessesTest, LearnsNothingThatAFrameDoesNotShow) {
  const auto learns = [&](const Frame& frame, const std::function<void(Translation*)>& change) {
    SetUp();
    translation_->Clear();
    translation_->mask.bits.l4_dst.raw = 0xffff;
    change(translation_.get());
    const Packet packet(frame, kPort);
    Megaflow* const flow = Install(packet.key);
    EXPECT_NE(flow, nullptr);
    for (int i = 0; i < 2; ++i) Learn(packet, flow);
    return KnowsAlike();
  };
  const auto output = [](Translation* t) { t->actions.push_back(Action::Output(PortNo{2})); };
  EXPECT_TRUE(learns(Udp(53), output));
  EXPECT_FALSE(learns(Udp(53), [](Translation* t) { t->drop_reason = DropReason::kHairpin; }));
  EXPECT_FALSE(learns(Udp(53), [&](Translation* t) {
    t->actions.push_back(Action::PushVlan(0x8100, 5));
    output(t);
  }));
  EXPECT_FALSE(learns(Udp(53), [&](Translation* t) {
    output(t);
    t->mask.bits.ipv6_label.raw = 1;
  })) << "lines that the frame has nothing in";
  EXPECT_FALSE(
      learns(PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Udp(7, 53).Payload(30).Build(), output))
      << "not a plain frame";
}

TEST_F(GuessesTest, TellsTunnelsApart) {
  Packet packet(Udp(53), kPort);
  DefineLines(&packet.key, kLineTunnel);
  packet.key.lines |= kLineTunnel;
  packet.key.tun_flags = Be16::From(kTunnelKeyPresent);
  packet.key.tun_id = Be64::From(7);
  translation_->mask.bits.tun_flags = Be16::From(kTunnelOam | kTunnelKeyPresent);
  Megaflow* const flow = Install(packet.key);
  for (int i = 0; i < 2; ++i) Learn(packet, flow);
  EXPECT_FALSE(KnowsAlike()) << "of packets that came by no tunnel";
  const auto knows = [&](const FlowKey& key) {
    uint64_t line[kLineBytes / sizeof(uint64_t)];
    std::memcpy(line, key.line(3), sizeof(line));
    return guesses_->AlikeFromTunnel(kPort, line) != nullptr;
  };
  EXPECT_TRUE(knows(packet.key));
  FlowKey other = packet.key;
  other.tun_id = Be64::From(8);
  EXPECT_TRUE(knows(other)) << "the decision does not read it";
  other.tun_flags = Be16::From(kTunnelKeyPresent | kTunnelOam);
  EXPECT_FALSE(knows(other));
}

TEST_F(GuessesTest, LearnsNothingFromTunnelFieldsThatChangeByPacket) {
  Packet packet(Udp(53), kPort);
  DefineLines(&packet.key, kLineTunnel);
  packet.key.lines |= kLineTunnel;
  packet.key.tun_ttl = 60;
  translation_->mask.bits.tun_ttl = 0xff;
  Megaflow* const flow = Install(packet.key);
  for (int i = 0; i < 2; ++i) Learn(packet, flow);
  uint64_t line[kLineBytes / sizeof(uint64_t)];
  std::memcpy(line, packet.key.line(3), sizeof(line));
  EXPECT_EQ(guesses_->AlikeFromTunnel(kPort, line), nullptr);
}

class AlikeTest : public PipelineTest {
 protected:
  // To port 2 what goes to UDP port 53, to port 3 all else.
  void SetUp() override {
    PipelineTest::SetUp();
    slow_path_.Publish([](const FlowKey& key, Translation* result) {
      result->mask.bits.l4_dst.raw = 0xffff;
      result->actions.push_back(Action::Output(PortNo{key.l4_dst.Get() == 53 ? 2u : 3u}));
      result->tags.push_back(77);
      result->stats.push_back(StatId{5});
    });
    for (uint8_t i = 0; i < 4; ++i) Receive({Udp(53, i), Udp(53, i)});
    out_.TakeSent();
  }
};

TEST_F(AlikeTest, KeepsTheOrderAmongOthers) {
  const Frame malformed(13, 0);
  Frame wrong_length = Udp(53);
  wrong_length[16] = 0xff;  // IPv4's total length: longer than the frame
  const uint64_t rx_before = counters_[1].rx_packets.Get();
  Receive({Udp(53, 1), Udp(53, 2), Udp(54, 3), Udp(53, 4), malformed, Udp(54, 5), Udp(53, 6)});
  Receive({Udp(54, 7), Udp(53, 8)});
  EXPECT_EQ(out_.TakeSent(),
            (std::vector{Udp(53, 1), Udp(53, 2), Udp(53, 4), Udp(53, 6), Udp(53, 8)}));
  EXPECT_EQ(third_.TakeSent(), (std::vector{Udp(54, 3), Udp(54, 5), Udp(54, 7)}));
  EXPECT_EQ(counters_[1].rx_packets.Get() - rx_before, 9u);
  EXPECT_EQ(Drops(1, DropReason::kRxMalformed), 1u);
  // The parser reads no port where lengths contradict each other.
  Receive({Udp(53, 1), wrong_length, Udp(53, 2)});
  EXPECT_EQ(out_.TakeSent(), (std::vector{Udp(53, 1), Udp(53, 2)}));
  EXPECT_EQ(third_.TakeSent(), std::vector<Frame>{wrong_length});
}

TEST_F(AlikeTest, CountsEachPacket) {
  pipeline_->Sweep(1000, 0);
  const auto before = stats_->Read(StatId{5});
  const uint64_t hits = pipeline_->stats().megaflow_hits.Get();
  Receive({Udp(53, 1), Udp(53, 2), Udp(53, 3)});
  pipeline_->Sweep(1000, 0);
  EXPECT_EQ(stats_->Read(StatId{5}).packets - before.packets, 3u);
  EXPECT_EQ(stats_->Read(StatId{5}).bytes - before.bytes, 3 * Udp(53).size());
  EXPECT_EQ(pipeline_->stats().megaflow_hits.Get() - hits, 3u);
}

TEST_F(AlikeTest, AsksAnewAfterInvalidation) {
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    result->mask.bits.l4_dst.raw = 0xffff;
    result->actions.push_back(Action::Output(PortNo{3}));
  });
  Receive({Udp(53, 1)});
  EXPECT_EQ(out_.TakeSent().size(), 1u);
  pipeline_->flows().Invalidate(77, pipeline_->report());
  Receive({Udp(53, 2)});
  EXPECT_EQ(out_.TakeSent().size(), 0u);
  EXPECT_EQ(third_.TakeSent(), std::vector<Frame>{Udp(53, 2)});
}

}  // namespace
}  // namespace vsw
