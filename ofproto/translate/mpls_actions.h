// SPDX-License-Identifier: Apache-2.0
//
// MPLS label stack entries pushed and popped (OpenFlow 1.3 section 5.12.1), behind the VLAN tags.
#ifndef VSW_OFPROTO_TRANSLATE_MPLS_ACTIONS_H_
#define VSW_OFPROTO_TRANSLATE_MPLS_ACTIONS_H_

#include <cstdint>

#include "ofproto/translate/translation_context.h"

namespace vsw {

/// The new entry is a copy of the outermost one, or has the IP header's TTL.
void PushMpls(TranslationContext& context, uint16_t ethertype);
/// Does nothing to a packet without labels.
void PopMpls(TranslationContext& context, uint16_t ethertype);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_MPLS_ACTIONS_H_
