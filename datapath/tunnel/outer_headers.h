// SPDX-License-Identifier: Apache-2.0
//
// The outer headers of one tunnel to one next hop, made once and copied in front of each packet.
// What differs from packet to packet (lengths, source port, TOS, TTL, and where rules decide key,
// policy and options) is filled in behind the copy.
//
// Thread safety: a value; Put() writes to a packet that the caller owns.
#ifndef VSW_DATAPATH_TUNNEL_OUTER_HEADERS_H_
#define VSW_DATAPATH_TUNNEL_OUTER_HEADERS_H_

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "datapath/packet/tunnel_set.h"
#include "datapath/tunnel/ecn.h"
#include "datapath/tunnel/inner_frame.h"
#include "datapath/tunnel/inner_offload.h"
#include "datapath/tunnel/next_hop.h"
#include "datapath/tunnel/tunnel_config.h"

struct rte_mempool;

namespace vsw {

class OuterHeaders {
 public:
  OuterHeaders() = default;
  /// REQUIRES: remote and next_hop.local are of one family.
  OuterHeaders(const TunnelConfig& config, const IpAddress& remote, const NextHop& next_hop);

  /// Of all headers with those of Ethernet, and without Geneve options.
  uint32_t bytes() const { return bytes_; }
  OuterShape shape(uint32_t option_bytes) const {
    return {kind_,         v4_, udp_checksum_,
            gre_checksum_, l4_, static_cast<uint16_t>(bytes_ + option_bytes)};
  }
  /// The longest frame that may be put inside, with `option_bytes` of options.
  uint32_t MaxInnerBytes(uint32_t option_bytes) const {
    const uint32_t overhead = bytes_ - kEthernetBytes + option_bytes;
    return mtu_ > overhead ? mtu_ - overhead : 0;
  }

  /// Puts the headers in front of `packet`, a finished frame, where nobody else sees its headroom;
  /// else in a buffer of their own. Returns the whole packet, with the outer UDP checksum left to
  /// the way out if there is to be one; nullptr: `pool` ran dry, and the packet is as it was. `set`
  /// may be nullptr. `identification` is IPv4's.
  rte_mbuf* Put(rte_mbuf* packet, const InnerFrame& inner, const TunnelSet* set,
                uint16_t identification, rte_mempool* pool) const;

  /// The same for a packet that nothing was set for, if the template is right but for a few fields.
  /// False: the packet is as it was, and needs Put().
  [[gnu::always_inline]] bool PutPlain(rte_mbuf* packet, uint16_t identification) const;

  static constexpr uint32_t kEthernetBytes = 14;

 private:
  static constexpr uint32_t kRoom = 128;  // Ethernet, IPv6, UDP and Geneve take 70
  static constexpr uint32_t kPlainRoom = 64;
  static constexpr uint16_t kFirstSourcePort = 49152;  // RFC 7348 section 5, RFC 8926 section 3.3

  class Builder;
  void PreparePlain(uint8_t protocol, uint16_t udp_port);
  [[gnu::always_inline]] void WritePlain(rte_mbuf* packet, uint8_t inner_tos, uint8_t inner_ttl,
                                         uint32_t hash, uint16_t identification) const;
  void FillIp(uint8_t* ip, const InnerFrame& inner, const TunnelSet* set, uint32_t ip_bytes,
              uint16_t identification) const;
  void FillUdp(uint8_t* udp, const InnerFrame& inner, uint32_t udp_bytes, rte_mbuf* packet) const;
  void FillTunnel(uint8_t* tunnel, const TunnelSet* set) const;

  alignas(64) std::array<uint8_t, kRoom> template_{};  // right-aligned: ends where the frame begins
  uint16_t bytes_ = 0;
  uint16_t l4_ = 0;      // offset of UDP or GRE
  uint16_t tunnel_ = 0;  // offset of the tunnel header
  TunnelKind kind_ = TunnelKind::kNone;
  bool v4_ = true;
  bool udp_checksum_ = false;
  bool gre_checksum_ = false;
  bool key_is_flow_ = false;
  bool gbp_ = false;
  bool dont_fragment_ = true;
  bool plain_ = false;  // over IPv4, without checksums of payload and without fields set by rules
  // Of PutPlain(): which bits are those of the frame inside, and the others.
  uint8_t tos_from_inner_ = 0, tos_bits_ = 0, ttl_from_inner_ = 0, ttl_bits_ = 0;
  uint16_t id_mask_ = 0;
  // The first eight bytes of IPv4's header, the next four, and UDP's header, but for what
  // WritePlain() adds.
  uint64_t ip_front_ = 0;
  uint32_t ip_middle_ = 0;
  uint64_t udp_ = 0;
  std::optional<uint8_t> tos_, ttl_;
  uint32_t mtu_ = 0;
  uint16_t ip_sum_ = 0;      // of the IPv4 header, but for what FillIp() writes
  uint64_t pseudo_sum_ = 0;  // of addresses and protocol
};

[[gnu::always_inline]] inline bool OuterHeaders::PutPlain(rte_mbuf* packet,
                                                          uint16_t identification) const {
  if (!plain_ || packet->ol_flags != 0 || rte_mbuf_refcnt_read(packet) != 1 ||
      packet->data_off < kPlainRoom) {
    return false;
  }
  InnerFrame inner;
  if (ReadPlainInnerFrame(packet, &inner)) [[likely]] {
    WritePlain(packet, inner.tos, inner.ttl, inner.hash, identification);
  } else {
    const InnerFrame other = ReadInnerFrame(packet);
    WritePlain(packet, other.tos, other.ip_version != 0 ? other.ttl : kDefaultTunnelTtl, other.hash,
               identification);
  }
  return true;
}

// What differs from packet to packet is put together in registers, as it stands in memory.
[[gnu::always_inline]] inline void OuterHeaders::WritePlain(rte_mbuf* packet, uint8_t inner_tos,
                                                            uint8_t inner_ttl, uint32_t hash,
                                                            uint16_t identification) const {
  constexpr uint32_t kIpBytes = 20;
  packet->data_off = static_cast<uint16_t>(packet->data_off - bytes_);
  packet->data_len = static_cast<uint16_t>(packet->data_len + bytes_);
  packet->pkt_len += bytes_;
  uint8_t* const frame = rte_pktmbuf_mtod(packet, uint8_t*);
  uint8_t* const ip = frame + kEthernetBytes;
  // A copy of constant length is a few vector moves; what stands in front of the frame is free.
  std::memcpy(frame + bytes_ - kPlainRoom, template_.data() + kRoom - kPlainRoom, kPlainRoom);
  const uint32_t ip_bytes = packet->pkt_len - kEthernetBytes;
  const uint32_t tos = (inner_tos & tos_from_inner_) | tos_bits_;
  const uint32_t ttl = (inner_ttl & ttl_from_inner_) | ttl_bits_;
  const uint16_t length = Be16::From(static_cast<uint16_t>(ip_bytes)).raw;
  const uint16_t id = Be16::From(identification & id_mask_).raw;
  // No more than five words are added.
  uint32_t sum = uint32_t{ip_sum_} + (tos << 8) + length + id + ttl;
  sum = (sum & 0xffff) + (sum >> 16);
  sum += sum >> 16;
  const uint64_t front = ip_front_ | tos << 8 | uint64_t{length} << 16 | uint64_t{id} << 32;
  const uint32_t middle = ip_middle_ | ttl | ~sum << 16;
  std::memcpy(ip, &front, sizeof(front));
  std::memcpy(ip + sizeof(front), &middle, sizeof(middle));
  if (kind_ == TunnelKind::kGre) return;
  const auto udp_bytes = static_cast<uint16_t>(ip_bytes - kIpBytes);
  const auto source = static_cast<uint16_t>(kFirstSourcePort | (hash & 0x3fff));
  const uint64_t udp = udp_ | Be16::From(source).raw | uint64_t{Be16::From(udp_bytes).raw} << 32;
  std::memcpy(ip + kIpBytes, &udp, sizeof(udp));
}

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_OUTER_HEADERS_H_
