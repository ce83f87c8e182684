// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/tunnel_offload.h"

#include <netinet/in.h>
#include <rte_mbuf.h>

#include <array>
#include <bit>

#include "datapath/packet/offload_headers.h"

namespace vsw {
namespace {

constexpr uint32_t kEthernetBytes = 14, kUdpBytes = 8, kIpv6Bytes = 40;
constexpr uint32_t kVxlanBytes = 8, kGeneveBytes = 8, kGreBytes = 4;
constexpr uint32_t kOuterBytes = kEthernetBytes + 60 + kUdpBytes + kGeneveBytes;
constexpr uint32_t kMostL2Bytes = 127;  // l2_len of an mbuf has 7 bits

// Where the inner frame may begin; 0: nowhere. Which kind of tunnel a UDP packet is depends on the
// configuration, so there are two answers, of which the header says the right one.
std::array<uint32_t, 2> InnerOffsets(const uint8_t* outer) {
  const bool ipv6 = outer[kEthernetBytes] >> 4 == 6;
  const uint8_t protocol = outer[kEthernetBytes + (ipv6 ? 6 : 9)];
  const uint32_t l4 = kEthernetBytes + (ipv6 ? kIpv6Bytes : (outer[kEthernetBytes] & 0xfu) * 4u);
  if (protocol == IPPROTO_GRE) {
    const auto optional_words = std::popcount(static_cast<unsigned>(outer[l4] & 0xb0));  // C, K, S
    return {l4 + kGreBytes + 4 * static_cast<uint32_t>(optional_words), 0};
  }
  if (protocol != IPPROTO_UDP) return {0, 0};
  const uint32_t tunnel = l4 + kUdpBytes;
  return {tunnel + kVxlanBytes, tunnel + kGeneveBytes + (outer[tunnel] & 0x3fu) * 4u};
}

bool ApplyPlain(rte_mbuf* frame, const VirtioHeader& h, uint32_t csum_start) {
  return ApplyVirtioHeader(frame, h.flags, h.gso_type, 0, h.gso_size,
                           static_cast<uint16_t>(csum_start), h.csum_offset);
}

// Applies the header to the frame that begins at `inner`. False: it does not speak of that.
bool ApplyInner(rte_mbuf* frame, const VirtioHeader& h, uint32_t inner) {
  if (inner == 0 || inner >= h.csum_start || rte_pktmbuf_adj(frame, inner) == nullptr) return false;
  const L4Location where = LocateL4(frame);
  const uint32_t l4 = static_cast<uint32_t>(where.l2_bytes) + where.l3_bytes;
  const bool fits = where.found && inner + l4 == h.csum_start &&
                    inner + where.l2_bytes <= kMostL2Bytes &&
                    ApplyPlain(frame, h, h.csum_start - inner);
  rte_pktmbuf_prepend(frame, inner);
  if (!fits) return false;
  frame->l2_len = inner + where.l2_bytes;
  return true;
}

}  // namespace

bool ApplyTunnelHeader(rte_mbuf* frame, const VirtioHeader& h) {
  if (h.flags != 0 || h.gso_type != 0) {
    std::array<uint8_t, kOuterBytes> copy;
    const auto* outer =
        static_cast<const uint8_t*>(rte_pktmbuf_read(frame, 0, copy.size(), copy.data()));
    if (outer != nullptr) {
      for (const uint32_t inner : InnerOffsets(outer)) {
        if (ApplyInner(frame, h, inner)) return true;
      }
    }
  }
  return ApplyPlain(frame, h, h.csum_start);
}

}  // namespace vsw
