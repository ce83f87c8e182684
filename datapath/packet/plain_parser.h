// SPDX-License-Identifier: Apache-2.0
//
// The parser's short way for what most packets are: IPv4 without options, whole, with TCP or UDP,
// behind no VLAN tag or one. The first line of the key is put together in registers and stored as
// words: hashing it right away would otherwise wait for a dozen small stores.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_PACKET_PLAIN_PARSER_H_
#define VSW_DATAPATH_PACKET_PLAIN_PARSER_H_

#include <rte_mbuf.h>

#include <cstdint>

#include "base/net_types.h"
#include "datapath/packet/key_line.h"
#include "datapath/packet/load.h"

namespace vsw {

/// A frame of this many bytes has a whole Ethernet header, whatever tags it has.
inline constexpr uint16_t kNeverMalformedBytes = 14 + 2 * 4;
/// As many bytes a plain frame has: the longest headers, of which nothing behind TCP's flags
/// counts.
inline constexpr uint32_t kPlainBytes = 14 + 4 + 20 + 20;

// Numbers as they stand on the wire, in a little-endian register.
inline constexpr uint16_t kWireIpv4 = 0x0008, kWireVlan = 0x0081, kWireQinq = 0xa888;

/// Where a plain frame has its headers.
struct PlainShape {
  uint32_t l3;  // where the IPv4 header begins
  bool tcp;     // else UDP

  bool tagged() const { return l3 != kUntaggedL3; }
  static constexpr uint32_t kUntaggedL3 = 14, kTaggedL3 = 18;
};

/// True: the parser's short way takes the frame, and this is its shape.
[[gnu::always_inline]] inline bool ReadPlainShape(const rte_mbuf* packet, PlainShape* shape) {
  constexpr uint16_t kOffsetAndMore = 0xff3f;
  constexpr uint8_t kVersionAndLength = 0x45, kTcp = 6, kUdp = 17;
  constexpr uint32_t kIpBytes = 20, kUdpBytes = 8, kTcpBytes = 20;
  if (packet->data_len < kPlainBytes) return false;
  const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  uint32_t l3 = PlainShape::kUntaggedL3;
  uint16_t type = Load<uint16_t>(frame + 12);
  if (type == kWireVlan || type == kWireQinq) {
    l3 = PlainShape::kTaggedL3;
    type = Load<uint16_t>(frame + 16);
  }
  if (type != kWireIpv4) return false;
  const uint8_t* const ip = frame + l3;
  const uint32_t total_bytes = __builtin_bswap16(Load<uint16_t>(ip + 2));
  if (ip[0] != kVersionAndLength || (Load<uint16_t>(ip + 6) & kOffsetAndMore) != 0 ||
      total_bytes > packet->pkt_len - l3) {
    return false;
  }
  const uint8_t proto = ip[9];
  if (proto == kTcp) {
    const uint32_t header_bytes = (ip[kIpBytes + 12] >> 4) * 4u;
    if (header_bytes < kTcpBytes || total_bytes < kIpBytes + header_bytes) return false;
  } else if (proto != kUdp || total_bytes < kIpBytes + kUdpBytes) {
    return false;
  }
  *shape = {.l3 = l3, .tcp = proto == kTcp};
  return true;
}

/// True: the frame is such a packet, and `*line` and line 0 of `key` are what ParsePacket() would
/// give, with `lines` as those that are written. False: nothing was written that counts; ask
/// ParsePacket().
[[gnu::always_inline]] inline bool ParsePlain(const rte_mbuf* packet, PortNo in_port, KeyLine* line,
                                              FlowKey* key, uint8_t lines = kLineBase) {
  constexpr uint16_t kPresent = 0x0010, kTcpFlags = 0xff0f;
  constexpr uint32_t kIpBytes = 20;
  PlainShape shape;
  if (!ReadPlainShape(packet, &shape)) return false;
  const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  const uint8_t* const ip = frame + shape.l3;
  const uint8_t* const l4 = ip + kIpBytes;
  uint64_t tpid = 0, tci = 0, tcp_flags = 0;
  if (shape.tagged()) {
    tpid = Load<uint16_t>(frame + 12);
    tci = Load<uint16_t>(frame + 14) | kPresent;
  }
  if (shape.tcp) tcp_flags = Load<uint16_t>(l4 + 12) & kTcpFlags;

  line->word[0] = ToInt(in_port);
  line->word[1] = Load<uint64_t>(frame);
  line->word[2] = Load<uint32_t>(frame + 8) | uint64_t{kWireIpv4} << 32 | tpid << 48;
  line->word[3] = tci | uint64_t{lines} << 56;
  line->word[4] = Load<uint64_t>(ip + 12);
  line->word[5] =
      ip[9] | uint64_t{ip[1]} << 8 | uint64_t{ip[8]} << 16 | uint64_t{Load<uint32_t>(l4)} << 32;
  line->word[6] = tcp_flags;
  line->word[7] = 0;
  line->Store(key);
  return true;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_PLAIN_PARSER_H_
