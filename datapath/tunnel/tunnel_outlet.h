// SPDX-License-Identifier: Apache-2.0
//
// What a tunnel port needs of the worker on which it transmits: ways out for packets with their
// outer headers on, a place to wait, and a way back for what it answers. Each worker has one.
//
// Thread safety: one worker's own.
#ifndef VSW_DATAPATH_TUNNEL_TUNNEL_OUTLET_H_
#define VSW_DATAPATH_TUNNEL_TUNNEL_OUTLET_H_

#include <span>

#include "base/net_types.h"
#include "datapath/packet/flow_key.h"
#include "datapath/port/tunnel_offloads.h"
#include "datapath/tunnel/next_hop.h"

struct rte_mbuf;

namespace vsw {

class TunnelOutlet {
 public:
  virtual ~TunnelOutlet() = default;
  /// What may be left to a port of the switch.
  virtual TunnelOffloads OffloadsOf(PortNo egress) const = 0;
  /// The frames leave by a port of the switch.
  virtual void Send(PortNo egress, std::span<rte_mbuf*> frames) = 0;
  /// The frames are treated as if received by `in_port`, once the burst at hand is through.
  virtual void Enter(PortNo in_port, std::span<rte_mbuf*> frames) = 0;
  /// The same for one frame as if it had come out of a tunnel: the tunnel lines of `tunnel` go with
  /// it, whose in_port counts. False: no room; the frame stays the caller's.
  virtual bool Answer(rte_mbuf* frame, const FlowKey& tunnel) = 0;
  /// Keeps the packet, with its TunnelSet, until the next hop is there, and gives it to the port
  /// `tunnel` again. False: no room; the packet stays the caller's.
  virtual bool Hold(rte_mbuf* packet, const TunnelEnds& ends, PortNo tunnel) = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_TUNNEL_OUTLET_H_
