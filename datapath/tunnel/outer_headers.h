// SPDX-License-Identifier: Apache-2.0
//
// The outer headers of one tunnel to one next hop, made once and copied in front of each packet.
// What differs from packet to packet (lengths, source port, TOS, TTL, and where rules decide key,
// policy and options) is filled in behind the copy.
//
// Thread safety: a value; Put() writes to a packet that the caller owns.
#ifndef VSW_DATAPATH_TUNNEL_OUTER_HEADERS_H_
#define VSW_DATAPATH_TUNNEL_OUTER_HEADERS_H_

#include <array>
#include <cstdint>

#include "datapath/packet/tunnel_set.h"
#include "datapath/tunnel/inner_frame.h"
#include "datapath/tunnel/inner_offload.h"
#include "datapath/tunnel/next_hop.h"
#include "datapath/tunnel/tunnel_config.h"

struct rte_mbuf;
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

  static constexpr uint32_t kEthernetBytes = 14;

 private:
  static constexpr uint32_t kRoom = 128;  // Ethernet, IPv6, UDP and Geneve take 70

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
  std::optional<uint8_t> tos_, ttl_;
  uint32_t mtu_ = 0;
  uint64_t ip_sum_ = 0;      // of the IPv4 header, but for what FillIp() writes
  uint64_t pseudo_sum_ = 0;  // of addresses and protocol
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_OUTER_HEADERS_H_
