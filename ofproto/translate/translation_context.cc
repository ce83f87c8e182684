// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/translation_context.h"

#include "ofproto/translate/tags.h"

namespace vsw {

namespace {

template <typename T, size_t kCapacity>
constexpr size_t CapacityOf(BoundedVector<T, kCapacity> Translation::*) {
  return kCapacity;
}

}  // namespace

// A tag made here for each bridge on the way, and room for those put back.
static_assert(FrameTags::kMaxAdded >= TranslationContext::kMaxDepth + kKeyVlanTags);

void TranslationContext::DependOn(Tag tag) {
  // The last place is kept for a tag that stands for all changes: too many dependencies cost
  // needless retranslations, but no lost one and no uncached flow.
  constexpr size_t kLast = CapacityOf(&Translation::tags) - 1;
  if (result_.tags.size() < kLast) {
    result_.tags.push_back(tag);
  } else if (result_.tags.size() == kLast) {
    result_.tags.push_back(kAnyChangeTag);
  }
}

bool TranslationContext::Enter(BridgeId bridge, VlanId vlan) {
  bool circle = depth_ == kMaxDepth || visits_ == kMaxVisits;
  for (size_t i = 0; i < depth_ && !circle; ++i) {
    circle = way_[i].bridge == bridge && way_[i].vlan == vlan;
  }
  if (circle) {
    Drop(DropReason::kPatchLoop);
    return false;
  }
  way_[depth_++] = {.bridge = bridge, .vlan = vlan};
  ++visits_;
  return true;
}

void TranslationContext::Finish() {
  if (result_.actions.overflowed()) {
    result_.actions.clear();
    result_.drop_reason = DropReason::kTooManyActions;
  } else if (result_.actions.empty()) {
    result_.drop_reason = first_drop_;
  }
}

}  // namespace vsw
