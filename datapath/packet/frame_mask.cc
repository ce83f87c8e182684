// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/frame_mask.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace vsw {

FrameImage FrameImage::MaskFor(const KeyLine& mask, const PlainShape& shape) {
  constexpr uint32_t kIpBytes = 20, kOverlap = kPartAt[2] + sizeof(__m128i) - kPartAt[3];
  FlowKey bits;
  mask.Store(&bits);
  std::array<uint8_t, kPlainBytes> care = {};
  const auto put = [&care](size_t at, const auto& field) {
    std::memcpy(care.data() + at, &field, sizeof(field));
  };
  const auto fix = [&care](size_t at, size_t count) { std::fill_n(care.data() + at, count, 0xff); };

  put(0, bits.eth_dst);
  put(6, bits.eth_src);
  fix(12, 2);
  const uint32_t l3 = shape.l3;
  if (shape.tagged()) {
    put(14, bits.vlan[0].tci);
    // In a key this bit says that there is a tag; what a frame has there is not looked at.
    care[14] &= static_cast<uint8_t>(~(kVlanPresent >> 8));
    fix(16, 2);
  }
  care[l3] = 0xff;  // version and header length
  care[l3 + 1] = bits.ip_tos;
  care[l3 + 6] = 0x3f;  // no fragment
  care[l3 + 7] = 0xff;
  care[l3 + 8] = bits.ip_ttl;
  care[l3 + 9] = 0xff;
  put(l3 + 12, bits.ipv4_src);
  put(l3 + 16, bits.ipv4_dst);
  const uint32_t l4 = l3 + kIpBytes;
  put(l4, bits.l4_src);
  put(l4 + 2, bits.l4_dst);
  if (shape.tcp) {
    put(l4 + 12, bits.tcp_flags);
    care[l4 + 12] |= 0xf0;  // how long its header is
  }

  FrameImage image;
  for (size_t i = 0; i < kParts; ++i) image.part[i] = LoadPart(care.data(), i);
  std::memset(&image.part[3], 0, kOverlap);
  return image;
}

}  // namespace vsw
