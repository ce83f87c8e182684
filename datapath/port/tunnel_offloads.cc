// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/tunnel_offloads.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <utility>

namespace vsw {

bool TunnelOffloads::Knows(uint64_t ol_flags) const {
  switch (ol_flags & RTE_MBUF_F_TX_TUNNEL_MASK) {
    case RTE_MBUF_F_TX_TUNNEL_VXLAN:
      return vxlan;
    case RTE_MBUF_F_TX_TUNNEL_GENEVE:
      return geneve;
    case RTE_MBUF_F_TX_TUNNEL_GRE:
      return gre;
    default:
      return false;
  }
}

std::string TunnelOffloads::ToString() const {
  std::string kinds;
  for (const auto& [on, kind] :
       {std::pair(vxlan, "vxlan"), std::pair(geneve, "geneve"), std::pair(gre, "gre")}) {
    if (on) kinds += (kinds.empty() ? "device for " : ", ") + std::string(kind);
  }
  return kinds.empty() ? "software" : kinds;
}

TunnelOffloads ReadTunnelOffloads(uint64_t tx_offloads) {
  const auto has = [tx_offloads](uint64_t all) { return (tx_offloads & all) == all; };
  // Whoever cuts writes both IP headers and reads from chains of mbufs. Which kinds a device sums
  // without cutting is said nowhere, so only those count that it cuts.
  constexpr uint64_t kNeeded = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
                               RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
                               RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM;
  if (!has(kNeeded)) return {};
  TunnelOffloads offloads = {.vxlan = has(RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO),
                             .geneve = has(RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO),
                             .gre = has(RTE_ETH_TX_OFFLOAD_GRE_TNL_TSO)};
  offloads.outer_udp_checksum = offloads.any() && has(RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM);
  return offloads;
}

}  // namespace vsw
