// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/terminate.h"

#include "datapath/tunnel/decapsulate.h"
#include "datapath/tunnel/host_responder.h"

namespace vsw {

bool Terminator::Run(const IngressRole& role, FlowLookup* work) {
  FlowKey* key = &work->key;
  const PortNo in_port = key->in_port;
  const auto drop = [&](PortNo port, DropReason reason) {
    env_.Drop(work->packet, port, reason);
    return false;
  };
  if (!role.hidden) {
    const HostVerdict verdict = AnswerAsHost(role, *key, work->packet, &env_.underlay->events);
    if (verdict == HostVerdict::kReply) batches_->Add(in_port, work->packet);
    if (verdict == HostVerdict::kTaken) rte_pktmbuf_free(work->packet);
    if (verdict != HostVerdict::kPass) return false;
  }
  const bool is_ours = (role.hidden || key->eth_dst == role.mac) && role.Has(DestinationOf(*key));
  if (!is_ours || env_.tunnels == nullptr) {
    // The kernel has its own copy of what is not for a tunnel.
    return role.hidden ? drop(in_port, DropReason::kTunnelUnknown) : true;
  }
  const bool later_fragment = (key->ip_frag & kFragLater) != 0;
  if (later_fragment && key->ip_proto == DecapTable::kProtocolUdp) {
    return drop(in_port, DropReason::kTunnelFragment);
  }
  PlainOuter outer;
  const bool plain = ReadPlainOuter(work->packet, in_port, &outer);
  const uint32_t bytes_before = work->packet->pkt_len;
  const DecapResult result = Decapsulate(work->packet, *env_.tunnels->Load(), key);
  switch (result.verdict) {
    case DecapVerdict::kDone: {
      PortCounters* const counters = env_.CountersOf(result.port);
      counters->rx_packets.Add(1);
      counters->rx_bytes.Add(work->packet->pkt_len);
      if (plain) known_.Learn(outer, bytes_before - work->packet->pkt_len, *key);
      return true;
    }
    case DecapVerdict::kNotForTunnel:
      return role.hidden ? drop(in_port, DropReason::kTunnelUnknown) : true;
    case DecapVerdict::kUnknown:
      return drop(in_port, DropReason::kTunnelUnknown);
    case DecapVerdict::kDrop:
      return drop(result.port == kNoPort ? in_port : result.port, result.reason);
  }
  return true;
}

}  // namespace vsw
