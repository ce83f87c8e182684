// SPDX-License-Identifier: Apache-2.0
//
// Takes the outer headers off a packet that was parsed already, and gives it the key of what was in
// it. What the parser found out about the outer headers is used, not looked for again.
//
// Thread safety: pure functions on a packet that the caller owns.
#ifndef VSW_DATAPATH_TUNNEL_DECAPSULATE_H_
#define VSW_DATAPATH_TUNNEL_DECAPSULATE_H_

#include "base/drop_reason.h"
#include "base/ip_address.h"
#include "datapath/packet/flow_key.h"
#include "datapath/tunnel/decap_table.h"

struct rte_mbuf;

namespace vsw {

enum class DecapVerdict : uint8_t {
  kNotForTunnel,  // no tunnel receives there: packet and key are as they were
  kUnknown,       // the same, but it is a tunnel's: no port has its key and addresses
  kDone,          // packet and key are those of the inner frame; key.in_port is the tunnel's port
  kDrop           // for `reason`; the packet stays the caller's, its key is lost
};
struct DecapResult {
  DecapVerdict verdict;
  DropReason reason = DropReason::kNone;
  PortNo port = kNoPort;  // the tunnel's, where it is known
};

/// Where the parsed packet goes; unset if it is no IP packet.
inline IpAddress DestinationOf(const FlowKey& key) {
  if (key.eth_type == Be16::From(0x0800)) return IpAddress::FromV4(key.ipv4_dst);
  if (key.eth_type == Be16::From(0x86dd) && (key.lines & kLineIpv6) != 0) {
    return IpAddress::FromV6(key.ipv6_dst.data());
  }
  return {};
}

/// `key`: as the parser wrote it for `packet`. Partial checksums and segmentation asked for by
/// ol_flags stay if they are the inner frame's (l2_len reaches beyond the outer headers).
DecapResult Decapsulate(rte_mbuf* packet, const DecapTable& table, FlowKey* key);

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_DECAPSULATE_H_
