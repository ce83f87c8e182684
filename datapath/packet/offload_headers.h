// SPDX-License-Identifier: Apache-2.0
//
// Where the headers of a frame end, as offloads need to know it: Ethernet with any VLAN tags, IPv4
// or IPv6 with its extension headers, TCP or UDP. Reads no byte outside the frame, whatever the
// frame says.
//
// Thread safety: pure function.
#ifndef VSW_DATAPATH_PACKET_OFFLOAD_HEADERS_H_
#define VSW_DATAPATH_PACKET_OFFLOAD_HEADERS_H_

#include <cstdint>

struct rte_mbuf;

namespace vsw {

struct L4Location {
  bool found = false;  // unfragmented TCP or UDP with its header within the frame
  bool tcp = false;
  bool ipv6 = false;
  uint16_t l2_bytes = 0, l3_bytes = 0, l4_bytes = 0;  // l3 with options and extension headers
  uint8_t tcp_flags = 0;
};

L4Location LocateL4(const rte_mbuf* packet);

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_OFFLOAD_HEADERS_H_
