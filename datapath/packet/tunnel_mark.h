// SPDX-License-Identifier: Apache-2.0
//
// What hangs on an mbuf on its way to a tunnel port: the TunnelSet that is to be used for it. A
// dynamic field of the mbuf holds the pointer, a dynamic flag says that it counts; the flag is
// cleared by every allocation, and both are copied with the mbuf.
//
// Thread safety: Register() before any worker starts; the rest by whoever owns the mbuf.
#ifndef VSW_DATAPATH_PACKET_TUNNEL_MARK_H_
#define VSW_DATAPATH_PACKET_TUNNEL_MARK_H_

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <cstdint>

#include "base/status.h"
#include "datapath/packet/tunnel_set.h"

namespace vsw {

class TunnelMark {
 public:
  /// Reserves field and flag; REQUIRES: DPDK is set up. May be called again.
  static void Register() {
    static const rte_mbuf_dynfield field = {.name = "vsw_tunnel_set",
                                            .size = sizeof(const TunnelSet*),
                                            .align = alignof(const TunnelSet*),
                                            .flags = 0};
    static const rte_mbuf_dynflag flag = {.name = "vsw_tunnel_set", .flags = 0};
    offset_ = rte_mbuf_dynfield_register(&field);
    const int bit = rte_mbuf_dynflag_register(&flag);
    VSW_CHECK(offset_ >= 0 && bit >= 0);
    flag_ = uint64_t{1} << bit;
  }

  static void Attach(rte_mbuf* packet, const TunnelSet* set) {
    *RTE_MBUF_DYNFIELD(packet, offset_, const TunnelSet**) = set;
    packet->ol_flags |= flag_;
  }
  static void Detach(rte_mbuf* packet) { packet->ol_flags &= ~flag_; }
  /// nullptr: nothing was set.
  static const TunnelSet* Of(const rte_mbuf* packet) {
    if ((packet->ol_flags & flag_) == 0) return nullptr;
    return *RTE_MBUF_DYNFIELD(packet, offset_, const TunnelSet* const*);
  }

  /// The field as a link to another packet, for lists of those that nothing is set for.
  static rte_mbuf*& Link(rte_mbuf* packet) {
    return *RTE_MBUF_DYNFIELD(packet, offset_, rte_mbuf**);
  }

 private:
  static inline int offset_ = -1;
  static inline uint64_t flag_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_TUNNEL_MARK_H_
