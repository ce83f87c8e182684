// SPDX-License-Identifier: Apache-2.0
//
// The words of ovs-ofctl's syntax: `key`, `key=value`, `key:value` and `key(value)`, with commas or
// blanks between them and parentheses that nest.
#ifndef VSW_OFPROTO_TEXT_WORDS_H_
#define VSW_OFPROTO_TEXT_WORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vsw {

struct Word {
  std::string_view key;
  std::string_view value;
  bool has_value = false;
  bool parenthesised = false;
  std::string_view text;  // all of it
};

/// InvalidArgument: parentheses that do not match.
absl::StatusOr<std::vector<Word>> SplitWords(std::string_view text);

/// Decimal, or hexadecimal with 0x; nothing more, and at most `max`.
std::optional<uint64_t> ParseNumber(std::string_view text, uint64_t max = UINT64_MAX);
/// InvalidArgument that names `what` and the bad text.
absl::StatusOr<uint64_t> NumberOf(std::string_view what, std::string_view text,
                                  uint64_t max = UINT64_MAX);

std::string_view Trimmed(std::string_view text);

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_WORDS_H_
