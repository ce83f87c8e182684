// SPDX-License-Identifier: Apache-2.0
//
// How frames of one port look to its decisions: all that any of a set of masks reads of them. Two
// frames that look the same get the same decision, as long as its mask is of that set, without a
// flow key being made of either. Frames that ParsePlain() takes are meant, and masks that have bits
// in line 0 alone.
//
// Thread safety: a value.
#ifndef VSW_DATAPATH_PACKET_FRAME_LOOK_H_
#define VSW_DATAPATH_PACKET_FRAME_LOOK_H_

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>

#include "datapath/packet/flow_key.h"
#include "datapath/packet/frame_mask.h"
#include "datapath/packet/key_line.h"

namespace vsw {

class FrameLook {
 public:
  /// An image's last part begins with three bytes of zero, for the user's own, and the look's id.
  static constexpr int kIdShift = 24;
  static constexpr uint32_t kMaxId = (1u << 24) - 1;
  static uint32_t IdOf(const FrameImage& image) {
    return static_cast<uint32_t>(
        static_cast<uint64_t>(_mm_cvtsi128_si64(image.part[3])) >> kIdShift & kMaxId);
  }

  /// Reads no field yet. Images of looks that have different ids are different.
  void Reset(uint32_t id);
  bool Covers(const FlowMask& mask) const;
  /// Reads what `mask` reads, too: images of before are not found again.
  void Widen(const FlowMask& mask);

  /// What the frame is to be read by. False: ParsePlain() does not take it. True says that it does
  /// if the image is that of a frame that it takes: the rest of what makes up such a frame is in
  /// the image.
  [[gnu::always_inline]] bool FindMask(const rte_mbuf* packet, const FrameImage** mask) const {
    if (packet->data_len < kPlainBytes) [[unlikely]]
      return false;
    const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
    return Load<uint16_t>(frame + 12) == kWireIpv4
               ? FindMask<PlainShape::kUntaggedL3>(packet, frame, masks_[0], mask)
               : FindMask<PlainShape::kTaggedL3>(packet, frame, masks_[1], mask);
  }
  /// The image of a frame under the mask that FindMask() gave, with the look's stamp().
  [[gnu::always_inline]] static void Read(const uint8_t* frame, const FrameImage& mask,
                                          __m128i stamp, FrameImage* image) {
#pragma GCC unroll 3
    for (size_t i = 0; i < 3; ++i) {
      image->part[i] = _mm_and_si128(FrameImage::LoadPart(frame, i), mask.part[i]);
    }
    image->part[3] =
        _mm_or_si128(_mm_and_si128(FrameImage::LoadPart(frame, 3), mask.part[3]), stamp);
  }

  /// What stands in the last part of each image.
  __m128i stamp() const { return stamp_; }

 private:
  template <uint32_t kL3>
  [[gnu::always_inline]] static bool FindMask(const rte_mbuf* packet, const uint8_t* frame,
                                              const FrameImage (&masks)[2],
                                              const FrameImage** mask) {
    constexpr uint8_t kTcp = 6;
    constexpr uint32_t kIpBytes = 20, kUdpBytes = 8;
    const uint8_t* const ip = frame + kL3;
    // Without a branch, since TCP and UDP come mixed.
    const uint32_t tcp = ip[9] == kTcp;
    const uint32_t tcp_bytes = (ip[kIpBytes + 12] >> 4) * 4u;
    const uint32_t l4_bytes = kUdpBytes ^ ((tcp_bytes ^ kUdpBytes) & -tcp);
    const uint32_t ip_bytes = __builtin_bswap16(Load<uint16_t>(ip + 2));
    *mask = &masks[tcp];
    return (ip_bytes >= kIpBytes + l4_bytes) & (ip_bytes <= packet->pkt_len - kL3);
  }
  void UpdateMasks();

  FrameImage masks_[2][2];  // by whether there are a tag and TCP
  __m128i stamp_;           // the id, in its place
  KeyLine bits_;            // of all masks
};

/// Whether two images are the same but for the user's bytes.
[[gnu::always_inline]] inline bool LookSame(const FrameImage& a, const FrameImage& b) {
  const __m128i all_but_users = _mm_set_epi32(-1, -1, -1, ~0xffffff);
  __m128i difference = _mm_and_si128(_mm_xor_si128(a.part[3], b.part[3]), all_but_users);
#pragma GCC unroll 3
  for (size_t i = 0; i < 3; ++i) {
    difference = _mm_or_si128(difference, _mm_xor_si128(a.part[i], b.part[i]));
  }
  return IsZero(difference);
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_FRAME_LOOK_H_
