// SPDX-License-Identifier: Apache-2.0
//
// Matches word by word, for those parsers that have other words among them.
#ifndef VSW_OFPROTO_TEXT_MATCH_TEXT_H_
#define VSW_OFPROTO_TEXT_MATCH_TEXT_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ofproto/text/text.h"
#include "ofproto/text/words.h"

namespace vsw {

/// Gathers the words of a match. They may stand in any order: what a field requires may come behind
/// it.
class MatchReader {
 public:
  enum class Masks : uint8_t { kAllowed, kRefused };
  explicit MatchReader(const PortNames* ports, Masks masks = Masks::kAllowed)
      : ports_(ports), masks_(masks) {}

  /// Takes the word, whose text has to stay until Finish(). False: it is no word of a match.
  absl::StatusOr<bool> Read(const Word& word);
  /// The match; InvalidArgument names the first field whose prerequisites are not met.
  absl::StatusOr<Match> Finish();

 private:
  absl::Status ReadVlan(const Word& word);
  absl::Status ReadField(const Word& word, const FieldInfo& field);

  const PortNames* const ports_;
  const Masks masks_;
  Match match_;
  std::vector<Word> ports_of_protocol_;  // tp_src and tp_dst: which protocol's, the others tell
  std::vector<std::string_view> named_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_MATCH_TEXT_H_
