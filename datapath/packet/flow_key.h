// SPDX-License-Identifier: Apache-2.0
//
// What a packet is matched on. Fixed layout in lines of 64 bytes: line 0 holds what most packets
// need (in-port, Ethernet, VLAN, IPv4, L4), so that the common packet hashes and compares one cache
// line; the lines behind it hold IPv6, ARP/ND/MPLS and tunnel fields.
//
// The tunnel fields (lines 3 to 5) say how the frame came to this host; they are there for what
// came out of a tunnel alone, and outlive a second look at the packet. tun_*_src is the sender,
// tun_*_dst our own address. Options of Geneve stand in tun_metadata where the bridge's
// TunnelOptionMap puts them; bit N of tun_metadata_present says that option N was there.
//
// `lines` says which lines the parser wrote. A line that it did not write has no defined content;
// it stands for zeros, and whoever needs it calls DefineLines() first. Line 0 is always written
// whole. A mask is a FlowKey too: a set bit must match. Masks have every line defined.
//
// The same fields in the same conventions as OpenFlow 1.3 section 7.2.3, with those of Open vSwitch
// where it goes further: an ARP opcode stands in ip_proto and its addresses in ipv4_src/dst; ICMP
// type and code stand in l4_src and l4_dst; a VLAN that is present has bit 0x1000 set in its tci.
#ifndef VSW_DATAPATH_PACKET_FLOW_KEY_H_
#define VSW_DATAPATH_PACKET_FLOW_KEY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/byte_order.h"
#include "base/mac_address.h"
#include "base/net_types.h"

namespace vsw {

struct VlanTag {
  Be16 tpid;  // 0x8100 or 0x88a8; 0 = no tag
  Be16 tci;   // priority (3 bits), kVlanPresent, VLAN id (12 bits); 0 = no tag
  bool operator==(const VlanTag&) const = default;
};
inline constexpr uint16_t kVlanPresent = 0x1000;
inline constexpr uint16_t kVlanIdMask = 0x0fff;
inline constexpr uint16_t kVlanPriorityMask = 0xe000;

// Bits of FlowKey::ip_frag.
inline constexpr uint8_t kFragAny = 1;    // a fragment
inline constexpr uint8_t kFragLater = 2;  // not the first one: no L4 header

// Lines of the key.
inline constexpr uint8_t kLineBase = 1 << 0;
inline constexpr uint8_t kLineIpv6 = 1 << 1;
inline constexpr uint8_t kLineExtra = 1 << 2;  // ARP, ND, MPLS, connection label
inline constexpr uint8_t kLineTunnel = 1 << 3;
inline constexpr uint8_t kLineTunnelOptions = 3 << 4;  // both lines, always together
inline constexpr uint8_t kTunnelLines = kLineTunnel | kLineTunnelOptions;
inline constexpr size_t kFlowKeyLines = 6;
inline constexpr size_t kLineBytes = 64;
inline constexpr uint8_t kAllLines = (1 << kFlowKeyLines) - 1;

// Bits of FlowKey::tun_flags, as Open vSwitch numbers them.
inline constexpr uint16_t kTunnelOam = 1 << 0;
inline constexpr uint16_t kTunnelDontFragment = 1 << 1;
inline constexpr uint16_t kTunnelChecksum = 1 << 2;
inline constexpr uint16_t kTunnelKeyPresent = 1 << 3;

inline constexpr size_t kTunnelMetadataBytes = 128;

struct alignas(64) FlowKey {
  // Line 0.
  PortNo in_port;
  uint32_t recirc_id;
  MacAddress eth_dst;
  MacAddress eth_src;
  Be16 eth_type;  // behind the VLAN tags; below 0x600 stands for 0x05ff (802.2 without SNAP)
  std::array<VlanTag, 2> vlan;  // outermost first
  uint8_t ip_frag;
  uint8_t lines;  // which lines are written; never part of a mask
  Be32 ipv4_src;
  Be32 ipv4_dst;
  uint8_t ip_proto;
  uint8_t ip_tos;  // DSCP and ECN
  uint8_t ip_ttl;
  uint8_t reserved0;
  Be16 l4_src;
  Be16 l4_dst;
  Be16 tcp_flags;  // low 12 bits
  Be16 ct_zone;
  Be32 ct_state;
  Be32 ct_mark;
  Be32 packet_mark;

  // Line 1.
  std::array<uint8_t, 16> ipv6_src;
  std::array<uint8_t, 16> ipv6_dst;
  std::array<uint8_t, 16> nd_target;
  Be32 ipv6_label;  // low 20 bits
  Be32 nd_reserved;
  Be16 ipv6_exthdr;  // OFPIEH_* bits of OpenFlow 1.3 section 7.2.3.8; 0 where there is none
  std::array<uint8_t, 6> reserved1;

  // Line 2.
  MacAddress arp_sha;        // ND: source link-layer address
  MacAddress arp_tha;        // ND: target link-layer address
  std::array<Be32, 3> mpls;  // label stack entries, outermost first
  uint8_t nd_options_type;
  std::array<uint8_t, 7> reserved2;
  std::array<uint8_t, 16> ct_label;
  std::array<uint8_t, 16> reserved3;

  // Line 3.
  Be64 tun_id;
  Be32 tun_ipv4_src;
  Be32 tun_ipv4_dst;
  std::array<uint8_t, 16> tun_ipv6_src;
  std::array<uint8_t, 16> tun_ipv6_dst;
  Be16 tun_flags;
  Be16 tun_gbp_id;
  uint8_t tun_gbp_flags;
  uint8_t tun_tos;
  uint8_t tun_ttl;
  uint8_t reserved4;
  Be64 tun_metadata_present;

  // Lines 4 and 5.
  std::array<uint8_t, kTunnelMetadataBytes> tun_metadata;

  /// Line `index` (0..kFlowKeyLines-1) as bytes.
  uint8_t* line(size_t index) { return reinterpret_cast<uint8_t*>(this) + index * kLineBytes; }
  const uint8_t* line(size_t index) const {
    return reinterpret_cast<const uint8_t*>(this) + index * kLineBytes;
  }
};
static_assert(sizeof(FlowKey) == kFlowKeyLines * kLineBytes);
static_assert(offsetof(FlowKey, ipv6_src) == 64);
static_assert(offsetof(FlowKey, arp_sha) == 128);
static_assert(offsetof(FlowKey, tun_id) == 192);
static_assert(offsetof(FlowKey, tun_metadata) == 256);

inline constexpr size_t kTunnelLinesBytes = sizeof(FlowKey) - offsetof(FlowKey, tun_id);

/// Zeroes those of `wanted` lines that the parser did not write. `key.lines` is left alone, since
/// it is part of the packet's hash.
inline void DefineLines(FlowKey* key, uint8_t wanted) {
  const uint8_t missing = wanted & ~key->lines;
  if (missing == 0) [[likely]]
    return;
  for (size_t i = 1; i < kFlowKeyLines; ++i) {
    if (missing & (1u << i)) std::memset(key->line(i), 0, kLineBytes);
  }
}

/// Gives `key` those tunnel lines that `from` has.
inline void CopyTunnelLines(const FlowKey& from, FlowKey* key) {
  const uint8_t lines = from.lines & kTunnelLines;
  if (lines == 0) [[likely]]
    return;
  const size_t bytes = (lines & kLineTunnelOptions) != 0 ? kTunnelLinesBytes : kLineBytes;
  std::memcpy(key->line(3), from.line(3), bytes);
  key->lines |= lines;
}

/// A mask over FlowKey, with the lines in which it has any bit. `bits.lines` is always 0.
struct FlowMask {
  FlowKey bits;
  uint8_t lines;

  void Clear() { std::memset(static_cast<void*>(this), 0, sizeof(*this)); }
  /// Recomputes `lines` from `bits`; call after bits were set by hand.
  void UpdateLines() {
    lines = kLineBase;
    for (size_t i = 1; i < kFlowKeyLines; ++i) {
      const uint8_t* p = bits.line(i);
      for (size_t j = 0; j < kLineBytes; ++j) {
        if (p[j] != 0) {
          lines |= static_cast<uint8_t>(1u << i);
          break;
        }
      }
    }
  }
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_FLOW_KEY_H_
