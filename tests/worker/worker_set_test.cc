// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/worker_set.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "tests/worker/worker_set_fixture.h"

namespace vsw {
namespace {

using testing::FakePort;
using testing::Numbered;
using testing::NumberOf;
using testing::WaitFor;
using testing::WorkerSetTest;
using Frame = std::vector<uint8_t>;
using namespace std::chrono_literals;

TEST_F(WorkerSetTest, AttachesItselfToTheSlowPath) {
  Start();
  EXPECT_EQ(slow_path_.control(), set_.get());
  bool ran = false;
  set_->RunOnSlowThread([&] { ran = true; });
  EXPECT_TRUE(ran);
  const uint64_t earlier = set_->NowNs();
  std::this_thread::sleep_for(1ms);
  EXPECT_GT(set_->NowNs(), earlier);
}

TEST_F(WorkerSetTest, SaysWhichCoreItCannotHave) {
  const auto set = WorkerSet::Start({.cores = {4000}}, &slow_path_, testing::MbufPool());
  ASSERT_FALSE(set.ok());
  EXPECT_NE(std::string(set.status().message()).find("core 4000"), std::string::npos)
      << set.status();
}

TEST_F(WorkerSetTest, ForwardsAndCounts) {
  FakePort in(1), out(2);
  Start();
  Forward({2});
  set_->AddPort(&in);
  set_->AddPort(&out);
  for (uint32_t n = 0; n < 100; ++n) in.Deliver(Numbered(n));
  WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets == 100; });
  const auto sent = out.TakeSent();
  ASSERT_EQ(sent.size(), 100u);
  for (uint32_t n = 0; n < 100; ++n) EXPECT_EQ(sent[n], Numbered(n));
  EXPECT_EQ(set_->ReadPort(PortNo{1}).rx_packets, 100u);
  EXPECT_EQ(set_->ReadPort(PortNo{1}).rx_bytes, 100 * Numbered(0).size());
  EXPECT_EQ(set_->ReadPort(PortNo{2}).tx_bytes, 100 * Numbered(0).size());
  out.Deliver(Numbered(0));
  WaitFor([&] {
    return set_->ReadPort(PortNo{2}).drops[static_cast<size_t>(DropReason::kNoDestination)] == 1;
  });
  set_->ForgetCounters(PortNo{2});
  EXPECT_EQ(set_->ReadPort(PortNo{2}).tx_packets, 0u);
  EXPECT_EQ(set_->ReadPort(PortNo{2}).drops[static_cast<size_t>(DropReason::kNoDestination)], 0u);
  EXPECT_EQ(set_->ReadPort(PortNo{1}).rx_packets, 100u);
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
  EXPECT_EQ(set_->ReadPort(PortNo{1}).rx_packets, 100u) << "counters outlive the port";
}

TEST_F(WorkerSetTest, SpreadsQueuesOverTheWorkers) {
  FakePort first(1, 2), second(2, 4);
  Start(2);
  Forward({2});
  set_->AddPort(&first);
  set_->AddPort(&second);
  for (const WorkerStats& worker : set_->ReadWorkers()) EXPECT_EQ(worker.rx_queues, 3u);
  for (uint16_t queue = 0; queue < 2; ++queue) {
    for (uint32_t n = 0; n < 50; ++n) first.Deliver(Numbered(n), queue);
  }
  WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets == 100; });
  set_->RemovePort(PortNo{2});
  uint32_t queues = 0;
  for (const WorkerStats& worker : set_->ReadWorkers()) queues += worker.rx_queues;
  EXPECT_EQ(queues, 2u);
  set_->RemovePort(PortNo{1});
}

TEST_F(WorkerSetTest, WakesUpForAFrame) {
  FakePort in(1), out(2);
  Start();
  Forward({2});
  set_->AddPort(&in);
  set_->AddPort(&out);
  for (uint32_t n = 1; n <= 20; ++n) {
    WaitFor([&] { return in.asleep(); });
    std::this_thread::sleep_for(2ms);
    in.Deliver(Numbered(n));
    WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets == n; });
  }
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
}

TEST_F(WorkerSetTest, PollsInStepsAPortWithoutEvents) {
  FakePort in(1, 1, /*has_events=*/false), out(2);
  Start();
  Forward({2});
  set_->AddPort(&out);
  set_->AddPort(&in);
  for (uint32_t n = 1; n <= 20; ++n) {
    WaitFor([&] { return in.asleep(); });
    in.Deliver(Numbered(n));
    WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets == n; });
  }
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
}

TEST_F(WorkerSetTest, SynchronizesWithWorkersThatSleep) {
  FakePort in(1);
  Start(2);
  Forward({2});
  set_->AddPort(&in);
  for (int n = 0; n < 200; ++n) {
    if (n % 20 == 0) {
      WaitFor([&] { return in.asleep(); });
      std::this_thread::sleep_for(2ms);
    }
    set_->Synchronize();
  }
  set_->RemovePort(PortNo{1});
}

TEST_F(WorkerSetTest, LosesNothingWhileOtherPortsComeAndGo) {
  FakePort in(1), out(2);
  uint32_t expected = 0;
  out.OnSent([&](const rte_mbuf* packet) { EXPECT_EQ(NumberOf(packet), expected++); });
  Start(2);
  Forward({3, 2});
  set_->AddPort(&in);
  set_->AddPort(&out);
  Traffic(&in);
  for (int n = 0; n < 150; ++n) {
    auto guest = std::make_unique<FakePort>(3, 1 + n % 3);
    for (uint32_t i = 0; i < 40; ++i) guest->Deliver(Numbered(i));
    set_->AddPort(guest.get());
    if (n % 4 == 0) std::this_thread::sleep_for(1ms);
    set_->RemovePort(PortNo{3});
    guest.reset();  // whoever still touches it is seen by the sanitizers
    set_->ForgetCounters(PortNo{3});
  }
  StopTraffic(&in);
  EXPECT_EQ(expected, delivered_.load());
  EXPECT_EQ(set_->ReadPort(PortNo{2}).tx_packets, delivered_.load());
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
}

// ---- What the slow path asks for.

TEST_F(WorkerSetTest, InjectsFramesInTheOrderTheyAreGiven) {
  FakePort out(2);
  Start(2);
  Forward({2});
  set_->AddPort(&out);
  auto translation = std::make_unique<Translation>();
  translation->Clear();
  translation->actions.push_back(Action::Output(PortNo{2}));
  stat_ = set_->AllocateStat();
  translation->stats.push_back(stat_);
  for (uint32_t n = 0; n < 10'000; ++n) set_->Inject(Numbered(n), PortNo{1}, *translation);
  WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets == 10'000; });
  const std::vector<Frame> sent = out.TakeSent();
  for (uint32_t n = 0; n < sent.size(); ++n) ASSERT_EQ(sent[n], Numbered(n));
  EXPECT_EQ(set_->ReadStat(stat_).packets, 10'000u);
  EXPECT_EQ(set_->ReadPort(PortNo{1}).rx_packets, 0u);
  set_->RemovePort(PortNo{2});
}

TEST_F(WorkerSetTest, InjectsForNoPortAndCountsWhatIsDropped) {
  Start();
  auto translation = std::make_unique<Translation>();
  translation->Clear();
  translation->drop_reason = DropReason::kNoDestination;
  set_->Inject(Numbered(1), PortNo{7}, *translation);
  set_->Inject(Numbered(1), kNoPort, *translation);
  WaitFor([&] {
    return set_->ReadPort(PortNo{7}).drops[static_cast<size_t>(DropReason::kNoDestination)] == 1;
  });
}

TEST_F(WorkerSetTest, ReadsAFrameAsAWorkerDoes) {
  Start();
  FlowKey key;
  ASSERT_TRUE(set_->ParseFrame(Numbered(77), PortNo{4}, &key));
  EXPECT_EQ(key.in_port, PortNo{4});
  EXPECT_EQ(key.ipv4_src.Get(), 77u);
  for (size_t i = kLineBytes; i < sizeof(key); ++i) ASSERT_EQ(key.line(0)[i], 0) << i;
  EXPECT_FALSE(set_->ParseFrame(Frame(13), PortNo{4}, &key));
  EXPECT_TRUE(set_->ParseFrame(Frame(9000), PortNo{4}, &key));
}

TEST_F(WorkerSetTest, HandsNotesAndPacketsToTheSlowPath) {
  FakePort in(1);
  Start();
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    const uint8_t note[] = {5, 6};
    result->notes.Add(note);
    result->actions.push_back({.type = ActionType::kController, .small = 20, .value = 0});
  });
  set_->AddPort(&in);
  in.Deliver(Numbered(1));
  in.Deliver(Numbered(2));
  WaitFor([&] { return slow_path_.upcalls().size() == 2 && !slow_path_.notes().empty(); });
  EXPECT_EQ(slow_path_.notes(), (std::vector<Frame>{{5, 6}}));
  EXPECT_EQ(slow_path_.upcalls()[0].packet.size(), 20u);
  EXPECT_EQ(slow_path_.upcalls()[0].total_bytes, Numbered(1).size());
  const WorkerStats stats = set_->ReadWorkers()[0];
  EXPECT_EQ(stats.notes, 1u);
  EXPECT_EQ(stats.upcalls, 2u);
  EXPECT_EQ(stats.translations, 1u);
  EXPECT_GT(stats.translation_ns, 0u);
  set_->RemovePort(PortNo{1});
}

TEST_F(WorkerSetTest, TellsOpenFlowWhatThePortItselfLost) {
  FakePort in(1);
  Start();
  Forward({});
  set_->AddPort(&in);
  in.Deliver(Frame(5));
  WaitFor([&] { return set_->ReadPort(PortNo{1}).rx_packets == 1; });
  EXPECT_EQ(set_->ReadPortTotals(PortNo{1}).rx_errors, 1u);
  EXPECT_EQ(set_->ReadPortTotals(PortNo{1}).rx_packets, 1u);
  EXPECT_EQ(set_->ReadPortTotals(PortNo{1}).rx_dropped, 0u);
  set_->RemovePort(PortNo{1});
}

}  // namespace
}  // namespace vsw
