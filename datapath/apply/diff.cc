// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/diff.h"

namespace vsw {
namespace {

bool IsSamePort(const WantedPort& a, const WantedPort& b) {
  return a.kind == b.kind && a.bridge == b.bridge;
}

}  // namespace

Difference Compare(const WantedState& running, const WantedState& wanted) {
  Difference difference;
  for (const auto& [name, bridge] : running.bridges) {
    if (!wanted.bridges.contains(name)) difference.bridges_removed.push_back(name);
  }
  for (const auto& [name, bridge] : wanted.bridges) {
    if (!running.bridges.contains(name)) difference.bridges_added.push_back(name);
  }
  for (const auto& [name, port] : running.ports) {
    const auto it = wanted.ports.find(name);
    if (it == wanted.ports.end() || !IsSamePort(port, it->second)) {
      difference.ports_removed.push_back(name);
    } else if (port.options != it->second.options) {
      difference.ports_reoptioned.push_back(name);
    }
  }
  for (const auto& [name, port] : wanted.ports) {
    const auto it = running.ports.find(name);
    if (it == running.ports.end() || !IsSamePort(port, it->second)) {
      difference.ports_added.push_back(name);
    }
  }
  return difference;
}

}  // namespace vsw
