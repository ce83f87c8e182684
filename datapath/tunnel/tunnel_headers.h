// SPDX-License-Identifier: Apache-2.0
//
// The tunnel headers as they stand in a packet, behind UDP or IP, and what the receiving side reads
// from them: VXLAN (RFC 7348, with the group policy extension of draft-smith-vxlan-group-policy),
// Geneve (RFC 8926) and GRE (RFC 2784, 2890) with an Ethernet frame inside.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_TUNNEL_TUNNEL_HEADERS_H_
#define VSW_DATAPATH_TUNNEL_TUNNEL_HEADERS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_order.h"
#include "base/drop_reason.h"
#include "datapath/flow/tunnel_facts.h"

namespace vsw {

inline constexpr uint16_t kTransparentEthernet = 0x6558;  // a frame, as a type of Geneve and GRE

struct VxlanHeader {
  static constexpr uint8_t kFlagGbp = 0x80, kFlagVni = 0x08;
  // Bits of the second octet with group policy: do not learn, policy applied.
  static constexpr uint8_t kGbpFlags = 0x48;
  uint8_t flags;
  uint8_t gbp_flags;
  Be16 gbp_id;
  Be32 vni;  // the upper 24 bits
};
static_assert(sizeof(VxlanHeader) == 8);

struct GeneveHeader {
  static constexpr uint8_t kVersionMask = 0xc0, kLengthMask = 0x3f;  // of 4 octets
  static constexpr uint8_t kFlagOam = 0x80, kFlagCritical = 0x40;
  uint8_t version_length;
  uint8_t flags;
  Be16 protocol;
  Be32 vni;  // the upper 24 bits
};
static_assert(sizeof(GeneveHeader) == 8);

struct GeneveOption {
  static constexpr uint8_t kCritical = 0x80;  // of the type
  Be16 option_class;
  uint8_t type;
  uint8_t length;  // low 5 bits: of the data, in 4 octets
  size_t data_bytes() const { return (length & 0x1fu) * 4; }
};
static_assert(sizeof(GeneveOption) == 4);

struct GreHeader {
  static constexpr uint16_t kChecksum = 0x8000, kKey = 0x2000, kSequence = 0x1000;
  Be16 flags;
  Be16 protocol;
};
static_assert(sizeof(GreHeader) == 4);

/// What a tunnel header says.
struct TunnelHeader {
  uint32_t bytes = 0;  // of the header with its options; the frame begins behind it
  uint64_t key = 0;
  bool has_key = false;
  bool oam = false;
  bool has_checksum = false;  // GRE: over header and payload
  bool has_gbp = false;
  uint8_t gbp_flags = 0;
  uint16_t gbp_id = 0;
  std::span<const uint8_t> options;  // of Geneve
};

/// Reads the header at the start of `bytes`, which may go on behind it (or be cut short there: the
/// longest header has kMaxTunnelHeaderBytes). kNone, kTunnelMalformed, or kTunnelUnknown for what
/// carries no Ethernet frame.
DropReason ReadTunnelHeader(TunnelKind kind, std::span<const uint8_t> bytes, TunnelHeader* header);
inline constexpr size_t kMaxTunnelHeaderBytes = sizeof(GeneveHeader) + 252;

/// Puts the data of `options` where `map` says, in `metadata` (zeroed before), and which they were
/// into `present`. Options that the map does not name are left out; kTunnelOption if such a one is
/// critical.
DropReason ReadGeneveOptions(std::span<const uint8_t> options, const TunnelOptionMap* map,
                             std::span<uint8_t> metadata, uint64_t* present);

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_TUNNEL_HEADERS_H_
