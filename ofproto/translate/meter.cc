// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/meter.h"

#include "ofproto/translate/tags.h"

namespace vsw {

std::optional<uint32_t> FindMeter(TranslationContext& context, uint32_t meter) {
  context.DependOn(MeterTag(context.stay.bridge->id, meter));
  if (context.stay.state == nullptr || context.stay.state->meters == nullptr) return std::nullopt;
  const auto& meters = *context.stay.state->meters;
  const auto found = meters.find(meter);
  return found == meters.end() ? std::nullopt : std::optional(found->second);
}

void ApplyMeter(TranslationContext& context, uint32_t meter) {
  const std::optional<uint32_t> index = FindMeter(context, meter);
  if (index.has_value()) context.writer.AppendMeter(*index);
}

}  // namespace vsw
