// SPDX-License-Identifier: Apache-2.0
//
// The configuration as workers read it while they translate: immutable, found by port number in one
// step, VLAN lists turned into bitmaps. The slow thread builds a new one for each change, publishes
// it by pointer swap, and frees the old one after a grace period. It does not own the address
// tables that it points to; they outlive it.
#ifndef VSW_OFPROTO_CONFIG_SNAPSHOT_H_
#define VSW_OFPROTO_CONFIG_SNAPSHOT_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "ofproto/mac_table.h"
#include "ofproto/vlan_set.h"

namespace vsw {

/// One port of a bridge, as translation needs it.
struct PortRules {
  explicit PortRules(const SlowPathPort& port, uint32_t bridge_index);

  PortNo number;
  uint32_t bridge_index;
  VlanMode mode;
  PriorityTags priority_tags;
  bool is_patch;
  bool usable;
  VlanId vlan;  // access, native or tunnel VLAN
  uint16_t qinq_ethertype;
  PortNo patch_peer;
  VlanSet trunks;
  VlanSet cvlans;
};

struct BridgeRules {
  BridgeId id;
  const MacTable* fdb;
  std::span<const PortRules> ports;  // patch ports last, else by number
};

class ConfigSnapshot {
 public:
  using TableOf = std::function<const MacTable*(BridgeId)>;

  ConfigSnapshot() = default;
  ConfigSnapshot(const SlowPathConfig& config, const TableOf& table_of);
  ConfigSnapshot(const ConfigSnapshot&) = delete;
  ConfigSnapshot& operator=(const ConfigSnapshot&) = delete;

  /// Null if no bridge has such a port.
  const PortRules* FindPort(PortNo number) const {
    const uint32_t index = ToInt(number);
    if (index >= port_index_.size() || port_index_[index] == 0) return nullptr;
    return &ports_[port_index_[index] - 1];
  }
  const BridgeRules& BridgeOf(const PortRules& port) const { return bridges_[port.bridge_index]; }

 private:
  std::vector<BridgeRules> bridges_;
  std::vector<PortRules> ports_;
  std::vector<uint32_t> port_index_;  // by port number: 1 + index into ports_, or 0
};

}  // namespace vsw

#endif  // VSW_OFPROTO_CONFIG_SNAPSHOT_H_
