// SPDX-License-Identifier: Apache-2.0
//
// A whole burst through one worker, from a port that has it to a port that takes it, by what is
// done with each packet. The baseline is the short case: one output.
#include <benchmark/benchmark.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <cstddef>
#include <memory>
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
FlowMask ReadsPorts() {
  FlowMask mask = ReadsProtocolAndPort();
  mask.bits.l4_src.raw = 0xffff;
  return mask;
}

constexpr uint8_t kIpWord = offsetof(FlowKey, ip_proto) / 4;
constexpr uint8_t kSourceWord = offsetof(FlowKey, ipv4_src) / 4;
constexpr uint8_t kPortsWord = offsetof(FlowKey, l4_src) / 4;
const Action kOutput = Action::Output(PortNo{2});

void RunBurst(benchmark::State& state, const std::vector<Action>& actions,
              const FlowMask& mask = ReadsNothing()) {
  OneDecision slow_path(actions, mask);
  bench::NullPort keeps(2, false), frees(3, true);
  auto ports = std::make_unique<PortTable>();
  ports->Publish(&keeps);
  ports->Publish(&frees);
  auto counters = std::make_unique<PortCounters[]>(kMaxPorts);
  SlowEventRing events;
  auto stats = *StatTable::Create(1);
  for (int i = 0; i < 4; ++i) (void)stats->Allocate();
  MeterTable meters(1);
  (void)meters.Set(1, {.packets = true, .bands = {{.rate = 1'000'000'000, .burst = 1u << 30}}}, 0);
  const PipelineEnvironment environment = {.worker = WorkerId{0},
                                           .slow_path = &slow_path,
                                           .ports = ports.get(),
                                           .counters = counters.get(),
                                           .mbuf_pool = testing::MbufPool(),
                                           .events = &events,
                                           .slow_thread = nullptr,
                                           .tsc_hz = rte_get_tsc_hz(),
                                           .idle_timeout_tsc = rte_get_tsc_hz(),
                                           .stats = stats->shard(WorkerId{0}),
                                           .meters = &meters};
  Pipeline pipeline(environment, *FlowTable::Create({.exact_match_entries = 1024}));
  std::vector<rte_mbuf*> burst;
  for (uint16_t i = 0; i < kBurst; ++i) {
    burst.push_back(testing::MakeMbuf(
        PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(i, 80).Payload(40).Build()));
  }
  uint64_t now_tsc = rte_rdtsc();
  for (auto _ : state) {
    std::vector<rte_mbuf*> given = burst;
    pipeline.Process(PortNo{1}, given, now_tsc += 1000);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kBurst);
  rte_pktmbuf_free_bulk(burst.data(), kBurst);
}

BENCHMARK_CAPTURE(RunBurst, output, {kOutput})->Name("burst of 32: one output");
BENCHMARK_CAPTURE(RunBurst, wide, {kOutput}, ReadsProtocolAndPort())
    ->Name("burst of 32: one output, by protocol and port");
BENCHMARK_CAPTURE(RunBurst, each, {kOutput}, ReadsPorts())
    ->Name("burst of 32: one output, a megaflow for each");
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
