// SPDX-License-Identifier: Apache-2.0
//
// Actions on the TTL of the IP header and of MPLS labels (OpenFlow 1.3 section 5.12). A packet
// whose TTL is used up goes to the controllers, and the action list ends for it.
#ifndef VSW_OFPROTO_TRANSLATE_TTL_ACTIONS_H_
#define VSW_OFPROTO_TRANSLATE_TTL_ACTIONS_H_

#include <cstdint>

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

void SetMplsTtl(TranslationContext& context, uint8_t ttl);
void SetIpTtl(TranslationContext& context, uint8_t ttl);
/// False: the TTL is used up.
bool DecrementMplsTtl(TranslationContext& context);
bool DecrementIpTtl(TranslationContext& context, const act::DecTtl& action);
/// From the header behind the outermost one that has a TTL to that one, and the other way round.
void CopyTtlOut(TranslationContext& context);
void CopyTtlIn(TranslationContext& context);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TTL_ACTIONS_H_
