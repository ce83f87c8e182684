// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/frame_pattern.h"

#include <algorithm>
#include <array>

namespace vsw {
namespace {

constexpr uint32_t kEthernetBytes = 14, kTagBytes = 4, kIpBytes = 20, kUdpBytes = 8;
constexpr uint8_t kTcp = 6;

}  // namespace

void FramePattern::Learn(const rte_mbuf* sample, const FlowMask& mask) {
  const FlowKey& bits = mask.bits;
  const uint8_t* const frame = rte_pktmbuf_mtod(sample, const uint8_t*);
  std::array<uint8_t, kBytes> care = {};
  const auto put = [&care](size_t at, const auto& field) {
    std::memcpy(care.data() + at, &field, sizeof(field));
  };
  const auto fix = [&care](size_t at, size_t count) { std::fill_n(care.data() + at, count, 0xff); };

  put(0, bits.eth_dst);
  put(6, bits.eth_src);
  fix(12, 2);
  l3_ = kEthernetBytes;
  if (Load<uint16_t>(frame + 12) != RTE_BE16(0x0800)) {
    put(14, bits.vlan[0].tci);
    // In a key this bit says that there is a tag; what a frame has there is not looked at.
    care[14] &= static_cast<uint8_t>(~(kVlanPresent >> 8));
    fix(16, 2);
    l3_ += kTagBytes;
  }
  care[l3_] = 0xff;  // version and header length
  care[l3_ + 1] = bits.ip_tos;
  care[l3_ + 6] = 0x3f;  // no fragment
  care[l3_ + 7] = 0xff;
  care[l3_ + 8] = bits.ip_ttl;
  care[l3_ + 9] = 0xff;
  put(l3_ + 12, bits.ipv4_src);
  put(l3_ + 16, bits.ipv4_dst);
  const uint32_t l4 = l3_ + kIpBytes;
  put(l4, bits.l4_src);
  put(l4 + 2, bits.l4_dst);
  least_ip_bytes_ = kIpBytes + kUdpBytes;
  if (frame[l3_ + 9] == kTcp) {
    least_ip_bytes_ = kIpBytes + (frame[l4 + 12] >> 4) * 4u;
    put(l4 + 12, bits.tcp_flags);
    care[l4 + 12] |= 0xf0;
  }
  for (size_t i = 0; i < kParts; ++i) {
    const auto load = [i](const uint8_t* from) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + kPartAt[i]));
    };
    mask_[i] = load(care.data());
    value_[i] = _mm_and_si128(load(frame), mask_[i]);
  }
}

}  // namespace vsw
