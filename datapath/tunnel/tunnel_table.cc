// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/tunnel_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status.h"
#include "datapath/tunnel/tunnel_config.h"

namespace vsw {

TunnelTable::TunnelTable(std::function<void()> synchronize)
    : synchronize_(std::move(synchronize)), table_(new DecapTable({})) {}

TunnelTable::~TunnelTable() { delete table_.load(); }

absl::Status TunnelTable::CheckConflicts(PortNo number, const TunnelFacts& facts) const {
  const std::vector<TunnelMatch> wanted = MatchesOf(facts);
  for (const auto& [other, port] : ports_) {
    if (other == number) continue;
    if (facts.udp_port != 0 && port.facts.udp_port == facts.udp_port &&
        port.facts.kind != facts.kind) {
      return AlreadyExists("UDP port {} belongs to port '{}' of type {}; choose another dst_port",
                           facts.udp_port, port.name, TunnelKindName(port.facts.kind));
    }
    const std::vector<TunnelMatch> taken = MatchesOf(port.facts);
    const bool same = std::any_of(wanted.begin(), wanted.end(), [&](const TunnelMatch& match) {
      return std::find(taken.begin(), taken.end(), match) != taken.end();
    });
    if (same) {
      return AlreadyExists(
          "port '{}' receives the same packets: key, remote, local and dst_port "
          "must not all be alike",
          port.name);
    }
  }
  return absl::OkStatus();
}

absl::Status TunnelTable::Set(PortNo number, const std::string& name, BridgeId bridge,
                              const TunnelFacts& facts) {
  const std::lock_guard lock(mutex_);
  VSW_RETURN_IF_ERROR(CheckConflicts(number, facts));
  ports_[number] = {name, bridge, facts};
  Publish();
  return absl::OkStatus();
}

void TunnelTable::Remove(PortNo number) {
  const std::lock_guard lock(mutex_);
  if (ports_.erase(number) > 0) Publish();
}

void TunnelTable::SetOptions(BridgeId bridge, const TunnelOptionMap& options) {
  const std::lock_guard lock(mutex_);
  options_[bridge] = std::make_shared<const TunnelOptionMap>(options);
  Publish();
}

void TunnelTable::Publish() {
  std::vector<DecapTable::Row> rows;
  for (const auto& [number, port] : ports_) {
    const auto options = options_.find(port.bridge);
    const DecapTable::Entry entry = {number, port.facts.gbp,
                                     options == options_.end() ? nullptr : options->second};
    for (const TunnelMatch& match : MatchesOf(port.facts)) rows.push_back({match, entry});
  }
  const std::unique_ptr<const DecapTable> former(
      table_.exchange(new DecapTable(rows), std::memory_order_acq_rel));
  generation_.fetch_add(1, std::memory_order_acq_rel);
  synchronize_();
}

}  // namespace vsw
