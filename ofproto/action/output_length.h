// SPDX-License-Identifier: Apache-2.0
//
// What act::Output::max_bytes says of a port other than CONTROLLER. OpenFlow gives every output a
// max_len that means nothing there, and wants it told as it came; Nicira's NXAST_OUTPUT_TRUNC cuts
// the packet.
#ifndef VSW_OFPROTO_ACTION_OUTPUT_LENGTH_H_
#define VSW_OFPROTO_ACTION_OUTPUT_LENGTH_H_

#include <cstdint>

namespace vsw {

/// The packet is cut to what the other bits say.
inline constexpr uint32_t kCutsPacket = 1u << 31;

constexpr bool CutsPacket(uint32_t max_bytes) { return (max_bytes & kCutsPacket) != 0; }
constexpr uint32_t CutLength(uint32_t max_bytes) { return max_bytes & ~kCutsPacket; }
/// Of `bytes`, or as many as can be said: more than any packet has.
constexpr uint32_t CutTo(uint32_t bytes) {
  return kCutsPacket | (bytes < kCutsPacket ? bytes : kCutsPacket - 1);
}

}  // namespace vsw

#endif  // VSW_OFPROTO_ACTION_OUTPUT_LENGTH_H_
