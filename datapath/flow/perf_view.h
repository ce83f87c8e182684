// SPDX-License-Identifier: Apache-2.0
//
// Where the workers' cycles go, by stage of a packet's way: measured for some seconds on demand,
// since it costs a reading of the clock between any two stages. What a worker measures it stops by
// itself, so that nobody has to come back and end it.
//
// Thread safety: any thread that is not a worker.
#ifndef VSW_DATAPATH_FLOW_PERF_VIEW_H_
#define VSW_DATAPATH_FLOW_PERF_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/net_types.h"

namespace vsw {

/// In the order of a packet's way. All of a worker's time is of one of them.
enum class PerfStage : uint8_t {
  kReceive,  // that gave packets
  kParse,    // and the removal of outer headers
  kLookup,   // exact-match cache, sole masks, the one decision of a port
  kMiss,     // the classifier, and translation of what is not in it
  kExecute,
  kTransmit,
  kOther,  // of rounds in which packets came: orders, sweeps, statistics
  kIdle    // polls that gave nothing, rounds without packets, sleep
};
inline constexpr size_t kPerfStageCount = static_cast<size_t>(PerfStage::kIdle) + 1;

/// Bursts of 1, 2, 3-4, 5-8, 9-16 and 17-32 packets.
inline constexpr size_t kBurstSizeBuckets = 6;
/// Bursts whose packets took 0-1, 2-3, 4-7, ... cycles each; the last bucket has no upper end.
inline constexpr size_t kPacketCycleBuckets = 24;

/// Each lookup ends in one of them.
struct LookupTotals {
  uint64_t exact_match_hits = 0, megaflow_hits = 0, misses = 0;
};

struct PerfTotals {
  std::array<uint64_t, kPerfStageCount> stage_tsc{};
  uint64_t elapsed_tsc = 0;  // since it was begun: the sum of the stages
  uint64_t packets = 0, bursts = 0;
  std::array<uint64_t, kBurstSizeBuckets> burst_sizes{};
  std::array<uint64_t, kPacketCycleBuckets> packet_cycles{};
  LookupTotals lookups;
};

struct WorkerPerf {
  WorkerId id;
  int core;
  bool measuring;  // its time is not over
  PerfTotals totals;
};

struct PerfReport {
  uint64_t measurement;  // as StartPerf() numbered it; 0 = there was none
  uint64_t tsc_hz;
  std::vector<WorkerPerf> workers;
};

class PerfView {
 public:
  virtual ~PerfView() = default;

  /// Has every worker measure for that long from now on, in place of what it measured before.
  /// Returns the measurement's number.
  virtual uint64_t StartPerf(uint32_t seconds) = 0;
  /// What was measured last, up to now or to its end. Costs a worker one step between bursts.
  virtual PerfReport ReadPerf() = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_PERF_VIEW_H_
