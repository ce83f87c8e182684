// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/pipeline.h"

#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <map>

#include "tests/support/packet_builder.h"
#include "tests/worker/pipeline_fixture.h"

namespace vsw {
namespace {

using testing::Frame;
using testing::MakeMbuf;
using testing::PacketBuilder;
using testing::PipelineTest;

Frame Udp(uint16_t source, uint16_t number = 0) {
  return PacketBuilder()
      .Ethernet(2, 1)
      .Ipv4(1, 2)
      .Udp(source, 53)
      .Payload(30, number & 0xff)
      .Build();
}
Frame Tagged(uint16_t vlan, uint16_t tpid = 0x8100) {
  return PacketBuilder()
      .Ethernet(2, 1)
      .Vlan(vlan, 0, tpid)
      .Ipv4(1, 2)
      .Udp(3, 53)
      .Payload(30, 0)
      .Build();
}

TEST_F(PipelineTest, SendsThePacketAsItCame) {
  Always({Action::Output(PortNo{2})});
  Receive({Udp(1), Udp(2)});
  EXPECT_EQ(out_.TakeSent(), (std::vector{Udp(1), Udp(2)}));
  EXPECT_EQ(counters_[1].rx_packets.Get(), 2u);
  EXPECT_EQ(counters_[1].rx_bytes.Get(), Udp(1).size() * 2);
  EXPECT_EQ(counters_[2].tx_packets.Get(), 2u);
  // One decision for all of the port: the second packet found it.
  EXPECT_EQ(slow_path_.translations(), 1u);
  EXPECT_EQ(pipeline_->stats().megaflow_hits.Get(), 1u);
  Receive({Udp(1)});
  EXPECT_EQ(pipeline_->stats().megaflow_hits.Get(), 2u);
}

TEST_F(PipelineTest, GivesTheSlowPathAKeyWithEveryLineDefined) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    for (size_t i = kLineBytes; i < sizeof(key); ++i) EXPECT_EQ(key.line(0)[i], 0) << i;
    EXPECT_EQ(key.in_port, PortNo{1});
    EXPECT_EQ(result->actions.size() + result->tags.size() + result->learn.size(), 0u);
    result->actions.push_back(Action::Output(PortNo{2}));
    result->tags.push_back(1);
  });
  Receive({Udp(1)});
  pipeline_->SetEpoch(2);
  Receive({Udp(1)});
  EXPECT_EQ(slow_path_.translations(), 2u);
}

TEST_F(PipelineTest, EditsTagsOnTheWay) {
  const auto through = [&](std::vector<Action> edits, const Frame& frame) {
    edits.push_back(Action::Output(PortNo{2}));
    Always(edits);
    pipeline_->SetEpoch(static_cast<uint32_t>(++now_));
    Receive({frame});
    const auto sent = out_.TakeSent();
    return sent.empty() ? Frame{} : sent[0];
  };
  EXPECT_EQ(through({Action::PushVlan(0x88a8, 20)}, Tagged(10)), PacketBuilder()
                                                                     .Ethernet(2, 1)
                                                                     .Vlan(20, 0, 0x88a8)
                                                                     .Vlan(10)
                                                                     .Ipv4(1, 2)
                                                                     .Udp(3, 53)
                                                                     .Payload(30, 0)
                                                                     .Build());
  EXPECT_EQ(through({Action::SetVlanTci(30)}, Tagged(10)), Tagged(30));
  EXPECT_EQ(through({Action::PopVlan(), Action::PushVlan(0x88a8, 7)}, Tagged(10)),
            Tagged(7, 0x88a8));
  EXPECT_EQ(through({Action::PopVlan()}, Tagged(10)), Udp(3));
}

TEST_F(PipelineTest, SendsEachCopyAsThePacketStoodThere) {
  Always({Action::Output(PortNo{2}), Action::PushVlan(0x8100, 10), Action::Output(PortNo{3}),
          Action::SetVlanTci(11), Action::Output(PortNo{2}), Action::PopVlan(),
          Action::Output(PortNo{3}), Action::SetVlanTci(99)});
  Receive({Udp(3)});
  EXPECT_EQ(out_.TakeSent(), (std::vector{Udp(3), Tagged(11)}));
  EXPECT_EQ(third_.TakeSent(), (std::vector{Tagged(10), Udp(3)}));
}

TEST_F(PipelineTest, GivesEveryOutputAFrameOfItsOwn) {
  Always({Action::Output(PortNo{2}), Action::Output(PortNo{3})});
  // One port scribbles over what it sends; the other one's frame is not touched.
  out_.OnSent(
      [](const rte_mbuf* m) { std::memset(rte_pktmbuf_mtod(m, void*), 0xff, m->data_len); });
  Receive({Udp(1), Udp(2)});
  EXPECT_EQ(third_.TakeSent(), (std::vector{Udp(1), Udp(2)}));
}

TEST_F(PipelineTest, CountsADropUnderTheReasonOfTheDecision) {
  Always({}, DropReason::kHairpin);
  Receive({Udp(1), Udp(2), Udp(3)});
  EXPECT_EQ(Drops(1, DropReason::kHairpin), 3u);
  EXPECT_EQ(counters_[1].rx_packets.Get(), 3u);
}

TEST_F(PipelineTest, CountsMalformedFramesAndForwardsTheRest) {
  Always({Action::Output(PortNo{2})});
  Receive({Frame(13, 0), Udp(1), Frame(5, 0), Udp(2), Frame(0, 0)});
  EXPECT_EQ(Drops(1, DropReason::kRxMalformed), 3u);
  EXPECT_EQ(counters_[1].rx_packets.Get(), 5u);
  EXPECT_EQ(out_.TakeSent().size(), 2u);
}

TEST_F(PipelineTest, CountsAtTheEgressPortWhatHasNowhereToGo) {
  Always({Action::Output(PortNo{9}), Action::Output(PortNo{2})});
  Receive({Udp(1), Udp(2)});
  EXPECT_EQ(Drops(9, DropReason::kTxNoPort), 2u);
  EXPECT_EQ(out_.TakeSent().size(), 2u);
  ports_.Withdraw(PortNo{2});
  Receive({Udp(1)});
  EXPECT_EQ(Drops(2, DropReason::kTxNoPort), 1u);
}

TEST_F(PipelineTest, EditsFramesThatAreScatteredOverSmallSegments) {
  Always({Action::PopVlan(), Action::Output(PortNo{2})});
  rte_mbuf* packet = MakeMbuf(Tagged(10), /*segment_bytes=*/14);
  pipeline_->Process(PortNo{1}, {&packet, 1}, ++now_);
  EXPECT_EQ(out_.TakeSent(), std::vector<Frame>{Udp(3)});
}

TEST_F(PipelineTest, CountsWhatCannotBeEditedAsMalformed) {
  Always({Action::PopVlan(), Action::Output(PortNo{2})});
  Receive({Frame(14, 0)});  // no room for the tag that the decision speaks of
  EXPECT_EQ(Drops(1, DropReason::kRxMalformed), 1u);
  EXPECT_TRUE(out_.TakeSent().empty());
}

TEST_F(PipelineTest, DropsWhatHasMoreActionsThanABoundedListHolds) {
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    while (result->actions.push_back(Action::Output(PortNo{2}))) {
    }
  });
  Receive({Udp(1)});
  EXPECT_EQ(Drops(1, DropReason::kTooManyActions), 1u);
  EXPECT_TRUE(out_.TakeSent().empty());
}

TEST_F(PipelineTest, CountsCopiesThatItCannotMake) {
  std::vector<rte_mbuf*> taken;
  Always({Action::Output(PortNo{2}), Action::Output(PortNo{3})});
  Receive({Udp(1)});  // decided while there are buffers
  rte_mbuf* packet = MakeMbuf(Udp(2));
  while (rte_mbuf* m = rte_pktmbuf_alloc(testing::MbufPool())) taken.push_back(m);
  pipeline_->Process(PortNo{1}, {&packet, 1}, ++now_);
  rte_pktmbuf_free_bulk(taken.data(), static_cast<unsigned>(taken.size()));
  EXPECT_EQ(Drops(1, DropReason::kNoCopyBuffer), 1u);
  EXPECT_EQ(out_.TakeSent().size(), 1u);
  EXPECT_EQ(third_.TakeSent(), (std::vector{Udp(1), Udp(2)})) << "the last output needs no copy";
}

// Which flow a frame belongs to (its UDP source port), and its number there.
std::map<uint16_t, std::vector<int>> NumbersByFlow(const std::vector<Frame>& frames) {
  std::map<uint16_t, std::vector<int>> numbers;
  for (const Frame& frame : frames) {
    numbers[static_cast<uint16_t>(frame[34] << 8 | frame[35])].push_back(frame[42]);
  }
  return numbers;
}

TEST_F(PipelineTest, KeepsTheOrderOfEveryFlow) {
  // Flows of odd ports miss each time (their decision does not fit); the others hit.
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->mask.bits.l4_src.raw = 0xffff;
    result->actions.push_back(Action::Output(PortNo{2}));
    if (key.l4_src.Get() % 2 == 1) {
      while (result->tags.push_back(1)) {
      }
    }
  });
  for (int round = 0; round < 5; ++round) {
    std::vector<Frame> burst;
    for (uint16_t i = 0; i < kBurst; ++i) {
      burst.push_back(
          Udp(static_cast<uint16_t>(100 + i % 5), static_cast<uint16_t>(round * 32 + i)));
    }
    Receive(burst);
  }
  const auto numbers = NumbersByFlow(out_.TakeSent());
  ASSERT_EQ(numbers.size(), 5u);
  size_t total = 0;
  for (const auto& [flow, list] : numbers) {
    EXPECT_TRUE(std::ranges::is_sorted(list)) << "flow " << flow;
    total += list.size();
  }
  EXPECT_EQ(total, 5u * kBurst);
}

TEST_F(PipelineTest, ForwardsEvenWhenNothingCanBeKept) {
  Make(/*max_megaflows=*/1);
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    result->mask.bits.l4_src.raw = 0xffff;
    result->actions.push_back(Action::Output(PortNo{2}));
    result->stats.push_back(StatId{5});
  });
  Receive({Udp(1), Udp(2), Udp(1), Udp(2), Udp(3)});
  EXPECT_EQ(out_.TakeSent().size(), 5u);
  // Those not kept were counted at once; the rest is with the one that is.
  EXPECT_EQ(stats_->Read(StatId{5}).packets, 3u);
  pipeline_->Sweep(1000, ++now_);
  EXPECT_EQ(stats_->Read(StatId{5}).packets, 5u);
  EXPECT_EQ(stats_->Read(StatId{5}).bytes, 5 * Udp(1).size());
}

TEST_F(PipelineTest, HandsLearningToTheSlowThreadOnce) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->learn.push_back({BridgeId{0}, kNoVlan, key.eth_src, key.in_port});
    result->actions.push_back(Action::Output(PortNo{2}));
  });
  Receive({Udp(1), Udp(2)});
  size_t learned = 0;
  events_.Drain(
      100,
      [&](const LearnEvent& event) {
        ++learned;
        EXPECT_EQ(event.mac, PacketBuilder::Address(1));
        EXPECT_EQ(event.port, PortNo{1});
      },
      [](std::span<const uint8_t>) { FAIL(); },
      [](std::span<const uint8_t>, std::span<const uint8_t>, uint32_t) { FAIL(); });
  EXPECT_EQ(learned, 1u);
}

TEST_F(PipelineTest, DecidesAnewAfterInvalidation) {
  const auto version = [&](uint16_t vlan) {
    slow_path_.Publish([=](const FlowKey&, Translation* result) {
      result->actions.push_back(Action::PushVlan(0x8100, vlan));
      result->actions.push_back(Action::Output(PortNo{2}));
      result->tags.push_back(77);
    });
  };
  version(1);
  Receive({Udp(3)});
  version(2);
  Receive({Udp(3)});  // nothing was invalidated yet
  pipeline_->flows().Invalidate(77, pipeline_->report());
  Receive({Udp(3)});
  version(3);
  pipeline_->SetEpoch(2);
  Receive({Udp(3)});
  EXPECT_EQ(out_.TakeSent(), (std::vector{Tagged(1), Tagged(1), Tagged(2), Tagged(3)}));
  EXPECT_EQ(slow_path_.translations(), 3u);
}

TEST_F(PipelineTest, ForgetsIdleFlowsAndReportsTheirUse) {
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    result->actions.push_back(Action::Output(PortNo{2}));
    result->stats.push_back(StatId{9});
  });
  Receive({Udp(1), Udp(2), Udp(3)});
  pipeline_->Sweep(1000, now_ + 10);
  EXPECT_TRUE(pipeline_->has_flows());
  EXPECT_EQ(pipeline_->stats().megaflows.Get(), 1u);
  EXPECT_EQ(stats_->Read(StatId{9}).packets, 3u);
  EXPECT_EQ(stats_->Read(StatId{9}).bytes, 3 * Udp(1).size());
  pipeline_->Sweep(1000, now_ + 2 * rte_get_tsc_hz());
  EXPECT_FALSE(pipeline_->has_flows());
  EXPECT_EQ(stats_->Read(StatId{9}).packets, 3u);
}

TEST_F(PipelineTest, RefusesTheFirstPacketsOfANoisyPortUnderTheirOwnReason) {
  // Translations that take long, none of which covers another packet. Beside fifteen ports that
  // miss as well, however slowly this machine comes round to them, one port cannot have most of the
  // time.
  Make(1u << 12, /*time_scale=*/4);
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    const uint64_t until = rte_rdtsc() + rte_get_tsc_hz() / 20'000;
    while (rte_rdtsc() < until) {
    }
    result->mask.bits.l4_src.raw = 0xffff;
    result->drop_reason = DropReason::kNoDestination;
  });
  uint16_t next = 0;
  uint64_t sent = 0;
  for (int round = 0; round < 2000 && Drops(1, DropReason::kMissBudget) == 0; ++round) {
    std::vector<Frame> burst;
    while (burst.size() < 31) burst.push_back(Udp(next++));
    sent += burst.size();
    Receive(burst, 1);
    for (uint32_t port = 10; port < 25; ++port) Receive({Udp(next++)}, port);
    if (round % 64 == 0) pipeline_->SetEpoch(static_cast<uint32_t>(++now_));
    pipeline_->Sweep(1u << 12, now_);
  }
  EXPECT_GT(Drops(1, DropReason::kMissBudget), 0u);
  EXPECT_EQ(Drops(1, DropReason::kMissBudget) + Drops(1, DropReason::kNoDestination), sent);
}

// Each packet is decided by another mask, up to the bound, as by an attacker's choice.
TEST_F(PipelineTest, DecidesTheSameWhereLongLookupsAreLeftOut) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    const uint16_t source = key.l4_src.Get();
    result->mask.bits.l4_src.raw = 0xffff;
    result->mask.bits.ipv4_dst = Be32::From(uint32_t{1} << source % 32);
    result->mask.bits.ipv4_src = Be32::From(uint32_t{1} << source / 32 % 32);
    result->actions.push_back(Action::Output(PortNo{source % 2 == 0 ? 2u : 3u}));
  });
  Make(1u << 12);
  for (int round = 0; round < 3; ++round) {
    std::vector<Frame> even, odd;
    for (uint16_t first = 0; first < 1024; first += 16) {
      std::vector<Frame> burst;
      for (uint16_t i = 0; i < 16; ++i) {
        const Frame frame = Udp(static_cast<uint16_t>(first + i));
        burst.insert(burst.end(), 2, frame);  // by the second one the decision is there
        (i % 2 == 0 ? even : odd).insert((i % 2 == 0 ? even : odd).end(), 2, frame);
      }
      Receive(burst);
    }
    ASSERT_EQ(out_.TakeSent(), even) << round;
    ASSERT_EQ(third_.TakeSent(), odd) << round;
  }
  EXPECT_EQ(pipeline_->flows().megaflow_count(), 1024u);
  EXPECT_GT(slow_path_.translations(), 1024u) << "no lookup was left out";
}

}  // namespace
}  // namespace vsw
