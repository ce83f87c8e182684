// SPDX-License-Identifier: Apache-2.0
//
// The workers of one vswitchd and the slow thread beside them, as the control thread sees them:
// start, stop, give them ports, take ports away, read what they counted. The packet's way itself is
// in worker.h.
//
// Thread safety: every member from any thread that is not a worker.
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
#include "datapath/flow/cache_view.h"
#include "datapath/flow/perf_view.h"
#include "datapath/flow/slow_path.h"
#include "datapath/port/port.h"

struct rte_mempool;

namespace vsw {

class TunnelOutlet;
class TunnelTable;
struct UnderlayTables;

/// Port numbers are 1..kMaxPorts-1.
inline constexpr uint32_t kMaxPorts = 4096;
/// The last of them are those of the underlay, which belong to no bridge.
inline constexpr uint32_t kMaxUnderlayPorts = 64;
inline constexpr uint32_t kFirstUnderlayPort = kMaxPorts - kMaxUnderlayPorts;

struct WorkerOptions {
  std::vector<int> cores;  // one worker each; -1 = not pinned. Empty = one, not pinned.
  uint32_t exact_match_entries = 1u << 20;
  uint32_t max_megaflows = 1u << 20;   // per worker
  uint32_t max_masks_per_port = 1024;  // beyond: exact entries
  uint32_t idle_timeout_ms = 10'000;   // megaflows unused for longer are forgotten
  UnderlayTables* underlay = nullptr;  // outlives the set; none: tunnels lead nowhere
};

struct PortTotals {
  uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0;
  std::array<uint64_t, kDropReasonCount> drops{};
};

class WorkerSet : public DatapathControl, public CacheView, public PerfView {
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

  /// The tunnels that workers receive for.
  virtual TunnelTable* tunnels() = 0;
  /// What tunnel ports send by on that worker; as long as the set lives.
  virtual TunnelOutlet* outlet(WorkerId worker) = 0;

  /// Makes every sleeping worker look at its ports again.
  virtual void WakeAll() = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_WORKER_SET_H_
