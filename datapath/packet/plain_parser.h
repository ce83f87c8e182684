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
#include <cstring>

#include "base/net_types.h"
#include "datapath/packet/key_line.h"

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
  const auto load = []<typename T>(const uint8_t* p, T) {
    T value;
    std::memcpy(&value, p, sizeof(value));
    return value;
  };
  constexpr uint16_t k16 = 0;
  constexpr uint32_t k32 = 0;
  constexpr uint64_t k64 = 0;

  if (packet->data_len < kEthernetBytes + kTagBytes + kIpBytes + kTcpBytes) return false;
  const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  uint32_t l3 = kEthernetBytes;
  uint64_t tpid = 0, tci = 0;
  uint16_t type = load(frame + 12, k16);
  if (type == kVlan || type == kQinq) {
    tpid = type;
    tci = load(frame + 14, k16) | kPresent;
    type = load(frame + 16, k16);
    l3 += kTagBytes;
  }
  if (type != kIpv4) return false;
  const uint8_t* const ip = frame + l3;
  const uint32_t total_bytes = __builtin_bswap16(load(ip + 2, k16));
  if (ip[0] != kVersionAndLength || (load(ip + 6, k16) & kOffsetAndMore) != 0 ||
      total_bytes > packet->pkt_len - l3) {
    return false;
  }
  const uint8_t* const l4 = ip + kIpBytes;
  const uint8_t proto = ip[9];
  uint64_t tcp_flags = 0;
  if (proto == kTcp) {
    const uint32_t header_bytes = (l4[12] >> 4) * 4u;
    if (header_bytes < kTcpBytes || total_bytes < kIpBytes + header_bytes) return false;
    tcp_flags = load(l4 + 12, k16) & kTcpFlags;
  } else if (proto != kUdp || total_bytes < kIpBytes + kUdpBytes) {
    return false;
  }

  line->word[0] = ToInt(in_port);
  line->word[1] = load(frame, k64);
  line->word[2] = load(frame + 8, k32) | uint64_t{type} << 32 | tpid << 48;
  line->word[3] = tci | uint64_t{lines} << 56;
  line->word[4] = load(ip + 12, k64);
  line->word[5] =
      proto | uint64_t{ip[1]} << 8 | uint64_t{ip[8]} << 16 | uint64_t{load(l4, k32)} << 32;
  line->word[6] = tcp_flags;
  line->word[7] = 0;
  line->Store(key);
  return true;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_PLAIN_PARSER_H_
