// SPDX-License-Identifier: Apache-2.0
//
// Packets for controllers (OpenFlow 1.3 section 7.4.1): the packet as it stands, cut to a length,
// with a blob that says what the packet-in is to tell (notes.h).
#ifndef VSW_OFPROTO_TRANSLATE_SEND_TO_CONTROLLER_H_
#define VSW_OFPROTO_TRANSLATE_SEND_TO_CONTROLLER_H_

#include <cstdint>

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// Output to CONTROLLER.
void SendToController(TranslationContext& context, uint16_t max_bytes);
/// controller(...): with userdata, to one controller.
void SendToController(TranslationContext& context, const act::Controller& action);
/// A miss in a table without a rule for misses.
void SendMissToController(TranslationContext& context, uint8_t table);
void SendInvalidTtlToController(TranslationContext& context, uint16_t controller_id);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_SEND_TO_CONTROLLER_H_
