// SPDX-License-Identifier: Apache-2.0
//
// Meters (OpenFlow 1.3 section 5.7), shared exactly by all workers: however a meter's packets are
// spread over them, a band lets through what it would let through on one. Each band is one atomic
// word, the time at which its bucket would be full again (virtual scheduling; ITU-T I.371 annex A):
// a packet moves it on by what it costs, if that leaves it within the burst.
//
// Thread safety: Apply() by workers, each with its own number. All else on the slow thread; what
// Set() and Clear() return is freed after a grace period.
#ifndef VSW_DATAPATH_FLOW_METER_TABLE_H_
#define VSW_DATAPATH_FLOW_METER_TABLE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/net_types.h"
#include "datapath/flow/datapath_control.h"
#include "datapath/worker/counters.h"

namespace vsw {

struct MeterVerdict {
  bool drop = false;
  uint8_t raise_precedence = 0;  // of the DSCP; 0: leave it
};

/// One meter. A band without a burst may burst for one second.
class Meter {
 public:
  Meter(const MeterSpec& spec, uint32_t workers, uint64_t now_ns);

  MeterVerdict Apply(WorkerId worker, uint32_t bytes, uint64_t now_ns);
  MeterTotals Read() const;

 private:
  // Time of a band: units of 1/64 ns since the meter was made, which last for nine years.
  static constexpr uint64_t kTicksPerSecond = 64'000'000'000;
  static constexpr int kCostShift = 20;

  struct alignas(64) Band {
    std::atomic<uint64_t> full_at{0};  // written by all workers
    uint64_t rate = 0;
    uint64_t cost = 0;       // ticks of one packet or bit, with kCostShift bits behind the point
    uint64_t tolerance = 0;  // ticks of the burst
    bool remark_dscp = false;
    uint8_t precedence = 0;
  };

  static uint64_t CostOf(const Band& band, uint64_t units);
  /// True: the packet is within the band's rate, and taken from it.
  static bool Take(Band* band, uint64_t units, uint64_t now);
  Counter* CountsOf(WorkerId worker) const { return counts_.get() + ToInt(worker) * stride_; }

  const bool packets_;
  const uint64_t made_ns_;
  const uint32_t workers_;
  const size_t band_count_;
  const std::unique_ptr<Band[]> bands_;
  // Of each worker: packets and bytes that came, then those of each band.
  const size_t stride_;
  const std::unique_ptr<Counter[]> counts_;
};

class MeterTable {
 public:
  static constexpr uint32_t kMeters = 1u << 16;

  explicit MeterTable(uint32_t workers) : workers_(workers), meters_(kMeters) {}
  ~MeterTable();

  /// A packet of a meter that is not there passes.
  MeterVerdict Apply(WorkerId worker, uint32_t index, uint32_t bytes, uint64_t now_ns) const {
    Meter* meter = meters_[index % kMeters].load(std::memory_order_acquire);
    return meter == nullptr ? MeterVerdict{} : meter->Apply(worker, bytes, now_ns);
  }

  /// Full buckets, counters at zero. Returns what was there before.
  [[nodiscard]] std::unique_ptr<Meter> Set(uint32_t index, const MeterSpec& spec, uint64_t now_ns);
  [[nodiscard]] std::unique_ptr<Meter> Clear(uint32_t index);
  MeterTotals Read(uint32_t index) const;

 private:
  const uint32_t workers_;
  std::vector<std::atomic<Meter*>> meters_;  // owned; the slow thread writes
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_METER_TABLE_H_
