// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/state_report.h"

#include <algorithm>
#include <tuple>

namespace vsw {
namespace {

auto Tie(const BridgeReport& b) { return std::tie(b.name, b.id, b.dpid, b.failure); }

auto Tie(const PortReport& p) {
  return std::tie(p.name, p.bridge, p.kind, p.number, p.ofport, p.failure, p.info.link_up,
                  p.info.mac, p.info.mtu, p.info.rx_queues, p.info.tx_queues, p.info.facts);
}

template <typename T>
bool AllEqual(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& x, const T& y) { return Tie(x) == Tie(y); });
}

template <typename T>
const T* Find(const std::vector<T>& sorted, const std::string& name) {
  const auto it =
      std::lower_bound(sorted.begin(), sorted.end(), name,
                       [](const T& item, const std::string& n) { return item.name < n; });
  return it != sorted.end() && it->name == name ? &*it : nullptr;
}

}  // namespace

const BridgeReport* StateReport::FindBridge(const std::string& name) const {
  return Find(bridges, name);
}

const PortReport* StateReport::FindPort(const std::string& name) const { return Find(ports, name); }

bool SaysTheSame(const StateReport& a, const StateReport& b) {
  return a.applied_revision == b.applied_revision && AllEqual(a.bridges, b.bridges) &&
         AllEqual(a.ports, b.ports);
}

}  // namespace vsw
