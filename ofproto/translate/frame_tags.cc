// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/frame_tags.h"

#include "ofproto/translate/field_view.h"

namespace vsw {

FrameTag FrameTag::WithVlan(VlanId vlan) const {
  if (origin_ == kMade) return Made(tpid_, vlan, tci_ & kVlanPriorityMask);
  FrameTag tag(origin_, 0, ToInt(vlan));
  tag.vlan_replaced_ = true;
  return tag;
}

uint16_t FrameTag::tpid(FieldView& view) const {
  return origin_ == kMade ? tpid_ : view.vlan_tpid(static_cast<size_t>(origin_));
}

VlanId FrameTag::vlan(FieldView& view) const {
  if (origin_ != kMade && !vlan_replaced_) {
    return VlanId{view.vlan_id(static_cast<size_t>(origin_))};
  }
  return VlanId{static_cast<uint16_t>(tci_ & kVlanIdMask)};
}

uint16_t FrameTag::priority(FieldView& view) const {
  return origin_ == kMade ? tci_ & kVlanPriorityMask
                          : view.vlan_priority(static_cast<size_t>(origin_));
}

bool FrameTag::SameTpid(const FrameTag& other, FieldView& view) const {
  if (origin_ != kMade && origin_ == other.origin_) return true;
  return tpid(view) == other.tpid(view);
}

bool FrameTags::Outer(FieldView& view, FrameTag* tag) const {
  if (added_count_ > 0) {
    *tag = added_[added_count_ - 1];
    return true;
  }
  *tag = FrameTag::Received(received_gone_);
  if (received_gone_ < kKeyVlanTags) return view.vlan_present(received_gone_);
  const uint16_t type = view.eth_type();
  return type == kTpidVlan || type == kTpidService;
}

void FrameTags::Pop() {
  if (added_count_ == 0) {
    ++received_gone_;
  } else {
    --added_count_;
  }
}

void FrameTags::Above(size_t base, Stack* stack) const {
  for (size_t i = base; i > received_gone_; --i) stack->push_back(FrameTag::Received(i - 1));
  for (size_t i = 0; i < added_count_; ++i) stack->push_back(added_[i]);
}

}  // namespace vsw
