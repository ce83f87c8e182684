// SPDX-License-Identifier: Apache-2.0
//
// learn(...).
#include "base/status.h"
#include "ofproto/text/action_text.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

struct NumberKey {
  std::string_view key;
  uint64_t max;
  void (*set)(act::Learn*, uint64_t);
};
constexpr NumberKey kNumberKeys[] = {
    {"table", 253, [](act::Learn* l, uint64_t n) { l->table = static_cast<uint8_t>(n); }},
    {"priority", 0xffff, [](act::Learn* l, uint64_t n) { l->priority = static_cast<uint16_t>(n); }},
    {"idle_timeout", 0xffff,
     [](act::Learn* l, uint64_t n) { l->idle_timeout = static_cast<uint16_t>(n); }},
    {"hard_timeout", 0xffff,
     [](act::Learn* l, uint64_t n) { l->hard_timeout = static_cast<uint16_t>(n); }},
    {"fin_idle_timeout", 0xffff,
     [](act::Learn* l, uint64_t n) { l->fin_idle_timeout = static_cast<uint16_t>(n); }},
    {"fin_hard_timeout", 0xffff,
     [](act::Learn* l, uint64_t n) { l->fin_hard_timeout = static_cast<uint16_t>(n); }},
    {"cookie", UINT64_MAX, [](act::Learn* l, uint64_t n) { l->cookie = n; }},
    {"limit", UINT32_MAX, [](act::Learn* l, uint64_t n) { l->limit = static_cast<uint32_t>(n); }}};

absl::StatusOr<act::LearnSpec> ParseLoadSpec(std::string_view text) {
  VSW_ASSIGN_OR_RETURN(const auto sides, SplitArrow("learn: load", text));
  act::LearnSpec spec{};
  spec.kind = act::LearnSpec::Kind::kLoad;
  VSW_ASSIGN_OR_RETURN(spec.destination, ParseSubfield(sides.second));
  if (sides.first.find('[') != std::string_view::npos) {
    VSW_ASSIGN_OR_RETURN(spec.source, ParseSubfield(sides.first));
    if (spec.source.bits != spec.destination.bits) {
      return InvalidArgument("learn: load:{}: numbers of bits differ", std::string(text));
    }
    return spec;
  }
  spec.from_immediate = true;
  FieldInfo part = Describe(spec.destination.field);
  part.bits = spec.destination.bits;
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(part, sides.first, nullptr));
  spec.immediate = value.value;
  return spec;
}

absl::StatusOr<act::LearnSpec> ParseMatchSpec(const Word& word, const PortNames* ports) {
  act::LearnSpec spec{};
  spec.kind = act::LearnSpec::Kind::kMatch;
  VSW_ASSIGN_OR_RETURN(spec.destination, ParseSubfield(word.key));
  if (spec.destination.field == FieldId::kInPortNx && word.key == "in_port") {
    spec.destination = {.field = FieldId::kInPortNx, .offset = 0, .bits = 16};
  }
  if (!word.has_value) {
    spec.source = spec.destination;
    return spec;
  }
  if (word.value.find('[') != std::string_view::npos || FindAnyField(word.value) != nullptr) {
    VSW_ASSIGN_OR_RETURN(spec.source, ParseSubfield(word.value));
    if (spec.source.bits != spec.destination.bits) {
      return InvalidArgument("learn: {}: numbers of bits differ", std::string(word.text));
    }
    return spec;
  }
  spec.from_immediate = true;
  FieldInfo part = Describe(spec.destination.field);
  part.bits = spec.destination.bits;
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(part, word.value, ports));
  spec.immediate = value.value;
  return spec;
}

absl::Status ParseWord(const Word& word, const PortNames* ports, act::Learn* learn) {
  for (const NumberKey& known : kNumberKeys) {
    if (known.key != word.key || !word.has_value) continue;
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, known.max));
    known.set(learn, number);
    return absl::OkStatus();
  }
  if (word.text == "send_flow_rem") {
    learn->send_flow_removed = true;
  } else if (word.text == "delete_learned") {
    learn->delete_learned = true;
  } else if (word.key == "result_dst") {
    learn->write_result = true;
    VSW_ASSIGN_OR_RETURN(learn->result, ParseSubfield(word.value));
    if (learn->result.bits != 1) return InvalidArgument("learn: result_dst has to be one bit");
  } else if (word.key == "load") {
    VSW_ASSIGN_OR_RETURN(const act::LearnSpec spec, ParseLoadSpec(word.value));
    learn->specs.push_back(spec);
  } else if (word.key == "output") {
    act::LearnSpec spec{};
    spec.kind = act::LearnSpec::Kind::kOutput;
    VSW_ASSIGN_OR_RETURN(spec.source, ParseSubfield(word.value));
    learn->specs.push_back(spec);
  } else {
    VSW_ASSIGN_OR_RETURN(const act::LearnSpec spec, ParseMatchSpec(word, ports));
    learn->specs.push_back(spec);
  }
  return absl::OkStatus();
}

std::string FormatSpec(const act::LearnSpec& spec, const PortNames* ports) {
  using Kind = act::LearnSpec::Kind;
  const FieldInfo& field = Describe(spec.destination.field);
  const bool whole = spec.destination.bits == field.bits;
  if (spec.kind == Kind::kOutput) return "output:" + FormatSubfield(spec.source);
  if (spec.kind == Kind::kLoad) {
    return "load:" +
           (spec.from_immediate ? FormatHex(spec.immediate) : FormatSubfield(spec.source)) + "->" +
           FormatSubfield(spec.destination);
  }
  if (spec.from_immediate && whole) {
    return field.name + "=" + FormatFieldValue(field.id, spec.immediate, ports);
  }
  if (spec.from_immediate) {
    return FormatSubfield(spec.destination) + "=" + FormatHex(spec.immediate);
  }
  if (spec.source == spec.destination) return FormatSubfield(spec.destination);
  return FormatSubfield(spec.destination) + "=" + FormatSubfield(spec.source);
}

}  // namespace

absl::StatusOr<act::Learn> ParseLearn(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  act::Learn learn;
  for (const Word& word : words) VSW_RETURN_IF_ERROR(ParseWord(word, ports, &learn));
  return learn;
}

std::string FormatLearn(const act::Learn& learn, const PortNames* ports) {
  std::string text = "table=" + std::to_string(learn.table);
  const auto number = [&text](const char* key, uint64_t value) {
    if (value != 0) text += fmt::format(",{}={}", key, value);
  };
  number("idle_timeout", learn.idle_timeout);
  number("hard_timeout", learn.hard_timeout);
  number("fin_idle_timeout", learn.fin_idle_timeout);
  number("fin_hard_timeout", learn.fin_hard_timeout);
  if (learn.priority != 0x8000) text += fmt::format(",priority={}", learn.priority);
  if (learn.send_flow_removed) text += ",send_flow_rem";
  if (learn.delete_learned) text += ",delete_learned";
  if (learn.cookie != 0) text += fmt::format(",cookie={:#x}", learn.cookie);
  number("limit", learn.limit);
  if (learn.write_result) text += ",result_dst=" + FormatSubfield(learn.result);
  for (const act::LearnSpec& spec : learn.specs) text += "," + FormatSpec(spec, ports);
  return "learn(" + text + ")";
}

}  // namespace vsw
