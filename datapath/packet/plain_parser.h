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

/// True: the frame is such a packet, and `*line` and line 0 of `key` are what ParsePacket() would
/// give, with `lines` as those that are written. False: nothing was written that counts; ask
/// ParsePacket().
[[gnu::always_inline]] inline bool ParsePlain(const rte_mbuf* packet, PortNo in_port, KeyLine* line,
                                              FlowKey* key, uint8_t lines = kLineBase) {
  // Numbers as they stand on the wire, in a little-endian register.
  constexpr uint16_t kIpv4 = 0x0008, kVlan = 0x0081, kQinq = 0xa888;
  constexpr uint16_t kPresent = 0x0010, kOffsetAndMore = 0xff3f, kTcpFlags = 0xff0f;
  constexpr uint8_t kVersionAndLength = 0x45, kTcp = 6, kUdp = 17;
  constexpr uint32_t kIpBytes = 20, kUdpBytes = 8, kTcpBytes = 20;
  constexpr uint32_t kEthernetBytes = 14, kTagBytes = 4;

  if (packet->data_len < kEthernetBytes + kTagBytes + kIpBytes + kTcpBytes) return false;
  const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  uint32_t l3 = kEthernetBytes;
  uint64_t tpid = 0, tci = 0;
  uint16_t type = Load<uint16_t>(frame + 12);
  if (type == kVlan || type == kQinq) {
    tpid = type;
    tci = Load<uint16_t>(frame + 14) | kPresent;
    type = Load<uint16_t>(frame + 16);
    l3 += kTagBytes;
  }
  if (type != kIpv4) return false;
  const uint8_t* const ip = frame + l3;
  const uint32_t total_bytes = __builtin_bswap16(Load<uint16_t>(ip + 2));
  if (ip[0] != kVersionAndLength || (Load<uint16_t>(ip + 6) & kOffsetAndMore) != 0 ||
      total_bytes > packet->pkt_len - l3) {
    return false;
  }
  const uint8_t* const l4 = ip + kIpBytes;
  const uint8_t proto = ip[9];
  uint64_t tcp_flags = 0;
  if (proto == kTcp) {
    const uint32_t header_bytes = (l4[12] >> 4) * 4u;
    if (header_bytes < kTcpBytes || total_bytes < kIpBytes + header_bytes) return false;
    tcp_flags = Load<uint16_t>(l4 + 12) & kTcpFlags;
  } else if (proto != kUdp || total_bytes < kIpBytes + kUdpBytes) {
    return false;
  }

  line->word[0] = ToInt(in_port);
  line->word[1] = Load<uint64_t>(frame);
  line->word[2] = Load<uint32_t>(frame + 8) | uint64_t{type} << 32 | tpid << 48;
  line->word[3] = tci | uint64_t{lines} << 56;
  line->word[4] = Load<uint64_t>(ip + 12);
  line->word[5] =
      proto | uint64_t{ip[1]} << 8 | uint64_t{ip[8]} << 16 | uint64_t{Load<uint32_t>(l4)} << 32;
  line->word[6] = tcp_flags;
  line->word[7] = 0;
  line->Store(key);
  return true;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_PLAIN_PARSER_H_
