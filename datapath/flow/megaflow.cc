// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/megaflow.h"

namespace vsw {

bool MoreLinesEqual(FlowKey* key, const Megaflow& flow) {
  DefineLines(key, flow.mask->lines);
  const uint8_t* expected = flow.more_key;
  for (size_t i = 1; i < kFlowKeyLines; ++i) {
    if (!(flow.mask->lines & (1u << i))) continue;
    if (!MaskedLineEquals(key->line(i), flow.mask->bits.line(i), expected)) return false;
    expected += kLineBytes;
  }
  return true;
}

}  // namespace vsw
