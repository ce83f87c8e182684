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
      cvlans(port.cvlans) {}

ConfigSnapshot::ConfigSnapshot(const SlowPathConfig& config, const TableOf& table_of) {
  std::vector<size_t> first_port;
  for (const SlowPathBridge& bridge : config.bridges) {
    const auto bridge_index = static_cast<uint32_t>(bridges_.size());
    bridges_.push_back({.id = bridge.id, .fdb = table_of(bridge.id), .ports = {}});
    first_port.push_back(ports_.size());
    for (const SlowPathPort& port : bridge.ports) ports_.emplace_back(port, bridge_index);
    std::sort(ports_.begin() + static_cast<std::ptrdiff_t>(first_port.back()), ports_.end(),
              [](const PortRules& a, const PortRules& b) {
                return std::tie(a.is_patch, a.number) < std::tie(b.is_patch, b.number);
              });
  }
  first_port.push_back(ports_.size());
  for (size_t i = 0; i < bridges_.size(); ++i) {
    bridges_[i].ports = std::span(ports_).subspan(first_port[i], first_port[i + 1] - first_port[i]);
  }
  for (size_t i = 0; i < ports_.size(); ++i) {
    const uint32_t number = ToInt(ports_[i].number);
    if (number >= port_index_.size()) port_index_.resize(number + 1);
    port_index_[number] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace vsw
