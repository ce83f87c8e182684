// SPDX-License-Identifier: Apache-2.0
//
// What tells the sender of a packet that it does not fit: ICMP "fragmentation needed" (RFC 1191) or
// ICMPv6 "packet too big" (RFC 4443 section 3.2), in the name of whom the packet was for, since
// the tunnel has no address inside.
//
// Thread safety: TooBigLimit belongs to one worker; the rest are pure functions.
#ifndef VSW_DATAPATH_TUNNEL_TOO_BIG_H_
#define VSW_DATAPATH_TUNNEL_TOO_BIG_H_

#include <algorithm>
#include <cstdint>

#include "datapath/tunnel/inner_frame.h"

struct rte_mbuf;
struct rte_mempool;

namespace vsw {

/// The frame to be sent back, which names `mtu` bytes of IP; nullptr: nobody is to be told (no IP,
/// a group address, a later fragment, an ICMP error; RFC 1122 section 3.2.2), or `pool` ran dry.
rte_mbuf* MakeTooBig(const rte_mbuf* packet, const InnerFrame& inner, uint32_t mtu,
                     rte_mempool* pool);

/// How often (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f)): a token bucket.
class TooBigLimit {
 public:
  explicit TooBigLimit(uint64_t tsc_hz)
      : tsc_per_token_(std::max<uint64_t>(tsc_hz / kPerSecond, 1)) {}
  bool Allow(uint64_t now_tsc) {
    const uint64_t earned = (now_tsc - last_tsc_) / tsc_per_token_;
    if (earned > 0) {
      tokens_ = std::min(tokens_ + earned, kBurst);
      last_tsc_ = tokens_ == kBurst ? now_tsc : last_tsc_ + earned * tsc_per_token_;
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  static constexpr uint64_t kPerSecond = 100;
  static constexpr uint64_t kBurst = 20;
  uint64_t tsc_per_token_;
  uint64_t last_tsc_ = 0;
  uint64_t tokens_ = kBurst;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_TOO_BIG_H_
