// SPDX-License-Identifier: Apache-2.0
#include "control/rules/rule_message.h"

#include <array>

#include "control/field_error.h"
#include "control/validate.h"

namespace vsw::control {
namespace {

template <typename Value, typename Message>
struct Row {
  Value value;
  Message message;
};
using FlowCommand = FlowMod::Command;
using GroupCommand = GroupMod::Command;
using MeterCommand = MeterMod::Command;
constexpr auto kFlowCommands = std::to_array<Row<FlowCommand, v1::FlowChange::Command>>({
    {FlowCommand::kAdd, v1::FlowChange::ADD},
    {FlowCommand::kModify, v1::FlowChange::MODIFY},
    {FlowCommand::kModifyStrict, v1::FlowChange::MODIFY_STRICT},
    {FlowCommand::kDelete, v1::FlowChange::DELETE},
    {FlowCommand::kDeleteStrict, v1::FlowChange::DELETE_STRICT},
});
constexpr auto kGroupCommands = std::to_array<Row<GroupCommand, v1::GroupChange::Command>>({
    {GroupCommand::kAdd, v1::GroupChange::ADD},
    {GroupCommand::kModify, v1::GroupChange::MODIFY},
    {GroupCommand::kAddOrModify, v1::GroupChange::ADD_OR_MODIFY},
    {GroupCommand::kDelete, v1::GroupChange::DELETE},
    {GroupCommand::kInsertBucket, v1::GroupChange::INSERT_BUCKETS},
    {GroupCommand::kRemoveBucket, v1::GroupChange::REMOVE_BUCKETS},
});
constexpr auto kMeterCommands = std::to_array<Row<MeterCommand, v1::MeterChange::Command>>({
    {MeterCommand::kAdd, v1::MeterChange::ADD},
    {MeterCommand::kModify, v1::MeterChange::MODIFY},
    {MeterCommand::kDelete, v1::MeterChange::DELETE},
});

template <typename Table, typename Value>
auto MessageOf(const Table& table, Value value) {
  for (const auto& row : table) {
    if (row.value == value) return row.message;
  }
  return table[0].message;
}

template <typename Table, typename Message, typename Value>
absl::Status ReadCommand(const Table& table, const std::string& field, Message message,
                         Value* value) {
  for (const auto& row : table) {
    if (row.message != message) continue;
    *value = row.value;
    return absl::OkStatus();
  }
  return BadField(field, "{} is no command that this daemon knows", static_cast<int>(message));
}

absl::StatusOr<RuleChange> At(const std::string& field, absl::StatusOr<RuleChange> change) {
  if (change.ok()) return change;
  return AtField(field, change.status());
}

struct ToChangeMessage {
  const std::string& text;
  v1::RuleChange* message;
  void operator()(FlowCommand command) const {
    message->mutable_flow()->set_command(MessageOf(kFlowCommands, command));
    message->mutable_flow()->set_rule(text);
  }
  void operator()(GroupCommand command) const {
    message->mutable_group()->set_command(MessageOf(kGroupCommands, command));
    message->mutable_group()->set_group(text);
  }
  void operator()(MeterCommand command) const {
    message->mutable_meter()->set_command(MessageOf(kMeterCommands, command));
    message->mutable_meter()->set_meter(text);
  }
};

// Rules speak of the bridge's own port by its number of 32 bits.
uint32_t OfPortOf(const db::PortRecord& port) { return IsLocal(port) ? kOfpLocal : port.ofport; }

}  // namespace

absl::StatusOr<RuleChange> ToRuleChange(const v1::RuleChange& change, const PortNames* ports) {
  switch (change.change_case()) {
    case v1::RuleChange::kFlow: {
      FlowCommand command{};
      VSW_RETURN_IF_ERROR(
          ReadCommand(kFlowCommands, "flow.command", change.flow().command(), &command));
      return At("flow.rule", ReadFlowChange(command, change.flow().rule(), ports));
    }
    case v1::RuleChange::kGroup: {
      GroupCommand command{};
      VSW_RETURN_IF_ERROR(
          ReadCommand(kGroupCommands, "group.command", change.group().command(), &command));
      return At("group.group", ReadGroupChange(command, change.group().group(), ports));
    }
    case v1::RuleChange::kMeter: {
      MeterCommand command{};
      VSW_RETURN_IF_ERROR(
          ReadCommand(kMeterCommands, "meter.command", change.meter().command(), &command));
      return At("meter.meter", ReadMeterChange(command, change.meter().meter()));
    }
    case v1::RuleChange::CHANGE_NOT_SET:
      break;
  }
  return InvalidArgument("no change that this daemon knows is set; set one of its fields");
}

datapath::v1::RuleDelta ToMessage(const RuleDelta& delta) {
  datapath::v1::RuleDelta message;
  message.set_revision(delta.revision);
  message.set_bridge(delta.bridge);
  message.set_replace(delta.kind == RuleDelta::Kind::kReplace);
  if (delta.table.has_value()) message.set_table(*delta.table);
  for (const RuleText& change : delta.changes) {
    std::visit(ToChangeMessage{change.text, message.add_changes()}, change.command);
  }
  return message;
}

datapath::v1::BridgeRules ToMessage(const std::string& bridge, const RuleBook& book) {
  datapath::v1::BridgeRules message;
  message.set_bridge(bridge);
  for (const auto& [number, meter] : book.meters()) message.add_meters(FormatMeter(*meter));
  for (const auto& [number, group] : book.groups()) message.add_groups(TextOf(*group));
  for (const auto& [id, flow] : book.flows()) message.add_flows(TextOf(id, *flow));
  return message;
}

PortNames PortNamesOf(const Config& config, const std::string& bridge) {
  return {.number_of = [&config, bridge](std::string_view name) -> std::optional<uint32_t> {
            const db::PortRecord* port = config.FindPort(std::string(name));
            if (port == nullptr || port->bridge != bridge) return std::nullopt;
            return OfPortOf(*port);
          },
          .name_of = [&config, bridge](uint32_t number) -> std::string {
            const uint32_t stored = number == kOfpLocal ? kLocalOfPort : number;
            const std::string* name = config.OfPortOwner(bridge, stored);
            return name == nullptr ? "" : *name;
          }};
}

}  // namespace vsw::control
