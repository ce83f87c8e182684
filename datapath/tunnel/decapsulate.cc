// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/decapsulate.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

#include "datapath/packet/checksum.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/partial_checksum.h"
#include "datapath/tunnel/ecn.h"
#include "datapath/tunnel/tunnel_headers.h"

namespace vsw {
namespace {

constexpr uint32_t kEthernetBytes = 14;
constexpr uint32_t kTagBytes = 4;
constexpr uint32_t kIpv6Bytes = 40;
constexpr uint32_t kUdpBytes = 8;
constexpr uint8_t kDestinationOptions = 60;
constexpr uint8_t kOptionMustBeKnown = 0xc0;
// Ethernet with two tags, IPv4 with options, UDP and the longest tunnel header.
constexpr uint32_t kMaxOuterBytes =
    kEthernetBytes + 2 * kTagBytes + 60 + kUdpBytes + kMaxTunnelHeaderBytes;

constexpr DecapResult Drop(DropReason reason) { return {DecapVerdict::kDrop, reason}; }

// The outer headers in one piece, and where they stand in the frame.
struct Outer {
  const uint8_t* bytes;
  uint32_t size;  // of what is in one piece
  bool v4;
  uint32_t l3, l4;  // offsets
  uint32_t end;     // of the IP packet; padding may follow
};

uint16_t Load16(const uint8_t* at) {
  Be16 value;
  std::memcpy(&value, at, sizeof(value));
  return value.Get();
}

// Goes past destination options: Linux puts its tunnel encapsulation limit (RFC 2473 section 5.1)
// in front of GRE. Options that a receiver must know (RFC 8200 section 4.2) and other extension
// headers have no tunnel behind them.
bool FollowsIpv6(uint8_t next, uint8_t protocol, Outer* outer) {
  while (next == kDestinationOptions) {
    if (outer->l4 + 2 > outer->size) return false;
    const uint8_t* header = outer->bytes + outer->l4;
    const uint32_t bytes = (header[1] + 1u) * 8;
    if (outer->l4 + bytes > outer->size) return false;
    for (uint32_t at = 2; at + 1 < bytes; at += header[at] == 0 ? 1 : 2u + header[at + 1]) {
      if ((header[at] & kOptionMustBeKnown) != 0) return false;
    }
    next = header[0];
    outer->l4 += bytes;
  }
  return next == protocol;
}

// What the parser saw it has seen whole, but for what stands behind the IP header.
bool Locate(const rte_mbuf* packet, const FlowKey& key, uint8_t* buffer, Outer* outer) {
  outer->size = std::min(packet->pkt_len, kMaxOuterBytes);
  outer->bytes = static_cast<const uint8_t*>(rte_pktmbuf_read(packet, 0, outer->size, buffer));
  if (outer->bytes == nullptr) return false;
  outer->v4 = key.eth_type == Be16::From(0x0800);
  outer->l3 = kEthernetBytes;
  for (const VlanTag& tag : key.vlan) outer->l3 += tag.tpid.is_zero() ? 0 : kTagBytes;
  // 802.2 with SNAP has its type elsewhere; no tunnel is sent so.
  if (Load16(outer->bytes + outer->l3 - 2) != key.eth_type.Get()) return false;
  const uint8_t* ip = outer->bytes + outer->l3;
  if (outer->v4) {
    outer->l4 = outer->l3 + (ip[0] & 0xfu) * 4;
    outer->end = outer->l3 + Load16(ip + 2);
  } else {
    outer->l4 = outer->l3 + kIpv6Bytes;
    outer->end = outer->l4 + Load16(ip + 4);
  }
  return outer->v4 || FollowsIpv6(ip[6], key.ip_proto, outer);
}

bool Ipv4ChecksumHolds(const Outer& outer) {
  return FoldSum(AddBytes(0, outer.bytes + outer.l3, outer.l4 - outer.l3)) == 0xffff;
}

uint64_t PseudoHeaderSum(const Outer& outer, uint8_t protocol, uint32_t length) {
  const uint8_t* ip = outer.bytes + outer.l3;
  const uint64_t sum = outer.v4 ? AddBytes(0, ip + 12, 8) : AddBytes(0, ip + 8, 32);
  const uint32_t words[2] = {Be32::From(length).raw, Be32::From(protocol).raw};
  return AddBytes(sum, words, sizeof(words));
}

// REQUIRES: nothing stands behind the IP packet.
bool SumHolds(const rte_mbuf* packet, uint64_t sum, const Outer& outer) {
  return FoldSum(AddMbuf(sum, packet, outer.l4)) == 0xffff;
}

// The UDP header; kNone if what it carries can be looked at.
DropReason CheckUdp(rte_mbuf* packet, const Outer& outer, bool trusted) {
  if (outer.size < outer.l4 + kUdpBytes) return DropReason::kTunnelMalformed;
  const uint8_t* udp = outer.bytes + outer.l4;
  if (Load16(udp + 4) != outer.end - outer.l4) return DropReason::kTunnelMalformed;
  // None at all is right for IPv4 (RFC 768), and for tunnels over IPv6 too (RFC 6935, 6936).
  if (trusted || Load16(udp + 6) == 0) return DropReason::kNone;
  const uint64_t pseudo = PseudoHeaderSum(outer, DecapTable::kProtocolUdp, outer.end - outer.l4);
  return SumHolds(packet, pseudo, outer) ? DropReason::kNone : DropReason::kTunnelChecksum;
}

DropReason ReadHeader(rte_mbuf* packet, const Outer& outer, TunnelKind kind, TunnelHeader* header,
                      uint32_t* inner_at) {
  const bool trusted = (packet->ol_flags & kPartialChecksumFlags) != 0;
  const bool gre = kind == TunnelKind::kGre;
  if (outer.v4 && !Ipv4ChecksumHolds(outer)) return DropReason::kTunnelChecksum;
  if (!gre) {
    const DropReason reason = CheckUdp(packet, outer, trusted);
    if (reason != DropReason::kNone) return reason;
  }
  const uint32_t at = outer.l4 + (gre ? 0 : kUdpBytes);
  const uint32_t seen = std::min(outer.size, outer.end);
  if (at > seen) return DropReason::kTunnelMalformed;
  const DropReason reason = ReadTunnelHeader(kind, {outer.bytes + at, size_t{seen} - at}, header);
  if (reason != DropReason::kNone) return reason;
  if (header->has_checksum && !trusted && !SumHolds(packet, 0, outer)) {
    return DropReason::kTunnelChecksum;
  }
  *inner_at = at + header->bytes;
  return DropReason::kNone;
}

TunnelMatch MatchOf(const FlowKey& key, TunnelKind kind, const TunnelHeader& header, bool v4) {
  return {.remote = v4 ? IpAddress::FromV4(key.ipv4_src) : IpAddress::FromV6(key.ipv6_src.data()),
          .local = v4 ? IpAddress::FromV4(key.ipv4_dst) : IpAddress::FromV6(key.ipv6_dst.data()),
          .key = header.key,
          .udp_port = kind == TunnelKind::kGre ? uint16_t{0} : key.l4_dst.Get(),
          .kind = kind,
          .has_key = header.has_key};
}

// The tunnel lines, from the outer fields of the same key. `*lines` are those written.
DropReason WriteTunnelLines(const Outer& outer, const TunnelHeader& header,
                            const DecapTable::Entry& entry, bool outer_checksum, FlowKey* key,
                            uint8_t* lines) {
  std::memset(key->line(3), 0, kLineBytes);
  *lines = kLineTunnel;
  key->tun_id = Be64::From(header.key);
  if (outer.v4) {
    key->tun_ipv4_src = key->ipv4_src;
    key->tun_ipv4_dst = key->ipv4_dst;
  } else {
    key->tun_ipv6_src = key->ipv6_src;
    key->tun_ipv6_dst = key->ipv6_dst;
  }
  key->tun_tos = key->ip_tos;
  key->tun_ttl = key->ip_ttl;
  key->tun_flags = Be16::From(static_cast<uint16_t>((header.has_key ? kTunnelKeyPresent : 0) |
                                                    (header.oam ? kTunnelOam : 0) |
                                                    (outer_checksum ? kTunnelChecksum : 0)));
  if (entry.gbp && header.has_gbp) {
    key->tun_gbp_id = Be16::From(header.gbp_id);
    key->tun_gbp_flags = header.gbp_flags;
  }
  if (header.options.empty()) return DropReason::kNone;
  key->tun_metadata.fill(0);
  uint64_t present = 0;
  const DropReason reason =
      ReadGeneveOptions(header.options, entry.options.get(), key->tun_metadata, &present);
  key->tun_metadata_present = Be64::From(present);
  if (present != 0) *lines |= kLineTunnelOptions;
  return reason;
}

// Takes off what pads the frame behind the IP packet; over several segments nobody pads.
bool TakeOffPadding(rte_mbuf* packet, uint32_t end) {
  return packet->pkt_len <= end ||
         rte_pktmbuf_trim(packet, static_cast<uint16_t>(packet->pkt_len - end)) == 0;
}

// Takes the outer headers off, `at` bytes.
bool Strip(rte_mbuf* head, uint32_t at) {
  if (rte_pktmbuf_adj(head, static_cast<uint16_t>(at)) == nullptr) return false;
  if ((head->ol_flags & kPartialChecksumFlags) == 0) return true;
  if (head->l2_len > at) {
    head->l2_len = (head->l2_len - at) & 0x7f;
  } else {
    head->ol_flags &= ~(kPartialChecksumFlags | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6);
  }
  return true;
}

// Gives the inner IP header the mark that the way has made; its checksum and the key follow.
bool TakeOverEcn(rte_mbuf* packet, uint8_t outer_tos, FlowKey* key) {
  const bool v4 = key->eth_type == Be16::From(0x0800) && key->ip_ttl + key->ip_proto != 0;
  const bool v6 = (key->lines & kLineIpv6) != 0;
  if (!v4 && !v6) return true;
  const uint8_t ecn = DecapsulatedEcn(outer_tos, key->ip_tos);
  if (ecn == kMustDrop) return false;
  const auto tos = static_cast<uint8_t>((key->ip_tos & ~kEcnMask) | ecn);
  if (tos == key->ip_tos) return true;
  uint32_t l3 = kEthernetBytes;
  for (const VlanTag& tag : key->vlan) l3 += tag.tpid.is_zero() ? 0 : kTagBytes;
  uint8_t head[2];
  if (l3 + 20 > packet->pkt_len) return true;
  ReadMbuf(packet, l3, head, sizeof(head));
  if (head[0] >> 4 != (v4 ? 4 : 6)) return true;  // behind SNAP: left as it is
  if (v4) {
    uint16_t checksum, before, after;
    std::memcpy(&before, head, sizeof(before));
    head[1] = tos;
    std::memcpy(&after, head, sizeof(after));
    ReadMbuf(packet, l3 + 10, &checksum, sizeof(checksum));
    // RFC 1624: HC' = ~(~HC + ~m + m').
    const uint64_t sum =
        uint64_t{static_cast<uint16_t>(~checksum)} + static_cast<uint16_t>(~before) + after;
    checksum = static_cast<uint16_t>(~FoldSum(sum));
    WriteMbuf(packet, l3 + 10, &checksum, sizeof(checksum));
  } else {
    head[0] = static_cast<uint8_t>((head[0] & 0xf0) | tos >> 4);
    head[1] = static_cast<uint8_t>((head[1] & 0x0f) | tos << 4);
  }
  WriteMbuf(packet, l3, head, sizeof(head));
  key->ip_tos = tos;
  return true;
}

TunnelKind KindOf(const FlowKey& key, const DecapTable& table) {
  if (!table.Receives(key.ip_proto, key.l4_dst.Get())) return TunnelKind::kNone;
  return key.ip_proto == DecapTable::kProtocolGre ? TunnelKind::kGre
                                                  : table.KindAt(key.l4_dst.Get());
}

}  // namespace

DecapResult Decapsulate(rte_mbuf* packet, const DecapTable& table, FlowKey* key) {
  // The port of a fragment is known of the first one alone; of GRE all are.
  const TunnelKind kind = KindOf(*key, table);
  if (kind == TunnelKind::kNone) return {DecapVerdict::kNotForTunnel};
  if ((key->ip_frag & kFragAny) != 0) return Drop(DropReason::kTunnelFragment);
  uint8_t buffer[kMaxOuterBytes];
  Outer outer;
  if (!Locate(packet, *key, buffer, &outer)) return {DecapVerdict::kNotForTunnel};
  if (!TakeOffPadding(packet, outer.end)) return Drop(DropReason::kTunnelMalformed);
  TunnelHeader header;
  uint32_t inner_at = 0;
  DropReason reason = ReadHeader(packet, outer, kind, &header, &inner_at);
  if (reason == DropReason::kTunnelUnknown) return {DecapVerdict::kUnknown};
  if (reason != DropReason::kNone) return Drop(reason);
  const DecapTable::Entry* entry = table.Find(MatchOf(*key, kind, header, outer.v4));
  if (entry == nullptr) return {DecapVerdict::kUnknown};
  const bool outer_checksum =
      header.has_checksum || (kind != TunnelKind::kGre && Load16(outer.bytes + outer.l4 + 6) != 0);
  uint8_t lines = 0;
  reason = WriteTunnelLines(outer, header, *entry, outer_checksum, key, &lines);
  if (reason != DropReason::kNone) return {DecapVerdict::kDrop, reason, entry->port};
  const uint8_t outer_tos = key->tun_tos;
  if (!Strip(packet, inner_at)) {
    return {DecapVerdict::kDrop, DropReason::kTunnelMalformed, entry->port};
  }
  reason = ParsePacket(packet, entry->port, key);
  if (reason != DropReason::kNone) return {DecapVerdict::kDrop, reason, entry->port};
  key->lines |= lines;
  if ((outer_tos & kEcnMask) != 0 && !TakeOverEcn(packet, outer_tos, key)) {
    return {DecapVerdict::kDrop, DropReason::kTunnelEcn, entry->port};
  }
  return {DecapVerdict::kDone, DropReason::kNone, entry->port};
}

}  // namespace vsw
