// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/misses.h"

#include <rte_cycles.h>

#include <algorithm>

namespace vsw {
namespace {

constexpr uint64_t kBudgetTicksPerSecond = 1000;  // how long a port counts as missing: 1 ms
constexpr uint64_t kBudgetBurstsPerSecond = 50;   // the most that a port saves up: 20 ms
// What is left of that while another port waits: 50 us, about the time in which its ring fills.
constexpr uint64_t kPressedBurstsPerSecond = 20'000;
// Of a port that has used up its share: those looked into all the same, the most used ones.
constexpr uint32_t kFirstMasks = 4;
constexpr uint32_t kManyMasks = 16;
constexpr uint32_t kWalkEvery = 32;  // where it does not seem to be worth it
constexpr uint32_t kWeight = 32;     // of what was before, against one more

// A moving average, in which an interruption does not count for more than its like.
void Average(uint32_t* average, uint64_t tsc) {
  const uint64_t before = *average;
  const uint64_t now = before == 0 ? tsc : std::min(tsc, 4 * before);
  *average = static_cast<uint32_t>((before * (kWeight - 1) + now) / kWeight + 1);
}

}  // namespace

Misses::Misses(const PipelineEnvironment& environment, FlowTable* flows,
               const FlowTable::Report& report, PipelineCounters* stats)
    : env_(environment),
      flows_(flows),
      report_(report),
      stats_(stats),
      budget_(kMaxPorts, env_.tsc_hz / kBudgetTicksPerSecond, env_.tsc_hz / kBudgetBurstsPerSecond,
              env_.tsc_hz / kPressedBurstsPerSecond),
      walks_(kMaxPorts),
      translation_(std::make_unique<Translation>()) {}

// A decision that was invalidated is always renewed: it is bounded by the flows there were.
Misses::Outcome Misses::Resolve(FlowLookup* lookup, uint64_t now_tsc) {
  const PortNo in_port = lookup->key.in_port;
  Walks& walks = walks_[ToInt(in_port) % kMaxPorts];
  const uint64_t start_tsc = rte_rdtsc();
  const bool allowed = budget_.Allow(in_port, start_tsc);
  if (!allowed) {
    flows_->LookupMegaflow(lookup, kFirstMasks);
    if (lookup->flow != nullptr) return Outcome::kFound;
    if (!flows_->Renews(*lookup)) {
      stats_->misses.Add(1);
      return Outcome::kOverBudget;
    }
  } else if (WorthWalking(in_port, &walks) && Walk(lookup, &walks)) {
    return Outcome::kFound;
  }
  stats_->misses.Add(1);
  const uint64_t translate_start_tsc = rte_rdtsc();
  const Outcome outcome = Translate(lookup, now_tsc);
  const uint64_t end_tsc = rte_rdtsc();
  Average(&walks.translate_tsc, end_tsc - translate_start_tsc);
  budget_.Charge(in_port, end_tsc - start_tsc);
  stats_->translations.Add(1);
  stats_->translation_tsc.Add(end_tsc - translate_start_tsc);
  return outcome;
}

bool Misses::WorthWalking(PortNo in_port, Walks* walks) const {
  if (flows_->mask_count(in_port) < kManyMasks) [[likely]]
    return true;
  const uint64_t saves_tsc = uint64_t{walks->translate_tsc} * walks->found / kAllFound;
  if (walks->walk_tsc <= saves_tsc || ++walks->left_out >= kWalkEvery) {
    walks->left_out = 0;
    return true;
  }
  return false;
}

// True: it was found.
bool Misses::Walk(FlowLookup* lookup, Walks* walks) {
  const uint64_t start_tsc = rte_rdtsc();
  flows_->LookupMegaflow(lookup);
  Average(&walks->walk_tsc, rte_rdtsc() - start_tsc);
  const bool found = lookup->flow != nullptr;
  walks->found = (walks->found * (kWeight - 1) + (found ? kAllFound : 0)) / kWeight;
  return found;
}

Misses::Outcome Misses::Translate(FlowLookup* lookup, uint64_t now_tsc) {
  const PortNo in_port = lookup->key.in_port;
  DefineLines(&lookup->key, 0xff);
  translation_->Clear();
  env_.slow_path->Translate(lookup->key, translation_.get());
  if (translation_->actions.overflowed()) {
    translation_->actions.clear();
    translation_->drop_reason = DropReason::kTooManyActions;
  }
  // An address that could not be handed over to be learned must be met again.
  if (!PushEvents(in_port)) translation_->uncacheable = true;
  if (flows_->Install(lookup, *translation_, now_tsc, report_) != nullptr) return Outcome::kDecided;
  stats_->not_cached.Add(1);
  return Outcome::kOnce;
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
