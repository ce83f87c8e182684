// SPDX-License-Identifier: Apache-2.0
//
// A whole burst through one worker, from a port that has it to a port that takes it, by what is
// done with each packet. The baseline is the short case: one output.
#include <benchmark/benchmark.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "bench/micro/null_port.h"
#include "datapath/worker/pipeline.h"
#include "tests/support/eal.h"
#include "tests/support/packet_builder.h"

namespace vsw {
namespace {

using testing::PacketBuilder;

class OneDecision : public SlowPath {
 public:
  OneDecision(std::vector<Action> actions, const FlowMask& mask)
      : actions_(std::move(actions)), mask_(mask) {}
  void Attach(DatapathControl*) override {}
  void Translate(const FlowKey& key, Translation* result) const noexcept override {
    if (key.recirc_id != 0) {
      result->actions.push_back(Action::Output(PortNo{2}));
      return;
    }
    result->mask = mask_;
    for (const Action& action : actions_) result->actions.push_back(action);
    result->stats.push_back(StatId{1});
  }
  void Configure(const SlowPathConfig&) override {}
  void OnLearn(std::span<const LearnEvent>) override {}
  void OnNote(std::span<const uint8_t>) override {}
  void OnUpcall(std::span<const uint8_t>, std::span<const uint8_t>, uint32_t) override {}
  void OnTimer() override {}
  std::vector<FdbRow> ListFdb() const override { return {}; }
  uint32_t FlushFdb(const BridgeId*, PortNo) override { return 0; }
  std::vector<PatchCounters> ReadPatchCounters() const override { return {}; }

 private:
  const std::vector<Action> actions_;
  const FlowMask mask_;
};

FlowMask ReadsNothing() {
  FlowMask mask;
  mask.Clear();
  return mask;
}
FlowMask ReadsProtocolAndPort() {
  FlowMask mask = ReadsNothing();
  mask.bits.eth_type.raw = mask.bits.l4_dst.raw = 0xffff;
  mask.bits.ip_proto = 0xff;
  return mask;
}
FlowMask ReadsAddressesAndPorts() {
  FlowMask mask = ReadsProtocolAndPort();
  mask.bits.ipv4_src.raw = mask.bits.ipv4_dst.raw = 0xffffffff;
  mask.bits.l4_src.raw = 0xffff;
  return mask;
}

constexpr uint8_t kIpWord = offsetof(FlowKey, ip_proto) / 4;
constexpr uint8_t kSourceWord = offsetof(FlowKey, ipv4_src) / 4;
constexpr uint8_t kPortsWord = offsetof(FlowKey, l4_src) / 4;
const Action kOutput = Action::Output(PortNo{2});

// A pipeline from port 1 to where `keeps_` or `frees_` are, as `actions` say.
class Bench {
 public:
  Bench(const std::vector<Action>& actions, const FlowMask& mask) : slow_path_(actions, mask) {
    ports_->Publish(&keeps_);
    ports_->Publish(&frees_);
    for (int i = 0; i < 4; ++i) (void)stats_->Allocate();
    (void)meters_.Set(1, {.packets = true, .bands = {{.rate = 1'000'000'000, .burst = 1u << 30}}},
                      0);
    pipeline_ = std::make_unique<Pipeline>(PipelineEnvironment{.worker = WorkerId{0},
                                                               .slow_path = &slow_path_,
                                                               .ports = ports_.get(),
                                                               .counters = counters_.get(),
                                                               .mbuf_pool = testing::MbufPool(),
                                                               .events = &events_,
                                                               .slow_thread = nullptr,
                                                               .tsc_hz = rte_get_tsc_hz(),
                                                               .idle_timeout_tsc = rte_get_tsc_hz(),
                                                               .stats = stats_->shard(WorkerId{0}),
                                                               .meters = &meters_},
                                           *FlowTable::Create({}));
  }
  void Process(const std::vector<rte_mbuf*>& burst) {
    std::copy(burst.begin(), burst.end(), given_.begin());
    pipeline_->Process(PortNo{1}, {given_.data(), burst.size()}, now_tsc_ += 1000);
  }

 private:
  OneDecision slow_path_;
  bench::NullPort keeps_{2, false}, frees_{3, true};
  std::unique_ptr<PortTable> ports_ = std::make_unique<PortTable>();
  std::unique_ptr<PortCounters[]> counters_ = std::make_unique<PortCounters[]>(kMaxPorts);
  SlowEventRing events_;
  std::unique_ptr<StatTable> stats_ = *StatTable::Create(1);
  MeterTable meters_{1};
  std::unique_ptr<Pipeline> pipeline_;
  std::array<rte_mbuf*, kBurst> given_;
  uint64_t now_tsc_ = rte_rdtsc();
};

std::vector<uint8_t> FrameOf(uint32_t flow) {
  return PacketBuilder()
      .Ethernet(2, 1)
      .Ipv4(1 + flow / 60'000, 2)
      .Tcp(static_cast<uint16_t>(flow % 60'000), 80)
      .Payload(6)
      .Build();
}

void RunBurst(benchmark::State& state, const std::vector<Action>& actions,
              const FlowMask& mask = ReadsNothing()) {
  Bench bench(actions, mask);
  std::vector<rte_mbuf*> burst;
  for (uint32_t i = 0; i < kBurst; ++i) burst.push_back(testing::MakeMbuf(FrameOf(i)));
  for (auto _ : state) bench.Process(burst);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kBurst);
  rte_pktmbuf_free_bulk(burst.data(), kBurst);
}

// Frames of so many flows, in shuffled order, copied into the buffers of a burst.
void RunFlows(benchmark::State& state, const FlowMask& mask) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  Bench bench({kOutput}, mask);
  std::vector<std::array<uint8_t, 60>> frames(flows);
  for (uint32_t i = 0; i < flows; ++i) std::ranges::copy(FrameOf(i), frames[i].begin());
  std::ranges::shuffle(frames, std::mt19937(1));
  std::vector<rte_mbuf*> burst;
  for (uint32_t i = 0; i < kBurst; ++i) burst.push_back(testing::MakeMbuf(FrameOf(i)));
  size_t next = 0;
  const auto process = [&] {
    for (rte_mbuf* packet : burst) {
      std::memcpy(rte_pktmbuf_mtod(packet, void*), frames[next].data(), frames[next].size());
      if (++next == frames.size()) next = 0;
    }
    bench.Process(burst);
  };
  for (uint32_t i = 0; i < 4 * flows; i += kBurst) process();  // so that all are known
  for (auto _ : state) process();
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kBurst);
  rte_pktmbuf_free_bulk(burst.data(), kBurst);
}

BENCHMARK_CAPTURE(RunBurst, output, {kOutput})->Name("burst of 32: one output");
BENCHMARK_CAPTURE(RunBurst, wide, {kOutput}, ReadsProtocolAndPort())
    ->Name("burst of 32: one output, by protocol and port");
BENCHMARK_CAPTURE(RunFlows, wide, ReadsProtocolAndPort())
    ->Name("burst of 32 of many flows: one decision")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000);
BENCHMARK_CAPTURE(RunFlows, each, ReadsAddressesAndPorts())
    ->Name("burst of 32 of many flows: a megaflow for each")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000);
BENCHMARK_CAPTURE(RunBurst, count, {Action::Count(2), kOutput})->Name("burst of 32: counter");
BENCHMARK_CAPTURE(RunBurst, meter, {Action::Meter(1), kOutput})->Name("burst of 32: meter");
BENCHMARK_CAPTURE(RunBurst, tag, {Action::PushVlan(0x8100, 5), Action::PopVlan(), kOutput})
    ->Name("burst of 32: push and pop a tag");
BENCHMARK_CAPTURE(RunBurst, route,
                  {Action::SetWord(2, 7, 0xffffffff), Action::SetWord(3, 7, 0xffffffff),
                   Action::SetWord(4, 7, 0xffffffff), Action::SetWord(kIpWord, 63 << 16, 0xff0000),
                   kOutput})
    ->Name("burst of 32: addresses and TTL");
BENCHMARK_CAPTURE(RunBurst, nat,
                  {Action::SetWord(kSourceWord, 7, 0xffffffff),
                   Action::SetWord(kPortsWord, 7, 0xffff), kOutput})
    ->Name("burst of 32: IPv4 address and port");
BENCHMARK_CAPTURE(RunBurst, copy, {Action::Output(PortNo{3}), kOutput})
    ->Name("burst of 32: two outputs");
BENCHMARK_CAPTURE(RunBurst, again, {Action::Recirculate(1)})->Name("burst of 32: looked up again");

}  // namespace
}  // namespace vsw
