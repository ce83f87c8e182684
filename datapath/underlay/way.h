// SPDX-License-Identifier: Apache-2.0
//
// Which way packets between the ends of a tunnel leave: by a port of the switch that has addresses
// of its own, into the bridge of an internal port that the kernel routes to, or by another device
// of the kernel. A pure function of the configuration and of what the kernel answers.
#ifndef VSW_DATAPATH_UNDERLAY_WAY_H_
#define VSW_DATAPATH_UNDERLAY_WAY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/tunnel/next_hop.h"
#include "datapath/underlay/kernel_view.h"

namespace vsw {

/// A port with the options address and gateway: the switch itself is the host there.
struct AddressedPort {
  PortNo port = kNoPort;
  MacAddress mac;
  uint32_t mtu = 0;
  std::vector<IpPrefix> addresses;
  std::vector<IpAddress> gateways;  // at most one of each family
  bool ready = false;               // frames can leave by it
  bool operator==(const AddressedPort&) const = default;
};

/// The wanted tunnels and what may carry them, as a value.
struct UnderlayConfig {
  /// The ends of every tunnel; an unset remote: chosen by rules, packet by packet.
  std::vector<TunnelEnds> tunnels;
  std::vector<uint16_t> udp_ports;  // at which they receive; sorted
  bool gre = false;
  /// Devices by which the kernel is attached to a bridge: internal and TAP ports, by index.
  std::map<int, PortNo> bridge_devices;
  std::vector<AddressedPort> addressed_ports;
  bool operator==(const UnderlayConfig&) const = default;
};

struct Way {
  std::string problem{};    // not empty: there is no way, for this reason
  PortNo egress = kNoPort;  // a port with addresses; kNoPort: by `device`
  PortNo enters_bridge_by = kNoPort;
  KernelDevice device{};  // of the kernel's; index 0: none
  IpAddress source{};
  MacAddress source_mac{};
  IpAddress hop{};  // the neighbour to hand it to: the remote itself, or a gateway
  uint32_t mtu = 0;
  bool operator==(const Way&) const = default;
};

/// REQUIRES: ends.remote is set.
Way FindWay(const UnderlayConfig& config, const TunnelEnds& ends, KernelView* kernel);

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_WAY_H_
