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
  std::optional<uint8_t> tos_, ttl_;
  uint32_t mtu_ = 0;
  uint16_t ip_sum_ = 0;      // of the IPv4 header, but for what FillIp() writes
  uint64_t pseudo_sum_ = 0;  // of addresses and protocol
};

[[gnu::always_inline]] inline bool OuterHeaders::PutPlain(rte_mbuf* packet,
                                                          uint16_t identification) const {
  InnerFrame inner;
  if (!plain_ || packet->ol_flags != 0 || rte_mbuf_refcnt_read(packet) != 1 ||
      packet->data_off < kPlainRoom) {
    return false;
  }
  if (!ReadPlainInnerFrame(packet, &inner)) [[unlikely]]
    inner = ReadInnerFrame(packet);
  packet->data_off = static_cast<uint16_t>(packet->data_off - bytes_);
  packet->data_len = static_cast<uint16_t>(packet->data_len + bytes_);
  packet->pkt_len += bytes_;
  uint8_t* const frame = rte_pktmbuf_mtod(packet, uint8_t*);
  // A copy of constant length is a few vector moves; what stands in front of the frame is free.
  std::memcpy(frame + bytes_ - kPlainRoom, template_.data() + kRoom - kPlainRoom, kPlainRoom);
  const auto store = []<typename T>(uint8_t* at, T value) {
    std::memcpy(at, &value, sizeof(value));
  };
  uint8_t* const ip = frame + kEthernetBytes;
  const uint32_t ip_bytes = packet->pkt_len - kEthernetBytes;
  const uint8_t tos = OuterTos(tos_.value_or(inner.tos), inner.tos);
  const uint8_t ttl = ttl_.value_or(inner.ip_version != 0 ? inner.ttl : kDefaultTunnelTtl);
  const Be16 length = Be16::From(static_cast<uint16_t>(ip_bytes));
  const Be16 id = Be16::From(dont_fragment_ ? uint16_t{0} : identification);
  // The words of TOS and TTL as they stand in memory; no more than five words are added.
  uint32_t sum = uint32_t{ip_sum_} + (uint32_t{tos} << 8) + length.raw + id.raw + ttl;
  sum = (sum & 0xffff) + (sum >> 16);
  sum += sum >> 16;
  ip[1] = tos;
  store(ip + 2, length);
  store(ip + 4, id);
  ip[8] = ttl;
  store(ip + 10, static_cast<uint16_t>(~sum));
  if (kind_ != TunnelKind::kGre) {
    constexpr uint32_t kIpBytes = 20;
    uint8_t* const udp = ip + kIpBytes;
    store(udp, Be16::From(static_cast<uint16_t>(kFirstSourcePort | (inner.hash & 0x3fff))));
    store(udp + 4, Be16::From(static_cast<uint16_t>(ip_bytes - kIpBytes)));
  }
  return true;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_OUTER_HEADERS_H_
