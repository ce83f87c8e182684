// SPDX-License-Identifier: Apache-2.0
//
// controller(...).
#include "base/status.h"
#include "ofproto/text/action_text.h"

namespace vsw {
namespace {

struct Reason {
  std::string_view name;
  uint8_t number;
};
constexpr Reason kReasons[] = {{"no_match", 0},   {"action", 1}, {"invalid_ttl", 2},
                               {"action_set", 3}, {"group", 4},  {"packet_out", 5}};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> ParseOctets(std::string_view what, std::string_view text) {
  std::vector<uint8_t> octets;
  while (!text.empty()) {
    const size_t dot = std::min(text.find('.'), text.size());
    const std::string digits(text.substr(0, dot));
    if (digits.empty() || digits.size() % 2 != 0 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return InvalidArgument("{}: {} are not hexadecimal digits in pairs", std::string(what),
                             std::string(text));
    }
    for (size_t i = 0; i < digits.size(); i += 2) {
      octets.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    }
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return octets;
}

std::string FormatOctets(const std::vector<uint8_t>& octets) {
  std::string text;
  for (const uint8_t octet : octets)
    text += fmt::format("{}{:02x}", text.empty() ? "" : ".", octet);
  return text;
}

absl::StatusOr<act::Controller> ParseController(std::string_view text) {
  act::Controller result;
  if (const auto number = ParseNumber(text, 0xffff)) {
    result.max_bytes = static_cast<uint16_t>(*number);
    return result;
  }
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  for (const Word& word : words) {
    if (word.key == "max_len") {
      VSW_ASSIGN_OR_RETURN(const uint64_t n, NumberOf("max_len", word.value, 0xffff));
      result.max_bytes = static_cast<uint16_t>(n);
    } else if (word.key == "id") {
      VSW_ASSIGN_OR_RETURN(const uint64_t n, NumberOf("id", word.value, 0xffff));
      result.controller_id = static_cast<uint16_t>(n);
    } else if (word.key == "userdata") {
      VSW_ASSIGN_OR_RETURN(result.userdata, ParseOctets("userdata", word.value));
    } else if (word.key == "meter_id") {
      VSW_ASSIGN_OR_RETURN(const uint64_t n, NumberOf("meter_id", word.value, UINT32_MAX));
      result.meter = static_cast<uint32_t>(n);
    } else if (word.text == "pause") {
      result.pause = true;
    } else if (word.key == "reason") {
      bool known = false;
      for (const Reason& reason : kReasons) {
        if (reason.name != word.value) continue;
        result.reason = reason.number;
        known = true;
      }
      if (!known) return InvalidArgument("controller: {}: unknown reason", std::string(word.value));
    } else {
      return InvalidArgument("controller: {}: unknown keyword", std::string(word.text));
    }
  }
  return result;
}

bool SaysOnlyLength(const act::Controller& c) {
  return c.reason == 1 && c.controller_id == 0 && c.userdata.empty() && !c.pause && !c.meter;
}

std::string FormatController(const act::Controller& c) {
  if (SaysOnlyLength(c)) {
    return "CONTROLLER:" + std::to_string(c.max_bytes);
  }
  std::string text;
  const auto say = [&text](const std::string& word) { text += (text.empty() ? "" : ",") + word; };
  for (const Reason& reason : kReasons) {
    if (reason.number == c.reason && c.reason != 1) say("reason=" + std::string(reason.name));
  }
  if (c.max_bytes != 0xffff) say("max_len=" + std::to_string(c.max_bytes));
  if (c.controller_id != 0) say("id=" + std::to_string(c.controller_id));
  if (!c.userdata.empty()) say("userdata=" + FormatOctets(c.userdata));
  if (c.pause) say("pause");
  if (c.meter) say("meter_id=" + std::to_string(*c.meter));
  return "controller(" + text + ")";
}

}  // namespace vsw
