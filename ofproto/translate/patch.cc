// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/patch.h"

#include "ofproto/translate/normal.h"
#include "ofproto/translate/tags.h"

namespace vsw {

const PortRules* FindPatchPeer(TranslationContext& context, const PortRules& patch) {
  if (patch.patch_peer == kNoPort) return nullptr;
  context.DependOn(PortTag(patch.patch_peer));
  const PortRules* peer = context.config.FindPort(patch.patch_peer);
  const bool mutual = peer != nullptr && peer->is_patch && peer->patch_peer == patch.number;
  return mutual ? peer : nullptr;
}

void OutputToPatch(TranslationContext& context, const PortRules& patch, const FrameTags& tags) {
  const PortRules* peer = FindPatchPeer(context, patch);
  if (peer == nullptr) return context.Drop(DropReason::kNoDestination);
  if (!patch.usable || !peer->usable) return context.Drop(DropReason::kPortDown);
  context.CountFor(patch.patch_stats.tx);
  context.CountFor(peer->patch_stats.rx);
  TranslateNormal(context, *peer, tags);
}

}  // namespace vsw
