// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/frame_look.h"

#include <iterator>

namespace vsw {

void FrameLook::Reset(uint32_t id) {
  stamp_ = _mm_set_epi64x(0, static_cast<int64_t>(uint64_t{id} << kIdShift));
  bits_ = {};
  UpdateMasks();
}

bool FrameLook::Covers(const FlowMask& mask) const {
  const KeyLine wanted = KeyLine::Load(mask.bits);
  uint64_t missing = 0;
  for (size_t i = 0; i < std::size(wanted.word); ++i) missing |= wanted.word[i] & ~bits_.word[i];
  return missing == 0;
}

void FrameLook::Widen(const FlowMask& mask) {
  const KeyLine more = KeyLine::Load(mask.bits);
  for (size_t i = 0; i < std::size(more.word); ++i) bits_.word[i] |= more.word[i];
  UpdateMasks();
}

void FrameLook::UpdateMasks() {
  for (const bool tagged : {false, true}) {
    for (const bool tcp : {false, true}) {
      const uint32_t l3 = tagged ? PlainShape::kTaggedL3 : PlainShape::kUntaggedL3;
      masks_[tagged][tcp] = FrameImage::MaskFor(bits_, {.l3 = l3, .tcp = tcp});
    }
  }
}

}  // namespace vsw
