// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/inner_frame.h"

#include <algorithm>

#include "base/byte_order.h"
#include "datapath/packet/load.h"

namespace vsw {
namespace {

constexpr uint32_t kMaxTags = 2;
constexpr uint32_t kLookedAt = 14 + 4 * kMaxTags + 40 + 4;

void ReadIpv4(const uint8_t* ip, uint32_t left, InnerFrame* inner, FrameMixer* mixer) {
  if (left < 20 || ip[0] >> 4 != 4) return;
  inner->ip_version = 4;
  inner->tos = ip[1];
  inner->ttl = ip[8];
  mixer->Add(Load<uint64_t>(ip + 12));
  const uint32_t header = (ip[0] & 0xfu) * 4;
  const bool fragment = (Load<Be16>(ip + 6).Get() & 0x3fff) != 0;
  const bool ports = !fragment && FrameMixer::HasPorts(ip[9]) && header + 4 <= left;
  mixer->Add(uint64_t{ip[9]} << 32 | (ports ? Load<uint32_t>(ip + header) : 0));
}

void ReadIpv6(const uint8_t* ip, uint32_t left, InnerFrame* inner, FrameMixer* mixer) {
  if (left < 40 || ip[0] >> 4 != 6) return;
  inner->ip_version = 6;
  inner->tos = static_cast<uint8_t>(ip[0] << 4 | ip[1] >> 4);
  inner->ttl = ip[7];
  for (uint32_t i = 8; i < 40; i += 8) mixer->Add(Load<uint64_t>(ip + i));
  const bool ports = FrameMixer::HasPorts(ip[6]) && left >= 44;
  // The label stands for the ports where there are none to be seen (RFC 6437).
  const uint32_t label = Load<uint32_t>(ip) & Be32::From(0xfffff).raw;
  mixer->Add(uint64_t{ip[6]} << 32 | (ports ? Load<uint32_t>(ip + 40) : label));
}

}  // namespace

InnerFrame ReadInnerFrame(const rte_mbuf* packet) {
  InnerFrame inner;
  uint8_t buffer[kLookedAt];
  const uint32_t size = std::min(packet->pkt_len, kLookedAt);
  const auto* bytes = static_cast<const uint8_t*>(rte_pktmbuf_read(packet, 0, size, buffer));
  if (bytes == nullptr || size < 14) return inner;
  uint32_t type_at = 12;
  for (uint32_t i = 0; i < kMaxTags && type_at + 6 <= size; ++i, type_at += 4) {
    const uint16_t type = Load<Be16>(bytes + type_at).Get();
    if (type != 0x8100 && type != 0x88a8) break;
  }
  inner.l3 = static_cast<uint16_t>(type_at + 2);
  FrameMixer mixer;
  const uint16_t type = Load<Be16>(bytes + type_at).Get();
  if (type == 0x0800) ReadIpv4(bytes + inner.l3, size - inner.l3, &inner, &mixer);
  if (type == 0x86dd) ReadIpv6(bytes + inner.l3, size - inner.l3, &inner, &mixer);
  if (inner.ip_version == 0) {
    mixer.Add(Load<uint64_t>(bytes));
    mixer.Add(uint64_t{Load<uint32_t>(bytes + 8)} << 16 | type);
  }
  inner.hash = mixer.hash();
  return inner;
}

}  // namespace vsw
