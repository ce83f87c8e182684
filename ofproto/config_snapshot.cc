// SPDX-License-Identifier: Apache-2.0
#include "ofproto/config_snapshot.h"

#include <algorithm>
#include <tuple>

namespace vsw {

PortRules::PortRules(const SlowPathPort& port, uint32_t bridge_index)
    : number(port.number),
      bridge_index(bridge_index),
      mode(port.vlan_mode),
      priority_tags(port.priority_tags),
      is_patch(port.is_patch),
      usable(port.usable),
      vlan{port.tag},
      qinq_ethertype(port.qinq_ethertype),
      patch_peer(port.patch_peer),
      trunks(port.trunks),
      cvlans(port.cvlans),
      of_port(ToOfPort13(port.ofport)),
      link_up(port.link_up),
      tunnel(port.tunnel) {}

const PortRules* BridgeRules::FindOfPort(uint32_t of_port) const {
  const auto found = std::lower_bound(by_of_port.begin(), by_of_port.end(), std::pair(of_port, 0u));
  return found == by_of_port.end() || found->first != of_port ? nullptr : &ports[found->second];
}

ConfigSnapshot::ConfigSnapshot(const SlowPathConfig& config, const TablesOf& tables_of) {
  std::vector<size_t> first_port;
  for (const SlowPathBridge& bridge : config.bridges) {
    const auto bridge_index = static_cast<uint32_t>(bridges_.size());
    const BridgeTables tables = tables_of(bridge.id);
    bridges_.push_back({.id = bridge.id,
                        .name = bridge.name,
                        .fdb = tables.fdb,
                        .pipeline = tables.pipeline,
                        .ports = {},
                        .by_of_port = {},
                        .tunnel_udp_ports = bridge.tunnel_udp_ports,
                        .has_gre = bridge.has_gre});
    first_port.push_back(ports_.size());
    for (const SlowPathPort& port : bridge.ports) {
      ports_.emplace_back(port, bridge_index);
      if (tables.dead_ports != nullptr && tables.dead_ports->contains(port.number)) {
        ports_.back().answers = false;
      }
      for (const TunnelLocal& local : bridge.tunnel_locals) {
        if (local.port == port.number) ports_.back().decapsulates = local;
      }
      if (tables.patch_stats != nullptr) {
        const auto found = tables.patch_stats->find(port.number);
        if (found != tables.patch_stats->end()) ports_.back().patch_stats = found->second;
      }
    }
    std::sort(ports_.begin() + static_cast<std::ptrdiff_t>(first_port.back()), ports_.end(),
              [](const PortRules& a, const PortRules& b) {
                return std::tie(a.is_patch, a.number) < std::tie(b.is_patch, b.number);
              });
  }
  first_port.push_back(ports_.size());
  for (size_t i = 0; i < bridges_.size(); ++i) {
    BridgeRules& bridge = bridges_[i];
    bridge.ports = std::span(ports_).subspan(first_port[i], first_port[i + 1] - first_port[i]);
    for (uint32_t n = 0; n < bridge.ports.size(); ++n) {
      bridge.by_of_port.emplace_back(bridge.ports[n].of_port, n);
    }
    std::sort(bridge.by_of_port.begin(), bridge.by_of_port.end());
  }
  for (size_t i = 0; i < ports_.size(); ++i) {
    const uint32_t number = ToInt(ports_[i].number);
    if (number >= port_index_.size()) port_index_.resize(number + 1);
    port_index_[number] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace vsw
