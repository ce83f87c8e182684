// SPDX-License-Identifier: Apache-2.0
//
// Cuts one big TCP or UDP frame into wire-sized ones (TCP and UDP segmentation offload). Each frame
// is a copy: headers and payload in one mbuf where they fit, which transmits faster everywhere than
// a header mbuf chained to a reference into the big frame, and needs nothing of the device.
//
// Headers follow Linux's GSO, so that a receiver's kernel merges them again: sequence numbers and
// IPv4 identifications count up, FIN and PSH stay on the last frame, CWR on the first (RFC 3168
// section 6.1.2), VLAN tags, IP options and IPv6 extension headers are repeated.
//
// Thread safety: pure function on mbufs that the caller owns.
#ifndef VSW_DATAPATH_PACKET_SEGMENTATION_H_
#define VSW_DATAPATH_PACKET_SEGMENTATION_H_

#include <cstdint>
#include <span>

#include "datapath/worker/counters.h"

struct rte_mbuf;
struct rte_mempool;

namespace vsw {

/// REQUIRES: RTE_MBUF_F_TX_TCP_SEG or RTE_MBUF_F_TX_UDP_SEG is set. With `partial_checksum` the
/// frames keep their checksum flags and hold the pseudo-header's sum; else checksums are complete.
/// Consumes `packet`. Returns how many frames stand in `out`; 0: freed and counted as kTxOffload
/// (lengths that do not fit the frame, more than out.size() frames) or kNoCopyBuffer.
uint16_t SegmentPacket(rte_mbuf* packet, bool partial_checksum, rte_mempool* pool,
                       std::span<rte_mbuf*> out, PortCounters& counters);

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_SEGMENTATION_H_
