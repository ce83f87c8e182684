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
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "ofproto/fdb/mac_table.h"
#include "ofproto/pipeline_state.h"
#include "ofproto/vlan_set.h"

namespace vsw {

/// What went out by a patch port and what came in; it has no counters of its own.
struct PatchStats {
  StatId tx = kNoStat, rx = kNoStat;
};

/// One port of a bridge, as translation needs it.
struct PortRules {
  PortRules(const SlowPathPort& port, uint32_t bridge_index);

  PortNo number;
  uint32_t bridge_index;
  VlanMode mode;
  PriorityTags priority_tags;
  bool is_patch;
  bool usable;
  VlanId vlan;  // access, native or tunnel VLAN
  uint16_t qinq_ethertype;
  PortNo patch_peer;
  PatchStats patch_stats;
  VlanSet trunks;
  VlanSet cvlans;
  uint32_t of_port;  // in the numbers of OpenFlow 1.3: kOfpLocal for the bridge's own
  bool link_up;
  bool answers = true;  // the other end of the tunnel does, as far as it is asked
  TunnelFacts tunnel;
  /// Of an internal port: what may come out of the bridge here for a tunnel.
  std::optional<TunnelLocal> decapsulates;
};

/// A port's number as OpenFlow 1.3 writes it.
constexpr uint32_t ToOfPort13(OfPort port) {
  return port == kOfPortLocal ? kOfpLocal : ToInt(port);
}

/// What outlives a configuration: tables that are written on their own.
struct BridgeTables {
  const MacTable* fdb = nullptr;
  const BridgePipeline* pipeline = nullptr;
  const std::map<PortNo, PatchStats>* patch_stats = nullptr;
  const std::set<PortNo>* dead_ports = nullptr;  // whose other end does not answer
};

struct BridgeRules {
  BridgeId id;
  std::string name;  // for people
  const MacTable* fdb;
  const BridgePipeline* pipeline;
  std::span<const PortRules> ports;                       // patch ports last, else by number
  std::vector<std::pair<uint32_t, uint32_t>> by_of_port;  // sorted: of_port, index into ports
  std::vector<uint16_t> tunnel_udp_ports;                 // sorted; of all tunnels of the switch
  bool has_gre = false;                                   // one of them is GRE

  /// nullptr: no such port.
  const PortRules* FindOfPort(uint32_t of_port) const;
};

class ConfigSnapshot {
 public:
  using TablesOf = std::function<BridgeTables(BridgeId)>;

  ConfigSnapshot() = default;
  ConfigSnapshot(const SlowPathConfig& config, const TablesOf& tables_of);
  ConfigSnapshot(const ConfigSnapshot&) = delete;
  ConfigSnapshot& operator=(const ConfigSnapshot&) = delete;

  /// Null if no bridge has such a port.
  const PortRules* FindPort(PortNo number) const {
    const uint32_t index = ToInt(number);
    if (index >= port_index_.size() || port_index_[index] == 0) return nullptr;
    return &ports_[port_index_[index] - 1];
  }
  /// Null if there is no such bridge.
  const BridgeRules* FindBridge(BridgeId id) const {
    for (const BridgeRules& bridge : bridges_) {
      if (bridge.id == id) return &bridge;
    }
    return nullptr;
  }
  const BridgeRules& BridgeOf(const PortRules& port) const { return bridges_[port.bridge_index]; }

 private:
  std::vector<BridgeRules> bridges_;
  std::vector<PortRules> ports_;
  std::vector<uint32_t> port_index_;  // by port number: 1 + index into ports_, or 0
};

}  // namespace vsw

#endif  // VSW_OFPROTO_CONFIG_SNAPSHOT_H_
