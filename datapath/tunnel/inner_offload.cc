// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/inner_offload.h"

#include <rte_mbuf.h>

#include <array>
#include <cstring>

#include "datapath/packet/checksum.h"
#include "datapath/packet/partial_checksum.h"

namespace vsw {
namespace {

constexpr uint32_t kEthernetBytes = 14, kPlainIpv6Bytes = 40, kUdpChecksum = 6;
constexpr uint32_t kMostL2Bytes = 127;  // l2_len of an mbuf has 7 bits
constexpr uint32_t kMostIpv4Bytes = 60;
constexpr uint32_t kMostIpBytes = 0xffff;
// Drivers refuse smaller ones, the strictest of them below this.
constexpr uint16_t kLeastSegment = 256;
constexpr uint64_t kInnerFlags = kPartialChecksumFlags | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6;

bool Knows(const TunnelOffloads& offloads, TunnelKind kind) {
  return (kind == TunnelKind::kVxlan && offloads.vxlan) ||
         (kind == TunnelKind::kGeneve && offloads.geneve) ||
         (kind == TunnelKind::kGre && offloads.gre);
}

uint64_t FlagOf(TunnelKind kind) {
  if (kind == TunnelKind::kVxlan) return RTE_MBUF_F_TX_TUNNEL_VXLAN;
  return kind == TunnelKind::kGeneve ? RTE_MBUF_F_TX_TUNNEL_GENEVE : RTE_MBUF_F_TX_TUNNEL_GRE;
}

// The outer checksum of a packet whose inner one the device is to fill in. What the inner one
// covers adds up to the complement of the sum that stands in its field, whatever the bytes are, so
// none of the payload is read.
void FinishOuterUdp(rte_mbuf* packet, uint32_t outer_l4, uint32_t inner_l4, uint32_t inner_field) {
  std::array<uint8_t, kMostL2Bytes + kMostIpv4Bytes> headers;
  const uint32_t length = inner_l4 - outer_l4;
  ReadMbuf(packet, outer_l4, headers.data(), length);
  uint16_t pseudo;
  ReadMbuf(packet, inner_field, &pseudo, sizeof(pseudo));
  const uint64_t sum = AddSums(AddBytes(0, headers.data(), length), static_cast<uint16_t>(~pseudo));
  uint16_t checksum = static_cast<uint16_t>(~FoldSum(sum));
  if (checksum == 0) checksum = 0xffff;
  WriteMbuf(packet, outer_l4 + kUdpChecksum, &checksum, sizeof(checksum));
}

}  // namespace

InnerNeeds::InnerNeeds(const rte_mbuf* frame)
    : ol_flags_(frame->ol_flags & kInnerFlags),
      bytes_(frame->pkt_len),
      l2_(frame->l2_len),
      l3_(frame->l3_len),
      l4_(frame->l4_len),
      segment_bytes_(frame->tso_segsz) {
  const bool own = RTE_MBUF_DIRECT(frame) && rte_mbuf_refcnt_read(frame) == 1;
  if (own && frame->data_len >= l2_ + l3_ + l4_) headroom_ = rte_pktmbuf_headroom(frame);
}

bool InnerNeeds::segments() const { return (ol_flags_ & RTE_MBUF_F_TX_TCP_SEG) != 0; }

bool InnerNeeds::Fit(const TunnelOffloads& offloads, const OuterShape& outer) const {
  if (!Knows(offloads, outer.kind) || outer.gre_checksum) return false;
  // Drivers want all headers in one piece.
  if (headroom_ < outer.bytes) return false;
  if ((ol_flags_ & RTE_MBUF_F_TX_UDP_SEG) != 0) return false;
  if ((ol_flags_ & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_SCTP_CKSUM) return false;
  // Drivers do not look behind extension headers.
  const bool v6 = (ol_flags_ & RTE_MBUF_F_TX_IPV6) != 0;
  if (v6 ? l3_ != kPlainIpv6Bytes : l3_ > kMostIpv4Bytes) return false;
  if (outer.bytes - outer.l4 + l2_ > kMostL2Bytes) return false;
  if (!segments()) return true;
  if (segment_bytes_ < kLeastSegment || bytes_ <= l2_ + l3_ + l4_) return false;
  if (outer.bytes - kEthernetBytes + bytes_ > kMostIpBytes) return false;
  return !outer.udp_checksum || offloads.outer_udp_checksum;
}

uint16_t InnerNeeds::packets() const {
  if (!segments()) return 1;
  const uint32_t payload = bytes_ - (l2_ + l3_ + l4_);
  return static_cast<uint16_t>((payload + segment_bytes_ - 1) / segment_bytes_);
}

void InnerNeeds::Leave(const OuterShape& outer, rte_mbuf* packet) const {
  packet->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
  packet->ol_flags |= ol_flags_ | FlagOf(outer.kind) |
                      (outer.v4 ? RTE_MBUF_F_TX_OUTER_IPV4 : RTE_MBUF_F_TX_OUTER_IPV6);
  packet->tx_offload = 0;
  packet->outer_l2_len = kEthernetBytes;
  packet->outer_l3_len = (outer.l4 - kEthernetBytes) & 0x1ff;
  packet->l2_len = (outer.bytes - outer.l4 + l2_) & kMostL2Bytes;
  packet->l3_len = l3_ & 0x1ff;
  packet->l4_len = l4_ & 0xff;
  if (segments()) {
    packet->tso_segsz = segment_bytes_;
    if ((ol_flags_ & RTE_MBUF_F_TX_IPV4) != 0) packet->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
    if (outer.v4) packet->ol_flags |= RTE_MBUF_F_TX_OUTER_IP_CKSUM;
    if (outer.udp_checksum) packet->ol_flags |= RTE_MBUF_F_TX_OUTER_UDP_CKSUM;
  } else if (outer.udp_checksum) {
    const uint32_t inner_l4 = outer.bytes + l2_ + l3_;
    const bool tcp = (ol_flags_ & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM;
    FinishOuterUdp(packet, outer.l4, inner_l4, inner_l4 + (tcp ? 16 : kUdpChecksum));
  }
}

}  // namespace vsw
