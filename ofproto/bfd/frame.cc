// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bfd/frame.h"

#include <algorithm>
#include <cstring>

namespace vsw::bfd {
namespace {

constexpr size_t kEthernetBytes = 14, kIpBytes = 20, kUdpBytes = 8;
constexpr uint16_t kTypeIpv4 = 0x0800;
constexpr uint8_t kProtoUdp = 17;
constexpr uint8_t kInternetworkControl = 0xc0;  // the class that routing traffic has
constexpr uint8_t kTtl = 255;

uint16_t Get16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void Put16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

// RFC 1071, over `bytes` and what was summed before.
uint16_t Checksum(std::span<const uint8_t> bytes, uint32_t sum) {
  for (size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<uint32_t>(bytes[i] << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0));
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

void PutIp(const FrameAddresses& addresses, uint8_t* ip) {
  ip[0] = 0x45;
  ip[1] = kInternetworkControl;
  Put16(ip + 2, kIpBytes + kUdpBytes + kPacketBytes);
  ip[8] = kTtl;
  ip[9] = kProtoUdp;
  std::memcpy(ip + 12, &addresses.source_ip.raw, 4);
  std::memcpy(ip + 16, &addresses.destination_ip.raw, 4);
  Put16(ip + 10, Checksum({ip, kIpBytes}, 0));
}

void PutUdp(const FrameAddresses& addresses, const uint8_t* ip, uint8_t* udp) {
  constexpr uint16_t kLength = kUdpBytes + kPacketBytes;
  Put16(udp, addresses.source_port);
  Put16(udp + 2, kUdpPort);
  Put16(udp + 4, kLength);
  uint32_t pseudo = kProtoUdp + kLength;
  for (size_t i = 12; i < kIpBytes; i += 2) pseudo += Get16({ip, kIpBytes}, i);
  const uint16_t sum = Checksum({udp, kLength}, pseudo);
  Put16(udp + 6, sum == 0 ? 0xffff : sum);
}

}  // namespace

std::vector<uint8_t> MakeFrame(const FrameAddresses& addresses, const Packet& packet) {
  std::vector<uint8_t> frame(kEthernetBytes + kIpBytes + kUdpBytes + kPacketBytes);
  std::copy(addresses.destination_mac.octets.begin(), addresses.destination_mac.octets.end(),
            frame.begin());
  std::copy(addresses.source_mac.octets.begin(), addresses.source_mac.octets.end(),
            frame.begin() + 6);
  Put16(&frame[12], kTypeIpv4);
  uint8_t* ip = &frame[kEthernetBytes];
  uint8_t* udp = ip + kIpBytes;
  const auto payload = Encode(packet);
  std::copy(payload.begin(), payload.end(), udp + kUdpBytes);
  PutIp(addresses, ip);
  PutUdp(addresses, ip, udp);
  return frame;
}

std::optional<Packet> ParseFrame(std::span<const uint8_t> frame) {
  if (frame.size() < kEthernetBytes + kIpBytes || Get16(frame, 12) != kTypeIpv4) return {};
  std::span<const uint8_t> ip = frame.subspan(kEthernetBytes);
  const size_t header_bytes = size_t{ip[0] & 0x0fu} * 4, total_bytes = Get16(ip, 2);
  if (ip[0] >> 4 != 4 || header_bytes < kIpBytes || total_bytes > ip.size()) return {};
  if (total_bytes < header_bytes + kUdpBytes || ip[8] != kTtl || ip[9] != kProtoUdp) return {};
  const std::span<const uint8_t> udp = ip.subspan(header_bytes, total_bytes - header_bytes);
  const size_t udp_bytes = Get16(udp, 4);
  if (Get16(udp, 2) != kUdpPort || udp_bytes < kUdpBytes || udp_bytes > udp.size()) return {};
  return Decode(udp.subspan(kUdpBytes, udp_bytes - kUdpBytes));
}

}  // namespace vsw::bfd
