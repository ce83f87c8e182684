// SPDX-License-Identifier: Apache-2.0
//
// Does what actions say, one after the other (OpenFlow 1.3 section 5.12; ovs-actions(7)). One
// family of actions, one file; the table of all of them is in execute_actions.cc.
#ifndef VSW_OFPROTO_TRANSLATE_EXECUTE_ACTIONS_H_
#define VSW_OFPROTO_TRANSLATE_EXECUTE_ACTIONS_H_

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// Until the list ends, or the packet's way in it. False: it ended early.
bool ExecuteActions(TranslationContext& context, const OfActions& actions);

/// False: the list that the action stands in ends here.
bool ExecuteAction(TranslationContext& context, const OfAction& action);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_EXECUTE_ACTIONS_H_
