// SPDX-License-Identifier: Apache-2.0
//
// The few questions and changes that ports ask of the kernel about network devices, over rtnetlink.
// Each call opens a socket of its own, so it speaks of the network namespace that the calling
// thread is in (see netns.h for others). Control path only: calls block for a round trip.
//
// Errors name the device and what was attempted.
#ifndef VSW_DATAPATH_PORT_RTNL_H_
#define VSW_DATAPATH_PORT_RTNL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mac_address.h"

struct nlmsghdr;

namespace vsw {

struct LinkInfo {
  int index = 0;
  std::string name;
  uint32_t flags = 0;  // IFF_*
  bool carrier = false;
  uint32_t mtu = 0;
  MacAddress mac;
  std::string alias;
  std::string kind;  // "tun", "veth", ...; empty for most NICs
  bool is_ethernet = false;
  bool multi_queue = false;  // of a tun device
  uint64_t rx_errors = 0, rx_missed = 0, tx_errors = 0, tx_dropped = 0;

  bool is_up() const;
};

/// What to change; unset fields are left alone.
struct LinkChange {
  std::optional<MacAddress> mac;
  std::optional<uint32_t> mtu;
  std::optional<std::string> alias;
  std::optional<bool> up;
};

/// Errors: NotFound if there is no such device in this namespace.
[[nodiscard]] absl::StatusOr<LinkInfo> GetLink(const std::string& name);
[[nodiscard]] absl::StatusOr<std::vector<LinkInfo>> ListLinks();

/// Applies the set fields one after the other; `name` is for messages only.
[[nodiscard]] absl::Status ChangeLink(int index, const std::string& name, const LinkChange& change);
[[nodiscard]] absl::Status DeleteLink(int index, const std::string& name);

/// From an RTM_NEWLINK or RTM_DELLINK message.
LinkInfo ParseLink(const nlmsghdr* message);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_RTNL_H_
