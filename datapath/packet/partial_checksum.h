// SPDX-License-Identifier: Apache-2.0
//
// The checksum that a frame is yet to be given (port.h), for a copy of its bytes that leaves the
// datapath by another way than a port.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_PACKET_PARTIAL_CHECKSUM_H_
#define VSW_DATAPATH_PACKET_PARTIAL_CHECKSUM_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "datapath/packet/checksum.h"

namespace vsw {

inline constexpr uint64_t kPartialChecksumFlags =
    RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG;

/// Where the frame holds a pseudo-header's sum in place of its checksum; 0: nowhere.
inline uint32_t PartialChecksumAt(const rte_mbuf* packet) {
  const uint64_t flags = packet->ol_flags;
  if ((flags & kPartialChecksumFlags) == 0) [[likely]]
    return 0;
  const bool tcp = (flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM ||
                   (flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
  return static_cast<uint32_t>(packet->l2_len + packet->l3_len) + (tcp ? 16 : 6);
}

/// Puts the finished checksum of `packet` into `copy`, its first bytes, as far as they go.
inline void FinishChecksumIn(const rte_mbuf* packet, std::span<uint8_t> copy) {
  const uint32_t field = PartialChecksumAt(packet);
  if (field == 0 || field + 2 > copy.size()) return;
  const auto start = static_cast<uint32_t>(packet->l2_len + packet->l3_len);
  uint16_t checksum = static_cast<uint16_t>(~FoldSum(AddMbuf(0, packet, start)));
  if (checksum == 0) checksum = 0xffff;
  std::memcpy(copy.data() + field, &checksum, sizeof(checksum));
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_PARTIAL_CHECKSUM_H_
