// SPDX-License-Identifier: Apache-2.0
//
// Meters (OpenFlow 1.3 section 5.7): the datapath applies them, by an index of its own.
#ifndef VSW_OFPROTO_TRANSLATE_METER_H_
#define VSW_OFPROTO_TRANSLATE_METER_H_

#include <cstdint>
#include <optional>

#include "ofproto/translate/translation_context.h"

namespace vsw {

/// The packet goes through the meter; what does not get through ends there in this scope. A meter
/// that is not there lets everything through.
void ApplyMeter(TranslationContext& context, uint32_t meter);

/// The datapath's index of a meter of this bridge.
std::optional<uint32_t> FindMeter(TranslationContext& context, uint32_t meter);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_METER_H_
