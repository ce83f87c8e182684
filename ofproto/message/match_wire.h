// SPDX-License-Identifier: Apache-2.0
//
// The fixed-size matches before OXM, for message/match.cc alone: 1.0's ofp_match of 40 bytes
// (1.0 section 5.2.3) and 1.1's of 88 (1.1 section A.2.3, the standard match).
#ifndef VSW_OFPROTO_MESSAGE_MATCH_WIRE_H_
#define VSW_OFPROTO_MESSAGE_MATCH_WIRE_H_

#include "ofproto/error.h"
#include "ofproto/match/match.h"
#include "ofproto/message/wire.h"

namespace vsw {

inline constexpr size_t kMatch10Bytes = 40;
inline constexpr size_t kMatch11Bytes = 88;

OfResult<Match> DecodeMatch10(Reader* in);
void EncodeMatch10(const Match& match, Writer* out);
/// Behind type and length, which the caller has read.
OfResult<Match> DecodeMatch11(Reader* in);
/// With type and length.
void EncodeMatch11(const Match& match, Writer* out);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_MATCH_WIRE_H_
