// SPDX-License-Identifier: Apache-2.0
//
// What can be seen of the workers' caches: the decisions themselves, and how well they serve.
// Looking on costs the workers a few steps between bursts.
//
// Thread safety: any thread that is not a worker.
#ifndef VSW_DATAPATH_FLOW_CACHE_VIEW_H_
#define VSW_DATAPATH_FLOW_CACHE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/drop_reason.h"
#include "base/net_types.h"
#include "datapath/flow/action.h"
#include "datapath/packet/flow_key.h"

namespace vsw {

struct WorkerStats {
  WorkerId id;
  int core;
  uint32_t rx_queues;
  uint64_t megaflows, masks;
  uint64_t exact_match_hits, megaflow_hits, misses;
  uint64_t translations = 0, translation_ns = 0;  // the time that they took in all
  uint64_t misses_over_budget = 0;                // dropped
  uint64_t not_cached = 0;                        // decisions that served for one packet
  uint64_t recirculations = 0;                    // lookups beyond a packet's first
  uint64_t notes = 0, upcalls = 0;                // handed to the slow thread
  uint64_t ring_full = 0;                         // decisions and packets that could not be
  uint64_t busy_tsc, idle_tsc;                    // since start
};

/// A cached decision.
struct MegaflowRow {
  WorkerId worker;
  const FlowKey& key;  // masked; every line is defined
  const FlowMask& mask;
  std::span<const Action> actions;
  DropReason drop_reason;
  uint64_t packets, bytes;
  uint64_t used_ns;  // 0: not yet
};

/// Where a listing goes on.
struct MegaflowCursor {
  size_t worker = 0;
  uint32_t slot = 0;
  size_t listed = 0;  // of this worker
};

/// Of one worker.
struct CacheLimits {
  uint32_t exact_match_entries, megaflows, masks_per_port;
};

class CacheView {
 public:
  virtual ~CacheView() = default;

  /// Calls `visit` for some megaflows from `*cursor` on, none if there are no more; up to
  /// `per_worker` of each worker in all. Some of those that come and go meanwhile are among them.
  /// The row is valid during the call. False: that was all.
  virtual bool ListMegaflows(MegaflowCursor* cursor, size_t per_worker,
                             const std::function<void(const MegaflowRow&)>& visit) = 0;
  /// How many masks the packets of each port meet at most on a worker; ports without any are left
  /// out.
  virtual std::vector<std::pair<PortNo, uint32_t>> ReadMaskCounts() = 0;
  virtual std::vector<WorkerStats> ReadWorkers() const = 0;
  virtual CacheLimits cache_limits() const = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_CACHE_VIEW_H_
