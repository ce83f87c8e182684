// SPDX-License-Identifier: Apache-2.0
//
// The counters behind StatId: an array of cells for each worker, summed when somebody asks. A
// counter starts at zero by remembering what its cells held when it was allocated, so that no cell
// is ever written by two threads.
//
// Thread safety: a StatShard is written by the worker that owns it, with relaxed stores, and read
// by anyone. StatTable itself is for the slow thread alone, shard() aside.
#ifndef VSW_DATAPATH_FLOW_STAT_TABLE_H_
#define VSW_DATAPATH_FLOW_STAT_TABLE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/net_types.h"
#include "datapath/flow/arena.h"
#include "datapath/flow/datapath_control.h"
#include "datapath/worker/counters.h"

namespace vsw {

/// What one worker counted.
class StatShard {
 public:
  /// Room for `ids` counters. Errors: ResourceExhausted.
  [[nodiscard]] static absl::StatusOr<StatShard> Create(uint32_t ids);

  /// REQUIRES: stat < ids.
  void Count(StatId stat, uint64_t packets, uint64_t bytes, uint64_t used_ns) {
    Cell& cell = At(stat);
    cell.packets.Add(packets);
    cell.bytes.Add(bytes);
    if (used_ns > cell.used_ns.Get()) cell.used_ns.Set(used_ns);
  }
  StatTotals Read(StatId stat) const {
    const Cell& cell = At(stat);
    return {
        .packets = cell.packets.Get(), .bytes = cell.bytes.Get(), .used_ns = cell.used_ns.Get()};
  }

 private:
  struct alignas(32) Cell {
    Counter packets, bytes, used_ns;
  };
  // Fresh pages of the reservation are zeros, which are cells that counted nothing.
  Cell& At(StatId stat) const { return reinterpret_cast<Cell*>(memory_.base())[ToInt(stat)]; }
  ReservedMemory memory_;
};

class StatTable {
 public:
  static constexpr uint32_t kIds = 1u << 22;

  /// Errors: ResourceExhausted when address space cannot be had.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<StatTable>> Create(uint32_t workers,
                                                                         uint32_t ids = kIds);

  /// A counter at zero; kNoStat when all are in use.
  StatId Allocate();
  /// REQUIRES: allocated, and no worker counts for it any more.
  void Release(StatId stat);
  StatTotals Read(StatId stat) const;
  uint32_t allocated() const { return static_cast<uint32_t>(base_.size() - free_.size()); }

  StatShard* shard(WorkerId worker) { return &shards_[ToInt(worker)]; }

 private:
  explicit StatTable(uint32_t ids) : ids_(ids) {}
  StatTotals Sum(StatId stat) const;

  const uint32_t ids_;
  std::vector<StatShard> shards_;
  std::vector<StatTotals> base_;  // by id - 1: what the cells held at Allocate()
  std::vector<StatId> free_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_STAT_TABLE_H_
