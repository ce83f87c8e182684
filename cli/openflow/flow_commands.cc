// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "cli/openflow/flow_table.h"
#include "cli/openflow/rule_file.h"
#include "cli/openflow/rule_request.h"
#include "cli/value.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::cli {
namespace {

// The rules that a command is given: one word, or "-" for lines of the standard input.
absl::StatusOr<ExitStatus> ChangeFlows(const Invocation& invocation, Context& context,
                                       v1::FlowChange::Command command) {
  RuleRequest request{.bridge = invocation.Word(0), .table = {}, .changes = {}};
  if (invocation.Word(1) == "-") {
    VSW_ASSIGN_OR_RETURN(const std::vector<RuleLine> lines, ReadRuleFile("-"));
    for (const RuleLine& line : lines) request.changes.push_back(ReadFlowLine(line, command));
  } else {
    PlacedChange& change = request.changes.emplace_back();
    change.change.mutable_flow()->set_command(command);
    change.change.mutable_flow()->set_rule(invocation.Word(1));
  }
  return RunRules(request, context);
}

absl::StatusOr<std::optional<uint32_t>> TableOption(const Invocation& invocation) {
  if (invocation.rules.table.empty()) return std::optional<uint32_t>();
  const absl::StatusOr<uint64_t> table = ParseNumber(invocation.rules.table);
  if (!table.ok()) return Annotate(table.status(), "--table");
  if (*table > 253) return InvalidArgument("--table takes 0..253, not {}", *table);
  return std::optional<uint32_t>(static_cast<uint32_t>(*table));
}

v1::ListFlowsRequest ListRequest(const Invocation& invocation) {
  v1::ListFlowsRequest request;
  request.set_bridge(invocation.Word(0));
  request.set_selector(invocation.Word(1));
  request.set_stored(invocation.rules.stored);
  request.set_names(invocation.rules.names);
  request.set_without_statistics(invocation.rules.no_stats);
  return request;
}

std::string FlowsJson(const std::vector<v1::Flow>& flows) {
  std::vector<std::string> elements;
  elements.reserve(flows.size());
  for (const v1::Flow& flow : flows) elements.push_back(ToJson(flow));
  return JsonObject({{"flows", JsonArray(elements)}});
}

// A source of diff-flows: a bridge, or a file.
absl::StatusOr<std::vector<FlowMod>> ReadSource(const std::string& source, const PortNames& ports,
                                                bool stored, Client& client) {
  std::vector<FlowMod> flows;
  v1::GetBridgeRequest question;
  question.set_name(source);
  const absl::Status is_bridge =
      source == "-"
          ? NotFound("a file")
          : client.Read<v1::BridgeService>(&v1::BridgeService::Stub::GetBridge, question).status();
  if (is_bridge.ok()) {
    v1::ListFlowsRequest request;
    request.set_bridge(source);
    request.set_stored(stored);
    VSW_ASSIGN_OR_RETURN(const std::vector<v1::Flow> listed, FetchFlows(request, client));
    for (const v1::Flow& flow : listed) {
      VSW_ASSIGN_OR_RETURN(FlowMod mod, ToFlowMod(flow));
      flows.push_back(std::move(mod));
    }
    return flows;
  }
  if (!absl::IsNotFound(is_bridge)) return is_bridge;
  VSW_ASSIGN_OR_RETURN(const std::vector<RuleLine> lines, ReadRuleFile(source));
  for (const RuleLine& line : lines) {
    absl::StatusOr<FlowMod> mod = ParseFlow(line.text, FlowMod::v1::FlowChange::kAdd, &ports);
    if (!mod.ok()) return Annotate(mod.status(), fmt::format("{}: '{}'", line.place, line.text));
    if (mod->table == kTableAll) mod->table = 0;
    flows.push_back(*std::move(mod));
  }
  return flows;
}

// Of all bridges: a file says names of one bridge only, and port names are unique.
absl::StatusOr<std::map<std::string, uint32_t>> PortNumbers(Client& client) {
  VSW_ASSIGN_OR_RETURN(
      const v1::ListPortsResponse ports,
      client.Read<v1::PortService>(&v1::PortService::Stub::ListPorts, v1::ListPortsRequest()));
  std::map<std::string, uint32_t> numbers;
  for (const v1::Port& port : ports.ports()) {
    numbers[port.name()] = port.name() == port.bridge() ? kOfpLocal : port.ofport();
  }
  return numbers;
}

}  // namespace

absl::StatusOr<ExitStatus> RunAddFlow(const Invocation& invocation, Context& context) {
  return ChangeFlows(invocation, context, v1::FlowChange::ADD);
}

absl::StatusOr<ExitStatus> RunModFlows(const Invocation& invocation, Context& context) {
  return ChangeFlows(
      invocation, context,
      invocation.rules.strict ? v1::FlowChange::MODIFY_STRICT : v1::FlowChange::MODIFY);
}

absl::StatusOr<ExitStatus> RunDelFlows(const Invocation& invocation, Context& context) {
  return ChangeFlows(
      invocation, context,
      invocation.rules.strict ? v1::FlowChange::DELETE_STRICT : v1::FlowChange::DELETE);
}

absl::StatusOr<ExitStatus> RunAddFlows(const Invocation& invocation, Context& context) {
  RuleRequest request{.bridge = invocation.Word(0), .table = {}, .changes = {}};
  VSW_ASSIGN_OR_RETURN(const std::vector<RuleLine> lines, ReadRuleFile(invocation.Word(1)));
  for (const RuleLine& line : lines)
    request.changes.push_back(ReadFlowLine(line, v1::FlowChange::ADD));
  return RunRules(request, context);
}

absl::StatusOr<ExitStatus> RunReplaceFlows(const Invocation& invocation, Context& context) {
  RuleRequest request{.bridge = invocation.Word(0), .replace = true, .table = {}, .changes = {}};
  VSW_ASSIGN_OR_RETURN(request.table, TableOption(invocation));
  VSW_ASSIGN_OR_RETURN(const std::vector<RuleLine> lines, ReadRuleFile(invocation.Word(1)));
  for (const RuleLine& line : lines) {
    PlacedChange& change = request.changes.emplace_back();
    change.change.mutable_flow()->set_rule(line.text);
    change.place = line.place;
  }
  return RunRules(request, context);
}

absl::StatusOr<ExitStatus> RunBundle(const Invocation& invocation, Context& context) {
  RuleRequest request{.bridge = invocation.Word(0), .table = {}, .changes = {}};
  VSW_ASSIGN_OR_RETURN(const std::vector<RuleLine> lines, ReadRuleFile(invocation.Word(1)));
  for (const RuleLine& line : lines) {
    VSW_ASSIGN_OR_RETURN(PlacedChange change, ReadBundleLine(line));
    request.changes.push_back(std::move(change));
  }
  return RunRules(request, context);
}

absl::StatusOr<ExitStatus> RunDumpFlows(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(std::vector<v1::Flow> flows,
                       FetchFlows(ListRequest(invocation), context.client));
  VSW_RETURN_IF_ERROR(SortFlows(invocation.rules.sort, &flows));
  if (context.printer.json()) {
    context.printer.PrintLine(FlowsJson(flows));
    return ExitStatus::kOk;
  }
  for (const v1::Flow& flow : flows) context.printer.PrintLine(" " + flow.rule());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunDumpAggregate(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::AggregateFlowsResponse sums,
                       context.client.Read<v1::OpenFlowService>(
                           &v1::OpenFlowService::Stub::AggregateFlows, ListRequest(invocation)));
  context.printer.PrintLine(context.printer.json()
                                ? ToJson(sums)
                                : fmt::format("packet_count={} byte_count={} flow_count={}",
                                              sums.packets(), sums.bytes(), sums.flows()));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunDumpTables(const Invocation& invocation, Context& context) {
  v1::ListTablesRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(
      const v1::ListTablesResponse tables,
      context.client.Read<v1::OpenFlowService>(&v1::OpenFlowService::Stub::ListTables, request));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(tables));
    return ExitStatus::kOk;
  }
  constexpr Table::Align kRight = Table::Align::kRight;
  Table table({{"TABLE", kRight},
               {"NAME"},
               {"RULES", kRight},
               {"MOST", kRight},
               {"LOOKUPS", kRight},
               {"MATCHED", kRight}});
  for (const v1::FlowTable& row : tables.tables()) {
    // Most of the 254 tables are never used.
    if (row.active() == 0 && row.lookups() == 0) continue;
    table.AddRow({std::to_string(row.table()), row.name(), std::to_string(row.active()),
                  std::to_string(row.max_entries()), std::to_string(row.lookups()),
                  std::to_string(row.matched())});
  }
  context.printer.Print(table.Render());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunDiffFlows(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const auto numbers, PortNumbers(context.client));
  const PortNames ports{.number_of = [&numbers](std::string_view name) -> std::optional<uint32_t> {
                          const auto found = numbers.find(std::string(name));
                          if (found == numbers.end()) return std::nullopt;
                          return found->second;
                        },
                        .name_of = {}};
  const bool stored = invocation.rules.stored;
  VSW_ASSIGN_OR_RETURN(const std::vector<FlowMod> first,
                       ReadSource(invocation.Word(0), ports, stored, context.client));
  VSW_ASSIGN_OR_RETURN(const std::vector<FlowMod> second,
                       ReadSource(invocation.Word(1), ports, stored, context.client));
  const std::vector<std::string> lines = DiffFlows(first, second);
  if (context.printer.json()) {
    std::vector<std::string> elements;
    for (const std::string& line : lines) elements.push_back(ToJson(line));
    context.printer.PrintLine(JsonObject({{"differences", JsonArray(elements)}}));
  } else {
    for (const std::string& line : lines) context.printer.PrintLine(line);
  }
  return lines.empty() ? ExitStatus::kOk : ExitStatus::kNo;
}

}  // namespace vsw::cli
