// SPDX-License-Identifier: Apache-2.0
//
// Rules: what stands before "actions=", the instructions behind it, and dump-flows' lines.
#include <algorithm>

#include "base/status.h"
#include "ofproto/text/action_text.h"
#include "ofproto/text/match_text.h"
#include "ofproto/text/text.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

using Command = FlowMod::Command;

struct FlagName {
  std::string_view name;
  uint16_t flag;
};
constexpr FlagName kFlags[] = {{"send_flow_rem", flow_flags::kSendFlowRemoved},
                               {"check_overlap", flow_flags::kCheckOverlap},
                               {"reset_counts", flow_flags::kResetCounts},
                               {"no_packet_counts", flow_flags::kNoPacketCounts},
                               {"no_byte_counts", flow_flags::kNoByteCounts}};
// Of a dumped line; a rule that is loaded again starts anew.
constexpr std::string_view kIgnored[] = {"duration", "n_packets", "n_bytes", "idle_age",
                                         "hard_age"};

bool IsDelete(Command command) {
  return command == Command::kDelete || command == Command::kDeleteStrict;
}

absl::StatusOr<uint64_t> CookiePart(std::string_view text) {
  return text == "-1" ? absl::StatusOr<uint64_t>(UINT64_MAX) : NumberOf("cookie", text);
}

// "cookie=V" is what the rule bears, "cookie=V/M" selects.
absl::Status ParseCookie(std::string_view text, FlowMod* mod) {
  const size_t slash = text.find('/');
  VSW_ASSIGN_OR_RETURN(const uint64_t value, CookiePart(text.substr(0, slash)));
  if (slash == std::string_view::npos) {
    if (IsDelete(mod->command)) {
      mod->match_cookie = value;
      mod->cookie_mask = UINT64_MAX;
    } else {
      mod->cookie = value;
      mod->set_cookie = true;
    }
    return absl::OkStatus();
  }
  if (mod->command == Command::kAdd) {
    return InvalidArgument("cookie: a mask makes no sense for a rule that is added");
  }
  VSW_ASSIGN_OR_RETURN(mod->cookie_mask, CookiePart(text.substr(slash + 1)));
  mod->match_cookie = value;
  return absl::OkStatus();
}

template <typename T>
absl::Status Number(const Word& word, uint64_t max, T* out) {
  VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, max));
  *out = static_cast<T>(number);
  return absl::OkStatus();
}

// Words of a rule that are no match. False: it is none of them.
absl::StatusOr<bool> ParseRuleWord(const Word& word, const PortNames* ports, FlowMod* mod) {
  if (!word.has_value) {
    const auto flag = std::ranges::find(kFlags, word.key, &FlagName::name);
    if (flag == std::end(kFlags)) return false;
    mod->flags |= flag->flag;
    return true;
  }
  absl::Status status;
  if (word.key == "table") {
    status = Number(word, 255, &mod->table);
    // All tables are none to add a rule to; Open vSwitch takes the first one then.
    if (mod->table == kTableAll && mod->command == FlowMod::Command::kAdd) mod->table = 0;
  } else if (word.key == "priority") {
    status = Number(word, 0xffff, &mod->priority);
  } else if (word.key == "idle_timeout") {
    status = Number(word, 0xffff, &mod->idle_timeout);
  } else if (word.key == "hard_timeout") {
    status = Number(word, 0xffff, &mod->hard_timeout);
  } else if (word.key == "importance") {
    status = Number(word, 0xffff, &mod->importance);
  } else if (word.key == "cookie") {
    status = ParseCookie(word.value, mod);
  } else if (word.key == "out_port") {
    VSW_ASSIGN_OR_RETURN(mod->out_port, ParsePort(word.value, ports));
  } else if (word.key == "out_group") {
    status = Number(word, UINT32_MAX, &mod->out_group);
  } else if (std::ranges::count(kIgnored, word.key) == 0) {
    return false;
  }
  VSW_RETURN_IF_ERROR(status);
  return true;
}

absl::Status ParseMetadata(const Word& word, Instructions* instructions) {
  const FieldInfo& field = Describe(FieldId::kMetadata);
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(field, word.value, nullptr));
  instructions->metadata_mask = value.mask.low64();
  instructions->metadata = value.value.low64() & instructions->metadata_mask;
  return absl::OkStatus();
}

// Words that are instructions of their own. False: it is an action.
absl::StatusOr<bool> ParseInstruction(const Word& word, const PortNames* ports,
                                      Instructions* instructions) {
  if (word.text == "clear_actions") {
    instructions->clear = true;
  } else if (word.key == "write_actions" && word.parenthesised) {
    VSW_ASSIGN_OR_RETURN(instructions->write, ParseActions(word.value, ports));
    instructions->has_write = true;
  } else if (word.key == "apply_actions" && word.parenthesised) {
    VSW_ASSIGN_OR_RETURN(instructions->apply, ParseActions(word.value, ports));
    instructions->has_apply = true;
  } else if (word.key == "write_metadata") {
    VSW_RETURN_IF_ERROR(ParseMetadata(word, instructions));
  } else if (word.key == "goto_table") {
    uint8_t table = 0;
    VSW_RETURN_IF_ERROR(Number(word, 253, &table));
    instructions->goto_table = table;
  } else if (word.key == "meter" && word.has_value) {
    uint32_t meter = 0;
    VSW_RETURN_IF_ERROR(Number(word, UINT32_MAX, &meter));
    instructions->meter = meter;
  } else {
    return false;
  }
  return true;
}

uint8_t ProtoOf(const Match& match) {
  return match.mask.packet.ip_proto == 0xff ? match.value.packet.ip_proto : 0;
}

// mod_tp_src says nothing of the protocol; the match does.
void SettlePorts(const Match& match, OfActions* actions) {
  const uint8_t proto = ProtoOf(match);
  for (OfAction& action : *actions) {
    if (auto* clone = std::get_if<act::Clone>(&action.what)) SettlePorts(match, &clone->actions);
    auto* set = std::get_if<act::SetField>(&action.what);
    if (set == nullptr || set->form != act::SetForm::kLegacy) continue;
    const bool src = set->field == FieldId::kTcpSrc;
    if (!src && set->field != FieldId::kTcpDst) continue;
    if (proto == 17) set->field = src ? FieldId::kUdpSrc : FieldId::kUdpDst;
    if (proto == 132) set->field = src ? FieldId::kSctpSrc : FieldId::kSctpDst;
  }
}

std::string Seconds(uint64_t ns) { return fmt::format("{:.3f}s", static_cast<double>(ns) / 1e9); }

std::string FormatFlags(uint16_t flags) {
  std::string text;
  for (const FlagName& flag : kFlags) {
    if ((flags & flag.flag) != 0) text += std::string(flag.name) + ",";
  }
  return text;
}

}  // namespace

absl::StatusOr<Instructions> ParseInstructions(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  Instructions instructions;
  for (const Word& word : words) {
    if (word.text == "drop") {
      if (words.size() > 1) return InvalidArgument("drop: goes with no other action");
      return instructions;
    }
    VSW_ASSIGN_OR_RETURN(const bool own, ParseInstruction(word, ports, &instructions));
    if (own) continue;
    VSW_ASSIGN_OR_RETURN(const bool known, ParseActionWord(word, ports, &instructions.apply));
    if (!known) return InvalidArgument("{}: unknown action", std::string(word.text));
    if (instructions.goto_table || instructions.has_write || instructions.clear) {
      return InvalidArgument("{}: actions have to stand before other instructions",
                             std::string(word.text));
    }
  }
  instructions.has_apply |= !instructions.apply.empty();
  return instructions;
}

absl::StatusOr<FlowMod> ParseFlow(std::string_view text, Command command, const PortNames* ports) {
  FlowMod mod;
  mod.command = command;
  mod.lenient_actions = true;
  mod.set_cookie = command == Command::kAdd;
  if (IsDelete(command) || command == Command::kModify || command == Command::kModifyStrict) {
    mod.table = kTableAll;
  }
  std::string_view head = text, actions;
  bool has_actions = false;
  for (const std::string_view key : {"actions=", "action="}) {
    const size_t at = text.find(key);
    if (at == std::string_view::npos) continue;
    head = text.substr(0, at);
    actions = text.substr(at + key.size());
    has_actions = true;
    break;
  }
  if (!has_actions && !IsDelete(command)) {
    return InvalidArgument("{}: must specify actions", std::string(Trimmed(text)));
  }
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(head));
  for (const Word& word : words) {
    VSW_ASSIGN_OR_RETURN(bool known, ParseRuleWord(word, ports, &mod));
    if (!known) {
      VSW_ASSIGN_OR_RETURN(known, ParseMatchWord(word, ports, &mod.match));
    }
    if (!known) return InvalidArgument("{}: unknown keyword", std::string(word.text));
  }
  VSW_RETURN_IF_ERROR(CheckedMatch(mod.match));
  if (has_actions && !IsDelete(command)) {
    VSW_ASSIGN_OR_RETURN(mod.instructions, ParseInstructions(actions, ports));
    SettlePorts(mod.match, &mod.instructions.apply);
    SettlePorts(mod.match, &mod.instructions.write);
  }
  return mod;
}

absl::StatusOr<FlowSelector> ParseSelector(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const FlowMod mod, ParseFlow(text, Command::kDelete, ports));
  return FlowSelector{.table = mod.table,
                      .match = mod.match,
                      .out_port = mod.out_port,
                      .out_group = mod.out_group,
                      .cookie = mod.match_cookie,
                      .cookie_mask = mod.cookie_mask};
}

std::string FormatInstructions(const Instructions& instructions, const PortNames* ports) {
  std::string text;
  const auto say = [&text](const std::string& word) { text += (text.empty() ? "" : ",") + word; };
  if (instructions.meter) say("meter:" + std::to_string(*instructions.meter));
  if (!instructions.apply.empty()) say(FormatActions(instructions.apply, ports));
  if (instructions.clear) say("clear_actions");
  if (instructions.has_write) {
    say("write_actions(" + FormatActions(instructions.write, ports) + ")");
  }
  if (instructions.metadata_mask != 0) {
    say(instructions.metadata_mask == UINT64_MAX
            ? "write_metadata:" + FormatHex(FieldValue::OfU64(instructions.metadata))
            : fmt::format("write_metadata:{:#x}/{:#x}", instructions.metadata,
                          instructions.metadata_mask));
  }
  if (instructions.goto_table) say("goto_table:" + std::to_string(*instructions.goto_table));
  return text.empty() ? "drop" : text;
}

std::string FormatFlowStats(const FlowStats& flow, bool with_stats, const PortNames* ports) {
  std::string text;
  if (with_stats || flow.cookie != 0) text += fmt::format("cookie={:#x}, ", flow.cookie);
  if (with_stats) text += "duration=" + Seconds(flow.duration_ns) + ", ";
  if (with_stats || flow.table != 0) text += fmt::format("table={}, ", flow.table);
  if (with_stats) text += fmt::format("n_packets={}, n_bytes={}, ", flow.packets, flow.bytes);
  if (flow.idle_timeout != 0) text += fmt::format("idle_timeout={}, ", flow.idle_timeout);
  if (flow.hard_timeout != 0) text += fmt::format("hard_timeout={}, ", flow.hard_timeout);
  if (flow.importance != 0) text += fmt::format("importance={}, ", flow.importance);
  if (with_stats) text += fmt::format("idle_age={}, ", flow.idle_ns / 1'000'000'000);
  std::string head = FormatFlags(flow.flags);
  if (!head.empty()) head.back() = ' ';
  text += head;
  const std::string match = FormatMatch(flow.match, ports);
  if (flow.priority != 0x8000) {
    text += "priority=" + std::to_string(flow.priority) + (match.empty() ? "" : ",");
  }
  text += match;
  if (!text.empty() && text.back() != ' ') text += ' ';
  return text + "actions=" + FormatInstructions(flow.instructions, ports);
}

std::string FormatFlow(const FlowMod& flow, const PortNames* ports) {
  std::string text;
  if (flow.table != kTableAll) text += fmt::format("table={},", flow.table);
  text += fmt::format("priority={},", flow.priority);
  if (flow.cookie != 0) text += fmt::format("cookie={:#x},", flow.cookie);
  if (flow.idle_timeout != 0) text += fmt::format("idle_timeout={},", flow.idle_timeout);
  if (flow.hard_timeout != 0) text += fmt::format("hard_timeout={},", flow.hard_timeout);
  if (flow.importance != 0) text += fmt::format("importance={},", flow.importance);
  text += FormatFlags(flow.flags);
  const std::string match = FormatMatch(flow.match, ports);
  if (!match.empty()) text += match + ",";
  return text + "actions=" + FormatInstructions(flow.instructions, ports);
}

}  // namespace vsw
