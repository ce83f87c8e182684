// SPDX-License-Identifier: Apache-2.0
//
// Flow set-ups on one worker: bursts in which every packet is the first of its flow, so that each is
// translated and its megaflow put in the place of one that a change made stale. Through one table
// and through ten. The baseline is the same burst when its flows are known.
#include <benchmark/benchmark.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/no_datapath.h"
#include "bench/micro/null_port.h"
#include "bench/micro/ratio_reporter.h"
#include "datapath/worker/pipeline.h"
#include "fmt/format.h"
#include "ofproto/switch.h"
#include "ofproto/text/text.h"
#include "tests/support/eal.h"
#include "tests/support/packet_builder.h"

namespace vsw {
namespace {

using testing::PacketBuilder;

constexpr uint32_t kHosts = 1 << 14;
constexpr uint64_t kSource = 0x02000000000a, kGateway = 0x02000000000b;

uint32_t HostAddress(uint32_t i) { return 0x0a000000 | i; }

// A switch of two ports with one route for each host.
class Routers {
 public:
  Routers() {
    switch_.Attach(&control_);
    SlowPathBridge bridge;
    bridge.id = BridgeId{0};
    bridge.name = "br0";
    bridge.fail_secure = true;
    for (uint32_t number = 1; number <= 2; ++number) {
      SlowPathPort port;
      port.number = PortNo{number};
      port.ofport = OfPort{number};
      port.name = fmt::format("p{}", number);
      bridge.ports.push_back(port);
    }
    switch_.Configure({.bridges = {bridge}});
  }
  void OneTable() { Routes(0); }
  void TenTables() {
    Add("table=0,priority=9,in_port=1,actions=load:1->reg0[],goto_table:1");
    Add("table=1,priority=9,dl_src=02:00:00:00:00:0a,actions=goto_table:2");
    Add("table=2,priority=9,dl_dst=02:00:00:00:00:0b,actions=goto_table:3");
    Add("table=3,priority=9,vlan_tci=0,actions=goto_table:4");
    Add("table=4,priority=9,ip,nw_src=10.128.0.0/16,actions=goto_table:5");
    Add("table=5,priority=9,tcp,tp_dst=80,actions=load:2->reg1[],goto_table:6");
    Add("table=6,priority=9,reg0=1,actions=goto_table:7");
    Add("table=7,priority=9,reg1=2,actions=write_metadata:1/1,goto_table:8");
    Add("table=8,priority=9,metadata=1/1,actions=goto_table:9");
    Routes(9);
  }
  const Switch* get() const { return &switch_; }

 private:
  void Routes(uint32_t table) {
    for (uint32_t i = 0; i < kHosts; ++i) {
      const uint32_t a = HostAddress(i);
      Add(fmt::format("table={},priority=10,ip,nw_dst={}.{}.{}.{},actions=2", table, a >> 24,
                      a >> 16 & 255, a >> 8 & 255, a & 255),
          /*commit=*/false);
    }
    switch_.FindBridge("br0")->Commit();
  }
  void Add(const std::string& text, bool commit = true) {
    const auto flow = ParseFlow(text, FlowMod::Command::kAdd);
    BridgeControl* control = switch_.FindBridge("br0");
    if (!flow.ok() || !control->ModifyFlow(*flow, {}).ok()) {
      fmt::print("refused: {}\n", text);
      std::exit(1);
    }
    if (commit) control->Commit();
  }

  bench::NoDatapath control_;
  Switch switch_;
};

class Setup {
 public:
  explicit Setup(const SlowPath* slow_path) : keeps_(2, false) {
    ports_->Publish(&keeps_);
    (void)stats_->Allocate();  // the one that rules count for
    pipeline_ = std::make_unique<Pipeline>(
        PipelineEnvironment{.worker = WorkerId{0},
                            .slow_path = slow_path,
                            .ports = ports_.get(),
                            .counters = counters_.get(),
                            .mbuf_pool = testing::MbufPool(),
                            .events = &events_,
                            .slow_thread = nullptr,
                            .tsc_hz = rte_get_tsc_hz(),
                            .idle_timeout_tsc = rte_get_tsc_hz(),
                            .stats = stats_->shard(WorkerId{0})},
        *FlowTable::Create({.exact_match_entries = 1u << 16, .max_megaflows = 1u << 16}));
    for (uint16_t i = 0; i < kBurst; ++i) {
      burst_.push_back(testing::MakeMbuf(PacketBuilder()
                                             .Ethernet(kGateway, kSource)
                                             .Ipv4(0x0a800001, HostAddress(0))
                                             .Tcp(1000, 80)
                                             .Payload(40)
                                             .Build()));
    }
  }
  ~Setup() { rte_pktmbuf_free_bulk(burst_.data(), kBurst); }

  // To the next hosts; once round, what is known of them is stale if `forget` says so.
  void Process(bool forget) {
    for (rte_mbuf* packet : burst_) {
      const Be32 to = Be32::From(HostAddress(next_++));
      std::memcpy(rte_pktmbuf_mtod_offset(packet, uint8_t*, 30), &to, sizeof(to));
    }
    std::vector<rte_mbuf*> given = burst_;
    pipeline_->Process(PortNo{1}, given, rte_rdtsc());
    if (next_ < kHosts) return;
    next_ = 0;
    if (forget) Forget();
  }
  void Forget() { pipeline_->SetEpoch(++epoch_); }
  const PipelineCounters& counters() const { return pipeline_->stats(); }

 private:
  bench::NullPort keeps_;
  std::unique_ptr<PortTable> ports_ = std::make_unique<PortTable>();
  std::unique_ptr<PortCounters[]> counters_ = std::make_unique<PortCounters[]>(kMaxPorts);
  SlowEventRing events_;
  std::unique_ptr<StatTable> stats_ = *StatTable::Create(1);
  std::unique_ptr<Pipeline> pipeline_;
  std::vector<rte_mbuf*> burst_;
  uint32_t next_ = 0;
  uint32_t epoch_ = 1;
};

void Run(benchmark::State& state, const Routers& routers, bool known) {
  Setup setup(routers.get());
  for (uint32_t i = 0; i < kHosts; i += kBurst) setup.Process(/*forget=*/false);
  const uint64_t before = setup.counters().translations.Get();
  if (!known) setup.Forget();
  for (auto _ : state) setup.Process(/*forget=*/!known);
  const auto packets = static_cast<int64_t>(state.iterations()) * kBurst;
  state.SetItemsProcessed(packets);
  const auto translated = setup.counters().translations.Get() - before;
  state.counters["translated"] = static_cast<double>(translated) / static_cast<double>(packets);
  state.counters["ns/translation"] =
      translated == 0 ? 0.0
                      : static_cast<double>(setup.counters().translation_tsc.Get()) * 1e9 /
                            static_cast<double>(rte_get_tsc_hz()) /
                            static_cast<double>(setup.counters().translations.Get());
}

const Routers& One() {
  static Routers* const routers = [] {
    auto* made = new Routers;
    made->OneTable();
    return made;
  }();
  return *routers;
}
const Routers& Ten() {
  static Routers* const routers = [] {
    auto* made = new Routers;
    made->TenTables();
    return made;
  }();
  return *routers;
}

void Known(benchmark::State& state) { Run(state, One(), true); }
void OneTable(benchmark::State& state) { Run(state, One(), false); }
void TenTables(benchmark::State& state) { Run(state, Ten(), false); }
BENCHMARK(Known)->Name("burst of 32: known flows");
BENCHMARK(OneTable)->Name("burst of 32: new flows, one table");
BENCHMARK(TenTables)->Name("burst of 32: new flows, ten tables");

}  // namespace
}  // namespace vsw

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  vsw::bench::RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
