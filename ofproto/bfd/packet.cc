// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bfd/packet.h"

namespace vsw::bfd {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kPoll = 0x20, kFinal = 0x10, kIndependent = 0x08, kAuthentication = 0x04,
                  kDemand = 0x02, kMultipoint = 0x01;

void Put32(uint8_t* at, uint32_t value) {
  for (int i = 3; i >= 0; --i, value >>= 8) at[i] = static_cast<uint8_t>(value);
}

uint32_t Get32(const uint8_t* at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | at[i];
  return value;
}

}  // namespace

const char* ToString(State state) {
  switch (state) {
    case State::kAdminDown:
      return "admin_down";
    case State::kDown:
      return "down";
    case State::kInit:
      return "init";
    case State::kUp:
      return "up";
  }
  return "unknown";
}

const char* ToString(Diagnostic diagnostic) {
  switch (diagnostic) {
    case Diagnostic::kNone:
      return "No Diagnostic";
    case Diagnostic::kDetectionTimeExpired:
      return "Control Detection Time Expired";
    case Diagnostic::kEchoFailed:
      return "Echo Function Failed";
    case Diagnostic::kNeighborSignaledDown:
      return "Neighbor Signaled Session Down";
    case Diagnostic::kForwardingPlaneReset:
      return "Forwarding Plane Reset";
    case Diagnostic::kPathDown:
      return "Path Down";
    case Diagnostic::kConcatenatedPathDown:
      return "Concatenated Path Down";
    case Diagnostic::kAdminDown:
      return "Administratively Down";
    case Diagnostic::kReverseConcatenatedPathDown:
      return "Reverse Concatenated Path Down";
  }
  return "Reserved";
}

std::array<uint8_t, kPacketBytes> Encode(const Packet& packet) {
  std::array<uint8_t, kPacketBytes> bytes{};
  bytes[0] = static_cast<uint8_t>(kVersion << 5 | static_cast<uint8_t>(packet.diagnostic));
  bytes[1] = static_cast<uint8_t>(static_cast<uint8_t>(packet.state) << 6 |
                                  (packet.poll ? kPoll : 0) | (packet.final ? kFinal : 0) |
                                  (packet.control_plane_independent ? kIndependent : 0) |
                                  (packet.demand ? kDemand : 0));
  bytes[2] = packet.detect_mult;
  bytes[3] = kPacketBytes;
  Put32(&bytes[4], packet.my_discriminator);
  Put32(&bytes[8], packet.your_discriminator);
  Put32(&bytes[12], packet.desired_min_tx_us);
  Put32(&bytes[16], packet.required_min_rx_us);
  Put32(&bytes[20], packet.required_min_echo_rx_us);
  return bytes;
}

std::optional<Packet> Decode(std::span<const uint8_t> payload) {
  if (payload.size() < kPacketBytes || payload[0] >> 5 != kVersion) return std::nullopt;
  const uint8_t flags = payload[1], length = payload[3];
  if (length < kPacketBytes || length > payload.size()) return std::nullopt;
  if ((flags & (kAuthentication | kMultipoint)) != 0) return std::nullopt;
  Packet packet = {.diagnostic = static_cast<Diagnostic>(payload[0] & 0x1f),
                   .state = static_cast<State>(flags >> 6),
                   .poll = (flags & kPoll) != 0,
                   .final = (flags & kFinal) != 0,
                   .control_plane_independent = (flags & kIndependent) != 0,
                   .demand = (flags & kDemand) != 0,
                   .detect_mult = payload[2],
                   .my_discriminator = Get32(&payload[4]),
                   .your_discriminator = Get32(&payload[8]),
                   .desired_min_tx_us = Get32(&payload[12]),
                   .required_min_rx_us = Get32(&payload[16]),
                   .required_min_echo_rx_us = Get32(&payload[20])};
  if (packet.detect_mult == 0 || packet.my_discriminator == 0) return std::nullopt;
  if (packet.your_discriminator == 0 && packet.state != State::kDown &&
      packet.state != State::kAdminDown) {
    return std::nullopt;
  }
  return packet;
}

}  // namespace vsw::bfd
