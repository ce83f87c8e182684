// SPDX-License-Identifier: Apache-2.0
//
// The action set (OpenFlow 1.3 section 5.10): at most one action of each kind, the one written
// last, done in an order that does not depend on the order of writing. Group buckets are action
// sets too (section 5.6.1).
#ifndef VSW_OFPROTO_TRANSLATE_ACTION_SET_H_
#define VSW_OFPROTO_TRANSLATE_ACTION_SET_H_

#include <cstdint>

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// Does what the action set has come to, and empties it.
void RunActionSet(TranslationContext& context);
/// Does `actions` as if they were an action set.
void RunAsActionSet(TranslationContext& context, const OfActions& actions);
/// The port that it would send to, for the field actset_output; kOfpUnset: none, or a group.
uint32_t ActionSetOutput(const TranslationContext& context);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_ACTION_SET_H_
