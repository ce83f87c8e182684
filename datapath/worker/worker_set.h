// SPDX-License-Identifier: Apache-2.0
//
// The workers of one vswitchd and the slow thread beside them, as the control thread sees them:
// start, stop, give them ports, take ports away, read what they counted. The packet's way itself is
// in worker.h.
//
// Thread safety: AddPort and RemovePort from one control thread; everything else from any thread
// that is not a worker.
#ifndef VSW_DATAPATH_WORKER_WORKER_SET_H_
#define VSW_DATAPATH_WORKER_WORKER_SET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/drop_reason.h"
#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "datapath/port/port.h"

struct rte_mempool;

namespace vsw {

/// Port numbers are 1..kMaxPorts-1.
inline constexpr uint32_t kMaxPorts = 4096;

struct WorkerOptions {
  std::vector<int> cores;  // one worker each; -1 = not pinned. Empty = one, not pinned.
  uint32_t exact_match_entries = 1u << 20;
  uint32_t max_megaflows = 1u << 20;  // per worker
  uint32_t max_masks_per_port = 128;  // beyond: exact entries
  uint32_t idle_timeout_ms = 10'000;  // megaflows unused for longer are forgotten
};

struct PortTotals {
  uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0;
  std::array<uint64_t, kDropReasonCount> drops{};
};

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
  uint64_t busy_tsc, idle_tsc;            // since start
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

class WorkerSet : public DatapathControl {
 public:
  /// Starts the threads; `slow_path` and `mbuf_pool` outlive the set. Calls
  /// slow_path->Attach(this). Errors: a core that does not exist or may not be used, memory, thread
  /// creation.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<WorkerSet>> Start(
      const WorkerOptions& options, SlowPath* slow_path, rte_mempool* mbuf_pool);

  /// Lets frames leave by `port` and, from its queues, come in. `port` stays until RemovePort()
  /// returned.
  virtual void AddPort(Port* port) = 0;
  /// Returns when no worker touches the port any more; its counters stay until ForgetCounters().
  virtual void RemovePort(PortNo number) = 0;

  virtual PortTotals ReadPort(PortNo number) const = 0;
  virtual void ForgetCounters(PortNo number) = 0;
  virtual std::vector<WorkerStats> ReadWorkers() const = 0;

  /// Calls `visit` for up to `limit` megaflows of each worker, some of those that come and go
  /// meanwhile among them. The row is valid during the call.
  virtual void ListMegaflows(size_t limit,
                             const std::function<void(const MegaflowRow&)>& visit) = 0;
  /// How many masks the packets of each port meet at most on a worker; ports without any are left
  /// out.
  virtual std::vector<std::pair<PortNo, uint32_t>> ReadMaskCounts() = 0;

  /// Makes every sleeping worker look at its ports again.
  virtual void WakeAll() = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_WORKER_SET_H_
