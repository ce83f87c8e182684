// SPDX-License-Identifier: Apache-2.0
#include "control/rules/rule_change.h"

#include <string_view>

#include "control/rules/buckets.h"

namespace vsw::control {
namespace {

using Command = FlowMod::Command;

constexpr uint8_t kTables = 254;
constexpr size_t kMaxRuleText = 65536;  // no OpenFlow message is longer

struct FlagWord {
  uint16_t flag;
  std::string_view word;
};
constexpr FlagWord kFlagWords[] = {
    {flow_flags::kSendFlowRemoved, "send_flow_rem"},
    {flow_flags::kCheckOverlap, "check_overlap"},
    {flow_flags::kResetCounts, "reset_counts"},
    {flow_flags::kNoPacketCounts, "no_packet_counts"},
    {flow_flags::kNoByteCounts, "no_byte_counts"},
};

bool IsDelete(Command command) {
  return command == Command::kDelete || command == Command::kDeleteStrict;
}
bool IsModify(Command command) {
  return command == Command::kModify || command == Command::kModifyStrict;
}
bool HasPriority(Command command) {
  return command != Command::kModify && command != Command::kDelete;
}

std::string WithoutLead(std::string text, std::string_view lead) {
  return text.starts_with(lead) ? text.substr(lead.size()) : text;
}

// The comma-separated words of a rule.
class Words {
 public:
  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    if (!text_.empty()) text_ += ',';
    text_ += fmt::format(format, std::forward<Args>(args)...);
  }
  void AddText(const std::string& words) {
    if (!words.empty()) Add("{}", words);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string FlowModText(const FlowMod& mod, const FlowChange& change) {
  Words words;
  if (mod.table != kTableAll) words.Add("table={}", mod.table);
  if (HasPriority(mod.command)) words.Add("priority={}", mod.priority);
  if (mod.cookie_mask != 0) words.Add("cookie={:#x}/{:#x}", mod.match_cookie, mod.cookie_mask);
  if (!IsDelete(mod.command) && mod.set_cookie) words.Add("cookie={:#x}", mod.cookie);
  if (mod.idle_timeout != 0) words.Add("idle_timeout={}", mod.idle_timeout);
  if (mod.hard_timeout != 0) words.Add("hard_timeout={}", mod.hard_timeout);
  if (mod.importance != 0) words.Add("importance={}", mod.importance);
  for (const std::string_view word : FlagWords(mod.flags)) words.Add("{}", word);
  if (mod.out_port != kOfpAny) words.Add("out_port={}", mod.out_port);
  if (mod.out_group != kGroupAny) words.Add("out_group={}", mod.out_group);
  words.AddText(change.id.match);
  if (!IsDelete(mod.command)) words.Add("actions={}", change.flow->actions);
  return words.Take();
}

absl::Status CheckSize(const std::string& text) {
  if (text.size() <= kMaxRuleText) return absl::OkStatus();
  return InvalidArgument("it has {} octets; the most is {}", text.size(), kMaxRuleText);
}

absl::Status CheckFlow(const FlowMod& mod) {
  if (mod.table >= kTables && mod.table != kTableAll) {
    return InvalidArgument("table {} is not one of 0..{}", mod.table, kTables - 1);
  }
  if (IsDelete(mod.command)) return absl::OkStatus();
  ActionEnvironment environment;
  environment.table_count = kTables;
  environment.table = mod.table == kTableAll ? 0 : mod.table;
  return ToStatus(CheckInstructions(mod.instructions, mod.match, environment));
}

FlowChange ToFlowChange(const FlowMod& mod) {
  FlowChange change;
  change.command = mod.command;
  change.id = {.table = mod.table, .priority = mod.priority, .match = FormatMatch(mod.match)};
  StoredFlow flow;
  flow.match = SparseMatch(mod.match);
  flow.cookie = mod.cookie;
  // What a flow-mod does once is no part of the rule that it leaves.
  flow.flags = mod.flags & ~(flow_flags::kCheckOverlap | flow_flags::kResetCounts);
  flow.importance = mod.importance;
  if (!IsDelete(mod.command)) {
    flow.actions = ActionsText(mod.instructions);
    flow.references = ReferencesOf(mod.instructions);
  }
  change.flow = std::make_shared<const StoredFlow>(std::move(flow));
  change.expires = mod.idle_timeout != 0 || mod.hard_timeout != 0;
  change.check_overlap = (mod.flags & flow_flags::kCheckOverlap) != 0;
  change.adds_if_none = IsModify(mod.command) && mod.set_cookie && mod.cookie_mask == 0;
  change.set_cookie = mod.set_cookie;
  change.match_cookie = mod.match_cookie;
  change.cookie_mask = mod.cookie_mask;
  change.out_port = mod.out_port;
  change.out_group = mod.out_group;
  return change;
}

GroupDesc ToDesc(const GroupMod& mod) {
  return {.group = mod.group,
          .type = mod.type,
          .buckets = mod.buckets,
          .selection_method = mod.selection_method,
          .selection_parameter = mod.selection_parameter,
          .selection_fields = mod.selection_fields};
}

std::string NameOfBucket(uint32_t bucket) {
  if (bucket == kBucketFirst) return "first";
  if (bucket == kBucketLast) return "last";
  if (bucket == kBucketAll) return "all";
  return std::to_string(bucket);
}

// "bucket=...,bucket=..." of a group in text.
std::string BucketsText(const GroupMod& mod) {
  const std::string whole = control::TextOf(ToDesc(mod));
  const size_t at = whole.find(",bucket=");
  return at == std::string::npos ? "" : whole.substr(at + 1);
}

absl::Status CheckBuckets(const GroupMod& mod) {
  if (mod.group > kGroupMax &&
      !(mod.command == GroupMod::Command::kDelete && mod.group == kGroupAll)) {
    return ToStatus({OfErrorId::kInvalidGroup, fmt::format("group {:#x} is reserved", mod.group)});
  }
  const ActionEnvironment environment;
  for (const Bucket& bucket : mod.buckets) {
    VSW_RETURN_IF_ERROR(ToStatus(CheckActions(bucket.actions, Match(), environment)));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ActionsText(const Instructions& instructions, const PortNames* ports) {
  return WithoutLead(FormatInstructions(instructions, ports), "actions=");
}

std::vector<std::string_view> FlagWords(uint16_t flags) {
  std::vector<std::string_view> words;
  for (const FlagWord& row : kFlagWords) {
    if ((flags & row.flag) != 0) words.push_back(row.word);
  }
  return words;
}

absl::Status ToStatus(const OfStatus& status) {
  if (status.ok()) return absl::OkStatus();
  return InvalidArgument("{}", status.ToString());
}

absl::StatusOr<RuleChange> ReadFlowChange(FlowMod::Command command, const std::string& text,
                                          const PortNames* ports) {
  VSW_RETURN_IF_ERROR(CheckSize(text));
  VSW_ASSIGN_OR_RETURN(FlowMod mod, ParseFlow(text, command, ports));
  mod.command = command;
  if (command == Command::kAdd && mod.table == kTableAll) mod.table = 0;
  VSW_RETURN_IF_ERROR(CheckFlow(mod));
  FlowChange change = ToFlowChange(mod);
  std::string canonical = FlowModText(mod, change);
  return RuleChange{std::move(change), std::move(canonical)};
}

absl::StatusOr<RuleChange> ReadGroupChange(GroupMod::Command command, const std::string& text,
                                           const PortNames* ports) {
  VSW_RETURN_IF_ERROR(CheckSize(text));
  VSW_ASSIGN_OR_RETURN(GroupMod mod, ParseGroup(text, command, ports));
  mod.command = command;
  VSW_RETURN_IF_ERROR(CheckBuckets(mod));
  if (command != GroupMod::Command::kInsertBucket) {
    VSW_RETURN_IF_ERROR(ToStatus(NumberBuckets({}, &mod.buckets)));
  }
  std::string canonical = TextOf(mod);
  return RuleChange{std::move(mod), std::move(canonical)};
}

absl::StatusOr<RuleChange> ReadMeterChange(MeterMod::Command command, const std::string& text) {
  VSW_RETURN_IF_ERROR(CheckSize(text));
  VSW_ASSIGN_OR_RETURN(MeterMod mod, ParseMeter(text, command));
  mod.command = command;
  const bool is_delete = command == MeterMod::Command::kDelete;
  if (!(is_delete && mod.config.meter == kMeterAll) &&
      (mod.config.meter == 0 || mod.config.meter > kMeterMax)) {
    return ToStatus({OfErrorId::kInvalidMeter, fmt::format("{}", mod.config.meter)});
  }
  std::string canonical;
  if (!is_delete) {
    canonical = FormatMeter(mod.config);
  } else if (mod.config.meter != kMeterAll) {
    canonical = fmt::format("meter={}", mod.config.meter);
  }
  return RuleChange{std::move(mod), std::move(canonical)};
}

absl::StatusOr<FlowChange> ReadStoredFlow(const FlowId& id, const StoredFlow& row) {
  VSW_ASSIGN_OR_RETURN(RuleChange change,
                       ReadFlowChange(Command::kAdd, TextOf(id, row), /*ports=*/nullptr));
  return std::get<FlowChange>(std::move(change.what));
}

std::string TextOf(const FlowId& id, const StoredFlow& flow) {
  Words words;
  words.Add("table={}", id.table);
  words.Add("priority={}", id.priority);
  if (flow.cookie != 0) words.Add("cookie={:#x}", flow.cookie);
  if (flow.importance != 0) words.Add("importance={}", flow.importance);
  for (const std::string_view word : FlagWords(flow.flags)) words.Add("{}", word);
  words.AddText(id.match);
  words.Add("actions={}", flow.actions);
  return words.Take();
}

std::string TextOf(const GroupDesc& group) { return FormatGroup(group); }

std::string TextOf(const GroupMod& mod) {
  Words words;
  switch (mod.command) {
    case GroupMod::Command::kDelete:
      if (mod.group != kGroupAll) words.Add("group_id={}", mod.group);
      return words.Take();
    case GroupMod::Command::kInsertBucket:
    case GroupMod::Command::kRemoveBucket:
      words.Add("group_id={}", mod.group);
      words.Add("command_bucket_id={}", NameOfBucket(mod.command_bucket));
      if (mod.command == GroupMod::Command::kInsertBucket) words.AddText(BucketsText(mod));
      return words.Take();
    default:
      return TextOf(ToDesc(mod));
  }
}

}  // namespace vsw::control
