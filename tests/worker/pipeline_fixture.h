// SPDX-License-Identifier: Apache-2.0
//
// One pipeline between three ports, with a slow path that decides as the test says.
#ifndef VSW_TESTS_WORKER_PIPELINE_FIXTURE_H_
#define VSW_TESTS_WORKER_PIPELINE_FIXTURE_H_

#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <memory>
#include <vector>

#include "datapath/worker/pipeline.h"
#include "tests/worker/fakes.h"

namespace vsw::testing {

using Frame = std::vector<uint8_t>;

// Counters of which the first hundred are allocated.
inline std::unique_ptr<StatTable> MakeStats() {
  auto stats = *StatTable::Create(1, 128);
  for (uint32_t i = 1; i <= 100; ++i) VSW_CHECK(stats->Allocate() == StatId{i});
  return stats;
}

class PipelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    in_use_before_ = (MbufPool(), MbufsInUse());
    Make(1u << 12);
    for (FakePort* port : {&in_, &out_, &third_}) ports_.Publish(port);
  }
  void TearDown() override {
    pipeline_.reset();
    EXPECT_EQ(MbufsInUse(), in_use_before_) << "mbufs leaked";
  }
  // `time_scale`: how much slower the pipeline takes time to pass than it does.
  void Make(uint32_t max_megaflows, uint64_t time_scale = 1) {
    auto flows = FlowTable::Create({.exact_match_entries = 1024, .max_megaflows = max_megaflows});
    ASSERT_TRUE(flows.ok());
    const PipelineEnvironment environment = {.worker = WorkerId{0},
                                             .slow_path = &slow_path_,
                                             .ports = &ports_,
                                             .counters = counters_.get(),
                                             .mbuf_pool = MbufPool(),
                                             .events = &events_,
                                             .slow_thread = nullptr,
                                             .tsc_hz = rte_get_tsc_hz() * time_scale,
                                             .idle_timeout_tsc = rte_get_tsc_hz(),
                                             .stats = stats_->shard(WorkerId{0}),
                                             .meters = &meters_,
                                             .tunnels = &tunnels_,
                                             .underlay = &underlay_};
    pipeline_ = std::make_unique<Pipeline>(environment, *std::move(flows));
  }
  // Every packet of a port is treated the same.
  void Always(std::vector<Action> actions, DropReason reason = DropReason::kNone) {
    slow_path_.Publish([=](const FlowKey&, Translation* result) {
      for (const Action& action : actions) result->actions.push_back(action);
      result->drop_reason = reason;
    });
  }
  void Receive(const std::vector<Frame>& frames, uint32_t port = 1) {
    std::vector<rte_mbuf*> burst;
    for (const Frame& frame : frames) burst.push_back(MakeMbuf(frame));
    pipeline_->Process(PortNo{port}, burst, ++now_);
  }
  uint64_t Drops(uint32_t port, DropReason reason) const {
    return counters_[port].drops[static_cast<size_t>(reason)].Get();
  }

  uint32_t in_use_before_ = 0;
  FakePort in_{1}, out_{2}, third_{3};
  FakeSlowPath slow_path_;
  PortTable ports_;
  std::unique_ptr<PortCounters[]> counters_ = std::make_unique<PortCounters[]>(kMaxPorts);
  SlowEventRing events_;
  std::unique_ptr<StatTable> stats_ = MakeStats();
  MeterTable meters_{1};
  TunnelTable tunnels_{[] {}};
  UnderlayTables underlay_;
  std::unique_ptr<Pipeline> pipeline_;
  uint64_t now_ = 1;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_WORKER_PIPELINE_FIXTURE_H_
