// SPDX-License-Identifier: Apache-2.0
//
// A burst into a tunnel and out of one, through a whole worker: what outer headers cost beside the
// baseline of pipeline_bench, one output.
#include <benchmark/benchmark.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datapath/tunnel/tunnel_config.h"
#include "datapath/tunnel/tunnel_port.h"
#include "datapath/worker/pipeline.h"
#include "tests/support/eal.h"
#include "tests/support/tunnel_frame.h"

namespace vsw {
namespace {

using testing::Bytes;
using testing::PacketBuilder;

constexpr PortNo kGuest{1}, kUplink{2}, kTunnel{3};
constexpr uint32_t kLocal = 0xc0000201, kRemote = 0xc0000202;

// From the guest into the tunnel, from the tunnel to the guest.
class ThroughTunnel : public SlowPath {
 public:
  void Attach(DatapathControl*) override {}
  void Translate(const FlowKey& key, Translation* result) const noexcept override {
    result->actions.push_back(Action::Output(key.in_port == kGuest ? kTunnel : kGuest));
  }
  void Configure(const SlowPathConfig&) override {}
  void OnLearn(std::span<const LearnEvent>) override {}
  void OnNote(std::span<const uint8_t>) override {}
  void OnUpcall(std::span<const uint8_t>, std::span<const uint8_t>, uint32_t) override {}
  void OnTimer() override {}
  std::vector<FdbRow> ListFdb() const override { return {}; }
  uint32_t FlushFdb(const BridgeId*, PortNo) override { return 0; }
  std::vector<PatchCounters> ReadPatchCounters() const override { return {}; }
};

// Takes frames and keeps them for the next round.
class KeepingPort : public Port {
 public:
  explicit KeepingPort(PortNo number) : Port(number, "keeps") { kept.reserve(kBurst); }
  uint16_t rx_queue_count() const override { return 0; }
  uint16_t Receive(QueueId, std::span<rte_mbuf*>, PortCounters&) override { return 0; }
  void Transmit(WorkerId, std::span<rte_mbuf*> burst, PortCounters&) override {
    kept.insert(kept.end(), burst.begin(), burst.end());
  }
  PortInfo ReadInfo() const override { return {}; }
  absl::Status Reconfigure(const std::map<std::string, std::string>&) override {
    return absl::OkStatus();
  }
  std::vector<rte_mbuf*> kept;
};

// One worker with a guest, an uplink and a tunnel over it.
class Host {
 public:
  Host(TunnelKind kind, std::map<std::string, std::string> options) {
    const PipelineEnvironment environment = {.worker = WorkerId{0},
                                             .slow_path = &slow_path_,
                                             .ports = ports_.get(),
                                             .counters = counters_.get(),
                                             .mbuf_pool = testing::MbufPool(),
                                             .events = &events_,
                                             .slow_thread = nullptr,
                                             .tsc_hz = rte_get_tsc_hz(),
                                             .idle_timeout_tsc = rte_get_tsc_hz(),
                                             .stats = stats_->shard(WorkerId{0}),
                                             .tunnels = &tunnels_,
                                             .underlay = &underlay_};
    pipeline_ =
        std::make_unique<Pipeline>(environment, *FlowTable::Create({.exact_match_entries = 1024}));
    options.insert({{"remote", "192.0.2.2"}, {"key", "100"}});
    tunnel_ = *TunnelPort::Make({.pool = testing::MbufPool(),
                                 .tunnels = &tunnels_,
                                 .next_hops = &underlay_.next_hops,
                                 .outlets = {pipeline_->outlet()},
                                 .synchronize = [] {},
                                 .describe_way = {}},
                                kTunnel, "tunnel", BridgeId{0}, kind, options);
    for (Port* port : {static_cast<Port*>(&guest), static_cast<Port*>(&uplink), tunnel_.get()}) {
      ports_->Publish(port);
    }
    PublishUnderlay();
  }
  void Process(PortNo in_port, std::vector<rte_mbuf*>* burst) {
    pipeline_->Process(in_port, *burst, now_tsc_ += 1000);
  }

  KeepingPort guest{kGuest}, uplink{kUplink};

 private:
  void PublishUnderlay() {
    const IpAddress local = IpAddress::FromV4(Be32::From(kLocal));
    const IpAddress remote = IpAddress::FromV4(Be32::From(kRemote));
    const NextHop way = {.egress = kUplink,
                         .local = local,
                         .source_mac = PacketBuilder::Address(0x11),
                         .destination_mac = PacketBuilder::Address(0x22),
                         .mtu = 9000};
    const NextHopMap::Rows rows = {{TunnelEnds{{}, remote}, way}};
    (void)underlay_.next_hops.Publish(std::make_unique<NextHopMap>(rows));
    auto role = std::make_unique<IngressRole>();
    role->hidden = true;
    role->addresses = {local};
    (void)underlay_.ingress.Publish(kUplink, std::move(role));
  }

  ThroughTunnel slow_path_;
  std::unique_ptr<PortTable> ports_ = std::make_unique<PortTable>();
  std::unique_ptr<PortCounters[]> counters_ = std::make_unique<PortCounters[]>(kMaxPorts);
  SlowEventRing events_;
  std::unique_ptr<StatTable> stats_ = *StatTable::Create(1);
  TunnelTable tunnels_{[] {}};
  UnderlayTables underlay_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Port> tunnel_;
  uint64_t now_tsc_ = rte_rdtsc();
};

Bytes GuestFrame(uint16_t flow, size_t bytes) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(flow, 80).Payload(bytes - 42).Build();
}

// The headers are taken off again by hand, which costs next to nothing.
void Encapsulate(benchmark::State& state, TunnelKind kind, uint32_t overhead) {
  Host host(kind, {});
  std::vector<rte_mbuf*> burst;
  for (uint16_t i = 0; i < kBurst; ++i) {
    burst.push_back(testing::MakeMbuf(GuestFrame(i, static_cast<size_t>(state.range(0)))));
  }
  for (auto _ : state) {
    host.Process(kGuest, &burst);
    burst.swap(host.uplink.kept);
    host.uplink.kept.clear();
    for (rte_mbuf* packet : burst) rte_pktmbuf_adj(packet, static_cast<uint16_t>(overhead));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kBurst);
  rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
}

// Headers that a first pass wrote are still in the headroom.
void Decapsulate(benchmark::State& state, TunnelKind kind, uint32_t overhead) {
  Host host(kind, {});
  std::vector<rte_mbuf*> burst;
  for (uint16_t i = 0; i < kBurst; ++i) {
    burst.push_back(testing::MakeMbuf(GuestFrame(i, static_cast<size_t>(state.range(0)))));
  }
  host.Process(kGuest, &burst);
  burst.swap(host.uplink.kept);
  for (rte_mbuf* packet : burst) {
    // As if the other end had sent it.
    uint8_t* ip = rte_pktmbuf_mtod_offset(packet, uint8_t*, 14);
    for (size_t i = 0; i < 4; ++i) std::swap(ip[12 + i], ip[16 + i]);
  }
  for (auto _ : state) {
    host.Process(kUplink, &burst);
    burst.swap(host.guest.kept);
    host.guest.kept.clear();
    for (rte_mbuf* packet : burst) rte_pktmbuf_prepend(packet, static_cast<uint16_t>(overhead));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kBurst);
  rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
}

BENCHMARK_CAPTURE(Encapsulate, vxlan, TunnelKind::kVxlan, 50)
    ->Name("burst of 32: into VXLAN")
    ->Arg(64)
    ->Arg(1450);
BENCHMARK_CAPTURE(Encapsulate, gre, TunnelKind::kGre, 42)->Name("burst of 32: into GRE")->Arg(64);
BENCHMARK_CAPTURE(Decapsulate, vxlan, TunnelKind::kVxlan, 50)
    ->Name("burst of 32: out of VXLAN")
    ->Arg(64)
    ->Arg(1450);
BENCHMARK_CAPTURE(Decapsulate, geneve, TunnelKind::kGeneve, 50)
    ->Name("burst of 32: out of Geneve")
    ->Arg(64);

}  // namespace
}  // namespace vsw
