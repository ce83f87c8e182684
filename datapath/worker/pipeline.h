// SPDX-License-Identifier: Apache-2.0
//
// A packet's way through one worker: parse, exact-match cache, megaflow classifier, translation of
// what missed, actions, transmit batches. One burst from one port at a time, each stage over the
// whole burst.
//
// Thread safety: one worker owns it. Counters are read by others; the rings and ports have their
// own rules.
#ifndef VSW_DATAPATH_WORKER_PIPELINE_H_
#define VSW_DATAPATH_WORKER_PIPELINE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "datapath/flow/flow_table.h"
#include "datapath/flow/slow_path.h"
#include "datapath/flow/stat_table.h"
#include "datapath/worker/execute.h"
#include "datapath/worker/miss_budget.h"
#include "datapath/worker/slow_events.h"
#include "datapath/worker/slow_thread.h"
#include "datapath/worker/transmit.h"

namespace vsw {

/// What a pipeline needs of its surroundings; all of it outlives the pipeline.
struct PipelineEnvironment {
  WorkerId worker;
  const SlowPath* slow_path;
  const PortTable* ports;
  PortCounters* counters;  // kMaxPorts of them, this worker's own
  rte_mempool* mbuf_pool;
  SlowEventRing* events;
  SlowThread* slow_thread;  // may be nullptr: nobody listens to the events
  uint64_t tsc_hz;
  uint64_t idle_timeout_tsc;
  StatShard* stats;  // this worker's own
  const MeterTable* meters = nullptr;
};

struct PipelineCounters {
  Counter exact_match_hits, megaflow_hits, misses;
  Counter translations, translation_tsc, misses_over_budget, not_cached;
  Counter recirculations, notes, upcalls, ring_full;
  Counter megaflows, masks;  // stored, not added up
};

class Pipeline {
 public:
  Pipeline(const PipelineEnvironment& environment, std::unique_ptr<FlowTable> flows);

  /// Forwards a burst received on `in_port`; takes all packets over.
  void Process(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc);

  void SetEpoch(uint32_t epoch) { flows_->SetEpoch(epoch); }
  /// Runs `actions` on a frame from elsewhere as if it had come in by `in_port` (kNoPort: by none),
  /// where it is not counted as received.
  void Inject(std::span<const uint8_t> frame, PortNo in_port, std::span<const Action> actions,
              std::span<const StatId> stats, DropReason drop_reason);

  /// Work by time: looks at up to `slots` megaflows for ageing and statistics.
  void Sweep(uint32_t slots, uint64_t now_tsc);
  bool has_flows() const { return flows_->megaflow_count() > 0; }

  const PipelineCounters& stats() const { return stats_; }

  /// For orders, between two bursts.
  FlowTable& flows() { return *flows_; }
  const FlowTable::Report& report() const { return report_; }

 private:
  struct alignas(64) Work {
    FlowLookup lookup;
    rte_mbuf* packet;
    uint32_t lookups;  // that the packet has had beyond the first
  };

  uint32_t Parse(PortNo in_port, std::span<rte_mbuf*> burst);
  void Lookup(uint32_t count, uint64_t now_tsc);
  bool Translate(FlowLookup* lookup, uint64_t now_tsc);
  void ExecuteFlow(Work* work, uint64_t now_tsc);
  void ExecuteOnce(Work* work, uint64_t now_tsc);
  void Run(const Work& work, std::span<const Action> actions, DropReason reason, uint64_t now_tsc);
  void Recirculate(uint64_t now_tsc);
  rte_mbuf* CopyIn(std::span<const uint8_t> frame);
  bool ParseAgain(const Recirculation& from, Work* work);
  uint64_t NsOf(uint64_t tsc);
  bool PushEvents(PortNo in_port);
  void NotifySlowThread();

  const PipelineEnvironment env_;
  std::unique_ptr<FlowTable> flows_;
  TransmitBatches batches_;
  Executor executor_;
  MissBudget budget_;
  PipelineCounters stats_;
  PortCounters* ingress_ = nullptr;        // of the burst's port
  PortNo in_port_ = kNoPort;               // the same
  uint64_t known_tsc_ = 0, known_ns_ = 0;  // of NsOf()
  uint64_t lost_upcalls_ = 0;              // that were counted
  bool events_pushed_ = false;
  std::unique_ptr<Work[]> work_;
  std::unique_ptr<Translation> translation_;
  FlowTable::Report report_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_PIPELINE_H_
