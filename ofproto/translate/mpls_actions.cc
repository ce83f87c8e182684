// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/mpls_actions.h"

#include "ofproto/translate/recirculation.h"

namespace vsw {

void PushMpls(TranslationContext& context, uint16_t ethertype) {
  if (!ParseAgain(context)) return;
  context.writer.WriteWords();  // they are out of reach behind the label
  const uint32_t entry = context.view.PushMpls(ethertype);
  context.writer.PushMpls(ethertype, entry);
}

void PopMpls(TranslationContext& context, uint16_t ethertype) {
  if (!ParseAgain(context) || !context.view.is_mpls()) return;
  context.writer.PopMpls(ethertype);
  context.view.PopMpls(ethertype);
}

}  // namespace vsw
