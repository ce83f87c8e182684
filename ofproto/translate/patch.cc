// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/patch.h"

#include "ofproto/translate/pipeline.h"
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
  context.Count(patch.patch_stats.tx);
  context.Count(peer->patch_stats.rx);
  const TranslationContext::Level level(context, true);
  if (!level.ok()) return;
  const TranslationContext::Scope scope(context);
  context.view.set_tags(tags);
  context.stack = 0;
  ReceiveInBridge(context, *peer);
}

}  // namespace vsw
