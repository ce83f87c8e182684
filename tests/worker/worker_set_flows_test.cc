// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "datapath/worker/worker_set.h"
#include "tests/worker/worker_set_fixture.h"

namespace vsw {
namespace {

using testing::FakePort;
using testing::Numbered;
using testing::VlanOf;
using testing::WaitFor;
using testing::WorkerSetTest;
using namespace std::chrono_literals;

// Each version of the rules marks its packets with its number.
class InvalidationTest : public WorkerSetTest {
 protected:
  static constexpr Tag kTag = 42;
  void PublishVersion(uint16_t version) {
    slow_path_.Publish([version](const FlowKey& key, Translation* result) {
      result->mask.bits.ipv4_src = Be32::From(0x1f);  // 32 megaflows
      result->actions.push_back(Action::PushVlan(0x8100, version));
      result->actions.push_back(Action::Output(PortNo{2}));
      result->tags.push_back(kTag);
    });
  }
  // No frame leaves by an older version than the last one that Invalidate() returned for.
  void ExpectExact(const std::function<void()>& invalidate) {
    FakePort in(1, 2), out(2);
    std::atomic<uint16_t> oldest{0};
    std::atomic<uint64_t> late{0}, seen{0};
    out.OnSent([&](const rte_mbuf* packet) {
      late += VlanOf(packet) < oldest.load();
      ++seen;
    });
    Start(2);
    PublishVersion(0);
    set_->AddPort(&in);
    set_->AddPort(&out);
    Traffic(&in, 0);
    Traffic(&in, 1);
    for (uint16_t version = 1; version < 300; ++version) {
      // Now and then some decisions are made by the version first.
      if (version % 8 == 0) WaitFor([&, now = seen.load()] { return seen.load() > now + 64; });
      PublishVersion(version);
      invalidate();
      oldest = version;
    }
    StopTraffic(&in);
    EXPECT_EQ(late.load(), 0u);
    EXPECT_EQ(seen.load(), delivered_.load());
    EXPECT_GT(slow_path_.translations(), 100u);
    set_->RemovePort(PortNo{1});
    set_->RemovePort(PortNo{2});
  }
};

TEST_F(InvalidationTest, ByTagIsDoneWhenItReturns) {
  ExpectExact([this] {
    const Tag tags[] = {7, kTag};
    set_->Invalidate(tags);
  });
}

TEST_F(InvalidationTest, OfEverythingIsDoneWhenItReturns) {
  ExpectExact([this] { set_->InvalidateAll(); });
}

TEST_F(InvalidationTest, MayComeFromSeveralThreadsAtOnce) {
  std::thread other;
  std::atomic<bool> done{false};
  ExpectExact([&] {
    if (!other.joinable()) {
      other = std::thread([&] {
        while (!done.load()) {
          set_->InvalidateAll();
          set_->Invalidate(std::vector<Tag>{1, 2, 3});
        }
      });
    }
    set_->InvalidateAll();
  });
  done = true;
  if (other.joinable()) other.join();
}

TEST_F(WorkerSetTest, CountsEveryPacketAndForgetsIdleFlows) {
  FakePort in(1), out(2);
  Start(2, /*idle_timeout_ms=*/50);
  stat_ = set_->AllocateStat();
  Forward({2});
  set_->AddPort(&in);
  set_->AddPort(&out);
  const uint64_t before_ns = set_->NowNs();
  Traffic(&in);
  std::this_thread::sleep_for(20ms);
  StopTraffic(&in);
  WaitFor([&] { return set_->ReadStat(stat_).packets == delivered_.load(); });
  EXPECT_EQ(set_->ReadStat(stat_).bytes, delivered_.load() * Numbered(0).size());
  EXPECT_GT(set_->ReadStat(stat_).used_ns, before_ns);
  EXPECT_LT(set_->ReadStat(stat_).used_ns, set_->NowNs());
  WaitFor([&] {
    uint64_t flows = 0;
    for (const WorkerStats& worker : set_->ReadWorkers()) flows += worker.megaflows;
    return flows == 0;
  });
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
}

// Counters of three workers under traffic: those who ask must find what had been sent before.
class StatisticsTest : public WorkerSetTest {
 protected:
  // `settle` is called every now and then and must make the counters true.
  void ExpectExact(const std::function<void()>& settle, uint32_t idle_timeout_ms = 10'000) {
    FakePort in(1, 3), out(2);
    std::atomic<uint64_t> sent{0};
    out.OnSent([&](const rte_mbuf*) { ++sent; });
    Start(3, idle_timeout_ms);
    const StatId stat = set_->AllocateStat();
    slow_path_.Publish([stat](const FlowKey& key, Translation* result) {
      result->mask.bits.ipv4_src = Be32::From(0x3f);  // 64 megaflows
      result->actions.push_back(Action::Output(PortNo{2}));
      result->stats.push_back(stat);
      result->tags.push_back(7);
      result->uncacheable = (key.ipv4_src.Get() & 0x3f) == 5;
    });
    set_->AddPort(&in);
    set_->AddPort(&out);
    for (uint16_t queue = 0; queue < 3; ++queue) Traffic(&in, queue);
    for (int round = 0; round < 200; ++round) {
      const uint64_t before = sent.load();
      settle();
      const uint64_t counted = set_->ReadStat(stat).packets;
      EXPECT_GE(counted, before);
      if (round % 16 == 0) WaitFor([&] { return sent.load() > before + 100; });
    }
    StopTraffic(&in);
    settle();
    EXPECT_EQ(set_->ReadStat(stat).packets, delivered_.load());
    EXPECT_EQ(set_->ReadStat(stat).bytes, delivered_.load() * Numbered(0).size());
    set_->ReleaseStat(stat);
    EXPECT_EQ(set_->AllocateStat(), stat);
    EXPECT_EQ(set_->ReadStat(stat).packets, 0u) << "a new counter begins at zero";
    EXPECT_EQ(set_->ReadStat(stat).used_ns, 0u);
    set_->RemovePort(PortNo{1});
    set_->RemovePort(PortNo{2});
  }
};

TEST_F(StatisticsTest, AreExactAfterCollecting) {
  ExpectExact([this] { set_->CollectStatistics(); });
}
TEST_F(StatisticsTest, AreExactAfterInvalidating) {
  ExpectExact([this] {
    const Tag tag = 7;
    set_->Invalidate({&tag, 1});
  });
}
TEST_F(StatisticsTest, AreExactAfterInvalidatingEverything) {
  ExpectExact([this] { set_->InvalidateAll(); });
}
TEST_F(StatisticsTest, AreExactAfterInvalidatingWhatOverlaps) {
  FlowKey key, mask;
  std::memset(static_cast<void*>(&key), 0, sizeof(key));
  std::memset(static_cast<void*>(&mask), 0, sizeof(mask));
  const DatapathControl::TagFilter filter = {.tag = 7, .key = &key, .mask = &mask};
  ExpectExact([&] { set_->InvalidateMatching({&filter, 1}); });
}
TEST_F(StatisticsTest, AreExactWhileFlowsAge) {
  ExpectExact([this] { set_->CollectStatistics(); }, /*idle_timeout_ms=*/1);
}

TEST_F(WorkerSetTest, CollectsFromWorkersThatSleep) {
  Start(2);
  for (int n = 0; n < 20; ++n) {
    std::this_thread::sleep_for(2ms);
    set_->CollectStatistics();
    set_->InvalidateAll();
  }
}

TEST_F(WorkerSetTest, MetersOverAllWorkersAndForgets) {
  FakePort in(1, 2), out(2);
  Start(2);
  set_->SetMeter(3, {.packets = true, .bands = {{.rate = 1, .burst = 10}}});
  slow_path_.Publish([](const FlowKey&, Translation* result) {
    result->actions.push_back(Action::Meter(3));
    result->actions.push_back(Action::Output(PortNo{2}));
  });
  set_->AddPort(&in);
  set_->AddPort(&out);
  for (uint32_t n = 0; n < 100; ++n) in.Deliver(Numbered(n), n % 2);
  const auto dropped = [&] {
    return set_->ReadPort(PortNo{1}).drops[static_cast<size_t>(DropReason::kMeter)];
  };
  WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets + dropped() == 100; });
  // A second or two may have gone by meanwhile.
  EXPECT_GE(dropped(), 80u);
  EXPECT_LE(dropped(), 90u);
  EXPECT_EQ(set_->ReadMeter(3).packets, 100u);
  EXPECT_EQ(set_->ReadMeter(3).bands[0].first, dropped());
  set_->ClearMeter(3);
  EXPECT_EQ(set_->ReadMeter(3).packets, 0u);
  in.Deliver(Numbered(1));
  WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets + dropped() == 101; });
  EXPECT_LE(dropped(), 90u);
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
}

TEST_F(WorkerSetTest, ListsTheMegaflowsOfEveryWorker) {
  constexpr uint32_t kFlows = 1000;
  FakePort in(1, 2), out(2);
  Start(2, 3'600'000);  // none may go before they are listed, however slow the machine is
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->mask.bits.ipv4_src.raw = 0xffffffff;
    for (uint32_t n = key.ipv4_src.Get() % 300; n > 0; --n) {
      result->actions.push_back(Action::Output(PortNo{2}));
    }
    result->drop_reason = DropReason::kNoDestination;
  });
  set_->AddPort(&in);
  for (uint32_t n = 0; n < kFlows; ++n) in.Deliver(Numbered(n), n % 2);
  WaitFor([&] { return set_->ReadPort(PortNo{1}).rx_packets == kFlows; });
  set_->Synchronize();
  std::map<uint32_t, uint32_t> workers;
  ListAll(SIZE_MAX, [&](const MegaflowRow& row) {
    const uint32_t number = row.key.ipv4_src.Get();
    EXPECT_EQ(row.mask.bits.ipv4_src.raw, 0xffffffff);
    EXPECT_EQ(row.actions.size(), number % 300);
    EXPECT_EQ(row.packets, 1u);
    EXPECT_EQ(row.bytes, Numbered(0).size());
    EXPECT_LT(row.used_ns, set_->NowNs());
    EXPECT_GT(row.used_ns, 0u);
    EXPECT_TRUE(workers.emplace(number, ToInt(row.worker)).second) << "listed twice";
  });
  ASSERT_EQ(workers.size(), kFlows);
  std::set<uint32_t> by_queue[2];
  for (const auto& [number, worker] : workers) by_queue[number % 2].insert(worker);
  EXPECT_EQ(by_queue[0].size(), 1u);
  EXPECT_NE(by_queue[0], by_queue[1]);
  size_t some = 0;
  ListAll(300, [&](const MegaflowRow&) { ++some; });
  EXPECT_EQ(some, 600u);
  const std::vector<std::pair<PortNo, uint32_t>> one_mask = {{PortNo{1}, 1}};
  EXPECT_EQ(set_->ReadMaskCounts(), one_mask);
  set_->RemovePort(PortNo{1});
}

class PerfTest : public WorkerSetTest {
 protected:
  static uint64_t Of(const WorkerPerf& worker, PerfStage stage) {
    return worker.totals.stage_tsc[static_cast<size_t>(stage)];
  }
  static uint64_t Sum(const WorkerPerf& worker) {
    uint64_t sum = 0;
    for (const uint64_t tsc : worker.totals.stage_tsc) sum += tsc;
    return sum;
  }
  void Send(FakePort* in, uint32_t frames) {
    const uint64_t before = set_->ReadPort(PortNo{2}).tx_packets;
    for (uint32_t n = 0; n < frames; ++n) in->Deliver(Numbered(n));
    WaitFor([&] { return set_->ReadPort(PortNo{2}).tx_packets == before + frames; });
  }
};

TEST_F(PerfTest, MeasuresWhileItIsAskedToAndNotLonger) {
  FakePort in(1), out(2);
  Start(2);
  Forward({2});
  set_->AddPort(&in);
  set_->AddPort(&out);
  Send(&in, 50);
  PerfReport report = set_->ReadPerf();
  EXPECT_EQ(report.measurement, 0u);
  ASSERT_EQ(report.workers.size(), 2u);
  for (const WorkerPerf& worker : report.workers) {
    EXPECT_FALSE(worker.measuring);
    EXPECT_EQ(worker.totals.packets, 0u);
    EXPECT_EQ(Sum(worker), 0u);
  }

  EXPECT_EQ(set_->StartPerf(1), 1u);
  Send(&in, 200);
  report = set_->ReadPerf();
  EXPECT_EQ(report.measurement, 1u);
  EXPECT_EQ(report.workers[0].totals.packets + report.workers[1].totals.packets, 200u);
  WaitFor([&] {
    report = set_->ReadPerf();
    return !report.workers[0].measuring && !report.workers[1].measuring;
  });
  Send(&in, 50);
  report = set_->ReadPerf();
  const bool first = report.workers[0].totals.packets > 0;
  const WorkerPerf& busy = report.workers[first ? 0 : 1];
  const WorkerPerf& idle = report.workers[first ? 1 : 0];
  EXPECT_EQ(busy.totals.packets, 200u);
  EXPECT_EQ(busy.totals.lookups.exact_match_hits + busy.totals.lookups.megaflow_hits, 200u);
  EXPECT_GE(busy.totals.bursts, (200u + kBurst - 1) / kBurst);
  EXPECT_GT(Of(busy, PerfStage::kReceive), 0u);
  EXPECT_GT(Of(busy, PerfStage::kTransmit), 0u);
  EXPECT_EQ(idle.totals.packets, 0u);
  EXPECT_EQ(Of(idle, PerfStage::kIdle), Sum(idle));
  for (const WorkerPerf& worker : report.workers) {
    EXPECT_EQ(Sum(worker), worker.totals.elapsed_tsc);
    EXPECT_GE(worker.totals.elapsed_tsc, report.tsc_hz);
  }

  EXPECT_EQ(set_->StartPerf(60), 2u);
  report = set_->ReadPerf();
  EXPECT_TRUE(report.workers[0].measuring);
  EXPECT_EQ(report.workers[0].totals.packets + report.workers[1].totals.packets, 0u);
  set_->RemovePort(PortNo{1});
  set_->RemovePort(PortNo{2});
}

}  // namespace
}  // namespace vsw
