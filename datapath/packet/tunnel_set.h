// SPDX-License-Identifier: Apache-2.0
//
// How a tunnel port is to carry one packet, where the port's options leave it open: what rules set
// in the tunnel fields. It stands in the slots of a kSetTunnel action; the worker copies it to
// where it outlives the burst, and hangs it on the mbuf.
#ifndef VSW_DATAPATH_PACKET_TUNNEL_SET_H_
#define VSW_DATAPATH_PACKET_TUNNEL_SET_H_

#include <cstddef>
#include <cstdint>

#include "base/ip_address.h"

namespace vsw {

/// The encoded Geneve options, `option_bytes` of them, stand right behind it.
struct TunnelSet {
  // Bits of `fields`: which of the members count. Id and addresses do only where the port's options
  // leave them open, and policy only where they turn it on.
  enum Field : uint16_t {
    kId = 1 << 0,
    kRemote = 1 << 1,
    kLocal = 1 << 2,
    kTos = 1 << 3,  // the DSCP; ECN always comes from the inner packet
    kTtl = 1 << 4,
    kFlags = 1 << 5,
    kGbp = 1 << 6,
  };
  /// The most that a Geneve header has room for (RFC 8926 section 3.4: 6 bits of 4 octets).
  static constexpr size_t kMaxOptionBytes = 252;

  uint64_t tun_id = 0;
  IpAddress remote;  // where the packet goes
  IpAddress local;
  uint16_t fields = 0;
  uint16_t flags = 0;   // kTunnelOam of flow_key.h
  uint16_t gbp_id = 0;  // group policy id
  uint8_t gbp_flags = 0;
  uint8_t tos = 0;
  uint8_t ttl = 0;
  uint8_t option_bytes = 0;  // a multiple of 4

  bool has(Field field) const { return (fields & field) != 0; }
  size_t bytes() const { return sizeof(TunnelSet) + option_bytes; }
  const uint8_t* options() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  uint8_t* options() { return reinterpret_cast<uint8_t*>(this + 1); }
};
inline constexpr size_t kMaxTunnelSetBytes = sizeof(TunnelSet) + TunnelSet::kMaxOptionBytes;

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_TUNNEL_SET_H_
