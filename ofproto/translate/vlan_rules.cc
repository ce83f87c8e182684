// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/vlan_rules.h"

namespace vsw {
namespace {

// Takes the outermost tag as the frame's VLAN tag. A tag of VLAN 0 says nothing but a priority;
// `untagged_vlan` is the VLAN of frames without one or with such a one. `refusal` is for frames
// that hide a tag behind a tag of VLAN 0: taking that one off again would uncover a VLAN that
// nobody checked.
DropReason ClassifyByTag(const FrameTags& received, VlanId untagged_vlan, DropReason refusal,
                         FieldView& view, BridgeFrame* frame) {
  frame->inner = received;
  frame->vlan = untagged_vlan;
  if (!received.Outer(view, &frame->tag)) {
    frame->has_tag = untagged_vlan != kNoVlan;
    frame->tag = FrameTag::Made(kTpidVlan, untagged_vlan, 0);
    return DropReason::kNone;
  }
  if (!frame->tag.readable()) return refusal;
  frame->has_tag = frame->received_tagged = true;
  frame->inner.Pop();
  if (const VlanId vlan = frame->tag.vlan(view); vlan != kNoVlan) {
    frame->vlan = vlan;
    return DropReason::kNone;
  }
  if (frame->inner.IsTagged(view)) return refusal;
  if (untagged_vlan != kNoVlan) frame->tag = frame->tag.WithVlan(untagged_vlan);
  return DropReason::kNone;
}

DropReason ClassifyOnAccess(const PortRules& port, const FrameTags& received, FieldView& view,
                            BridgeFrame* frame) {
  // Whatever bears a VLAN of its own ends here, so first look whether it does.
  if (FrameTag outer; received.Outer(view, &outer)) {
    if (!outer.readable() || outer.vlan(view) != kNoVlan) return DropReason::kTaggedOnAccess;
  }
  return ClassifyByTag(received, port.vlan, DropReason::kTaggedOnAccess, view, frame);
}

DropReason ClassifyOnTrunk(const PortRules& port, const FrameTags& received, FieldView& view,
                           BridgeFrame* frame) {
  const VlanId untagged_vlan = port.mode == VlanMode::kTrunk ? kNoVlan : port.vlan;
  const DropReason refused =
      ClassifyByTag(received, untagged_vlan, DropReason::kVlanNotAllowed, view, frame);
  if (refused != DropReason::kNone) return refused;
  return CarriesVlan(port, frame->vlan) ? DropReason::kNone : DropReason::kVlanNotAllowed;
}

// Whether a tunnel port takes a frame that bears `customer` inside the service tag.
bool AllowsCustomer(const PortRules& port, const FrameTags& customer, FieldView& view) {
  if (port.cvlans.is_all()) return true;
  FrameTag tag;
  if (!customer.Outer(view, &tag)) return port.cvlans.Has(kNoVlan);
  return tag.readable() && port.cvlans.Has(tag.vlan(view));
}

DropReason ClassifyOnTunnel(const PortRules& port, const FrameTags& received, FieldView& view,
                            BridgeFrame* frame) {
  if (!CarriesVlan(port, port.vlan) || !AllowsCustomer(port, received, view)) {
    return DropReason::kVlanNotAllowed;
  }
  frame->vlan = port.vlan;
  frame->has_tag = true;
  frame->tag = FrameTag::Made(port.qinq_ethertype, port.vlan, 0);
  frame->inner = received;
  return DropReason::kNone;
}

EgressForm FormWithoutVlan(const PortRules& port, const BridgeFrame& frame, FieldView& view) {
  switch (port.priority_tags) {
    case PriorityTags::kNo:
      return EgressForm::kUntagged;
    case PriorityTags::kIfNonzero:
      return frame.has_tag && frame.tag.priority(view) != 0 ? EgressForm::kPriorityTag
                                                            : EgressForm::kUntagged;
    case PriorityTags::kAlways:
      return EgressForm::kPriorityTag;
  }
  return EgressForm::kUntagged;
}

}  // namespace

DropReason ClassifyIngress(const PortRules& port, const FrameTags& received, FieldView& view,
                           BridgeFrame* frame) {
  switch (port.mode) {
    case VlanMode::kAccess:
      return ClassifyOnAccess(port, received, view, frame);
    case VlanMode::kTrunk:
    case VlanMode::kNativeTagged:
    case VlanMode::kNativeUntagged:
      return ClassifyOnTrunk(port, received, view, frame);
    case VlanMode::kDot1qTunnel:
      return ClassifyOnTunnel(port, received, view, frame);
  }
  return DropReason::kVlanNotAllowed;
}

bool CarriesVlan(const PortRules& port, VlanId vlan) {
  switch (port.mode) {
    case VlanMode::kAccess:
      return vlan == port.vlan;
    case VlanMode::kTrunk:
      return port.trunks.Has(vlan);
    case VlanMode::kNativeTagged:
    case VlanMode::kNativeUntagged:
      // Untagged means the native VLAN here, which leaves no way to say "no VLAN".
      return vlan == port.vlan || (vlan != kNoVlan && port.trunks.Has(vlan));
    case VlanMode::kDot1qTunnel:
      return vlan == port.vlan && vlan != kNoVlan;
  }
  return false;
}

EgressForm EgressFormAt(const PortRules& port, const BridgeFrame& frame, FieldView& view) {
  if (!CarriesVlan(port, frame.vlan)) return EgressForm::kNone;
  switch (port.mode) {
    case VlanMode::kAccess:
      return FormWithoutVlan(port, frame, view);
    case VlanMode::kTrunk:
    case VlanMode::kNativeTagged:
      return frame.vlan == kNoVlan ? FormWithoutVlan(port, frame, view) : EgressForm::kTagged;
    case VlanMode::kNativeUntagged:
      return frame.vlan == port.vlan ? FormWithoutVlan(port, frame, view) : EgressForm::kTagged;
    case VlanMode::kDot1qTunnel:
      return AllowsCustomer(port, frame.inner, view) ? EgressForm::kUntagged : EgressForm::kNone;
  }
  return EgressForm::kNone;
}

FrameTags TagsInForm(EgressForm form, const BridgeFrame& frame, FieldView& view) {
  FrameTags tags = frame.inner;
  if (form == EgressForm::kTagged) {
    tags.Push(frame.tag);
  } else if (form == EgressForm::kPriorityTag) {
    const uint16_t priority = frame.has_tag ? frame.tag.priority(view) : 0;
    tags.Push(FrameTag::Made(kTpidVlan, kNoVlan, priority));
  }
  return tags;
}

}  // namespace vsw
