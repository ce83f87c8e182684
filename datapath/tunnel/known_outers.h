// SPDX-License-Identifier: Apache-2.0
//
// What was found out about outer headers, for the next packet that has the same: most packets of a
// tunnel differ outside in lengths, checksum and UDP source port alone, and those are checked by
// themselves. Plain outer headers are meant: untagged IPv4 without options or fragments, with VXLAN
// or Geneve over UDP without a checksum, or GRE with a key or nothing; no ECN mark that would have
// to be brought inside; nothing behind the IP packet. All others take the long way each time.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_TUNNEL_KNOWN_OUTERS_H_
#define VSW_DATAPATH_TUNNEL_KNOWN_OUTERS_H_

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "base/net_types.h"
#include "datapath/packet/checksum.h"
#include "datapath/packet/flow_key.h"
#include "datapath/packet/load.h"
#include "datapath/packet/partial_checksum.h"

namespace vsw {

/// Plain outer headers as words, in the byte order of the wire.
struct PlainOuter {
  uint64_t addresses = 0;    // IPv4's, both
  uint64_t tunnel = 0;       // the tunnel header; of GRE without a key its four bytes
  uint64_t destination = 0;  // Ethernet's and the UDP port
  uint64_t place = 0;        // the port that it came in by, and how long all headers are
  uint8_t tos = 0, ttl = 0;

  uint32_t bytes() const { return static_cast<uint32_t>(place >> 32); }
  bool IsLike(const PlainOuter& other) const {
    return ((addresses ^ other.addresses) | (tunnel ^ other.tunnel) |
            (destination ^ other.destination) | (place ^ other.place)) == 0;
  }
};

/// False: the packet has no plain outer headers, or they are not right. True: its lengths and its
/// IPv4 checksum are right, and the headers are in one piece with what an Ethernet header takes.
[[gnu::always_inline]] inline bool ReadPlainOuter(const rte_mbuf* packet, PortNo in_port,
                                                  PlainOuter* outer) {
  // Numbers as they stand on the wire, in a little-endian register.
  constexpr uint16_t kIpv4 = 0x0008, kGreKey = 0x0020;
  // Version, header length, the ECN bit that would have to be looked at, fragment and its offset.
  constexpr uint64_t kFixedBits = 0xff3f'0000'0000'01ff, kFixed = 0x45;
  constexpr uint64_t kMacBits = 0x0000'ffff'ffff'ffff;
  constexpr uint8_t kUdp = 17, kGre = 47;
  constexpr uint32_t kEthernetBytes = 14, kIpBytes = 20, kUdpBytes = 8, kTunnelBytes = 8;
  constexpr uint32_t kMostBytes = kEthernetBytes + kIpBytes + kUdpBytes + kTunnelBytes;

  if (packet->data_len < kMostBytes + kEthernetBytes ||
      (packet->ol_flags & kPartialChecksumFlags) != 0) {
    return false;
  }
  const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  const uint8_t* const ip = frame + kEthernetBytes;
  const uint64_t first = Load<uint64_t>(ip), second = Load<uint64_t>(ip + 8);
  const uint32_t ip_bytes = __builtin_bswap16(static_cast<uint16_t>(first >> 16));
  if (Load<uint16_t>(frame + 12) != kIpv4 || (first & kFixedBits) != kFixed ||
      kEthernetBytes + ip_bytes != packet->pkt_len) {
    return false;
  }
  const uint64_t sum =
      (first & 0xffffffff) + (first >> 32) + (second & 0xffffffff) + (second >> 32);
  if (FoldSum(sum + Load<uint32_t>(ip + 16)) != 0xffff) return false;
  outer->addresses = Load<uint64_t>(ip + 12);
  outer->destination = Load<uint64_t>(frame) & kMacBits;
  outer->tos = static_cast<uint8_t>(first >> 8);
  outer->ttl = static_cast<uint8_t>(second);
  const auto protocol = static_cast<uint8_t>(second >> 8);
  const uint8_t* const l4 = ip + kIpBytes;
  uint64_t bytes = kMostBytes;
  if (protocol == kUdp) [[likely]] {
    const uint64_t udp = Load<uint64_t>(l4);
    const uint32_t udp_bytes = __builtin_bswap16(static_cast<uint16_t>(udp >> 32));
    if (udp >> 48 != 0 || kIpBytes + udp_bytes != ip_bytes) return false;
    outer->destination |= (udp & 0xffff0000) << 32;
    outer->tunnel = Load<uint64_t>(l4 + kUdpBytes);
  } else if (protocol == kGre && Load<uint16_t>(l4) == kGreKey) {
    outer->tunnel = Load<uint64_t>(l4);
    bytes -= kUdpBytes;
  } else if (protocol == kGre && Load<uint16_t>(l4) == 0) {
    outer->tunnel = Load<uint32_t>(l4);
    bytes -= kUdpBytes + kTunnelBytes / 2;
  } else {
    return false;
  }
  outer->place = ToInt(in_port) | bytes << 32;
  return true;
}

class KnownOuters {
 public:
  /// Headers that lead to a tunnel port, and what the key of a packet behind them has of them.
  struct alignas(64) Known {
    PlainOuter outer;
    PortNo port = kNoPort;
    alignas(64) uint64_t line[kLineBytes / sizeof(uint64_t)] = {};

    /// As Decapsulate() would; the packet's own TOS and TTL are those in `own`.
    [[gnu::always_inline]] void WriteTunnelLine(const PlainOuter& own, FlowKey* key) const {
      uint8_t* const to = key->line(3);
#pragma GCC unroll 8
      for (size_t i = 0; i < kLineBytes / sizeof(uint64_t); ++i) {
        uint64_t word = line[i];
        if (i == kFlagsWord)
          word |= uint64_t{own.tos} << kTosShift | uint64_t{own.ttl} << kTtlShift;
        std::memcpy(to + i * sizeof(word), &word, sizeof(word));
      }
    }
  };

  /// Forgets all when `generation` is another one than before: what tunnels and addresses there are
  /// has changed.
  void Begin(uint64_t generation) {
    if (generation != generation_) [[unlikely]]
      Forget(generation);
  }
  /// Takes the outer headers off a packet from `in_port`, and writes what they were. nullptr: they
  /// are not known, and the packet is as it was. Good until the next Learn() or Begin().
  [[gnu::always_inline]] const Known* Peel(rte_mbuf* packet, PortNo in_port,
                                           PlainOuter* outer) const {
    if (!ReadPlainOuter(packet, in_port, outer)) return nullptr;
    const Known& known = known_[IndexOf(*outer)];
    if (!known.outer.IsLike(*outer)) [[unlikely]]
      return nullptr;
    const auto bytes = static_cast<uint16_t>(outer->bytes());
    packet->data_off = static_cast<uint16_t>(packet->data_off + bytes);
    packet->data_len = static_cast<uint16_t>(packet->data_len - bytes);
    packet->pkt_len -= bytes;
    return &known;
  }
  /// What Decapsulate() found behind `outer`, of which it took `bytes` off: the key of the frame.
  void Learn(const PlainOuter& outer, uint32_t bytes, const FlowKey& key) {
    // Options of Geneve are looked at in each packet.
    if (bytes != outer.bytes()) return;
    Known& known = known_[IndexOf(outer)];
    known.outer = outer;
    known.port = key.in_port;
    std::memcpy(known.line, key.line(3), kLineBytes);
    known.line[kFlagsWord] &= ~(uint64_t{0xff} << kTosShift | uint64_t{0xff} << kTtlShift);
  }

 private:
  static constexpr size_t kBits = 7;
  // The word of the line that has TOS and TTL.
  static constexpr size_t kFlagsWord = 6;
  static constexpr int kTosShift = 40, kTtlShift = 48;
  static_assert(offsetof(FlowKey, tun_flags) - offsetof(FlowKey, tun_id) == kFlagsWord * 8);
  static_assert(offsetof(FlowKey, tun_tos) - offsetof(FlowKey, tun_flags) == kTosShift / 8);
  static_assert(offsetof(FlowKey, tun_ttl) - offsetof(FlowKey, tun_flags) == kTtlShift / 8);

  static size_t IndexOf(const PlainOuter& outer) {
    return ((outer.addresses ^ outer.tunnel) * 0x9e3779b97f4a7c15) >> (64 - kBits);
  }
  void Forget(uint64_t generation) {
    known_.fill({});  // the length of no headers is 0
    generation_ = generation;
  }

  uint64_t generation_ = 0;
  std::array<Known, size_t{1} << kBits> known_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_KNOWN_OUTERS_H_
