// SPDX-License-Identifier: Apache-2.0
//
// Patch ports: two ports of two bridges that are each other's wire. They exist in translation
// alone; what is sent to one is translated on as if it had just come in by the other.
#ifndef VSW_OFPROTO_TRANSLATE_PATCH_H_
#define VSW_OFPROTO_TRANSLATE_PATCH_H_

#include "ofproto/config_snapshot.h"
#include "ofproto/translate/frame_tags.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// The other end, if there is one that names `patch` as its other end in turn.
const PortRules* FindPatchPeer(TranslationContext& context, const PortRules& patch);

/// Goes on in the peer's bridge, at its first table, with a frame that bears `tags`.
void OutputToPatch(TranslationContext& context, const PortRules& patch, const FrameTags& tags);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_PATCH_H_
