// SPDX-License-Identifier: Apache-2.0
//
// Which ports bring tunnel packets in, and for which addresses. A port without a role brings
// frames for its bridge alone.
//
// Thread safety: one control thread publishes; workers read. A former role is freed after a grace
// period.
#ifndef VSW_DATAPATH_TUNNEL_INGRESS_ROLES_H_
#define VSW_DATAPATH_TUNNEL_INGRESS_ROLES_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/worker/worker_set.h"

namespace vsw {

struct IngressRole {
  /// The switch's own underlay port on a device of the kernel: it belongs to no bridge, and what is
  /// no tunnel packet for us is the kernel's, which has a copy. Else a port of a bridge with
  /// addresses of its own: what is not for them goes to the bridge.
  bool hidden = false;
  MacAddress mac{};                    // of a port with addresses
  std::vector<IpAddress> addresses{};  // ours, sorted: outer destinations

  bool operator==(const IngressRole&) const = default;
  bool Has(const IpAddress& address) const noexcept {
    return std::binary_search(addresses.begin(), addresses.end(), address);
  }
};

class IngressRoles {
 public:
  ~IngressRoles() {
    for (auto& role : roles_) delete role.load();
  }

  /// nullptr: none.
  const IngressRole* Find(PortNo port) const noexcept {
    return roles_[ToInt(port) % kMaxPorts].load(std::memory_order_acquire);
  }

  /// nullptr takes it away. Returns the former role.
  [[nodiscard]] std::unique_ptr<const IngressRole> Publish(
      PortNo port, std::unique_ptr<const IngressRole> role) {
    std::unique_ptr<const IngressRole> former(
        roles_[ToInt(port) % kMaxPorts].exchange(role.release(), std::memory_order_acq_rel));
    generation_.fetch_add(1, std::memory_order_acq_rel);
    return former;
  }
  /// Grows with every publication. Whoever keeps what Find() says reads this first.
  uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

 private:
  std::array<std::atomic<const IngressRole*>, kMaxPorts> roles_{};
  std::atomic<uint64_t> generation_{1};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_INGRESS_ROLES_H_
