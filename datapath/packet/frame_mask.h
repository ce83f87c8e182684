// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a frame that ParsePlain() takes, and which of their bits stand for a mask over line
// 0 of its flow key. Which bytes these are depends on the frame's shape: whether it has a VLAN tag,
// and TCP or UDP.
//
// Thread safety: values.
#ifndef VSW_DATAPATH_PACKET_FRAME_MASK_H_
#define VSW_DATAPATH_PACKET_FRAME_MASK_H_

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

#include "datapath/packet/flow_key.h"
#include "datapath/packet/plain_parser.h"

namespace vsw {

/// A frame's first bytes in four parts, or a mask over them. The first six bytes of the last part
/// stand in the third one, too: they are zero in masks.
struct alignas(64) FrameImage {
  static constexpr size_t kParts = 4;
  static constexpr uint32_t kPartAt[kParts] = {0, 16, 32, kPlainBytes - sizeof(__m128i)};
  __m128i part[kParts];

  /// REQUIRES: there are kPlainBytes.
  [[gnu::always_inline]] static __m128i LoadPart(const uint8_t* frame, size_t part) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(frame + kPartAt[part]));
  }

  /// A mask that has those bits of `mask`, which is over line 0, that a frame of the shape shows,
  /// and those that say that it is of this shape.
  static FrameImage MaskFor(const KeyLine& mask, const PlainShape& shape);
};

/// All of `difference` is zero.
[[gnu::always_inline]] inline bool IsZero(__m128i difference) {
  return _mm_movemask_epi8(_mm_cmpeq_epi8(difference, _mm_setzero_si128())) == 0xffff;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_FRAME_MASK_H_
