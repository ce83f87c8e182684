// SPDX-License-Identifier: Apache-2.0
//
// Groups (OpenFlow 1.3 section 5.6): each bucket is done on a copy of the packet; what follows the
// group sees the packet as it was.
#ifndef VSW_OFPROTO_TRANSLATE_GROUP_H_
#define VSW_OFPROTO_TRANSLATE_GROUP_H_

#include <cstdint>

#include "ofproto/translate/translation_context.h"

namespace vsw {

void SendToGroup(TranslationContext& context, uint32_t group);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_GROUP_H_
