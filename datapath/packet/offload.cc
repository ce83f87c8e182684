// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/offload.h"

#include <rte_mbuf.h>

#include "datapath/packet/checksum.h"
#include "datapath/packet/segmentation.h"

namespace vsw {
namespace {

constexpr uint64_t kSegmentFlags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG;
constexpr uint64_t kWorkFlags = kSegmentFlags | RTE_MBUF_F_TX_L4_MASK;
constexpr uint32_t kTcpChecksumOffset = 16;
constexpr uint32_t kUdpChecksumOffset = 6;

bool SegmentsItself(uint64_t flags, const OffloadCapabilities& capabilities) {
  if ((flags & RTE_MBUF_F_TX_UDP_SEG) != 0) return capabilities.uso;
  return (flags & RTE_MBUF_F_TX_IPV6) != 0 ? capabilities.tso6 : capabilities.tso4;
}

uint16_t Refuse(rte_mbuf* packet, PortCounters& counters, DropReason reason) {
  rte_pktmbuf_free(packet);
  counters.Drop(reason);
  return 0;
}

bool FinishL4(rte_mbuf* packet) {
  const uint64_t l4 = packet->ol_flags & RTE_MBUF_F_TX_L4_MASK;
  if (l4 == RTE_MBUF_F_TX_SCTP_CKSUM) return false;  // a CRC; no port asks for it
  const uint32_t start = packet->l2_len + packet->l3_len;
  const uint32_t field =
      start + (l4 == RTE_MBUF_F_TX_TCP_CKSUM ? kTcpChecksumOffset : kUdpChecksumOffset);
  if (field + 2 > packet->pkt_len) return false;
  FinishChecksum(packet, start, field);
  packet->ol_flags &= ~(kWorkFlags | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6);
  return true;
}

}  // namespace

uint16_t ResolveOffloads(rte_mbuf* packet, const OffloadCapabilities& capabilities,
                         rte_mempool* pool, std::span<rte_mbuf*> out, PortCounters& counters) {
  const uint64_t flags = packet->ol_flags;
  if (!NeedsOffload(flags)) [[likely]] {
    out[0] = packet;
    return 1;
  }
  if ((flags & kSegmentFlags) != 0 && !SegmentsItself(flags, capabilities)) {
    return SegmentPacket(packet, capabilities.checksum, pool, out, counters);
  }
  const bool finish = (flags & kSegmentFlags) == 0 && !capabilities.checksum;
  if (finish && !FinishL4(packet)) return Refuse(packet, counters, DropReason::kTxOffload);
  out[0] = packet;
  return 1;
}

}  // namespace vsw
