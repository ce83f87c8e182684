// SPDX-License-Identifier: Apache-2.0
//
// What the stages of a worker's pipeline share: the things around it, and what it counts.
//
// Thread safety: one worker owns what is marked as its own; the rest has its own rules.
#ifndef VSW_DATAPATH_WORKER_PIPELINE_ENVIRONMENT_H_
#define VSW_DATAPATH_WORKER_PIPELINE_ENVIRONMENT_H_

#include <rte_mbuf.h>

#include <cstdint>

#include "datapath/flow/meter_table.h"
#include "datapath/flow/slow_path.h"
#include "datapath/flow/stat_table.h"
#include "datapath/tunnel/tunnel_table.h"
#include "datapath/tunnel/underlay_tables.h"
#include "datapath/worker/counters.h"
#include "datapath/worker/port_table.h"
#include "datapath/worker/slow_events.h"
#include "datapath/worker/slow_thread.h"

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
  const TunnelTable* tunnels = nullptr;  // may be nullptr, like the other one: no tunnels
  UnderlayTables* underlay = nullptr;

  PortCounters* CountersOf(PortNo port) const { return &counters[ToInt(port) % kMaxPorts]; }
  /// Counts and frees it.
  void Drop(rte_mbuf* packet, PortNo port, DropReason reason) const {
    CountersOf(port)->Drop(reason);
    rte_pktmbuf_free(packet);
  }
};

struct PipelineCounters {
  Counter exact_match_hits, megaflow_hits, misses;
  Counter translations, translation_tsc, misses_over_budget, not_cached;
  Counter recirculations, notes, upcalls, ring_full;
  Counter megaflows, masks;  // stored, not added up
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_PIPELINE_ENVIRONMENT_H_
