// SPDX-License-Identifier: Apache-2.0
//
// What a port's VLAN mode means, in both directions: which VLAN of the bridge a frame belongs to
// that came in by the port, and what the frame bears when it leaves by the port. docs/normal.md has
// the table. Reads of a packet no more than the mode at hand needs.
//
// Within a bridge a frame is a VLAN, the tag that says so (if it was received with one or would
// leave a trunk with one), and whatever is inside.
#ifndef VSW_OFPROTO_TRANSLATE_VLAN_RULES_H_
#define VSW_OFPROTO_TRANSLATE_VLAN_RULES_H_

#include <cstdint>

#include "base/drop_reason.h"
#include "base/net_types.h"
#include "ofproto/config_snapshot.h"
#include "ofproto/translate/field_view.h"
#include "ofproto/translate/frame_tags.h"

namespace vsw {

/// A frame as its bridge sees it.
struct BridgeFrame {
  VlanId vlan = kNoVlan;
  bool has_tag = false;  // always, unless vlan is kNoVlan
  /// `tag` stands on the frame as it was received by the bridge.
  bool received_tagged = false;
  FrameTag tag;     // the VLAN's tag
  FrameTags inner;  // without it
};

/// How a frame leaves by a port.
enum class EgressForm : uint8_t {
  kNone,         // not at all: the port does not carry its VLAN
  kTagged,       // with the VLAN's tag
  kPriorityTag,  // with a tag that bears its priority alone
  kUntagged,     // without the VLAN's tag
};

/// Sorts a frame that came in by `port` into a VLAN. kNone: `*frame` is set; else why it is
/// dropped.
DropReason ClassifyIngress(const PortRules& port, const FrameTags& received, FieldView& view,
                           BridgeFrame* frame);

/// Whether frames of `vlan` go in and out by `port`; says nothing of customer VLANs.
bool CarriesVlan(const PortRules& port, VlanId vlan);

EgressForm EgressFormAt(const PortRules& port, const BridgeFrame& frame, FieldView& view);

/// The tags that the frame bears in that form. REQUIRES: form != kNone.
FrameTags TagsInForm(EgressForm form, const BridgeFrame& frame, FieldView& view);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_VLAN_RULES_H_
