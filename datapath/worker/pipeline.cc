// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/pipeline.h"

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include <utility>

#include "datapath/packet/lent_tail.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/plain_parser.h"
#include "datapath/worker/execute.h"

namespace vsw {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;

uint64_t TscToNs(uint64_t tsc, uint64_t hz) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(tsc) * kNsPerSecond / hz);
}

}  // namespace

Pipeline::Pipeline(const PipelineEnvironment& environment, std::unique_ptr<FlowTable> flows)
    : env_(environment),
      flows_(std::move(flows)),
      batches_(env_.worker, env_.ports, env_.counters, &clock_),
      executor_({.worker = env_.worker,
                 .mbuf_pool = env_.mbuf_pool,
                 .batches = &batches_,
                 .stats = env_.stats,
                 .meters = env_.meters,
                 .events = env_.events,
                 .counters = env_.counters,
                 .tunnels = env_.tunnels}),
      held_(env_.tsc_hz / 10 * 35, env_.tsc_hz / 10),
      work_(std::make_unique<FlowLookup[]>(kBurst)),
      looks_(std::make_unique<Looks>()),
      guesses_(*flows_),
      report_([this](std::span<const StatId> stats, uint64_t packets, uint64_t bytes,
                     uint64_t used_tsc) {
        const uint64_t used_ns = NsOf(used_tsc);
        for (const StatId stat : stats) env_.stats->Count(stat, packets, bytes, used_ns);
      }),
      terminator_(env_, &batches_),
      misses_(env_, flows_.get(), report_, &stats_) {}

Pipeline::~Pipeline() {
  held_.Clear([](rte_mbuf* packet, const HeldPacket&) { rte_pktmbuf_free(packet); });
}

void Pipeline::Process(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc, bool lent) {
  clock_.Enter(PerfStage::kLookup);
  batches_.SetLent(lent);
  if (const uint32_t count = Parse(in_port, burst, now_tsc); count > 0) {
    const std::span<FlowLookup> works(work_.get(), count);
    FindFlows(works, now_tsc);
    guesses_.Learn(works);
    if (learn_looks_) LearnLooks(in_port, works);
    ExecuteFlows(works, now_tsc);
  }
  if (executor_.recirculation_count() > 0) [[unlikely]]
    Recirculate(now_tsc);
  Finish(now_tsc);
  batches_.SetLent(false);
}

// Sends what was gathered, and goes on with what that gives rise to.
void Pipeline::Finish(uint64_t now_tsc) {
  clock_.Enter(PerfStage::kTransmit);
  batches_.Flush();
  executor_.ClearTunnelSets();
  if (!entering_.empty()) [[unlikely]]
    TakeEntering(now_tsc);
  misses_.Notify(executor_);
  clock_.Enter(PerfStage::kOther);
}

void Pipeline::Inject(std::span<const uint8_t> frame, PortNo in_port,
                      std::span<const Action> actions, std::span<const StatId> stats,
                      DropReason drop_reason) {
  PortCounters* const ingress = env_.CountersOf(in_port);
  FlowLookup& work = work_[0];
  work.packet = CopyIn(frame);
  if (work.packet == nullptr) return ingress->Drop(DropReason::kNoCopyBuffer);
  work.lookups = 0;
  const DropReason reason = ParsePacket(work.packet, in_port, &work.key);
  if (reason != DropReason::kNone) return env_.Drop(work.packet, in_port, reason);
  const uint64_t now_tsc = rte_rdtsc();
  report_(stats, 1, frame.size(), now_tsc);
  Run(work, actions, drop_reason, now_tsc);
  Recirculate(now_tsc);
  Finish(now_tsc);
}

rte_mbuf* Pipeline::CopyIn(std::span<const uint8_t> frame) {
  rte_mbuf* packet = rte_pktmbuf_alloc(env_.mbuf_pool);
  for (rte_mbuf* last = packet; last != nullptr;) {
    const size_t part = std::min<size_t>(frame.size(), rte_pktmbuf_tailroom(last));
    std::memcpy(rte_pktmbuf_mtod(last, uint8_t*), frame.data(), part);
    last->data_len = static_cast<uint16_t>(part);
    packet->pkt_len += static_cast<uint32_t>(part);
    frame = frame.subspan(part);
    if (frame.empty()) return packet;
    last = last->next = rte_pktmbuf_alloc(env_.mbuf_pool);
    ++packet->nb_segs;
  }
  if (packet != nullptr) {
    --packet->nb_segs;  // the one that could not be had
    rte_pktmbuf_free(packet);
  }
  return nullptr;
}

void Pipeline::Lookup(uint32_t count, uint64_t now_tsc) {
  const std::span<FlowLookup> works(work_.get(), count);
  FindFlows(works, now_tsc);
  ExecuteFlows(works, now_tsc);
}

void Pipeline::FindFlows(std::span<FlowLookup> works, uint64_t now_tsc) {
  clock_.Enter(PerfStage::kLookup);
  for (FlowLookup& work : works) {
    if (work.flow == nullptr) flows_->Locate(&work);
  }
  uint32_t missing = 0, by_mask = 0, exact = 0;
  uint32_t misses[kBurst];
  for (uint32_t i = 0; i < works.size(); ++i) {
    FlowLookup* work = &works[i];
    if (work->flow != nullptr) continue;
    flows_->LookupQuick(work);
    if (work->flow == nullptr) [[unlikely]] {
      misses[missing++] = i;
    } else if (work->sole != nullptr) {
      ++by_mask;
    } else {
      ++exact;
    }
  }
  stats_.megaflow_hits.Add(by_mask);
  stats_.exact_match_hits.Add(exact);
  // Misses are settled before anything is executed, so that packets leave in the order they came.
  if (missing > 0) [[unlikely]]
    LookupMissing({misses, missing}, now_tsc);
}

// Those that are done with here are left without a flow.
void Pipeline::LookupMissing(std::span<const uint32_t> misses, uint64_t now_tsc) {
  clock_.Enter(PerfStage::kMiss);
  for (const uint32_t i : misses) {
    FlowLookup& work = work_[i];
    work.learn_look = false;  // what comes once is not worth it
    switch (misses_.Resolve(&work, now_tsc)) {
      case Misses::Outcome::kFound:
        stats_.megaflow_hits.Add(1);
        break;
      case Misses::Outcome::kDecided:
        break;
      case Misses::Outcome::kOnce:
        // Executed right away, while the decision stands.
        ExecuteOnce(&work, now_tsc);
        break;
      case Misses::Outcome::kOverBudget:
        env_.Drop(work.packet, work.key.in_port, DropReason::kMissBudget);
        stats_.misses_over_budget.Add(1);
        break;
    }
  }
}

// Packets of one flow that stand together are counted together.
void Pipeline::ExecuteFlows(std::span<const FlowLookup> works, uint64_t now_tsc) {
  clock_.Enter(PerfStage::kExecute);
  Megaflow* flow = nullptr;
  uint64_t packets = 0, bytes = 0;
  const auto count = [&] {
    flow->packets += packets;
    flow->bytes += bytes;
    flow->used_tsc = now_tsc;
  };
  for (const FlowLookup& work : works) {
    if (work.flow == nullptr) [[unlikely]]
      continue;
    if (work.flow != flow) {
      if (flow != nullptr) count();
      flow = work.flow;
      packets = bytes = 0;
    }
    ++packets;
    bytes += work.packet->pkt_len;
    const CompiledActions* actions = flow->actions;
    if (actions->single_output != kNoPort) [[likely]] {
      batches_.Add(actions->single_output, work.packet);
    } else {
      Run(work, actions->span(), actions->drop_reason, now_tsc);
    }
  }
  if (flow != nullptr) count();
}

void Pipeline::ExecuteOnce(FlowLookup* work, uint64_t now_tsc) {
  const PerfStage interrupted = clock_.Enter(PerfStage::kExecute);
  const Translation& t = misses_.translation();
  report_(t.stats.span(), 1, work->packet->pkt_len, now_tsc);
  Run(*work, t.actions.span(), t.drop_reason, now_tsc);
  clock_.Enter(interrupted);
}

void Pipeline::Run(const FlowLookup& work, std::span<const Action> actions, DropReason reason,
                   uint64_t now_tsc) {
  const PortNo in_port = work.key.in_port;
  LentTail::Fetch(work.packet);
  if (actions.empty()) return env_.Drop(work.packet, in_port, reason);
  executor_.Run(work.packet, actions,
                {.key = &work.key,
                 .ingress = env_.CountersOf(in_port),
                 .now_ns = NsOf(now_tsc),
                 .lookups = work.lookups,
                 .drop_reason = reason});
}

// Of the burst at hand, mostly: the division is made once for it.
uint64_t Pipeline::NsOf(uint64_t tsc) {
  if (tsc != known_tsc_) {
    known_tsc_ = tsc;
    known_ns_ = TscToNs(tsc, env_.tsc_hz);
  }
  return known_ns_;
}

// Those that come to be looked up again meanwhile come behind those that wait already.
void Pipeline::Recirculate(uint64_t now_tsc) {
  for (uint32_t next = 0; next < executor_.recirculation_count();) {
    clock_.Enter(PerfStage::kParse);
    uint32_t count = 0;
    while (count < kBurst && next < executor_.recirculation_count()) {
      count += ParseAgain(executor_.recirculation(next++), &work_[count]);
    }
    stats_.recirculations.Add(count);
    Lookup(count, now_tsc);
  }
  executor_.ClearRecirculations();
}

bool Pipeline::ParseAgain(const Recirculation& from, FlowLookup* work) {
  FlowKey* key = &work->key;
  work->packet = from.packet;
  work->lookups = from.lookups;
  KeyLine line;
  const auto lines = static_cast<uint8_t>(kLineBase | (from.tunnel.lines & kTunnelLines));
  if (ParsePlain(from.packet, from.in_port, &line, key, lines)) [[likely]] {
    CopyTunnelLines(from.tunnel, key);
    key->recirc_id = from.recirc_id;
    line.word[0] |= uint64_t{from.recirc_id} << 32;
    flows_->Prepare(work, line);
    return true;
  }
  const DropReason reason = ParsePacket(from.packet, from.in_port, key);
  if (reason != DropReason::kNone) {
    env_.Drop(from.packet, from.in_port, reason);
    return false;
  }
  key->recirc_id = from.recirc_id;
  CopyTunnelLines(from.tunnel, key);
  flows_->Prepare(work);
  return true;
}

TunnelOffloads Pipeline::OffloadsOf(PortNo egress) const {
  const Port* port = env_.ports->Find(egress);
  return port != nullptr ? port->tunnel_offloads() : TunnelOffloads{};
}

void Pipeline::Send(PortNo egress, std::span<rte_mbuf*> frames) { batches_.AddAll(egress, frames); }

void Pipeline::Enter(PortNo in_port, std::span<rte_mbuf*> frames) {
  for (rte_mbuf* frame : frames) entering_.Push(in_port, frame);
}

bool Pipeline::Answer(rte_mbuf* frame, const FlowKey& tunnel) {
  return entering_.PushAnswer(frame, tunnel);
}

bool Pipeline::Hold(rte_mbuf* packet, const TunnelEnds& ends, PortNo tunnel) {
  if (env_.underlay == nullptr) return false;
  HeldPacket context = {.tunnel = tunnel, .set = {}};
  if (const TunnelSet* set = TunnelMark::Of(packet); set != nullptr) {
    context.set_bytes = static_cast<uint32_t>(set->bytes());
    std::memcpy(context.set.data(), set, context.set_bytes);
  }
  TunnelMark::Detach(packet);
  return held_.Hold(packet, ends, context, rte_rdtsc(), &env_.underlay->next_hops);
}

void Pipeline::SendHeld(uint64_t now_tsc) {
  if (held_.empty()) [[likely]]
    return;
  held_.Release(
      &env_.underlay->next_hops, now_tsc,
      [this](rte_mbuf* packet, const HeldPacket& held, const NextHop&) {
        if (held.set_bytes > 0) executor_.SetTunnel(packet, {held.set.data(), held.set_bytes});
        batches_.Add(held.tunnel, packet);
      },
      [this](rte_mbuf* packet, const HeldPacket& held) {
        env_.Drop(packet, held.tunnel, DropReason::kTunnelUnresolved);
      });
  Finish(now_tsc);
}

// What tunnel ports gave back, round by round: each packet has been through as many tunnels as
// there were rounds.
void Pipeline::TakeEntering(uint64_t now_tsc) {
  for (uint32_t round = 0; round < kMaxTunnelRounds && !entering_.empty(); ++round) {
    entering_.StartRound();
    uint32_t count = TakeAnswers();
    do {
      Lookup(count, now_tsc);
      Recirculate(now_tsc);
      count = TakeFrames();
    } while (count > 0);
    clock_.Enter(PerfStage::kTransmit);
    batches_.Flush();
    executor_.ClearTunnelSets();
  }
  for (const EnteringFrames::Answer& answer : entering_.TakeAnswers()) {
    env_.Drop(answer.frame, answer.tunnel.in_port, DropReason::kTunnelLoop);
  }
  entering_.StartRound();
  while (rte_mbuf* frame = entering_.Pop()) {
    env_.Drop(frame, PortNo{frame->port}, DropReason::kTunnelLoop);
  }
}

uint32_t Pipeline::TakeAnswers() {
  clock_.Enter(PerfStage::kParse);
  uint32_t count = 0;
  for (const EnteringFrames::Answer& answer : entering_.TakeAnswers()) {
    FlowLookup* work = &work_[count];
    if (!ParseOne(answer.frame, answer.tunnel.in_port, work)) continue;
    CopyTunnelLines(answer.tunnel, &work->key);
    flows_->Prepare(work);
    ++count;
  }
  return count;
}

uint32_t Pipeline::TakeFrames() {
  clock_.Enter(PerfStage::kParse);
  uint32_t count = 0;
  for (rte_mbuf* frame; count < kBurst && (frame = entering_.Pop()) != nullptr;) {
    const PortNo in_port{frame->port};
    env_.CountersOf(in_port)->rx_packets.Add(1);
    env_.CountersOf(in_port)->rx_bytes.Add(frame->pkt_len);
    if (!ParseOne(frame, in_port, &work_[count])) continue;
    flows_->Prepare(&work_[count++]);
  }
  return count;
}

void Pipeline::StartPerf(uint64_t duration_tsc) {
  const uint64_t now_tsc = rte_rdtsc();
  clock_.Begin(now_tsc, now_tsc + duration_tsc, ReadLookups());
}

LookupTotals Pipeline::ReadLookups() const {
  return {.exact_match_hits = stats_.exact_match_hits.Get(),
          .megaflow_hits = stats_.megaflow_hits.Get(),
          .misses = stats_.misses.Get()};
}

void Pipeline::Sweep(uint32_t slots, uint64_t now_tsc) {
  const uint64_t idle_before =
      now_tsc > env_.idle_timeout_tsc ? now_tsc - env_.idle_timeout_tsc : 0;
  flows_->Sweep(slots, idle_before, report_);
  stats_.megaflows.Set(flows_->megaflow_count());
  stats_.masks.Set(flows_->mask_count());
}

}  // namespace vsw
