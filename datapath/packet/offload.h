// SPDX-License-Identifier: Apache-2.0
//
// Offloads in software, for ways out that lack them: finishing partial checksums and cutting frames
// that a guest or the kernel handed over unsegmented. See datapath/port/port.h for what an mbuf
// carries.
//
// Thread safety: pure functions on mbufs that the caller owns.
#ifndef VSW_DATAPATH_PACKET_OFFLOAD_H_
#define VSW_DATAPATH_PACKET_OFFLOAD_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <span>

#include "datapath/worker/counters.h"

namespace vsw {

/// What a way out can do by itself.
struct OffloadCapabilities {
  bool checksum = false;  // partial TCP/UDP checksums
  bool tso4 = false;      // RTE_MBUF_F_TX_TCP_SEG over IPv4
  bool tso6 = false;      // the same over IPv6
  bool uso = false;       // RTE_MBUF_F_TX_UDP_SEG
};

/// The most frames that one frame can be cut into: 64 KiB at an MSS of 64 bytes is refused beyond
/// this.
inline constexpr uint16_t kMaxSegments = 256;

/// Whether a frame with these ol_flags needs anything.
constexpr bool NeedsOffload(uint64_t ol_flags) {
  return (ol_flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_L4_MASK)) != 0;
}

/// Turns `*packet` into frames that need nothing beyond `capabilities`: returns how many stand in
/// `out`, whose ownership passes to the caller; the input is consumed. 0: it could not be done, the
/// packet is freed and counted in `counters` (kTxOffload, or kNoCopyBuffer if `pool` ran dry). The
/// common case (nothing to do) is one test.
uint16_t ResolveOffloads(rte_mbuf* packet, const OffloadCapabilities& capabilities,
                         rte_mempool* pool, std::span<rte_mbuf*> out, PortCounters& counters);

/// Sets the transmit flags and lengths from a virtio-net header (virtio 1.2 section 5.1.6) as a
/// guest or the kernel's PACKET_VNET_HDR wrote it; everything in it is checked against the frame.
/// `flags`, `gso_type` are VIRTIO_NET_HDR_*; numbers in host byte order. False: it does not fit the
/// frame (kRxBadOffload).
bool ApplyVirtioHeader(rte_mbuf* packet, uint8_t flags, uint8_t gso_type, uint16_t hdr_len,
                       uint16_t gso_size, uint16_t csum_start, uint16_t csum_offset);

/// The reverse, for a frame that goes to the kernel or a guest; `capabilities` must hold what it
/// needs.
struct VirtioHeader {
  uint8_t flags;
  uint8_t gso_type;
  uint16_t hdr_len;
  uint16_t gso_size;
  uint16_t csum_start;
  uint16_t csum_offset;
};
VirtioHeader MakeVirtioHeader(const rte_mbuf* packet);

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_OFFLOAD_H_
