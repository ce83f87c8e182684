// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/misses.h"

#include <rte_cycles.h>

namespace vsw {
namespace {

constexpr uint64_t kBudgetTicksPerSecond = 1000;  // how long a port counts as missing: 1 ms
constexpr uint64_t kBudgetBurstsPerSecond = 50;   // the most that a port saves up: 20 ms

}  // namespace

Misses::Misses(const PipelineEnvironment& environment, FlowTable* flows,
               const FlowTable::Report& report, PipelineCounters* stats)
    : env_(environment),
      flows_(flows),
      report_(report),
      stats_(stats),
      budget_(kMaxPorts, env_.tsc_hz / kBudgetTicksPerSecond, env_.tsc_hz / kBudgetBurstsPerSecond),
      translation_(std::make_unique<Translation>()) {}

// A decision that was invalidated is always renewed: it is bounded by the flows there were.
bool Misses::Translate(FlowLookup* lookup, uint64_t now_tsc) {
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
  if (flows_->Install(lookup, *translation_, now_tsc, report_) == nullptr)
    stats_->not_cached.Add(1);
  const uint64_t spent_tsc = rte_rdtsc() - start_tsc;
  budget_.Charge(in_port, spent_tsc);
  stats_->translations.Add(1);
  stats_->translation_tsc.Add(spent_tsc);
  return true;
}

bool Misses::PushEvents(PortNo in_port) {
  const Translation& t = *translation_;
  const size_t count = t.learn.size() + t.notes.size();
  if (count == 0) return true;
  events_pushed_ = true;
  if (!env_.events->PushDecision(in_port, t.learn.span(), t.notes)) {
    stats_->ring_full.Add(1);
    return false;
  }
  stats_->notes.Add(count);
  // What did not even fit into the translation is met again as well.
  return !t.learn.overflowed() && !t.notes.overflowed();
}

void Misses::Notify(const Executor& executor) {
  if (executor.lost_upcalls() != lost_upcalls_) [[unlikely]] {
    stats_->ring_full.Add(executor.lost_upcalls() - lost_upcalls_);
    lost_upcalls_ = executor.lost_upcalls();
  }
  if (executor.upcalls() != stats_->upcalls.Get()) [[unlikely]] {
    stats_->upcalls.Set(executor.upcalls());
    events_pushed_ = true;
  }
  if (!events_pushed_) [[likely]]
    return;
  events_pushed_ = false;
  if (env_.slow_thread != nullptr) env_.slow_thread->Notify();
}

}  // namespace vsw
