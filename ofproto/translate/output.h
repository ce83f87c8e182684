// SPDX-License-Identifier: Apache-2.0
//
// Outputs to ports, real and reserved (OpenFlow 1.3 section 4.5), with what port-mod says of them.
#ifndef VSW_OFPROTO_TRANSLATE_OUTPUT_H_
#define VSW_OFPROTO_TRANSLATE_OUTPUT_H_

#include <cstdint>

#include "ofproto/action/actions.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// To a port as OpenFlow 1.3 numbers them. `max_bytes`: as in act::Output.
void Output(TranslationContext& context, uint32_t port, uint32_t max_bytes);
/// To the port whose number stands in a field.
void OutputByField(TranslationContext& context, const act::OutputReg& output);

/// By a port of the bridge, which may be a patch port, with `tags` on it.
void SendByPort(TranslationContext& context, const PortRules& out, const FrameTags& tags,
                const IpAddress* remote = nullptr);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_OUTPUT_H_
