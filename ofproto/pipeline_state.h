// SPDX-License-Identifier: Apache-2.0
//
// What one translation decides by within one bridge: a consistent whole, published by pointer swap.
// A translation loads it once for each bridge that it enters, so that it sees all of a change or
// nothing of it. Freed after a grace period.
#ifndef VSW_OFPROTO_PIPELINE_STATE_H_
#define VSW_OFPROTO_PIPELINE_STATE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>

#include "datapath/flow/tunnel_facts.h"
#include "ofproto/bridge_control.h"
#include "ofproto/group/group_map.h"
#include "ofproto/table/table_set.h"

namespace vsw {

struct PipelineState {
  TableVersion version = 0;
  std::shared_ptr<const GroupMap> groups;
  /// OpenFlow meter to the datapath's meter index.
  std::shared_ptr<const std::unordered_map<uint32_t, uint32_t>> meters;
  /// port_config bits of those ports that a port-mod gave any; nullptr: none.
  std::shared_ptr<const std::map<PortNo, uint32_t>> port_config;
  FragmentHandling fragments = FragmentHandling::kNormal;
  /// Tables without a table-miss rule: what 1.0 to 1.2's table configuration says; bit set: as
  /// told.
  std::array<TableConfig::Miss, kTableCount> miss{};
  /// kDefault sends misses to controllers: some controller speaks 1.2 or older.
  bool miss_to_controller = false;
  /// tunnel options of the bridge by index (tunnel/option_table.h); nullptr: none.
  std::shared_ptr<const TunnelOptionMap> tunnel_options;
  /// No controller answers, and the bridge is to go on without: NORMAL for everything.
  bool fail_open = false;
};

/// A bridge's pipeline; lives as long as the bridge, at one address.
struct BridgePipeline {
  const TableSet* tables = nullptr;
  /// Packets that found no rule, one for each table; allocated with the bridge.
  std::array<StatId, kTableCount> miss_stats{};
  std::atomic<const PipelineState*> state{nullptr};  // slow thread writes, workers read
};

}  // namespace vsw

#endif  // VSW_OFPROTO_PIPELINE_STATE_H_
