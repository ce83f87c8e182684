// SPDX-License-Identifier: Apache-2.0
//
// The stage for packets that no cached decision covers: within the share of the worker's time that
// their port has, they are translated in place, and what the slow thread is to hear of them is put
// into its ring.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_MISSES_H_
#define VSW_DATAPATH_WORKER_MISSES_H_

#include <cstdint>
#include <memory>

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

  /// Decides about a packet that was not found. True: `lookup->flow` is its megaflow now, or
  /// nullptr if the decision could not be kept: then translation() is it, until the next call.
  /// False: the port has used up its share.
  bool Translate(FlowLookup* lookup, uint64_t now_tsc);
  const Translation& translation() const { return *translation_; }

  /// Wakes the slow thread if it was given something, here or by the executor.
  void Notify(const Executor& executor);

 private:
  bool PushEvents(PortNo in_port);

  const PipelineEnvironment& env_;
  FlowTable* const flows_;
  const FlowTable::Report& report_;
  PipelineCounters* const stats_;
  MissBudget budget_;
  std::unique_ptr<Translation> translation_;
  uint64_t lost_upcalls_ = 0;  // that were counted
  bool events_pushed_ = false;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_MISSES_H_
