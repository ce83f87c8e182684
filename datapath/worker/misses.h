// SPDX-License-Identifier: Apache-2.0
//
// The stage for packets that the quick lookup found no decision for: within the share of the
// worker's time that their port has, they are looked up in all its masks, or translated in place,
// and what the slow thread is to hear of them is put into its ring.
//
// Where a port has many masks and hardly any of its packets is found there, which is what a
// tuple-space explosion looks like, the long lookup costs more than it saves: it is left out then,
// but for some packets by which it is seen whether that is still so.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_MISSES_H_
#define VSW_DATAPATH_WORKER_MISSES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "datapath/flow/flow_table.h"
#include "datapath/flow/slow_path.h"
#include "datapath/worker/execute.h"
#include "datapath/worker/miss_budget.h"
#include "datapath/worker/pipeline_environment.h"

namespace vsw {

class Misses {
 public:
  /// All of them outlive it; decisions go into `flows`, and `report` hears what those that they
  /// replace have forwarded.
  Misses(const PipelineEnvironment& environment, FlowTable* flows, const FlowTable::Report& report,
         PipelineCounters* stats);

  enum class Outcome : uint8_t {
    kFound,      // `lookup->flow` was there
    kDecided,    // `lookup->flow` is the new decision
    kOnce,       // it could not be kept: translation() is it, until the next call
    kOverBudget  // the port has used up its share
  };
  /// Decides about a packet that LookupQuick() did not find.
  Outcome Resolve(FlowLookup* lookup, uint64_t now_tsc);
  const Translation& translation() const { return *translation_; }

  /// Wakes the slow thread if it was given something, here or by the executor.
  void Notify(const Executor& executor);

  /// A round of the worker is over that took so long, with these ports waiting at its end.
  void Pass(uint64_t tsc, const WaitingPorts& waiting) { budget_.Pass(tsc, waiting); }

 private:
  // What long lookups of a port have cost and brought lately.
  struct Walks {
    uint32_t walk_tsc = 0, translate_tsc = 0;
    uint32_t found = kAllFound;  // of kAllFound
    uint32_t left_out = 0;       // since the last one
  };
  static constexpr uint32_t kAllFound = 1024;

  bool Walk(FlowLookup* lookup, Walks* walks);
  bool WorthWalking(PortNo in_port, Walks* walks) const;
  Outcome Translate(FlowLookup* lookup, uint64_t now_tsc);
  bool PushEvents(PortNo in_port);

  const PipelineEnvironment& env_;
  FlowTable* const flows_;
  const FlowTable::Report& report_;
  PipelineCounters* const stats_;
  MissBudget budget_;
  std::vector<Walks> walks_;  // by ingress port
  std::unique_ptr<Translation> translation_;
  uint64_t lost_upcalls_ = 0;  // that were counted
  bool events_pushed_ = false;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_MISSES_H_
