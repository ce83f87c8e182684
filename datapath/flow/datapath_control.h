// SPDX-License-Identifier: Apache-2.0
//
// What the datapath does for the slow path: grace periods, invalidation, counters, meters, time.
//
// Thread safety: on the slow thread, except where a member says otherwise.
#ifndef VSW_DATAPATH_FLOW_DATAPATH_CONTROL_H_
#define VSW_DATAPATH_FLOW_DATAPATH_CONTROL_H_

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "datapath/flow/translation.h"
#include "datapath/flow/tunnel_facts.h"

namespace vsw {

/// The sum over all workers.
struct StatTotals {
  uint64_t packets = 0, bytes = 0;
  uint64_t used_ns = 0;  // when last counted; 0: not since AllocateStat()
};

/// One band of a meter (OpenFlow 1.3 section 5.7), as workers apply it.
struct MeterBandSpec {
  uint64_t rate = 0;         // bits/s or packets/s
  uint64_t burst = 0;        // bits or packets
  bool remark_dscp = false;  // else: drop
  uint8_t precedence = 0;
};
struct MeterSpec {
  bool packets = false;  // rates in packets, else bits
  std::vector<MeterBandSpec> bands;
};
struct MeterTotals {
  uint64_t packets = 0, bytes = 0;                   // that came to the meter
  std::vector<std::pair<uint64_t, uint64_t>> bands;  // packets and bytes that each band took
};

struct PortTotalsView {
  uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0, rx_dropped = 0,
           tx_dropped = 0, rx_errors = 0, tx_errors = 0;
};

/// What the datapath offers to the slow path. The slow thread calls it, and the tests' fakes.
class DatapathControl {
 public:
  virtual ~DatapathControl() = default;
  /// Returns when no worker can still see what was unpublished before the call (a grace period).
  virtual void Synchronize() = 0;
  /// Returns when no worker uses a decision any more that carries one of `tags` and was translated
  /// before the call. Publish first, then call.
  virtual void Invalidate(std::span<const Tag> tags) = 0;
  /// The same for every decision there is: for changes that can touch anything.
  virtual void InvalidateAll() = 0;
  /// The same, for `tag`, of only those megaflows that some packet of `key`/`mask` could match
  /// (both with every line defined): for a new rule that takes a few packets from an old one.
  struct TagFilter {
    Tag tag;
    const FlowKey* key;
    const FlowKey* mask;
  };
  virtual void InvalidateMatching(std::span<const TagFilter> filters) = 0;

  // Counters. After an Invalidate() what the invalidated megaflows had forwarded is counted; the
  // rest is with CollectStatistics(), which returns when every worker has counted all it forwarded
  // before the call (in slices between bursts, without holding up packets).
  /// A counter at zero; kNoStat when there are no more.
  virtual StatId AllocateStat() = 0;
  /// REQUIRES: no megaflow counts for it any more.
  virtual void ReleaseStat(StatId stat) = 0;
  virtual StatTotals ReadStat(StatId stat) const = 0;
  virtual void CollectStatistics() = 0;

  // Meters, shared exactly by all workers. Index 0..65535, chosen by the caller.
  virtual void SetMeter(uint32_t index, const MeterSpec& spec) = 0;
  /// REQUIRES: no megaflow refers to it any more.
  virtual void ClearMeter(uint32_t index) = 0;
  virtual MeterTotals ReadMeter(uint32_t index) const = 0;

  /// Where workers put the Geneve options of packets received for the bridge. Returns when no
  /// worker uses the former map; the caller invalidates what was decided by it.
  virtual void SetTunnelOptions(BridgeId bridge, const TunnelOptionMap& options) = 0;

  /// Runs `actions` on a frame as a worker would, as if it had come in by `in_port` (kNoPort:
  /// none). For packet-out. `key` is the frame's, for actions that hash.
  virtual void Inject(std::span<const uint8_t> frame, PortNo in_port,
                      const Translation& actions) = 0;
  /// The frame's key as a worker makes it; false if malformed.
  virtual bool ParseFrame(std::span<const uint8_t> frame, PortNo in_port, FlowKey* key) const = 0;
  virtual PortTotalsView ReadPortTotals(PortNo port) const = 0;

  /// Runs `task` on the slow thread and returns when it has run. May be called from any thread but
  /// a worker; on the slow thread itself it runs at once.
  virtual void RunOnSlowThread(const std::function<void()>& task) = 0;
  /// Monotonic time in nanoseconds (tests step it by hand).
  virtual uint64_t NowNs() const = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_DATAPATH_CONTROL_H_
