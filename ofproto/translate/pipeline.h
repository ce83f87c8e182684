// SPDX-License-Identifier: Apache-2.0
//
// A packet's way through the tables of one bridge (OpenFlow 1.3 section 5.1): lookup, instructions,
// goto, table misses.
#ifndef VSW_OFPROTO_TRANSLATE_PIPELINE_H_
#define VSW_OFPROTO_TRANSLATE_PIPELINE_H_

#include <cstdint>

#include "ofproto/config_snapshot.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// The packet comes in by `in`: its bridge's tables decide, or NORMAL if it has none.
void ReceiveInBridge(TranslationContext& context, const PortRules& in);

/// From `table` on, as a packet looks that came in by `in_port`. `misses_count`: a miss is one as
/// the bridge's settings treat it; else it means nothing (resubmit).
void RunTables(TranslationContext& context, uint8_t table, uint32_t in_port, bool misses_count);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_PIPELINE_H_
