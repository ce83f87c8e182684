// SPDX-License-Identifier: Apache-2.0
//
// A frame as it stands after tags and labels were pushed, set and taken off, for a trace that has to
// look into it again as a worker would. What the edits write into other headers is not done here:
// the trace does it on the key.
//
// Thread safety: pure functions.
#ifndef VSW_OFPROTO_TRANSLATE_TRACE_FRAME_H_
#define VSW_OFPROTO_TRANSLATE_TRACE_FRAME_H_

#include <cstdint>
#include <span>
#include <vector>

#include "datapath/flow/action.h"

namespace vsw {

/// An edit that the frame is too short for is left out.
std::vector<uint8_t> Restructured(std::span<const uint8_t> frame, std::span<const Action> edits);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TRACE_FRAME_H_
