// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "cli/openflow/rule_file.h"
#include "cli/openflow/rule_request.h"
#include "cli/value.h"
#include "vsw/v1/openflow.grpc.pb.h"

namespace vsw::cli {
namespace {

absl::StatusOr<ExitStatus> ChangeGroups(const Invocation& invocation, Context& context,
                                        v1::GroupChange::Command command) {
  RuleRequest request{.bridge = invocation.Word(0), .table = {}, .changes = {}};
  if (invocation.Word(1) == "-") {
    VSW_ASSIGN_OR_RETURN(const std::vector<RuleLine> lines, ReadRuleFile("-"));
    for (const RuleLine& line : lines) request.changes.push_back(ReadGroupLine(line, command));
  } else {
    PlacedChange& change = request.changes.emplace_back();
    change.change.mutable_group()->set_command(command);
    change.change.mutable_group()->set_group(invocation.Word(1));
  }
  return RunRules(request, context);
}

absl::StatusOr<v1::ListGroupsResponse> Fetch(const Invocation& invocation, Context& context) {
  v1::ListGroupsRequest request;
  request.set_bridge(invocation.Word(0));
  request.set_names(invocation.rules.names);
  request.set_stored(invocation.rules.stored);
  if (!invocation.Word(1).empty()) {
    const absl::StatusOr<uint64_t> group = ParseNumber(invocation.Word(1));
    if (!group.ok() || *group > 0xffffffff) {
      return InvalidArgument("'{}' is no number of a group", invocation.Word(1));
    }
    request.set_group(static_cast<uint32_t>(*group));
  }
  return context.client.Read<v1::OpenFlowService>(&v1::OpenFlowService::Stub::ListGroups, request);
}

std::string StatsText(const v1::Group& group) {
  std::string text = fmt::format(
      "group_id={},duration={:.3f}s,ref_count={},packet_count={},byte_count={}", group.group(),
      group.duration_seconds(), group.references(), group.packets(), group.bytes());
  for (int i = 0; i < group.buckets_size(); ++i) {
    text += fmt::format(",bucket{}:packet_count={},byte_count={}", i, group.buckets(i).packets(),
                        group.buckets(i).bytes());
  }
  return text;
}

}  // namespace

absl::StatusOr<ExitStatus> RunAddGroup(const Invocation& invocation, Context& context) {
  return ChangeGroups(invocation, context, v1::GroupChange::ADD);
}

absl::StatusOr<ExitStatus> RunAddGroups(const Invocation& invocation, Context& context) {
  RuleRequest request{.bridge = invocation.Word(0), .table = {}, .changes = {}};
  VSW_ASSIGN_OR_RETURN(const std::vector<RuleLine> lines, ReadRuleFile(invocation.Word(1)));
  for (const RuleLine& line : lines)
    request.changes.push_back(ReadGroupLine(line, v1::GroupChange::ADD));
  return RunRules(request, context);
}

absl::StatusOr<ExitStatus> RunModGroup(const Invocation& invocation, Context& context) {
  return ChangeGroups(
      invocation, context,
      invocation.may_exist ? v1::GroupChange::ADD_OR_MODIFY : v1::GroupChange::MODIFY);
}

absl::StatusOr<ExitStatus> RunDelGroups(const Invocation& invocation, Context& context) {
  return ChangeGroups(invocation, context, v1::GroupChange::DELETE);
}

absl::StatusOr<ExitStatus> RunInsertBuckets(const Invocation& invocation, Context& context) {
  return ChangeGroups(invocation, context, v1::GroupChange::INSERT_BUCKETS);
}

absl::StatusOr<ExitStatus> RunRemoveBuckets(const Invocation& invocation, Context& context) {
  return ChangeGroups(invocation, context, v1::GroupChange::REMOVE_BUCKETS);
}

absl::StatusOr<ExitStatus> RunDumpGroups(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::ListGroupsResponse groups, Fetch(invocation, context));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(groups));
    return ExitStatus::kOk;
  }
  for (const v1::Group& group : groups.groups()) context.printer.PrintLine(" " + group.text());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunDumpGroupStats(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::ListGroupsResponse groups, Fetch(invocation, context));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(groups));
    return ExitStatus::kOk;
  }
  for (const v1::Group& group : groups.groups()) context.printer.PrintLine(" " + StatsText(group));
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
