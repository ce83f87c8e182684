// SPDX-License-Identifier: Apache-2.0
//
// What a list of actions does to one packet, through a whole pipeline.
#include "datapath/worker/execute.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <set>

#include "datapath/packet/checksum.h"
#include "tests/support/packet_builder.h"
#include "tests/support/random_seed.h"
#include "tests/worker/pipeline_fixture.h"

namespace vsw {
namespace {

using testing::Frame;
using testing::MakeMbuf;
using testing::PacketBuilder;
using testing::PipelineTest;

constexpr uint8_t kPortsWord = offsetof(FlowKey, l4_src) / 4;

Frame Udp(uint16_t source, size_t payload = 30) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(source, 53).Payload(payload).Build();
}
Action SetSource(uint16_t port) { return Action::SetWord(kPortsWord, ByteSwap(port), 0xffff); }
Action Output(uint32_t port, uint16_t most = 0) { return Action::Output(PortNo{port}, most); }

// Slots that hold `bytes`.
void AddSlots(std::vector<Action>* actions, std::span<const uint8_t> bytes) {
  std::vector<Action> slots(ActionSlots(bytes.size()), Action{.type = ActionType::kOutput});
  std::ranges::copy(bytes, reinterpret_cast<uint8_t*>(slots.data()));
  actions->insert(actions->end(), slots.begin(), slots.end());
}
std::vector<Action> Controller(std::span<const uint8_t> blob, uint16_t most = 0xffff) {
  std::vector<Action> actions = {{.type = ActionType::kController,
                                  .small = most,
                                  .value = static_cast<uint32_t>(blob.size())}};
  AddSlots(&actions, blob);
  return actions;
}
std::vector<Action> Join(std::initializer_list<std::vector<Action>> lists) {
  std::vector<Action> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

class ExecuteTest : public PipelineTest {
 protected:
  struct Upcall {
    Frame blob, packet;
    uint32_t total_bytes;
  };
  std::vector<Upcall> TakeUpcalls() {
    std::vector<Upcall> upcalls;
    events_.Drain(
        SIZE_MAX, [](const LearnEvent&) { FAIL(); }, [](std::span<const uint8_t>) { FAIL(); },
        [&](std::span<const uint8_t> blob, std::span<const uint8_t> packet, uint32_t total) {
          upcalls.push_back({{blob.begin(), blob.end()}, {packet.begin(), packet.end()}, total});
        });
    return upcalls;
  }
  // Sends each frame under a new decision.
  void Through(const std::vector<Action>& actions, const Frame& frame,
               DropReason reason = DropReason::kNone) {
    Always(actions, reason);
    pipeline_->SetEpoch(++epoch_);
    Receive({frame});
  }
  uint32_t epoch_ = 1;
};

TEST_F(ExecuteTest, SendsThePacketAsItStandsAtEachOutput) {
  Through({Output(2), SetSource(7), Output(3), SetSource(9), Output(2)}, Udp(1));
  EXPECT_EQ(out_.TakeSent(), (std::vector{Udp(1), Udp(9)}));
  EXPECT_EQ(third_.TakeSent(), (std::vector<Frame>{Udp(7)}));
}

TEST_F(ExecuteTest, EditsBehindTheLastOutputHaveNoEffect) {
  Through({Output(2), SetSource(7)}, Udp(1));
  EXPECT_EQ(out_.TakeSent(), std::vector<Frame>{Udp(1)});
}

TEST_F(ExecuteTest, CutsWhatIsLongerThanAnOutputTakes) {
  Through({Output(2, 50), Output(3, 500), Output(2)}, Udp(1, 100));
  const Frame whole = Udp(1, 100);
  EXPECT_EQ(out_.TakeSent(), (std::vector{Frame(whole.begin(), whole.begin() + 50), whole}));
  EXPECT_EQ(third_.TakeSent(), std::vector<Frame>{whole});
}

TEST_F(ExecuteTest, CutsFramesOfSeveralSegmentsAnywhere) {
  const Frame whole = Udp(1, 100);
  for (uint16_t most = 1; most <= whole.size(); ++most) {
    Always({Output(2, most)});
    pipeline_->SetEpoch(++epoch_);
    rte_mbuf* packet = MakeMbuf(whole, /*segment_bytes=*/10);
    pipeline_->Process(PortNo{1}, {&packet, 1}, ++now_);
    ASSERT_EQ(out_.TakeSent(), (std::vector<Frame>{Frame(whole.begin(), whole.begin() + most)}));
  }
}

TEST_F(ExecuteTest, FinishesChecksumsOfWhatIsCut) {
  Always({Output(2, 60)});
  rte_mbuf* packet = MakeMbuf(Udp(1, 100));
  packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
  packet->l2_len = 14;
  packet->l3_len = 20;
  bool finished = false;
  out_.OnSent(
      [&](const rte_mbuf* sent) { finished = (sent->ol_flags & RTE_MBUF_F_TX_L4_MASK) == 0; });
  pipeline_->Process(PortNo{1}, {&packet, 1}, ++now_);
  EXPECT_TRUE(finished);
}

TEST_F(ExecuteTest, DoesTheActionsOfACloneOnACopy) {
  Through({Action::Clone(2), SetSource(5), Output(2), Output(3)}, Udp(1));
  EXPECT_EQ(out_.TakeSent(), std::vector<Frame>{Udp(5)});
  EXPECT_EQ(third_.TakeSent(), std::vector<Frame>{Udp(1)});
  // Within each other, and as the last action.
  Through({Action::Clone(5), SetSource(5), Action::Clone(2), SetSource(6), Output(2), Output(2),
           Output(3)},
          Udp(1));
  EXPECT_EQ(out_.TakeSent(), (std::vector{Udp(6), Udp(5)}));
  EXPECT_EQ(third_.TakeSent(), std::vector<Frame>{Udp(1)});
  Through({Action::Clone(2), SetSource(5), Output(2)}, Udp(1));
  EXPECT_EQ(out_.TakeSent(), std::vector<Frame>{Udp(5)});
}

TEST_F(ExecuteTest, BoundsHowDeepClonesMayBe) {
  std::vector<Action> actions;
  for (uint32_t depth = 0; depth < 200; ++depth) actions.push_back(Action::Clone(200 - depth));
  actions.push_back(Output(2));
  Through(actions, Udp(1));
  EXPECT_TRUE(out_.TakeSent().empty());
  EXPECT_EQ(Drops(1, DropReason::kTooManyActions), 1u);
}

TEST_F(ExecuteTest, CountsForWhatTheListSays) {
  Through({Action::Count(7), Output(2), Action::Count(8)}, Udp(1));
  EXPECT_EQ(stats_->Read(StatId{7}).packets, 1u);
  EXPECT_EQ(stats_->Read(StatId{7}).bytes, Udp(1).size());
  EXPECT_EQ(stats_->Read(StatId{8}).packets, 1u);
  EXPECT_EQ(out_.TakeSent().size(), 1u);
}

TEST_F(ExecuteTest, WhatIsOnlyCountedIsDroppedUnderItsReason) {
  Through({Action::Count(7)}, Udp(1), DropReason::kNoDestination);
  EXPECT_EQ(stats_->Read(StatId{7}).packets, 1u);
  EXPECT_EQ(Drops(1, DropReason::kNoDestination), 1u);
  Through(Controller({}), Udp(1), DropReason::kNoDestination);
  EXPECT_EQ(Drops(1, DropReason::kNoDestination), 1u) << "it went to a controller";
}

// ---- Controllers.

TEST_F(ExecuteTest, HandsPacketsToTheSlowThreadWithTheirBlob) {
  const Frame blob = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  Through(Join({{SetSource(4)}, Controller(blob, 40), {SetSource(6)}, Controller({}), {Output(2)}}),
          Udp(1));
  const Frame first = Udp(4);
  const auto upcalls = TakeUpcalls();
  ASSERT_EQ(upcalls.size(), 2u);
  EXPECT_EQ(upcalls[0].blob, blob);
  EXPECT_EQ(upcalls[0].packet, Frame(first.begin(), first.begin() + 40));
  EXPECT_EQ(upcalls[0].total_bytes, first.size());
  EXPECT_TRUE(upcalls[1].blob.empty());
  EXPECT_EQ(upcalls[1].packet, Udp(6));
  EXPECT_EQ(out_.TakeSent(), std::vector<Frame>{Udp(6)});
  EXPECT_EQ(pipeline_->stats().upcalls.Get(), 2u);
}

TEST_F(ExecuteTest, ControllersSeeFinishedChecksums) {
  Always(Controller({}));
  const Frame frame = Udp(1, 31);
  rte_mbuf* packet = MakeMbuf(frame, /*segment_bytes=*/33);
  packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
  packet->l2_len = 14;
  packet->l3_len = 20;
  // The pseudo-header's sum: addresses 1 and 2, UDP, length.
  const auto pseudo = Be16::From(static_cast<uint16_t>(1 + 2 + 17 + 39));
  WriteMbuf(packet, 40, &pseudo, 2);
  pipeline_->Process(PortNo{1}, {&packet, 1}, ++now_);
  const auto upcalls = TakeUpcalls();
  ASSERT_EQ(upcalls.size(), 1u);
  const Frame& seen = upcalls[0].packet;
  uint32_t sum = 1 + 2 + 17 + 39;
  for (size_t i = 34; i < seen.size(); ++i) sum += i % 2 == 0 ? uint32_t{seen[i]} << 8 : seen[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  EXPECT_EQ(sum, 0xffffu);
}

TEST_F(ExecuteTest, DropsWhatControllersHaveNoRoomForUnderItsReason) {
  Always(Join({Controller({}), {Output(2)}}));
  for (int i = 0; i < 80'000 && Drops(1, DropReason::kControllerQueue) == 0; ++i) {
    Receive({Udp(1, 1400)});
    out_.TakeSent();
  }
  EXPECT_EQ(Drops(1, DropReason::kControllerQueue), 1u);
  EXPECT_EQ(pipeline_->stats().ring_full.Get(), 1u);
  Receive({Udp(1, 1400)});
  EXPECT_EQ(out_.TakeSent().size(), 1u) << "the packet itself goes on";
  // Another port has its own share.
  Receive({Udp(1, 1400)}, 3);
  EXPECT_EQ(Drops(3, DropReason::kControllerQueue), 0u);
}

TEST_F(ExecuteTest, ADecisionWhoseNotesFindNoRoomIsMetAgain) {
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    const std::vector<uint8_t> note(8000);
    EXPECT_TRUE(result->notes.Add(note));
    result->mask.bits.l4_src.raw = 0xffff;
    result->actions.push_back(Action::Output(PortNo{2}));
  });
  uint16_t source = 1;
  while (pipeline_->stats().ring_full.Get() == 0) Receive({Udp(source++)});
  const uint64_t before = slow_path_.translations();
  Receive({Udp(source), Udp(source)});
  EXPECT_EQ(slow_path_.translations(), before + 2) << "not kept";
  events_.Drain(
      SIZE_MAX, [](const LearnEvent&) {}, [](std::span<const uint8_t>) {},
      [](std::span<const uint8_t>, std::span<const uint8_t>, uint32_t) {});
  Receive({Udp(source), Udp(source)});
  EXPECT_EQ(slow_path_.translations(), before + 3);
}

// ---- Meters.

TEST_F(ExecuteTest, AMeterEndsOrRemarksWhatExceedsIt) {
  const auto marked = [](uint8_t dscp) {
    return PacketBuilder()
        .Ethernet(2, 1)
        .Ipv4(1, 2)
        .Tos(static_cast<uint8_t>(dscp << 2))
        .Udp(1, 2)
        .Build();
  };
  const std::unique_ptr<Meter> none[] = {
      meters_.Set(5, {.packets = true, .bands = {{.rate = 1, .burst = 2}}}, 0),
      meters_.Set(6,
                  {.packets = true,
                   .bands = {{.rate = 1, .burst = 1, .remark_dscp = true, .precedence = 1}}},
                  0)};
  Always({Output(3), Action::Meter(6), Action::Meter(5), Output(2)});
  Receive({marked(10), marked(10), marked(10)});
  EXPECT_EQ(out_.TakeSent(), (std::vector{marked(10), marked(12)}));
  EXPECT_EQ(third_.TakeSent().size(), 3u);
  EXPECT_EQ(Drops(1, DropReason::kMeter), 1u);
  // One that is not there lets all pass.
  Through({Action::Meter(77), Output(2)}, marked(10));
  EXPECT_EQ(out_.TakeSent().size(), 1u);
}

// ---- Recirculation.

TEST_F(ExecuteTest, LooksThePacketUpAgainAsItIsNow) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->mask.bits.l4_src.raw = 0xffff;
    if (key.recirc_id == 0) {
      result->actions.push_back(SetSource(99));
      result->actions.push_back(Action::Recirculate(5));
      return;
    }
    EXPECT_EQ(key.recirc_id, 5u);
    EXPECT_EQ(key.in_port, PortNo{1});
    EXPECT_EQ(key.l4_src.Get(), 99);
    result->actions.push_back(Action::PushVlan(0x8100, 7));
    result->actions.push_back(Action::Output(PortNo{2}));
  });
  Receive({Udp(1), Udp(2)});
  const Frame expected =
      PacketBuilder().Ethernet(2, 1).Vlan(7).Ipv4(1, 2).Udp(99, 53).Payload(30).Build();
  EXPECT_EQ(out_.TakeSent(), (std::vector{expected, expected}));
  EXPECT_EQ(slow_path_.translations(), 3u);
  Receive({Udp(1)});
  EXPECT_EQ(slow_path_.translations(), 3u) << "both lookups are cached";
  EXPECT_EQ(pipeline_->stats().recirculations.Get(), 3u);
  EXPECT_EQ(counters_[1].rx_packets.Get(), 3u) << "received once each";
}

TEST_F(ExecuteTest, APacketIsLookedUpAgainSoManyTimesAndNoMore) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->actions.push_back(Action::Recirculate(key.recirc_id + 1));
  });
  Receive({Udp(1)});
  EXPECT_EQ(Drops(1, DropReason::kRecirculationLimit), 1u);
  EXPECT_EQ(pipeline_->stats().recirculations.Get(), kMaxRecirculations);
}

TEST_F(ExecuteTest, CopiesThatMultiplyInACircleAreBounded) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    for (int i = 0; i < 10; ++i) {
      result->actions.push_back(Action::Clone(1));
      result->actions.push_back(Action::Recirculate(1 + (key.recirc_id + 1) % 2));
    }
  });
  Receive({Udp(1)});
  EXPECT_EQ(pipeline_->stats().recirculations.Get(), Executor::kMaxPerBurst);
  EXPECT_GT(Drops(1, DropReason::kRecirculationLimit), 0u);
  Receive({Udp(1)});
  EXPECT_EQ(pipeline_->stats().recirculations.Get(), 2 * Executor::kMaxPerBurst)
      << "each burst has its own";
}

TEST_F(ExecuteTest, ChoosesTheWayByLength) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    if (key.recirc_id == 0) {
      result->actions.push_back(
          {.type = ActionType::kRecirculateByLength, .small = 100, .value = 8, .mask = 9});
    } else {
      result->actions.push_back(Output(key.recirc_id == 8 ? 2 : 3));
    }
  });
  const Frame just = Udp(1, 100 - 42), longer = Udp(1, 101 - 42);
  Receive({just, longer});
  EXPECT_EQ(out_.TakeSent(), std::vector<Frame>{longer});
  EXPECT_EQ(third_.TakeSent(), std::vector<Frame>{just});
}

TEST_F(ExecuteTest, ChoosesTheWayByHashForAWholeConnection) {
  constexpr uint32_t kWays = 5;
  std::map<uint32_t, std::set<uint16_t>> ways;
  slow_path_.Publish([&](const FlowKey& key, Translation* result) {
    result->mask.bits.l4_src.raw = 0xffff;
    if (key.recirc_id != 0) {
      ways[key.recirc_id].insert(key.l4_src.Get());
      result->actions.push_back(Output(2));
      return;
    }
    std::vector<Action> actions = {{.type = ActionType::kRecirculateByHash, .value = kWays}};
    uint32_t ids[kWays];
    for (uint32_t i = 0; i < kWays; ++i) ids[i] = 100 + i;
    AddSlots(&actions, {reinterpret_cast<const uint8_t*>(ids), sizeof(ids)});
    for (const Action& action : actions) result->actions.push_back(action);
  });
  for (uint16_t source = 1; source <= 500; ++source) Receive({Udp(source), Udp(source)});
  EXPECT_EQ(out_.TakeSent().size(), 1000u);
  ASSERT_EQ(ways.size(), kWays) << "every way is used";
  size_t connections = 0;
  for (const auto& [way, sources] : ways) {
    EXPECT_GE(way, 100u);
    EXPECT_LT(way, 100u + kWays);
    EXPECT_GT(sources.size(), 60u);
    connections += sources.size();
  }
  EXPECT_EQ(connections, 500u) << "a connection keeps its way";
}

TEST_F(ExecuteTest, AChoiceAmongNothingIsADropWithAName) {
  Through({Action{.type = ActionType::kRecirculateByHash, .value = 0}}, Udp(1));
  EXPECT_TRUE(out_.TakeSent().empty());
  EXPECT_EQ(Drops(1, DropReason::kNoLiveBucket), 1u);
}

TEST_F(ExecuteTest, AListThatIsCutShortDoesWhatIsWhole) {
  for (const Action broken :
       {Action{.type = ActionType::kController, .value = 100},
        Action{.type = ActionType::kRecirculateByHash, .value = 100}, Action::Clone(100)}) {
    Through({Output(2), broken}, Udp(1));
    EXPECT_EQ(out_.TakeSent().size(), 1u);
  }
}

// ---- Frames from elsewhere.

TEST_F(ExecuteTest, InjectsAFrameOfAnyLength) {
  const std::vector<Action> actions = {SetSource(3), Output(2)};
  const StatId stat{4};
  for (const size_t payload : {0u, 1000u, 5000u, 60'000u}) {
    pipeline_->Inject(Udp(1, payload), PortNo{1}, actions, {&stat, 1}, DropReason::kNone);
    EXPECT_EQ(out_.TakeSent(), std::vector<Frame>{Udp(3, payload)});
  }
  EXPECT_EQ(counters_[1].rx_packets.Get(), 0u);
  EXPECT_EQ(stats_->Read(stat).packets, 4u);
  pipeline_->Inject(Udp(1), kNoPort, actions, {}, DropReason::kNone);
  EXPECT_EQ(out_.TakeSent().size(), 1u);
  pipeline_->Inject(Frame(5), PortNo{1}, actions, {}, DropReason::kNone);
  EXPECT_EQ(Drops(1, DropReason::kRxMalformed), 1u);
  pipeline_->Inject(Udp(1), PortNo{1}, {}, {}, DropReason::kNoDestination);
  EXPECT_EQ(Drops(1, DropReason::kNoDestination), 1u);
}

TEST_F(ExecuteTest, AnInjectedFrameMayBeLookedUp) {
  Always({Output(3)});
  pipeline_->Inject(Udp(1), kNoPort, std::vector<Action>{Action::Recirculate(9)}, {},
                    DropReason::kNone);
  EXPECT_EQ(third_.TakeSent(), std::vector<Frame>{Udp(1)});
}

TEST_F(ExecuteTest, CountsAnInjectedFrameThatFindsNoBuffer) {
  std::vector<rte_mbuf*> taken;
  while (rte_mbuf* m = rte_pktmbuf_alloc(testing::MbufPool())) taken.push_back(m);
  rte_pktmbuf_free(taken.back());
  taken.pop_back();
  pipeline_->Inject(Udp(1, 5000), PortNo{1}, std::vector<Action>{Output(2)}, {}, DropReason::kNone);
  EXPECT_EQ(Drops(1, DropReason::kNoCopyBuffer), 1u);
  rte_pktmbuf_free_bulk(taken.data(), static_cast<unsigned>(taken.size()));
}

}  // namespace
}  // namespace vsw
