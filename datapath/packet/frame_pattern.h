// SPDX-License-Identifier: Apache-2.0
//
// What a decision reads of a packet, as a mask over the bytes of its frame: one that a sample
// taught tells whether a frame would get the same decision without making a flow key of it. Frames
// that ParsePlain() takes are meant, with the sample's tags, protocol and length of TCP header; of
// all others it says no, which means nothing.
//
// Thread safety: a value.
#ifndef VSW_DATAPATH_PACKET_FRAME_PATTERN_H_
#define VSW_DATAPATH_PACKET_FRAME_PATTERN_H_

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>

#include "datapath/packet/flow_key.h"
#include "datapath/packet/frame_mask.h"
#include "datapath/packet/load.h"

namespace vsw {

class FramePattern {
 public:
  /// Frames that are as `sample` in line 0 of `mask`, beyond how they came in. REQUIRES:
  /// ParsePlain() takes the sample.
  void Learn(const rte_mbuf* sample, const FlowMask& mask);

  /// True: ParsePlain() takes the frame, and line 0 of its key is under the mask what the sample's
  /// is, if it came in as that. REQUIRES: Learn().
  [[gnu::always_inline]] bool Matches(const rte_mbuf* packet) const {
    if (packet->data_len < kPlainBytes) return false;
    const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
    __m128i difference = _mm_setzero_si128();
#pragma GCC unroll 4
    for (size_t i = 0; i < FrameImage::kParts; ++i) {
      const __m128i part = FrameImage::LoadPart(frame, i);
      difference = _mm_or_si128(difference,
                                _mm_xor_si128(_mm_and_si128(part, mask_.part[i]), value_.part[i]));
    }
    const uint32_t ip_bytes = __builtin_bswap16(Load<uint16_t>(frame + l3_ + 2));
    return IsZero(difference) & (ip_bytes >= least_ip_bytes_) & (ip_bytes <= packet->pkt_len - l3_);
  }

 private:
  FrameImage mask_, value_;
  uint32_t l3_ = 0;              // where the IPv4 header begins
  uint32_t least_ip_bytes_ = 0;  // that have the headers
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_FRAME_PATTERN_H_
