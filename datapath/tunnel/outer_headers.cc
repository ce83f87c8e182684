// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/outer_headers.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "datapath/packet/checksum.h"
#include "datapath/packet/flow_key.h"
#include "datapath/tunnel/decap_table.h"
#include "datapath/tunnel/tunnel_headers.h"

namespace vsw {
namespace {

constexpr uint32_t kUdpBytes = 8;
constexpr uint32_t kGreChecksumAt = 4;  // behind the start of GRE's header
constexpr uint16_t kDontFragment = 0x4000;

template <typename T>
void Store(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

bool IsOwn(const rte_mbuf* packet) {
  return RTE_MBUF_DIRECT(packet) && rte_mbuf_refcnt_read(packet) == 1;
}

// Whether the header must say that an option inside is critical (RFC 8926 section 3.4).
bool HasCritical(const TunnelSet& set) {
  for (size_t at = 0; at + sizeof(GeneveOption) <= set.option_bytes;) {
    GeneveOption option;
    std::memcpy(&option, set.options() + at, sizeof(option));
    if ((option.type & GeneveOption::kCritical) != 0) return true;
    at += sizeof(option) + option.data_bytes();
  }
  return false;
}

// Room for `bytes` in front of the packet: `*packet` is its first buffer then.
uint8_t* MakeRoom(rte_mbuf** packet, uint32_t bytes, rte_mempool* pool) {
  if (IsOwn(*packet) && rte_pktmbuf_headroom(*packet) >= bytes) [[likely]] {
    return reinterpret_cast<uint8_t*>(rte_pktmbuf_prepend(*packet, static_cast<uint16_t>(bytes)));
  }
  rte_mbuf* head = rte_pktmbuf_alloc(pool);
  if (head == nullptr) return nullptr;
  auto* room = reinterpret_cast<uint8_t*>(rte_pktmbuf_append(head, static_cast<uint16_t>(bytes)));
  if (room == nullptr) {
    rte_pktmbuf_free(head);
    return nullptr;
  }
  head->next = *packet;
  head->nb_segs = static_cast<uint16_t>((*packet)->nb_segs + 1);
  head->pkt_len = (*packet)->pkt_len + bytes;
  *packet = head;
  return room;
}

// Whole lines where the headroom has them: a copy of constant length is a few vector moves.
void CopyInto(uint8_t* room, const uint8_t* headers_end, uint32_t bytes, uint32_t headroom) {
  const auto copy = [&](auto line) {
    std::memcpy(room + bytes - line(), headers_end - line(), line());
  };
  if (bytes <= 64 && bytes + headroom >= 64) {
    copy(std::integral_constant<size_t, 64>());
  } else if (bytes > 64 && bytes + headroom >= 128) {
    copy(std::integral_constant<size_t, 128>());
  } else {
    std::memcpy(room, headers_end - bytes, bytes);
  }
}

}  // namespace

// Headers one behind the other.
class OuterHeaders::Builder {
 public:
  template <typename Header>
  void Add(const Header& header) {
    std::memcpy(bytes_.data() + size_, &header, sizeof(header));
    size_ += static_cast<uint16_t>(sizeof(header));
  }
  void AddEthernet(const NextHop& next_hop, bool v4) {
    Add(next_hop.destination_mac);
    Add(next_hop.source_mac);
    Add(Be16::From(v4 ? 0x0800 : 0x86dd));
  }
  void AddIpv4(const IpAddress& local, const IpAddress& remote, uint8_t protocol, uint16_t frag) {
    Add(std::array<uint8_t, 6>{0x45});  // TOS, length and identification are the packet's
    Add(Be16::From(frag));
    Add(std::array<uint8_t, 4>{0, protocol});
    Add(local.v4());
    Add(remote.v4());
  }
  void AddIpv6(const IpAddress& local, const IpAddress& remote, uint8_t protocol) {
    Add(std::array<uint8_t, 8>{0x60, 0, 0, 0, 0, 0, protocol});
    Add(local.octets);
    Add(remote.octets);
  }
  void AddTunnel(const TunnelFacts& facts, bool gre_checksum) {
    const auto key = static_cast<uint32_t>(facts.out_key.value_or(0));
    if (facts.kind == TunnelKind::kVxlan) {
      Add(VxlanHeader{VxlanHeader::kFlagVni, 0, Be16{0}, Be32::From(key << 8)});
    } else if (facts.kind == TunnelKind::kGeneve) {
      Add(GeneveHeader{0, 0, Be16::From(kTransparentEthernet), Be32::From(key << 8)});
    } else {
      const bool has_key = facts.out_key_is_flow || facts.out_key.has_value();
      Add(GreHeader{Be16::From(static_cast<uint16_t>((gre_checksum ? GreHeader::kChecksum : 0) |
                                                     (has_key ? GreHeader::kKey : 0))),
                    Be16::From(kTransparentEthernet)});
      if (gre_checksum) Add(Be32{0});
      if (has_key) Add(Be32::From(key));
    }
  }
  uint16_t size() const { return size_; }
  const uint8_t* data() const { return bytes_.data(); }

 private:
  std::array<uint8_t, kRoom> bytes_{};
  uint16_t size_ = 0;
};

OuterHeaders::OuterHeaders(const TunnelConfig& config, const IpAddress& remote,
                           const NextHop& next_hop)
    : kind_(config.facts.kind),
      v4_(remote.is_v4()),
      udp_checksum_(kind_ != TunnelKind::kGre && (!v4_ || config.checksum)),
      gre_checksum_(kind_ == TunnelKind::kGre && config.checksum),
      key_is_flow_(config.facts.out_key_is_flow),
      gbp_(config.facts.gbp && kind_ == TunnelKind::kVxlan),
      dont_fragment_(config.dont_fragment),
      tos_(config.facts.tos),
      ttl_(config.facts.ttl),
      mtu_(next_hop.mtu) {
  const uint8_t protocol =
      kind_ == TunnelKind::kGre ? DecapTable::kProtocolGre : DecapTable::kProtocolUdp;
  Builder builder;
  builder.AddEthernet(next_hop, v4_);
  if (v4_) {
    builder.AddIpv4(next_hop.local, remote, protocol, dont_fragment_ ? kDontFragment : 0);
  } else {
    builder.AddIpv6(next_hop.local, remote, protocol);
  }
  l4_ = builder.size();
  if (kind_ != TunnelKind::kGre) {
    builder.Add(Be16{0});
    builder.Add(Be16::From(config.facts.udp_port));
    builder.Add(Be32{0});
  }
  tunnel_ = builder.size();
  builder.AddTunnel(config.facts, gre_checksum_);
  bytes_ = builder.size();
  std::memcpy(template_.end() - bytes_, builder.data(), bytes_);
  const uint8_t* ip = builder.data() + kEthernetBytes;
  if (v4_) ip_sum_ = FoldSum(AddBytes(0, ip, l4_ - kEthernetBytes));
  plain_ = v4_ && !udp_checksum_ && !gre_checksum_ && !key_is_flow_ && bytes_ <= kPlainRoom;
  PreparePlain(protocol, config.facts.udp_port);
  const Be32 protocol_word = Be32::From(protocol);
  const uint64_t addresses = v4_ ? AddBytes(0, ip + 12, 8) : AddBytes(0, ip + 8, 32);
  pseudo_sum_ = AddBytes(addresses, &protocol_word, sizeof(protocol_word));
}

void OuterHeaders::PreparePlain(uint8_t protocol, uint16_t udp_port) {
  tos_from_inner_ = tos_ ? kEcnMask : 0xff;
  tos_bits_ = static_cast<uint8_t>(tos_.value_or(0) & ~kEcnMask);
  ttl_from_inner_ = ttl_ ? 0 : 0xff;
  ttl_bits_ = ttl_.value_or(0);
  id_mask_ = dont_fragment_ ? 0 : 0xffff;  // as in FillIp()
  const uint16_t fragment = Be16::From(dont_fragment_ ? kDontFragment : uint16_t{0}).raw;
  ip_front_ = uint64_t{0x45} | uint64_t{fragment} << 48;
  ip_middle_ = uint32_t{protocol} << 8;
  udp_ = uint64_t{Be16::From(udp_port).raw} << 16;
}

rte_mbuf* OuterHeaders::Put(rte_mbuf* packet, const InnerFrame& inner, const TunnelSet* set,
                            uint16_t identification, rte_mempool* pool) const {
  const bool options = kind_ == TunnelKind::kGeneve && set != nullptr && set->option_bytes > 0;
  const uint32_t option_bytes = options ? set->option_bytes : 0;
  uint8_t* room = MakeRoom(&packet, bytes_ + option_bytes, pool);
  if (room == nullptr) return nullptr;
  packet->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
  packet->tx_offload = 0;
  CopyInto(room, template_.data() + kRoom, bytes_, rte_pktmbuf_headroom(packet));
  const uint32_t ip_bytes = packet->pkt_len - kEthernetBytes;
  FillIp(room + kEthernetBytes, inner, set, ip_bytes, identification);
  if (set != nullptr || key_is_flow_) [[unlikely]] {
    FillTunnel(room + tunnel_, set);
    if (options) std::memcpy(room + bytes_, set->options(), option_bytes);
  }
  if (kind_ != TunnelKind::kGre) {
    FillUdp(room + l4_, inner, packet->pkt_len - l4_, packet);
  } else if (gre_checksum_) {
    const auto checksum = static_cast<uint16_t>(~FoldSum(AddMbuf(0, packet, l4_)));
    Store(room + tunnel_ + kGreChecksumAt, checksum);
  }
  return packet;
}

void OuterHeaders::FillIp(uint8_t* ip, const InnerFrame& inner, const TunnelSet* set,
                          uint32_t ip_bytes, uint16_t identification) const {
  uint8_t dscp = tos_.value_or(inner.tos);
  uint8_t ttl = ttl_.value_or(inner.ip_version != 0 ? inner.ttl : kDefaultTunnelTtl);
  if (set != nullptr && set->has(TunnelSet::kTos)) dscp = set->tos;
  if (set != nullptr && set->has(TunnelSet::kTtl)) ttl = set->ttl;
  const uint8_t tos = OuterTos(dscp, inner.tos);
  if (!v4_) {
    // Routers spread what has no ports by the label (RFC 6438).
    const uint32_t label = inner.hash & 0xfffff;
    Store(ip, Be32::From(0x60000000u | uint32_t{tos} << 20 | label));
    Store(ip + 4, Be16::From(static_cast<uint16_t>(ip_bytes - 40)));
    ip[7] = ttl;
    return;
  }
  // Without fragments nobody needs an identification (RFC 6864 section 4.1).
  const Be16 id = Be16::From(dont_fragment_ ? uint16_t{0} : identification);
  const Be16 length = Be16::From(static_cast<uint16_t>(ip_bytes));
  ip[1] = tos;
  Store(ip + 2, length);
  Store(ip + 4, id);
  ip[8] = ttl;
  // The words of TOS and TTL as they stand in memory.
  const uint64_t sum = uint64_t{ip_sum_} + (uint32_t{tos} << 8) + length.raw + id.raw + ttl;
  Store(ip + 10, static_cast<uint16_t>(~FoldSum(sum)));
}

void OuterHeaders::FillUdp(uint8_t* udp, const InnerFrame& inner, uint32_t udp_bytes,
                           rte_mbuf* packet) const {
  const Be16 length = Be16::From(static_cast<uint16_t>(udp_bytes));
  Store(udp, Be16::From(static_cast<uint16_t>(kFirstSourcePort | (inner.hash & 0x3fff))));
  Store(udp + 4, length);
  if (!udp_checksum_) return;
  // The way out sums the rest, in hardware where it can.
  Store(udp + 6, FoldSum(AddSums(pseudo_sum_, length.raw)));
  packet->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM | (v4_ ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
  packet->l2_len = kEthernetBytes;
  packet->l3_len = v4_ ? 20 : 40;
}

void OuterHeaders::FillTunnel(uint8_t* tunnel, const TunnelSet* set) const {
  const auto key =
      static_cast<uint32_t>(set != nullptr && set->has(TunnelSet::kId) ? set->tun_id : 0);
  if (kind_ == TunnelKind::kGre) {
    if (key_is_flow_) Store(tunnel + kGreChecksumAt + (gre_checksum_ ? 4 : 0), Be32::From(key));
    return;
  }
  if (key_is_flow_) Store(tunnel + 4, Be32::From(key << 8));
  if (set == nullptr) return;
  if (gbp_ && set->has(TunnelSet::kGbp)) {
    tunnel[0] |= VxlanHeader::kFlagGbp;
    tunnel[1] = set->gbp_flags & VxlanHeader::kGbpFlags;
    Store(tunnel + 2, Be16::From(set->gbp_id));
  } else if (kind_ == TunnelKind::kGeneve) {
    tunnel[0] = set->option_bytes / 4;
    if (set->has(TunnelSet::kFlags) && (set->flags & kTunnelOam) != 0) {
      tunnel[1] |= GeneveHeader::kFlagOam;
    }
    if (HasCritical(*set)) tunnel[1] |= GeneveHeader::kFlagCritical;
  }
}

}  // namespace vsw
