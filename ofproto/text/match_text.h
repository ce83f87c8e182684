// SPDX-License-Identifier: Apache-2.0
//
// Matches word by word, for those parsers that have other words among them.
#ifndef VSW_OFPROTO_TEXT_MATCH_TEXT_H_
#define VSW_OFPROTO_TEXT_MATCH_TEXT_H_

#include "absl/status/statusor.h"
#include "ofproto/text/text.h"
#include "ofproto/text/words.h"

namespace vsw {

/// Enters the word in the match. False: it is no word of a match.
absl::StatusOr<bool> ParseMatchWord(const Word& word, const PortNames* ports, Match* match);
/// The message of a failed CheckMatch(), as InvalidArgument.
absl::Status CheckedMatch(const Match& match);

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_MATCH_TEXT_H_
