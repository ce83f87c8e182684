// SPDX-License-Identifier: Apache-2.0
//
// What translation and the slow path need to know of tunnel ports, as values.
#ifndef VSW_DATAPATH_FLOW_TUNNEL_FACTS_H_
#define VSW_DATAPATH_FLOW_TUNNEL_FACTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"

namespace vsw {

enum class TunnelKind : uint8_t { kNone, kVxlan, kGeneve, kGre };

/// Options of a tunnel port by which its liveness is watched (RFC 5880).
struct BfdFacts {
  bool enabled = false;
  uint32_t min_rx_ms = 1000;
  uint32_t min_tx_ms = 100;
  uint8_t mult = 3;
  // Of the packets of BFD inside the tunnel; unset or zero: the slow path chooses.
  IpAddress source_ip;
  IpAddress destination_ip;
  MacAddress local_source_mac;
  MacAddress local_destination_mac;
  MacAddress remote_destination_mac;
  bool operator==(const BfdFacts&) const = default;
};

/// The options of a tunnel port, checked.
struct TunnelFacts {
  TunnelKind kind = TunnelKind::kNone;
  bool remote_is_flow = false;
  bool local_is_flow = false;
  /// Several: a replication list; every output needs a kSetTunnel that says which.
  std::vector<IpAddress> remotes;
  IpAddress local;              // unset: the route chooses
  bool in_key_is_flow = false;  // any key is received
  bool out_key_is_flow = false;
  std::optional<uint64_t> in_key;  // nothing: packets without a key (0 where there is always one)
  std::optional<uint64_t> out_key;
  uint16_t udp_port = 0;  // destination; 0 for GRE
  bool gbp = false;
  std::optional<uint8_t> tos;  // nothing: inherited
  std::optional<uint8_t> ttl;
  BfdFacts bfd;

  bool is_tunnel() const { return kind != TunnelKind::kNone; }
  bool replicates() const { return remotes.size() > 1; }
  bool operator==(const TunnelFacts&) const = default;
};

/// Addresses of the host on an internal port: what a bridge sends there may be for a tunnel.
struct TunnelLocal {
  PortNo port;
  MacAddress mac;
  std::vector<IpAddress> addresses;
  bool operator==(const TunnelLocal&) const = default;
};

/// One option of Geneve and its place in a bridge's tun_metadata.
struct TunnelOption {
  uint16_t option_class;
  uint8_t type;    // with the critical bit
  uint8_t bytes;   // of its data: 4 to 124, a multiple of 4
  uint8_t index;   // tun_metadata<index>: 0 to 63
  uint8_t offset;  // of its first byte in FlowKey::tun_metadata
  bool operator==(const TunnelOption&) const = default;
};
using TunnelOptionMap = std::vector<TunnelOption>;

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_TUNNEL_FACTS_H_
