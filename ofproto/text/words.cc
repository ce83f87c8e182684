// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/words.h"

#include <charconv>

#include "base/status.h"

namespace vsw {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsSeparator(char c) { return c == ',' || IsBlank(c); }

// The end of a value that starts at `at`: the first separator outside parentheses and brackets.
// npos: a parenthesis is not closed, or one too many is.
size_t EndOfValue(std::string_view text, size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) return std::string_view::npos;
    if (depth == 0 && IsSeparator(c)) break;
  }
  return depth == 0 ? at : std::string_view::npos;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

absl::StatusOr<std::vector<Word>> SplitWords(std::string_view text) {
  std::vector<Word> words;
  size_t at = 0;
  while (true) {
    while (at < text.size() && IsSeparator(text[at])) ++at;
    if (at == text.size()) return words;
    Word word;
    const size_t start = at;
    at = std::min(text.find_first_of(":=(, \t\r\n", at), text.size());
    word.key = text.substr(start, at - start);
    const size_t end = EndOfValue(text, at);
    if (end == std::string_view::npos) {
      return InvalidArgument("{}: parentheses do not match", std::string(text.substr(start)));
    }
    if (at < text.size() && text[at] == '(') {
      word.has_value = word.parenthesised = true;
      // `key(...)` may be followed by more, as in check_pkt_larger(9)->reg0[0].
      size_t depth = 0, close = at;
      for (; close < end; ++close) {
        if (text[close] == '(') ++depth;
        if (text[close] == ')' && --depth == 0) break;
      }
      word.value = text.substr(at + 1, close - at - 1);
    } else if (at < text.size() && (text[at] == ':' || text[at] == '=')) {
      word.has_value = true;
      word.value = text.substr(at + 1, end - at - 1);
    }
    word.text = text.substr(start, end - start);
    words.push_back(word);
    at = end;
  }
}

std::optional<uint64_t> ParseNumber(std::string_view text, uint64_t max) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number > max) {
    return std::nullopt;
  }
  return number;
}

absl::StatusOr<uint64_t> NumberOf(std::string_view what, std::string_view text, uint64_t max) {
  if (const auto number = ParseNumber(text, max)) return *number;
  return InvalidArgument("{}: {} is not a number from 0 to {}", std::string(what),
                         std::string(text), max);
}

}  // namespace vsw
