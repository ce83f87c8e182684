// SPDX-License-Identifier: Apache-2.0
//
// Frames whose tails are lent, through the pipeline and through a worker: whoever does not know of
// tails gets whole frames, and nothing is read after it was taken back.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "datapath/packet/lent_tail.h"
#include "tests/support/packet_builder.h"
#include "tests/worker/lending_port.h"
#include "tests/worker/pipeline_fixture.h"
#include "tests/worker/worker_set_fixture.h"

namespace vsw {
namespace {

using testing::FakePort;
using testing::Frame;
using testing::LendingPort;
using testing::PacketBuilder;
using testing::PipelineTest;
using testing::WaitFor;
using testing::WorkerSetTest;

Frame Long(uint16_t source, uint8_t number = 0, uint16_t vlan = 0) {
  PacketBuilder builder;
  builder.Ethernet(2, 1);
  if (vlan != 0) builder.Vlan(vlan);
  return builder.Ipv4(1, 2).Udp(source, 53).Payload(1400, number).Build();
}
Frame Short(uint16_t source) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(source, 53).Payload(30).Build();
}

class LentFramesTest : public PipelineTest {
 protected:
  void SetUp() override {
    PipelineTest::SetUp();
    ports_.Publish(&lender_);
    ports_.Publish(&taker_);
  }
  // From port 4.
  void Lend(const std::vector<Frame>& frames) { lender_.PassTo(pipeline_.get(), frames, ++now_); }
  // As a burst of the first packets, and of known ones.
  void ExpectAtPort2(const std::vector<Frame>& sent, const std::vector<Frame>& expected) {
    for (int i = 0; i < 4; ++i) {
      Lend(sent);
      EXPECT_EQ(out_.TakeSent(), expected) << "burst " << i;
    }
  }

  LendingPort lender_{4}, taker_{5};
};

TEST_F(LentFramesTest, AreWholeWhereOneDecisionIsForAll) {
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    result->actions.push_back(Action::Output(PortNo{2}));
  });
  const std::vector<Frame> frames = {Long(1, 1), Short(2), Long(3, 2)};
  ExpectAtPort2(frames, frames);
}

TEST_F(LentFramesTest, AreWholeWhereFramesLookAlikeOrTheirLooksAreKnown) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->mask.bits.l4_src.raw = 0xffff;
    result->actions.push_back(Action::Output(PortNo{key.l4_src.Get() == 9 ? 3u : 2u}));
  });
  const std::vector<Frame> alike = {Long(1, 1), Long(1, 2)};
  ExpectAtPort2(alike, alike);
  const std::vector<Frame> several = {Long(1, 1), Long(2, 2), Short(3), Long(4, 3)};
  ExpectAtPort2(several, several);
  EXPECT_GT(pipeline_->stats().exact_match_hits.Get(), 0u);
}

TEST_F(LentFramesTest, AreWholeForActions) {
  Always({Action::PushVlan(0x8100, 7), Action::Output(PortNo{2})});
  ExpectAtPort2({Long(1, 1), Long(2, 2)}, {Long(1, 1, 7), Long(2, 2, 7)});
}

TEST_F(LentFramesTest, AreWholeForEachOfSeveralPorts) {
  Always({Action::Output(PortNo{3}), Action::Output(PortNo{5}), Action::Output(PortNo{2})});
  const std::vector<Frame> frames = {Long(1, 1), Long(2, 2)};
  Lend(frames);
  for (FakePort* port : {&third_, static_cast<FakePort*>(&taker_), &out_}) {
    EXPECT_EQ(port->TakeSent(), frames);
  }
}

TEST_F(LentFramesTest, AreWholeWhereTheyAreLookedUpAgain) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->actions.push_back(key.recirc_id == 0 ? Action::Recirculate(1)
                                                 : Action::Output(PortNo{2}));
  });
  ExpectAtPort2({Long(1, 1)}, {Long(1, 1)});
}

TEST_F(LentFramesTest, AreCutWhole) {
  Always({Action::Output(PortNo{2}, 600)});
  Frame cut = Long(1, 1);
  cut.resize(600);
  ExpectAtPort2({Long(1, 1)}, {cut});
}

TEST_F(LentFramesTest, AreGivenBackWhenTheyAreDropped) {
  Always({}, DropReason::kNoDestination);
  Lend({Long(1), Long(2)});
  EXPECT_EQ(Drops(4, DropReason::kNoDestination), 2u);
  Always({Action::Output(PortNo{77})});
  pipeline_->SetEpoch(2);
  Lend({Long(1), Long(2)});
  EXPECT_EQ(counters_[77].drops[static_cast<size_t>(DropReason::kTxNoPort)].Get(), 2u);
}

TEST_F(LentFramesTest, StayLentForPortsThatTakeThem) {
  Always({Action::Output(PortNo{5})});
  size_t lent = 0;
  taker_.OnSent([&](const rte_mbuf* frame) { lent += LentTail::IsLent(frame); });
  for (int i = 0; i < 3; ++i) Lend({Long(1), Short(2), Long(3)});
  EXPECT_EQ(lent, 6u);
}

TEST_F(WorkerSetTest, LentFramesAreTakenBackOnceTheyWereSent) {
  LendingPort in(1);
  FakePort out(2);
  Start();
  Forward({2});
  set_->AddPort(&in);
  set_->AddPort(&out);
  std::vector<Frame> frames;
  for (uint16_t i = 0; i < 500; ++i) {
    frames.push_back(i % 5 == 0 ? Short(i) : Long(i, static_cast<uint8_t>(i)));
    in.Deliver(frames.back());
    WaitFor([&] { return in.waiting() < 100; });
  }
  WaitFor([&] { return set_->ReadPort(PortNo{1}).rx_packets == frames.size(); });
  set_->Synchronize();
  EXPECT_EQ(out.TakeSent(), frames);
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
}

}  // namespace
}  // namespace vsw
