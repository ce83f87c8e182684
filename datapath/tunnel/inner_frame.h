// SPDX-License-Identifier: Apache-2.0
//
// What the sending side of a tunnel wants to know of the frame that it carries: the fields that the
// outer header takes over, and a hash that spreads flows over the paths of the underlay.
//
// Thread safety: pure function.
#ifndef VSW_DATAPATH_TUNNEL_INNER_FRAME_H_
#define VSW_DATAPATH_TUNNEL_INNER_FRAME_H_

#include <cstdint>

struct rte_mbuf;

namespace vsw {

struct InnerFrame {
  uint8_t ip_version = 0;  // 4 or 6; 0: not IP
  uint8_t tos = 0;
  uint8_t ttl = 0;
  uint16_t l3 = 14;   // offset of what is behind the Ethernet type
  uint32_t hash = 0;  // the same for all packets of a flow
};

InnerFrame ReadInnerFrame(const rte_mbuf* packet);

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_INNER_FRAME_H_
