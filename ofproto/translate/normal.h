// SPDX-License-Identifier: Apache-2.0
//
// The NORMAL rule: a learning bridge with VLANs. docs/normal.md tells what it does, in the order in
// which it is done here.
#ifndef VSW_OFPROTO_TRANSLATE_NORMAL_H_
#define VSW_OFPROTO_TRANSLATE_NORMAL_H_

#include "ofproto/config_snapshot.h"
#include "ofproto/translate/frame_tags.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// Forwards the packet, which came in by `in` bearing `received`.
void TranslateNormal(TranslationContext& context, const BridgeRules& bridge, const PortRules& in,
                     const FrameTags& received);

/// Stands for `in` where a packet came in by no port of the bridge (packet-out): a trunk of all
/// VLANs, behind which nothing is learned.
const PortRules& NormalPortOfNobody();

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_NORMAL_H_
