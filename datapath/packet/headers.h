// SPDX-License-Identifier: Apache-2.0
//
// Where the headers of a frame stand, for those who change them. By the rules of the parser
// (parser.h): what the key has no fields of is not found here either.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_PACKET_HEADERS_H_
#define VSW_DATAPATH_PACKET_HEADERS_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace vsw {

enum class L3Header : uint8_t { kNone, kIpv4, kIpv6, kArp, kMpls };
enum class L4Header : uint8_t { kNone, kTcp, kUdp, kSctp, kIcmp, kIcmpv6 };  // IGMP as ICMP

/// Offsets from the start of the frame. 0: there is none.
struct PacketHeaders {
  uint16_t type = 0;         // of the Ethernet type, behind all tags that the key holds
  uint16_t snap_length = 0;  // of the 802.3 length in front of LLC and SNAP
  uint16_t l3 = 0;           // valid unless l3_header is kNone, like l4; but for kNone it is still
                             // where the header behind the Ethernet type begins
  uint16_t l4 = 0;
  uint16_t protocol = 0;                  // of the byte that says what is at l4; IP alone
  uint16_t nd_options = 0;                // of neighbour discovery
  uint16_t nd_source = 0, nd_target = 0;  // the address within the link-layer address option
  uint32_t end = 0;                       // of the IP packet; padding may follow
  uint16_t header_bytes = 0;              // what has to be in one piece to be changed
  L3Header l3_header = L3Header::kNone;
  L4Header l4_header = L4Header::kNone;
  bool fragment = false;
  bool has_ports = false;  // of TCP: its data offset can be, so that the parser believes the header
  // IPv6 with a routing header that has segments left: the checksum is over the final destination,
  // which is not the header's (RFC 8200 section 8.1).
  bool routed = false;
};

/// `bytes`: the first ones of the frame (as many as the parser reads), of `frame_bytes`. False: too
/// short for Ethernet.
bool LocateHeaders(std::span<const uint8_t> bytes, size_t frame_bytes, PacketHeaders* headers);

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_HEADERS_H_
