// SPDX-License-Identifier: Apache-2.0
//
// What tunnels need to know of the kernel's network in vswitchd's namespace: single routes, single
// neighbours, addresses, devices, and that something changed. Nothing is mirrored: a host with a
// million routes costs no more than one with two. netlink_view.h is the real one; tests have a
// fake.
//
// Thread safety: one thread uses it.
#ifndef VSW_DATAPATH_UNDERLAY_KERNEL_VIEW_H_
#define VSW_DATAPATH_UNDERLAY_KERNEL_VIEW_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "datapath/tunnel/next_hop.h"

namespace vsw {

struct KernelRoute {
  bool to_this_host = false;  // the remote address is the host's own
  int device = 0;
  IpAddress gateway{};  // unset: on link
  IpAddress source{};   // that the kernel would use
  uint32_t mtu = 0;     // 0: the device's
  bool operator==(const KernelRoute&) const = default;
};

struct KernelDevice {
  int index = 0;
  std::string name{};
  MacAddress mac{};
  uint32_t mtu = 0;
  bool up = false;  // and has a carrier
  bool is_ethernet = false;
  bool operator==(const KernelDevice&) const = default;
};

struct KernelAddress {
  int device = 0;
  IpAddress address;
  bool one_link = false;    // its scope: good on the device's link only
  bool deprecated = false;  // better not used for what is new
  bool operator==(const KernelAddress&) const = default;
};

struct KernelNeighbour {
  enum class State : uint8_t {
    kUnknown,  // not there, or being asked for
    kUsable,   // reachable, or believed to be
    kFailed,
  };
  State state = State::kUnknown;
  MacAddress mac{};
  bool operator==(const KernelNeighbour&) const = default;
};

struct KernelChanges {
  bool lost = false;       // some changes are not known: look at everything again
  bool routes = false;     // or rules
  bool addresses = false;  // of this host
  bool devices = false;
  std::vector<std::pair<int, IpAddress>> neighbours{};  // device and address
  bool any() const { return lost || routes || addresses || devices || !neighbours.empty(); }
};

class KernelView {
 public:
  virtual ~KernelView() = default;

  /// NotFound, with the reason for people: there is none.
  [[nodiscard]] virtual absl::StatusOr<KernelRoute> FindRoute(const TunnelEnds& ends) = 0;
  [[nodiscard]] virtual absl::StatusOr<KernelDevice> FindDevice(int index) = 0;
  virtual KernelNeighbour FindNeighbour(int device, const IpAddress& address) = 0;
  /// Every unicast address of the host that may be used, but for those of the loopback network.
  virtual std::vector<KernelAddress> ListAddresses() = 0;

  /// Has the kernel find out the neighbour, or make sure of it, as if it had a packet for it.
  virtual void Solicit(int device, const IpAddress& address) = 0;

  /// Readable when TakeChanges() has something.
  virtual int fd() const = 0;
  virtual KernelChanges TakeChanges() = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_KERNEL_VIEW_H_
