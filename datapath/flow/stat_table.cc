// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/stat_table.h"

#include <algorithm>

#include "base/status.h"

namespace vsw {

absl::StatusOr<StatShard> StatShard::Create(uint32_t ids) {
  StatShard shard;
  VSW_ASSIGN_OR_RETURN(shard.memory_, ReservedMemory::Create(size_t{ids} * sizeof(Cell)));
  return shard;
}

absl::StatusOr<std::unique_ptr<StatTable>> StatTable::Create(uint32_t workers, uint32_t ids) {
  std::unique_ptr<StatTable> table(new StatTable(ids));
  for (uint32_t i = 0; i < workers; ++i) {
    VSW_ASSIGN_OR_RETURN(StatShard shard, StatShard::Create(ids));
    table->shards_.push_back(std::move(shard));
  }
  return table;
}

StatId StatTable::Allocate() {
  StatId stat;
  if (!free_.empty()) {
    stat = free_.back();
    free_.pop_back();
  } else if (base_.size() + 1 < ids_) {
    base_.emplace_back();
    stat = StatId{static_cast<uint32_t>(base_.size())};
  } else {
    return kNoStat;
  }
  base_[ToInt(stat) - 1] = Sum(stat);
  return stat;
}

void StatTable::Release(StatId stat) {
  VSW_CHECK(stat != kNoStat && ToInt(stat) <= base_.size());
  free_.push_back(stat);
}

StatTotals StatTable::Read(StatId stat) const {
  if (stat == kNoStat || ToInt(stat) > base_.size()) return {};
  const StatTotals& base = base_[ToInt(stat) - 1];
  StatTotals totals = Sum(stat);
  totals.packets -= base.packets;
  totals.bytes -= base.bytes;
  if (totals.packets == 0) totals.used_ns = 0;
  return totals;
}

StatTotals StatTable::Sum(StatId stat) const {
  StatTotals sum;
  for (const StatShard& shard : shards_) {
    const StatTotals part = shard.Read(stat);
    sum.packets += part.packets;
    sum.bytes += part.bytes;
    sum.used_ns = std::max(sum.used_ns, part.used_ns);
  }
  return sum;
}

}  // namespace vsw
