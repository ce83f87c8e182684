// SPDX-License-Identifier: Apache-2.0
//
// The mandatory part of a BFD control packet (RFC 5880 section 4.1) as a value, and as the bytes
// behind a UDP header. Authentication is not spoken: a packet with an authentication section does
// not decode.
#ifndef VSW_OFPROTO_BFD_PACKET_H_
#define VSW_OFPROTO_BFD_PACKET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace vsw::bfd {

enum class State : uint8_t { kAdminDown = 0, kDown = 1, kInit = 2, kUp = 3 };
/// "admin_down", "down", "init", "up", as Open vSwitch prints them.
const char* ToString(State state);

enum class Diagnostic : uint8_t {
  kNone = 0,
  kDetectionTimeExpired = 1,
  kEchoFailed = 2,
  kNeighborSignaledDown = 3,
  kForwardingPlaneReset = 4,
  kPathDown = 5,
  kConcatenatedPathDown = 6,
  kAdminDown = 7,
  kReverseConcatenatedPathDown = 8,
};
/// In the words of RFC 5880 section 4.1; "Reserved" for numbers that it does not have.
const char* ToString(Diagnostic diagnostic);

struct Packet {
  Diagnostic diagnostic = Diagnostic::kNone;
  State state = State::kDown;
  bool poll = false, final = false, control_plane_independent = false, demand = false;
  uint8_t detect_mult = 0;
  uint32_t my_discriminator = 0, your_discriminator = 0;
  // In microseconds, as on the wire.
  uint32_t desired_min_tx_us = 0, required_min_rx_us = 0, required_min_echo_rx_us = 0;
  bool operator==(const Packet&) const = default;
};

inline constexpr size_t kPacketBytes = 24;
inline constexpr uint16_t kUdpPort = 3784;  // RFC 5881 section 4

std::array<uint8_t, kPacketBytes> Encode(const Packet& packet);
/// Nothing: to be discarded by those rules of RFC 5880 section 6.8.6 that the packet itself shows.
std::optional<Packet> Decode(std::span<const uint8_t> payload);

}  // namespace vsw::bfd

#endif  // VSW_OFPROTO_BFD_PACKET_H_
