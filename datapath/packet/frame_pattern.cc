// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/frame_pattern.h"

namespace vsw {

void FramePattern::Learn(const rte_mbuf* sample, const FlowMask& mask) {
  constexpr uint32_t kIpBytes = 20, kUdpBytes = 8;
  PlainShape shape = {};
  ReadPlainShape(sample, &shape);
  const uint8_t* const frame = rte_pktmbuf_mtod(sample, const uint8_t*);
  l3_ = shape.l3;
  least_ip_bytes_ = kIpBytes + (shape.tcp ? (frame[l3_ + kIpBytes + 12] >> 4) * 4u : kUdpBytes);
  mask_ = FrameImage::MaskFor(KeyLine::Load(mask.bits), shape);
  for (size_t i = 0; i < FrameImage::kParts; ++i) {
    value_.part[i] = _mm_and_si128(FrameImage::LoadPart(frame, i), mask_.part[i]);
  }
}

}  // namespace vsw
