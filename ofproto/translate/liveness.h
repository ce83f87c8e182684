// SPDX-License-Identifier: Apache-2.0
//
// BFD packets that come by a tunnel port whose liveness is watched: they go to the slow thread and
// never meet a table.
#ifndef VSW_OFPROTO_TRANSLATE_LIVENESS_H_
#define VSW_OFPROTO_TRANSLATE_LIVENESS_H_

#include "ofproto/translate/translation_context.h"

namespace vsw {

/// True: it was such a packet, and is done with. REQUIRES: in.tunnel.bfd.enabled.
bool TakeBfd(TranslationContext& context, const PortRules& in);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_LIVENESS_H_
