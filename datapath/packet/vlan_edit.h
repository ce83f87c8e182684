// SPDX-License-Identifier: Apache-2.0
//
// VLAN tags in the frame itself (IEEE 802.1Q clause 9): put on, take off, rewrite the outermost
// one. l2_len follows, so that a pending offload stays right. A frame is left as it was when an
// edit is refused.
//
// Thread safety: pure functions on an mbuf whose data the caller owns alone.
#ifndef VSW_DATAPATH_PACKET_VLAN_EDIT_H_
#define VSW_DATAPATH_PACKET_VLAN_EDIT_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <cstring>

#include "base/byte_order.h"

namespace vsw {

inline constexpr uint16_t kVlanTagBytes = 4;
inline constexpr uint16_t kMacPairBytes = 12;

/// False: no headroom, or the addresses are not in the first segment. `tci` as on the wire, host
/// byte order.
inline bool PushVlan(rte_mbuf* packet, uint16_t tpid, uint16_t tci) {
  if (packet->data_len < kMacPairBytes) return false;
  char* start = rte_pktmbuf_prepend(packet, kVlanTagBytes);
  if (start == nullptr) return false;
  std::memmove(start, start + kVlanTagBytes, kMacPairBytes);
  const uint16_t tag[2] = {ByteSwap(tpid), ByteSwap(tci)};
  std::memcpy(start + kMacPairBytes, tag, sizeof(tag));
  packet->l2_len += kVlanTagBytes;
  return true;
}

/// REQUIRES: the frame has a tag. False: it is not in the first segment.
inline bool PopVlan(rte_mbuf* packet) {
  if (packet->data_len < kMacPairBytes + kVlanTagBytes) return false;
  char* start = rte_pktmbuf_mtod(packet, char*);
  std::memmove(start + kVlanTagBytes, start, kMacPairBytes);
  rte_pktmbuf_adj(packet, kVlanTagBytes);
  packet->l2_len -= packet->l2_len >= kVlanTagBytes ? kVlanTagBytes : 0;
  return true;
}

/// REQUIRES: the frame has a tag. False: it is not in the first segment.
inline bool SetVlanTci(rte_mbuf* packet, uint16_t tci) {
  if (packet->data_len < kMacPairBytes + kVlanTagBytes) return false;
  const uint16_t wire = ByteSwap(tci);
  std::memcpy(rte_pktmbuf_mtod_offset(packet, char*, kMacPairBytes + 2), &wire, sizeof(wire));
  return true;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_VLAN_EDIT_H_
