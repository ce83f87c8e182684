// SPDX-License-Identifier: Apache-2.0
//
// The virtio-net header (virtio 1.2 section 5.1.6) to and from an mbuf's transmit flags.

#include <rte_mbuf.h>

#include "datapath/packet/checksum.h"
#include "datapath/packet/offload.h"
#include "datapath/packet/offload_headers.h"
#include "datapath/packet/virtio_net.h"

namespace vsw {
namespace {

constexpr uint64_t kTransmitFlags =
    RTE_MBUF_F_TX_OFFLOAD_MASK & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
constexpr uint16_t kTcpChecksum = 16, kUdpChecksum = 6;
constexpr uint32_t kTcpFlagsOffset = 13;
constexpr uint8_t kTcpCwr = 0x80;
constexpr uint32_t kEthernetBytes = 14;

void SetLengths(rte_mbuf* packet, const L4Location& where) {
  packet->l2_len = where.l2_bytes;
  packet->l3_len = where.l3_bytes;
  packet->l4_len = where.l4_bytes;
  packet->ol_flags |= where.ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
  packet->ol_flags |= where.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
}

bool ApplyChecksum(rte_mbuf* packet, const L4Location& where, uint32_t start, uint32_t offset) {
  if (start < kEthernetBytes || start + offset + 2 > packet->pkt_len) return false;
  if (where.found && start == static_cast<uint32_t>(where.l2_bytes) + where.l3_bytes) {
    if (offset != (where.tcp ? kTcpChecksum : kUdpChecksum)) return false;
    SetLengths(packet, where);
    return true;
  }
  // Something else that is summed the Internet way, such as TCP in a guest's own tunnel. No
  // device's flags can say that, so it is finished here.
  FinishChecksum(packet, start, start + offset);
  return true;
}

bool ApplySegmentation(rte_mbuf* packet, const L4Location& where, uint8_t type, uint16_t size) {
  const bool udp = type == kVirtioGsoUdpL4;
  const bool fits =
      where.found && where.tcp != udp && (udp || where.ipv6 == (type == kVirtioGsoTcpv6));
  if (!fits || size == 0) return false;
  const uint32_t headers = where.l2_bytes + where.l3_bytes + where.l4_bytes;
  // One frame's worth is no segmentation; senders do say so for the rest of a stream.
  if (packet->pkt_len - headers <= size) return true;
  packet->ol_flags |= udp ? RTE_MBUF_F_TX_UDP_SEG : RTE_MBUF_F_TX_TCP_SEG;
  packet->tso_segsz = size;
  return true;
}

}  // namespace

bool ApplyVirtioHeader(rte_mbuf* packet, uint8_t flags, uint8_t gso_type, uint16_t hdr_len,
                       uint16_t gso_size, uint16_t csum_start, uint16_t csum_offset) {
  packet->ol_flags &= ~kTransmitFlags;
  packet->tx_offload = 0;
  const uint8_t type = gso_type & static_cast<uint8_t>(~kVirtioGsoEcn);
  const bool needs_checksum = (flags & kVirtioNeedsChecksum) != 0;
  if (type == kVirtioGsoNone && !needs_checksum) return true;
  if (hdr_len > packet->pkt_len) return false;

  const L4Location where = LocateL4(packet);
  if (needs_checksum && !ApplyChecksum(packet, where, csum_start, csum_offset)) return false;
  if (type == kVirtioGsoNone) return true;
  // UDP fragmentation (GSO_UDP) is offered to nobody. Without a partial checksum at the frame's own
  // TCP or UDP header there is nothing to cut (section 5.1.6.2.1 asks senders for it).
  const bool known = type == kVirtioGsoTcpv4 || type == kVirtioGsoTcpv6 || type == kVirtioGsoUdpL4;
  if (!known || (packet->ol_flags & RTE_MBUF_F_TX_L4_MASK) == 0) return false;
  return ApplySegmentation(packet, where, type, gso_size);
}

VirtioHeader MakeVirtioHeader(const rte_mbuf* packet) {
  VirtioHeader header{};
  const uint64_t l4 = packet->ol_flags & RTE_MBUF_F_TX_L4_MASK;
  const uint64_t flags = packet->ol_flags;
  const bool tcp_segmentation = (flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
  const bool udp_segmentation = (flags & RTE_MBUF_F_TX_UDP_SEG) != 0;
  if (l4 == 0 && !tcp_segmentation && !udp_segmentation) return header;
  const bool tcp = tcp_segmentation || l4 == RTE_MBUF_F_TX_TCP_CKSUM;
  header.flags = kVirtioNeedsChecksum;
  header.csum_start = static_cast<uint16_t>(packet->l2_len + packet->l3_len);
  header.csum_offset = tcp ? kTcpChecksum : kUdpChecksum;
  header.hdr_len = static_cast<uint16_t>(header.csum_start + packet->l4_len);
  if (!tcp_segmentation && !udp_segmentation) return header;
  header.gso_size = packet->tso_segsz;
  if (udp_segmentation) {
    header.gso_type = kVirtioGsoUdpL4;
    return header;
  }
  header.gso_type = (flags & RTE_MBUF_F_TX_IPV6) != 0 ? kVirtioGsoTcpv6 : kVirtioGsoTcpv4;
  uint8_t copy;
  const auto* tcp_flags = static_cast<const uint8_t*>(
      rte_pktmbuf_read(packet, header.csum_start + kTcpFlagsOffset, 1, &copy));
  if (tcp_flags != nullptr && (*tcp_flags & kTcpCwr) != 0) {
    header.gso_type |= kVirtioGsoEcn;
  }
  return header;
}

}  // namespace vsw
