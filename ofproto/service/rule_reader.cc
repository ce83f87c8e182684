// SPDX-License-Identifier: Apache-2.0
#include "ofproto/service/rule_reader.h"

#include <utility>

#include "base/status.h"
#include "ofproto/text/text.h"

namespace vsw {
namespace {

absl::StatusOr<FlowMod> ReadFlow(const vsw::v1::FlowChange& change) {
  using Message = vsw::v1::FlowChange;
  using Command = FlowMod::Command;
  Command command = Command::kAdd;
  switch (change.command()) {
    case Message::ADD:
      break;
    case Message::MODIFY:
      command = Command::kModify;
      break;
    case Message::MODIFY_STRICT:
      command = Command::kModifyStrict;
      break;
    case Message::DELETE:
      command = Command::kDelete;
      break;
    case Message::DELETE_STRICT:
      command = Command::kDeleteStrict;
      break;
    default:
      return InvalidArgument("flow.command: {} is none", static_cast<int>(change.command()));
  }
  VSW_ASSIGN_OR_RETURN(FlowMod mod, ParseFlow(change.rule(), command));
  mod.command = command;
  return mod;
}

absl::StatusOr<GroupMod> ReadGroup(const vsw::v1::GroupChange& change) {
  using Message = vsw::v1::GroupChange;
  using Command = GroupMod::Command;
  Command command = Command::kAdd;
  switch (change.command()) {
    case Message::ADD:
      break;
    case Message::MODIFY:
      command = Command::kModify;
      break;
    case Message::ADD_OR_MODIFY:
      command = Command::kAddOrModify;
      break;
    case Message::DELETE:
      command = Command::kDelete;
      break;
    case Message::INSERT_BUCKETS:
      command = Command::kInsertBucket;
      break;
    case Message::REMOVE_BUCKETS:
      command = Command::kRemoveBucket;
      break;
    default:
      return InvalidArgument("group.command: {} is none", static_cast<int>(change.command()));
  }
  VSW_ASSIGN_OR_RETURN(GroupMod mod, ParseGroup(change.group(), command));
  mod.command = command;
  return mod;
}

absl::StatusOr<MeterMod> ReadMeter(const vsw::v1::MeterChange& change) {
  using Message = vsw::v1::MeterChange;
  using Command = MeterMod::Command;
  Command command = Command::kAdd;
  switch (change.command()) {
    case Message::ADD:
      break;
    case Message::MODIFY:
      command = Command::kModify;
      break;
    case Message::DELETE:
      command = Command::kDelete;
      break;
    default:
      return InvalidArgument("meter.command: {} is none", static_cast<int>(change.command()));
  }
  VSW_ASSIGN_OR_RETURN(MeterMod mod, ParseMeter(change.meter(), command));
  mod.command = command;
  return mod;
}

template <typename Mod, typename Texts, typename Parse>
void ReadAll(const Texts& texts, Parse parse, std::vector<Mod>* mods,
             std::vector<RefusedRule>* refused) {
  mods->reserve(static_cast<size_t>(texts.size()));
  for (const std::string& text : texts) {
    absl::StatusOr<Mod> mod = parse(text);
    if (mod.ok()) {
      mods->push_back(*std::move(mod));
    } else {
      refused->push_back({text, std::string(mod.status().message())});
    }
  }
}

}  // namespace

absl::StatusOr<BridgeControl::BundleEntry> ReadRuleChange(const vsw::v1::RuleChange& change) {
  switch (change.change_case()) {
    case vsw::v1::RuleChange::kFlow: {
      VSW_ASSIGN_OR_RETURN(FlowMod mod, ReadFlow(change.flow()));
      return mod;
    }
    case vsw::v1::RuleChange::kGroup: {
      VSW_ASSIGN_OR_RETURN(GroupMod mod, ReadGroup(change.group()));
      return mod;
    }
    case vsw::v1::RuleChange::kMeter: {
      VSW_ASSIGN_OR_RETURN(MeterMod mod, ReadMeter(change.meter()));
      return mod;
    }
    case vsw::v1::RuleChange::CHANGE_NOT_SET:
      break;
  }
  return InvalidArgument("a change of no kind that this switch knows");
}

std::string TextOfChange(const vsw::v1::RuleChange& change) {
  if (change.has_flow()) return change.flow().rule();
  return change.has_group() ? change.group().group() : change.meter().meter();
}

std::string TextOfRule(const BridgeControl::BundleEntry& entry) {
  if (const auto* flow = std::get_if<FlowMod>(&entry)) return FormatFlow(*flow);
  if (const auto* group = std::get_if<GroupMod>(&entry)) return FormatGroup(*group);
  const auto* meter = std::get_if<MeterMod>(&entry);
  return meter == nullptr ? "" : FormatMeter(meter->config);
}

StoredRules ReadStoredRules(const datapath::v1::BridgeRules& rules,
                            std::vector<RefusedRule>* refused) {
  StoredRules stored;
  ReadAll<MeterMod>(
      rules.meters(),
      [](const std::string& text) { return ParseMeter(text, MeterMod::Command::kAdd); },
      &stored.meters, refused);
  ReadAll<GroupMod>(
      rules.groups(),
      [](const std::string& text) { return ParseGroup(text, GroupMod::Command::kAdd); },
      &stored.groups, refused);
  ReadAll<FlowMod>(
      rules.flows(),
      [](const std::string& text) { return ParseFlow(text, FlowMod::Command::kAdd); },
      &stored.flows, refused);
  return stored;
}

}  // namespace vsw
