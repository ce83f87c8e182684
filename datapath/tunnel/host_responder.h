// SPDX-License-Identifier: Apache-2.0
//
// Where a port has addresses of its own the switch is a host there, of the smallest kind: it
// answers ARP (RFC 826), neighbour discovery (RFC 4861) and echo requests (RFC 792, RFC 4443) for
// them, in place and in the same pass, and tells the underlay's thread which neighbours it heard.
//
// Thread safety: a function of a worker's packet.
#ifndef VSW_DATAPATH_TUNNEL_HOST_RESPONDER_H_
#define VSW_DATAPATH_TUNNEL_HOST_RESPONDER_H_

#include <cstdint>

#include "base/net_types.h"
#include "datapath/packet/flow_key.h"
#include "datapath/tunnel/ingress_roles.h"
#include "datapath/tunnel/underlay_events.h"

struct rte_mbuf;

namespace vsw {

enum class HostVerdict : uint8_t {
  kPass,   // not for us: the bridge's
  kReply,  // the packet is the answer now, to be sent by the port it came in by
  kTaken,  // it was for us, and needs no answer
};

/// REQUIRES: `key` is the packet's. Tagged packets are the bridge's.
HostVerdict AnswerAsHost(const IngressRole& role, const FlowKey& key, rte_mbuf* packet,
                         UnderlayEvents* events) noexcept;

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_HOST_RESPONDER_H_
