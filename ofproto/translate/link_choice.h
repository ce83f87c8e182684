// SPDX-License-Identifier: Apache-2.0
//
// Choices by a hash of packet fields that is worked out here, so that the fields are matched:
// multipath, bundle and bundle_load (ovs-actions(7)), and select groups that name their fields.
#ifndef VSW_OFPROTO_TRANSLATE_LINK_CHOICE_H_
#define VSW_OFPROTO_TRANSLATE_LINK_CHOICE_H_

#include <cstdint>
#include <span>

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

void ChooseLink(TranslationContext& context, const act::Multipath& action);
void ChoosePort(TranslationContext& context, const act::Bundle& action);

/// Of those fields that the packet has.
uint32_t HashOfFields(TranslationContext& context, std::span<const FieldId> fields, uint64_t basis);
/// Mixes a hash with one more value, as rendezvous hashing wants it.
uint32_t MixHash(uint32_t hash, uint32_t value);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_LINK_CHOICE_H_
