// SPDX-License-Identifier: Apache-2.0
//
// What flow-mods, flow statistics, flow removals and flow monitors share.
#ifndef VSW_OFPROTO_MESSAGE_FLOW_PARTS_H_
#define VSW_OFPROTO_MESSAGE_FLOW_PARTS_H_

#include <cstdint>

#include "ofproto/error.h"
#include "ofproto/message/messages.h"
#include "ofproto/message/parts.h"
#include "ofproto/message/wire.h"

namespace vsw {

/// A match in the Nicira form, within which the cookie may be matched as if it were a field.
struct NxMatch {
  Match match;
  uint64_t cookie = 0, cookie_mask = 0;
};
/// `match_bytes` of NXM fields and their padding.
OfResult<NxMatch> DecodeNxMatch(size_t match_bytes, Reader* in);
/// NXM fields, their padding, and the number of bytes before it at `length_at`.
void EncodeNxMatch(const Match& match, size_t length_at, Writer* out);

/// flow_flags that the version has; kBadFlags for others. Adds what 1.0 and 1.1 imply.
OfResult<uint16_t> DecodeFlowFlags(OfVersion version, FlowMod::Command command, uint16_t flags);
/// Those that say what the flow is, not what was to be done when it was added.
uint16_t EncodeFlowFlags(OfVersion version, uint16_t flags);

/// The actions of Nicira's messages, which are actions in all versions; in 1.0 some stand for
/// instructions.
OfResult<Instructions> DecodeActionBody(OfVersion version, std::span<const uint8_t> bytes);
void EncodeActionBody(OfVersion version, const Instructions& instructions, Writer* out,
                      const Match* match = nullptr);

/// Whole seconds since something, as Nicira's statistics have them: one more, for 0 means unknown.
uint16_t AgeOnWire(uint64_t ns);

/// 1.5's list of statistics (section 7.2.4).
void PutStats15(const FlowStats& flow, Writer* out);
void PutStats15(const AggregateStats& stats, Writer* out);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_FLOW_PARTS_H_
