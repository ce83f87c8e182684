// SPDX-License-Identifier: Apache-2.0
//
// Leaves the checksum and the segmentation of a frame inside a tunnel packet to the device that the
// packet leaves by: DPDK's tunnel flags and lengths in the mbuf. The device repeats the outer
// headers for each segment, with lengths, IPv4 identification and checksums of their own.
//
// Thread safety: pure functions on mbufs that the caller owns.
#ifndef VSW_DATAPATH_TUNNEL_INNER_OFFLOAD_H_
#define VSW_DATAPATH_TUNNEL_INNER_OFFLOAD_H_

#include <cstdint>

#include "datapath/flow/tunnel_facts.h"
#include "datapath/port/tunnel_offloads.h"

struct rte_mbuf;

namespace vsw {

/// The outer headers that go in front of a frame.
struct OuterShape {
  TunnelKind kind = TunnelKind::kNone;
  bool v4 = true;
  bool udp_checksum = false;
  bool gre_checksum = false;
  uint16_t l4 = 0;     // offset of UDP or GRE
  uint16_t bytes = 0;  // of all of them
};

/// What a frame needs, as it says before it has outer headers.
class InnerNeeds {
 public:
  explicit InnerNeeds(const rte_mbuf* frame);

  /// Whether a device with `offloads` can do it behind such outer headers.
  bool Fit(const TunnelOffloads& offloads, const OuterShape& outer) const;
  /// The packets that the device makes of it.
  uint16_t packets() const;
  /// Says it of `packet`, the frame behind finished outer headers whose UDP checksum holds the
  /// pseudo-header's sum. REQUIRES: Fit().
  void Leave(const OuterShape& outer, rte_mbuf* packet) const;

 private:
  bool segments() const;

  uint64_t ol_flags_;
  uint32_t bytes_;
  uint32_t l2_, l3_, l4_;
  uint16_t segment_bytes_;
  uint32_t headroom_ = 0;  // that outer headers may use so that they stand before the inner ones
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_INNER_OFFLOAD_H_
