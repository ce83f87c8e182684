// SPDX-License-Identifier: Apache-2.0
//
// How tunnel packets leave the host: by (local, remote), the port, the addresses and the MTU of the
// way. The underlay's thread finds them out and publishes them; workers read them when they
// encapsulate.
//
// Thread safety: Find(), Miss() and generation() on workers, without locks; the rest on the
// underlay's thread, which frees a former map after a grace period.
#ifndef VSW_DATAPATH_TUNNEL_NEXT_HOP_H_
#define VSW_DATAPATH_TUNNEL_NEXT_HOP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/drop_reason.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/tunnel/underlay_events.h"

namespace vsw {

/// The addresses of a tunnel's ends; an unset local address leaves the choice to the route.
struct TunnelEnds {
  IpAddress local;
  IpAddress remote;
  auto operator<=>(const TunnelEnds&) const = default;
};

/// How packets between two ends leave. Immutable once published.
struct NextHop {
  /// Frames go to this port's transmit batch,
  PortNo egress = kNoPort;
  /// or they enter the bridge of this internal port as if received by it (kNoPort: not so).
  PortNo enters_bridge_by = kNoPort;
  IpAddress local{};  // source address; never unset
  MacAddress source_mac{};
  MacAddress destination_mac{};
  uint32_t mtu = 0;  // of the way: bytes of outer IP packet
  /// Not kNone: there is no way, and packets are dropped under this name.
  DropReason refusal = DropReason::kNone;
  bool operator==(const NextHop&) const = default;
};

/// A hash table that never changes once it is made.
class NextHopMap {
 public:
  using Rows = std::vector<std::pair<TunnelEnds, NextHop>>;
  explicit NextHopMap(const Rows& rows);

  /// nullptr: not among the rows.
  const NextHop* Find(const TunnelEnds& ends) const noexcept;
  /// Calls `visit(ends)` for those that Find() found since the last call.
  void TakeUsed(const std::function<void(const TunnelEnds&)>& visit) const;

 private:
  struct Slot {
    TunnelEnds ends;
    NextHop next_hop;
    bool taken = false;
    // Written by workers (once, mostly) and by TakeUsed().
    mutable std::atomic<bool> used{false};
  };
  size_t HashOf(const TunnelEnds& ends) const noexcept;

  uint64_t seed_;
  size_t mask_;
  std::unique_ptr<Slot[]> slots_;
};

class NextHopTable {
 public:
  explicit NextHopTable(UnderlayEvents* events);
  ~NextHopTable();

  /// nullptr: not known (yet); then Miss() asks for it. The pointer is good until the worker's next
  /// quiescent state.
  const NextHop* Find(const IpAddress& local_or_any, const IpAddress& remote) const noexcept {
    return map_.load(std::memory_order_acquire)->Find({local_or_any, remote});
  }
  /// Asks the underlay's thread to find the way to `remote`. May be lost when many ask at once: ask
  /// again after a while.
  void Miss(const IpAddress& local_or_any, const IpAddress& remote) noexcept {
    events_->Push({.kind = UnderlayEvent::Kind::kMiss, .local = local_or_any, .remote = remote});
  }
  /// Changes with every publication.
  uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

  /// Replaces the map. The former one may be freed after a grace period.
  [[nodiscard]] std::unique_ptr<const NextHopMap> Publish(std::unique_ptr<const NextHopMap> map);
  const NextHopMap& map() const { return *map_.load(std::memory_order_acquire); }

 private:
  UnderlayEvents* const events_;
  std::atomic<const NextHopMap*> map_;
  std::atomic<uint64_t> generation_{1};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_NEXT_HOP_H_
