// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/words.h"

#include <algorithm>
#include <charconv>

#include "base/status.h"

namespace vsw {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsSeparator(char c) { return c == ',' || IsBlank(c); }

// Actions within actions: what a message may have, and what recursion can bear.
constexpr int kMaxDepth = 32;

enum class Fault : uint8_t { kNone, kParentheses, kQuotes, kDepth };

// The end of a value that starts at `at`: the first separator outside parentheses and quotes.
size_t EndOfValue(std::string_view text, size_t at, Fault* fault) {
  int depth = 0;
  bool quoted = false;
  *fault = Fault::kNone;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '(' && ++depth > kMaxDepth) *fault = Fault::kDepth;
    if (c == ')' && --depth < 0) break;
    if (depth == 0 && IsSeparator(c)) break;
  }
  if (quoted) *fault = Fault::kQuotes;
  if (depth != 0 && *fault == Fault::kNone) *fault = Fault::kParentheses;
  return at;
}

// Where the parenthesis closes that opens at `at`.
size_t Closing(std::string_view text, size_t at) {
  int depth = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted) continue;
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) break;
  }
  return at;
}

size_t EndOfKey(std::string_view text, size_t at) {
  if (text[at] == '"') return std::min(text.find('"', at + 1), text.size() - 1) + 1;
  return std::min(text.find_first_of(":=(), \t\r\n", at), text.size());
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
    at = EndOfKey(text, at);
    word.key = text.substr(start, at - start);
    Fault fault;
    const size_t end = EndOfValue(text, at, &fault);
    if (fault != Fault::kNone) {
      return InvalidArgument("{}: {}", std::string(text.substr(start)),
                             fault == Fault::kDepth    ? "nested too deeply"
                             : fault == Fault::kQuotes ? "quotes do not match"
                                                       : "parentheses do not match");
    }
    if (at < text.size() && text[at] == '(') {
      word.has_value = word.parenthesised = true;
      // `key(...)` may be followed by more, as in check_pkt_larger(9)->reg0[0].
      word.value = text.substr(at + 1, Closing(text, at) - at - 1);
    } else if (at < text.size() && (text[at] == ':' || text[at] == '=')) {
      word.has_value = true;
      word.value = text.substr(at + 1, end - at - 1);
    }
    word.text = text.substr(start, end - start);
    words.push_back(word);
    at = end;
  }
}

std::optional<uint64_t> ParseHexDigits(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
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
