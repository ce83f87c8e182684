// SPDX-License-Identifier: Apache-2.0
//
// Actions that change tables: learn and fin_timeout (ovs-actions(7)). On a worker they are worked
// out and become notes; the slow thread enters the change.
#ifndef VSW_OFPROTO_TRANSLATE_LEARN_H_
#define VSW_OFPROTO_TRANSLATE_LEARN_H_

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// The rule is asked for each time that the decision is made, and again after it is gone. A
/// write_result says 1 for it: whether a limit keeps the rule out is not known here.
void LearnRule(TranslationContext& context, const act::Learn& learn);

/// For TCP packets with FIN or RST.
void ReduceTimeouts(TranslationContext& context, const act::FinTimeout& timeout);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_LEARN_H_
