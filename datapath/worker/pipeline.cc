// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/pipeline.h"

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "datapath/packet/parser.h"
#include "datapath/worker/execute.h"

namespace vsw {
namespace {

constexpr uint64_t kBudgetTicksPerSecond = 1000;  // how long a port counts as missing: 1 ms
constexpr uint64_t kBudgetBurstsPerSecond = 50;   // the most that a port saves up: 20 ms
constexpr uint64_t kNsPerSecond = 1'000'000'000;

uint64_t TscToNs(uint64_t tsc, uint64_t hz) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(tsc) * kNsPerSecond / hz);
}

}  // namespace

Pipeline::Pipeline(const PipelineEnvironment& environment, std::unique_ptr<FlowTable> flows)
    : env_(environment),
      flows_(std::move(flows)),
      batches_(env_.worker, env_.ports, env_.counters),
      executor_({.worker = env_.worker,
                 .mbuf_pool = env_.mbuf_pool,
                 .batches = &batches_,
                 .stats = env_.stats,
                 .meters = env_.meters,
                 .events = env_.events}),
      budget_(kMaxPorts, env_.tsc_hz / kBudgetTicksPerSecond, env_.tsc_hz / kBudgetBurstsPerSecond),
      work_(std::make_unique<Work[]>(kBurst)),
      translation_(std::make_unique<Translation>()) {
  report_ = [this](std::span<const StatId> stats, uint64_t packets, uint64_t bytes,
                   uint64_t used_tsc) {
    const uint64_t used_ns = NsOf(used_tsc);
    for (const StatId stat : stats) env_.stats->Count(stat, packets, bytes, used_ns);
  };
}

void Pipeline::Process(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc) {
  in_port_ = in_port;
  ingress_ = &env_.counters[ToInt(in_port)];
  const uint32_t count = Parse(in_port, burst);
  Lookup(count, now_tsc);
  if (executor_.recirculation_count() > 0) [[unlikely]]
    Recirculate(now_tsc);
  batches_.Flush();
  executor_.ClearTunnelSets();
  NotifySlowThread();
}

void Pipeline::Inject(std::span<const uint8_t> frame, PortNo in_port,
                      std::span<const Action> actions, std::span<const StatId> stats,
                      DropReason drop_reason) {
  in_port_ = in_port;
  ingress_ = &env_.counters[ToInt(in_port) % kMaxPorts];
  Work& work = work_[0];
  work.packet = CopyIn(frame);
  if (work.packet == nullptr) return ingress_->Drop(DropReason::kNoCopyBuffer);
  work.lookups = 0;
  const DropReason reason = ParsePacket(work.packet, in_port, &work.lookup.key);
  if (reason != DropReason::kNone) {
    ingress_->Drop(reason);
    return rte_pktmbuf_free(work.packet);
  }
  const uint64_t now_tsc = rte_rdtsc();
  report_(stats, 1, frame.size(), now_tsc);
  Run(work, actions, drop_reason, now_tsc);
  Recirculate(now_tsc);
  batches_.Flush();
  executor_.ClearTunnelSets();
  NotifySlowThread();
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

uint32_t Pipeline::Parse(PortNo in_port, std::span<rte_mbuf*> burst) {
  for (rte_mbuf* packet : burst) rte_prefetch0(rte_pktmbuf_mtod(packet, void*));
  uint64_t bytes = 0;
  uint32_t count = 0;
  for (rte_mbuf* packet : burst) {
    bytes += packet->pkt_len;
    Work& work = work_[count];
    const DropReason reason = ParsePacket(packet, in_port, &work.lookup.key);
    if (reason != DropReason::kNone) [[unlikely]] {
      ingress_->Drop(reason);
      rte_pktmbuf_free(packet);
      continue;
    }
    work.packet = packet;
    work.lookups = 0;
    flows_->Prepare(&work.lookup);
    ++count;
  }
  ingress_->rx_packets.Add(burst.size());
  ingress_->rx_bytes.Add(bytes);
  return count;
}

void Pipeline::Lookup(uint32_t count, uint64_t now_tsc) {
  uint32_t missing = 0;
  uint32_t misses[kBurst];
  for (uint32_t i = 0; i < count; ++i) {
    flows_->LookupExact(&work_[i].lookup);
    if (work_[i].lookup.flow == nullptr) misses[missing++] = i;
  }
  stats_.exact_match_hits.Add(count - missing);
  // Misses are settled before anything is executed, so that packets leave in the order they came.
  bool once[kBurst] = {};
  for (uint32_t n = 0; n < missing; ++n) {
    Work& work = work_[misses[n]];
    flows_->LookupMegaflow(&work.lookup);
    if (work.lookup.flow != nullptr) {
      stats_.megaflow_hits.Add(1);
      continue;
    }
    stats_.misses.Add(1);
    const bool allowed = Translate(&work.lookup, now_tsc);
    if (!allowed) {
      ingress_->Drop(DropReason::kMissBudget);
      stats_.misses_over_budget.Add(1);
      rte_pktmbuf_free(work.packet);
      work.packet = nullptr;
    } else if (work.lookup.flow == nullptr) {
      // The decision could not be kept: executed right away, while it stands.
      once[misses[n]] = true;
      ExecuteOnce(&work, now_tsc);
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (work_[i].packet != nullptr && !once[i]) ExecuteFlow(&work_[i], now_tsc);
  }
}

// False: the port has used up its share. A decision that was invalidated is always renewed: it is
// bounded by the flows there were.
bool Pipeline::Translate(FlowLookup* lookup, uint64_t now_tsc) {
  const PortNo in_port = lookup->key.in_port;
  const uint64_t start_tsc = rte_rdtsc();
  if (!flows_->Renews(*lookup) && !budget_.Allow(in_port, start_tsc)) return false;
  DefineLines(&lookup->key, 0xff);
  translation_->Clear();
  env_.slow_path->Translate(lookup->key, translation_.get());
  if (translation_->actions.overflowed()) {
    translation_->actions.clear();
    translation_->drop_reason = DropReason::kTooManyActions;
  }
  // An address that could not be handed over to be learned must be met again.
  if (!PushEvents(in_port)) translation_->uncacheable = true;
  if (flows_->Install(lookup, *translation_, now_tsc, report_) == nullptr) stats_.not_cached.Add(1);
  const uint64_t spent_tsc = rte_rdtsc() - start_tsc;
  budget_.Charge(in_port, spent_tsc);
  stats_.translations.Add(1);
  stats_.translation_tsc.Add(spent_tsc);
  return true;
}

bool Pipeline::PushEvents(PortNo in_port) {
  const Translation& t = *translation_;
  const size_t count = t.learn.size() + t.notes.size();
  if (count == 0) return true;
  events_pushed_ = true;
  if (!env_.events->PushDecision(in_port, t.learn.span(), t.notes)) {
    stats_.ring_full.Add(1);
    return false;
  }
  stats_.notes.Add(count);
  // What did not even fit into the translation is met again as well.
  return !t.learn.overflowed() && !t.notes.overflowed();
}

void Pipeline::NotifySlowThread() {
  if (executor_.lost_upcalls() != lost_upcalls_) [[unlikely]] {
    stats_.ring_full.Add(executor_.lost_upcalls() - lost_upcalls_);
    lost_upcalls_ = executor_.lost_upcalls();
  }
  if (executor_.upcalls() != stats_.upcalls.Get()) [[unlikely]] {
    stats_.upcalls.Set(executor_.upcalls());
    events_pushed_ = true;
  }
  if (!events_pushed_) [[likely]]
    return;
  events_pushed_ = false;
  if (env_.slow_thread != nullptr) env_.slow_thread->Notify();
}

void Pipeline::ExecuteFlow(Work* work, uint64_t now_tsc) {
  Megaflow* flow = work->lookup.flow;
  const CompiledActions* actions = flow->actions;
  ++flow->packets;
  flow->bytes += work->packet->pkt_len;
  flow->used_tsc = now_tsc;
  if (actions->single_output != kNoPort) [[likely]] {
    batches_.Add(actions->single_output, work->packet);
  } else {
    Run(*work, actions->span(), actions->drop_reason, now_tsc);
  }
}

void Pipeline::ExecuteOnce(Work* work, uint64_t now_tsc) {
  const Translation& t = *translation_;
  report_(t.stats.span(), 1, work->packet->pkt_len, now_tsc);
  Run(*work, t.actions.span(), t.drop_reason, now_tsc);
}

void Pipeline::Run(const Work& work, std::span<const Action> actions, DropReason reason,
                   uint64_t now_tsc) {
  if (actions.empty()) {
    ingress_->Drop(reason);
    rte_pktmbuf_free(work.packet);
    return;
  }
  executor_.Run(work.packet, actions,
                {.key = &work.lookup.key,
                 .ingress = ingress_,
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
    uint32_t count = 0;
    while (count < kBurst && next < executor_.recirculation_count()) {
      count += ParseAgain(executor_.recirculation(next++), &work_[count]);
    }
    stats_.recirculations.Add(count);
    Lookup(count, now_tsc);
  }
  executor_.ClearRecirculations();
}

bool Pipeline::ParseAgain(const Recirculation& from, Work* work) {
  FlowKey* key = &work->lookup.key;
  const DropReason reason = ParsePacket(from.packet, from.in_port, key);
  if (reason != DropReason::kNone) {
    ingress_->Drop(reason);
    rte_pktmbuf_free(from.packet);
    return false;
  }
  key->recirc_id = from.recirc_id;
  CopyTunnelLines(from.tunnel, key);
  work->packet = from.packet;
  work->lookups = from.lookups;
  flows_->Prepare(&work->lookup);
  return true;
}

void Pipeline::Sweep(uint32_t slots, uint64_t now_tsc) {
  const uint64_t idle_before =
      now_tsc > env_.idle_timeout_tsc ? now_tsc - env_.idle_timeout_tsc : 0;
  flows_->Sweep(slots, idle_before, report_);
  stats_.megaflows.Set(flows_->megaflow_count());
  stats_.masks.Set(flows_->mask_count());
}

}  // namespace vsw
