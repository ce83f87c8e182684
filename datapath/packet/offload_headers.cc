// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/offload_headers.h"

#include <netinet/in.h>
#include <rte_mbuf.h>

#include <array>

namespace vsw {
namespace {

constexpr uint16_t kEtherIpv4 = 0x0800, kEtherIpv6 = 0x86dd;
constexpr uint16_t kEtherVlan = 0x8100, kEtherQinq = 0x88a8, kEtherOldQinq = 0x9100;
constexpr uint32_t kMostTags = 4;
constexpr uint32_t kMostExtensionHeaders = 8;
constexpr uint32_t kMostL3Bytes = 511;  // l3_len of an mbuf has 9 bits

// Bytes of the frame, in one piece.
class View {
 public:
  explicit View(const rte_mbuf* packet) : packet_(packet) {}
  // nullptr if the frame has no such bytes. `length` at most 40.
  const uint8_t* At(uint32_t offset, uint32_t length) {
    return static_cast<const uint8_t*>(rte_pktmbuf_read(packet_, offset, length, copy_.data()));
  }
  // -1 if the frame has no such bytes.
  int Be16At(uint32_t offset) {
    const uint8_t* p = At(offset, 2);
    return p == nullptr ? -1 : p[0] << 8 | p[1];
  }

 private:
  const rte_mbuf* packet_;
  std::array<uint8_t, 40> copy_;
};

// Returns the protocol behind the IPv4 header, or -1.
int WalkIpv4(View& view, uint32_t l3, uint32_t* l3_bytes) {
  const uint8_t* ip = view.At(l3, 20);
  if (ip == nullptr || ip[0] >> 4 != 4 || (ip[0] & 0xf) < 5) return -1;
  const bool fragment = ((ip[6] & 0x3f) | ip[7]) != 0;  // more fragments, or an offset
  if (fragment) return -1;
  *l3_bytes = (ip[0] & 0xfu) * 4;
  return ip[9];
}

// Returns the protocol behind the IPv6 header and its extension headers (RFC 8200), or -1.
int WalkIpv6(View& view, uint32_t l3, uint32_t* l3_bytes) {
  const uint8_t* ip = view.At(l3, 40);
  if (ip == nullptr || ip[0] >> 4 != 6) return -1;
  int next = ip[6];
  uint32_t bytes = 40;
  for (uint32_t i = 0; i < kMostExtensionHeaders; ++i) {
    if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS) {
      *l3_bytes = bytes;
      return next;  // a fragment header too: neither TCP nor UDP to the caller
    }
    const uint8_t* extension = view.At(l3 + bytes, 8);
    if (extension == nullptr) return -1;
    next = extension[0];
    bytes += (extension[1] + 1u) * 8;
    if (bytes > kMostL3Bytes) return -1;
  }
  return -1;
}

}  // namespace

L4Location LocateL4(const rte_mbuf* packet) {
  View view(packet);
  L4Location where;
  uint32_t offset = 12;
  int type = view.Be16At(offset);
  for (uint32_t tags = 0; type == kEtherVlan || type == kEtherQinq || type == kEtherOldQinq;
       type = view.Be16At(offset)) {
    if (++tags > kMostTags) return where;
    offset += 4;
  }
  const uint32_t l3 = offset + 2;
  uint32_t l3_bytes = 0;
  where.ipv6 = type == kEtherIpv6;
  if (type != kEtherIpv4 && type != kEtherIpv6) return where;
  const int protocol = where.ipv6 ? WalkIpv6(view, l3, &l3_bytes) : WalkIpv4(view, l3, &l3_bytes);
  where.l2_bytes = static_cast<uint16_t>(l3);
  where.l3_bytes = static_cast<uint16_t>(l3_bytes);
  const uint32_t l4 = l3 + l3_bytes;
  if (protocol == IPPROTO_UDP && view.At(l4, 8) != nullptr) {
    where.l4_bytes = 8;
    where.found = true;
  } else if (const uint8_t * tcp; protocol == IPPROTO_TCP && (tcp = view.At(l4, 20)) != nullptr) {
    where.tcp = true;
    where.l4_bytes = static_cast<uint16_t>((tcp[12] >> 4) * 4);
    where.tcp_flags = tcp[13];
    where.found = where.l4_bytes >= 20 && l4 + where.l4_bytes <= packet->pkt_len;
  }
  return where;
}

}  // namespace vsw
