// SPDX-License-Identifier: Apache-2.0
//
// What a port's device does behind outer headers: finishes the TCP or UDP checksum of the frame
// inside a tunnel packet, and cuts TCP into packets that each have outer headers of their own.
#ifndef VSW_DATAPATH_PORT_TUNNEL_OFFLOADS_H_
#define VSW_DATAPATH_PORT_TUNNEL_OFFLOADS_H_

#include <cstdint>
#include <string>

namespace vsw {

struct TunnelOffloads {
  bool vxlan = false;
  bool geneve = false;
  bool gre = false;
  /// And gives each of the packets that it cuts an outer UDP checksum, where there is to be one.
  bool outer_udp_checksum = false;

  bool any() const { return vxlan || geneve || gre; }
  /// Whether it knows the kind that RTE_MBUF_F_TX_TUNNEL_* of `ol_flags` says.
  bool Knows(uint64_t ol_flags) const;
  /// "device for vxlan, gre" or "software".
  std::string ToString() const;
  bool operator==(const TunnelOffloads&) const = default;
};

/// `tx_offloads`: RTE_ETH_TX_OFFLOAD_* that are on.
TunnelOffloads ReadTunnelOffloads(uint64_t tx_offloads);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_TUNNEL_OFFLOADS_H_
