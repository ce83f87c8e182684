// SPDX-License-Identifier: Apache-2.0
//
// Actions that write fields: set_field, load, move, the stack, and VLAN tags. A write to a field
// that the packet does not have does nothing (OpenFlow 1.3 section 5.12).
#ifndef VSW_OFPROTO_TRANSLATE_FIELD_ACTIONS_H_
#define VSW_OFPROTO_TRANSLATE_FIELD_ACTIONS_H_

#include <cstdint>

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

void SetField(TranslationContext& context, const act::SetField& action);
void MoveField(TranslationContext& context, const act::Move& action);
void PushOnStack(TranslationContext& context, const act::StackPush& action);
/// Does nothing if the stack is empty.
void PopFromStack(TranslationContext& context, const act::StackPop& action);
/// Into a field that the packet has; anywhere else it is lost.
void WriteSubfield(TranslationContext& context, const Subfield& destination,
                   const FieldValue& value);

/// The new tag has the outermost one's VLAN and priority, or 0 (1.3 section 5.12.1).
void PushVlan(TranslationContext& context, uint16_t ethertype);
void PopVlan(TranslationContext& context);
void SetVlanVid(TranslationContext& context, const act::SetVlanVid& action);
void SetVlanPcp(TranslationContext& context, const act::SetVlanPcp& action);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_FIELD_ACTIONS_H_
