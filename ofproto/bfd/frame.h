// SPDX-License-Identifier: Apache-2.0
//
// BFD control packets as Ethernet frames: over IPv4 and UDP, as RFC 5881 sections 4 and 5 ask and
// as Open vSwitch sends them inside its tunnels. Addresses stand for nobody; they are the same at
// all tunnels unless the port's options choose others.
#ifndef VSW_OFPROTO_BFD_FRAME_H_
#define VSW_OFPROTO_BFD_FRAME_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/byte_order.h"
#include "base/mac_address.h"
#include "ofproto/bfd/packet.h"

namespace vsw::bfd {

struct FrameAddresses {
  MacAddress source_mac;
  MacAddress destination_mac = MacAddress::FromU64(0x002320000001);
  Be32 source_ip = Be32::From(0xa9fe0101);       // 169.254.1.1
  Be32 destination_ip = Be32::From(0xa9fe0100);  // 169.254.1.0
  uint16_t source_port = 49152;                  // 49152..65535, the same for all of a session
};

std::vector<uint8_t> MakeFrame(const FrameAddresses& addresses, const Packet& packet);

/// The packet in a frame without VLAN tags. Nothing: not such a frame, or one to be discarded:
/// cut short, or not from the next hop (TTL below 255, RFC 5881 section 5).
std::optional<Packet> ParseFrame(std::span<const uint8_t> frame);

}  // namespace vsw::bfd

#endif  // VSW_OFPROTO_BFD_FRAME_H_
