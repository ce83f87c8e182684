// SPDX-License-Identifier: Apache-2.0
//
// The tunnel ports of the switch, for those who receive. Ports enter themselves; the table that
// workers look into is made anew with each change.
//
// Thread safety: Load() and generation() on workers; every other member from any thread that is not
// a worker. A former table is freed after a grace period.
#ifndef VSW_DATAPATH_TUNNEL_TUNNEL_TABLE_H_
#define VSW_DATAPATH_TUNNEL_TUNNEL_TABLE_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "datapath/tunnel/decap_table.h"

namespace vsw {

class TunnelTable {
 public:
  /// `synchronize`: waits for a grace period.
  explicit TunnelTable(std::function<void()> synchronize);
  ~TunnelTable();
  TunnelTable(const TunnelTable&) = delete;
  TunnelTable& operator=(const TunnelTable&) = delete;

  /// Enters the port, or changes its entry. AlreadyExists: another port receives the same packets,
  /// and the message names it; nothing has changed then.
  [[nodiscard]] absl::Status Set(PortNo number, const std::string& name, BridgeId bridge,
                                 const TunnelFacts& facts);
  void Remove(PortNo number);
  /// Where options of Geneve go in keys of packets for ports of the bridge.
  void SetOptions(BridgeId bridge, const TunnelOptionMap& options);

  /// Never null.
  const DecapTable* Load() const noexcept { return table_.load(std::memory_order_acquire); }
  /// Grows with every change. Whoever keeps what Load() says reads this first.
  uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

 private:
  struct Port {
    std::string name;
    BridgeId bridge;
    TunnelFacts facts;
  };
  absl::Status CheckConflicts(PortNo number, const TunnelFacts& facts) const;
  void Publish();

  const std::function<void()> synchronize_;
  std::mutex mutex_;  // guards what follows, and orders publications
  std::map<PortNo, Port> ports_;
  std::map<BridgeId, std::shared_ptr<const TunnelOptionMap>> options_;
  std::atomic<const DecapTable*> table_;
  std::atomic<uint64_t> generation_{1};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_TUNNEL_TABLE_H_
