// SPDX-License-Identifier: Apache-2.0
#include "ofproto/config_diff.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>
#include <vector>

namespace vsw {
namespace {

void SortSet(std::vector<uint16_t>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

void NormalisePorts(SlowPathBridge* bridge, std::unordered_set<PortNo>* taken) {
  std::erase_if(bridge->ports, [taken](const SlowPathPort& port) {
    return port.number == kNoPort || !taken->insert(port.number).second;
  });
  std::sort(bridge->ports.begin(), bridge->ports.end(),
            [](const SlowPathPort& a, const SlowPathPort& b) { return a.number < b.number; });
  for (SlowPathPort& port : bridge->ports) {
    SortSet(&port.trunks);
    SortSet(&port.cvlans);
  }
}

void NormaliseStaticFdb(SlowPathBridge* bridge) {
  std::unordered_set<PortNo> ports;
  for (const SlowPathPort& port : bridge->ports) ports.insert(port.number);
  std::vector<StaticFdbEntry>& entries = bridge->static_fdb;
  std::erase_if(entries, [&ports](const StaticFdbEntry& entry) {
    return entry.mac.is_multicast() || !ports.contains(entry.port);
  });
  const auto address = [](const StaticFdbEntry& e) { return std::tie(e.vlan, e.mac); };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const auto& a, const auto& b) { return address(a) < address(b); });
  entries.erase(std::unique(entries.begin(), entries.end(),
                            [&](const auto& a, const auto& b) { return address(a) == address(b); }),
                entries.end());
}

struct Place {
  const SlowPathBridge* bridge;
  const SlowPathPort* port;
};

std::map<PortNo, Place> PlacesOf(const SlowPathConfig& config) {
  std::map<PortNo, Place> places;
  for (const SlowPathBridge& bridge : config.bridges) {
    for (const SlowPathPort& port : bridge.ports) places[port.number] = {&bridge, &port};
  }
  return places;
}

// Internal ports at which other packets than before may be a tunnel's.
std::vector<PortNo> ChangedDecapsulation(const SlowPathConfig& before,
                                         const SlowPathConfig& after) {
  using Facts = std::tuple<TunnelLocal, std::vector<uint16_t>, bool>;
  const auto facts_of = [](const SlowPathConfig& config) {
    std::map<PortNo, Facts> facts;
    for (const SlowPathBridge& bridge : config.bridges) {
      for (const TunnelLocal& local : bridge.tunnel_locals) {
        facts[local.port] = {local, bridge.tunnel_udp_ports, bridge.has_gre};
      }
    }
    return facts;
  };
  const std::map<PortNo, Facts> old_facts = facts_of(before), new_facts = facts_of(after);
  std::vector<PortNo> changed;
  for (const auto& [port, facts] : old_facts) {
    const auto found = new_facts.find(port);
    if (found == new_facts.end() || found->second != facts) changed.push_back(port);
  }
  for (const auto& [port, facts] : new_facts) {
    if (!old_facts.contains(port)) changed.push_back(port);
  }
  return changed;
}

// A number may pass from one bridge or port to another one: then the name tells them apart.
bool IsSamePort(const Place& a, const Place& b) {
  return a.bridge->id == b.bridge->id && a.bridge->name == b.bridge->name &&
         a.port->name == b.port->name;
}

}  // namespace

SlowPathConfig Normalised(const SlowPathConfig& config) {
  SlowPathConfig result = config;
  std::sort(result.bridges.begin(), result.bridges.end(),
            [](const SlowPathBridge& a, const SlowPathBridge& b) { return a.id < b.id; });
  std::unordered_set<PortNo> taken;
  for (SlowPathBridge& bridge : result.bridges) {
    NormalisePorts(&bridge, &taken);
    NormaliseStaticFdb(&bridge);
  }
  return result;
}

ConfigDiff Compare(const SlowPathConfig& before, const SlowPathConfig& after) {
  ConfigDiff diff;
  const std::map<PortNo, Place> old_places = PlacesOf(before);
  const std::map<PortNo, Place> new_places = PlacesOf(after);
  for (const auto& [number, old_place] : old_places) {
    const auto found = new_places.find(number);
    const bool stays = found != new_places.end() && IsSamePort(old_place, found->second);
    if (stays && *old_place.port == *found->second.port) continue;
    diff.changed.insert(number);
    diff.floods.insert(old_place.bridge->id);
    (stays ? diff.reset : diff.gone).insert({old_place.bridge->id, number});
  }
  for (const auto& [number, new_place] : new_places) {
    if (old_places.contains(number) && !diff.changed.contains(number)) continue;
    diff.changed.insert(number);
    diff.floods.insert(new_place.bridge->id);
  }
  for (const PortNo port : ChangedDecapsulation(before, after)) diff.changed.insert(port);
  return diff;
}

}  // namespace vsw
