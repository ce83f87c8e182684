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
      budget_(kMaxPorts, env_.tsc_hz / kBudgetTicksPerSecond, env_.tsc_hz / kBudgetBurstsPerSecond),
      work_(std::make_unique<Work[]>(kBurst)),
      translation_(std::make_unique<Translation>()) {
  report_ = [this](std::span<const StatId> stats, uint64_t packets, uint64_t bytes,
                   uint64_t used_tsc) {
    const uint64_t used_ns = TscToNs(used_tsc, env_.tsc_hz);
    for (const StatId stat : stats) env_.stats->Count(stat, packets, bytes, used_ns);
  };
}

void Pipeline::Process(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc) {
  ingress_ = &env_.counters[ToInt(in_port)];
  const uint32_t count = Parse(in_port, burst);
  Lookup(count, now_tsc);
  batches_.Flush();
  NotifySlowThread();
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
      rte_pktmbuf_free(work.packet);
      work.packet = nullptr;
    } else if (work.lookup.flow == nullptr) {
      // The decision could not be kept: executed right away, while it stands.
      once[misses[n]] = true;
      ExecuteOnce(&work);
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
  if (lookup->stale == nullptr && !budget_.Allow(in_port, start_tsc)) return false;
  DefineLines(&lookup->key, 0xff);
  translation_->Clear();
  env_.slow_path->Translate(lookup->key, translation_.get());
  if (translation_->actions.overflowed()) {
    translation_->actions.clear();
    translation_->drop_reason = DropReason::kTooManyActions;
  }
  // An address that could not be handed over to be learned must be met again.
  if (PushEvents()) flows_->Install(lookup, *translation_, now_tsc, report_);
  budget_.Charge(in_port, rte_rdtsc() - start_tsc);
  return true;
}

bool Pipeline::PushEvents() {
  bool all = true;
  for (const LearnEvent& event : translation_->learn) {
    all &= env_.events->Push(event);
    events_pushed_ = true;
  }
  return all;
}

void Pipeline::NotifySlowThread() {
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
  Run(work->packet, actions->span(), actions->single_output, actions->drop_reason);
}

void Pipeline::ExecuteOnce(Work* work) {
  const Translation& t = *translation_;
  report_(t.stats.span(), 1, work->packet->pkt_len, rte_rdtsc());
  Run(work->packet, t.actions.span(), kNoPort, t.drop_reason);
}

void Pipeline::Run(rte_mbuf* packet, std::span<const Action> actions, PortNo single,
                   DropReason reason) {
  if (single != kNoPort) [[likely]] {
    batches_.Add(single, packet);
  } else if (actions.empty()) {
    ingress_->Drop(reason);
    rte_pktmbuf_free(packet);
  } else {
    ExecuteActions(packet, actions, env_.mbuf_pool, &batches_, ingress_);
  }
}

void Pipeline::Sweep(uint32_t slots, uint64_t now_tsc) {
  const uint64_t idle_before =
      now_tsc > env_.idle_timeout_tsc ? now_tsc - env_.idle_timeout_tsc : 0;
  flows_->Sweep(slots, idle_before, report_);
  stats_.megaflows.Set(flows_->megaflow_count());
  stats_.masks.Set(flows_->mask_count());
}

}  // namespace vsw
