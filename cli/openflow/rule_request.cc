// SPDX-License-Identifier: Apache-2.0
#include "cli/openflow/rule_request.h"

#include <algorithm>

#include "base/status.h"
#include "cli/change.h"
#include "vsw/v1/openflow.grpc.pb.h"

namespace vsw::cli {
namespace {

constexpr size_t kChangesPerMessage = 1000;

std::string TextOf(const v1::RuleChange& change) {
  if (change.has_flow()) return change.flow().rule();
  return change.has_group() ? change.group().group() : change.meter().meter();
}

// "changes[3].flow.rule: in_prt: unknown keyword" said with the file, line and text of change 3.
absl::Status AtPlace(const absl::Status& status, const std::vector<PlacedChange>& changes) {
  std::string message(status.message());
  const std::optional<size_t> index = ChangeIndex(message);
  if (!index.has_value() || *index >= changes.size()) return status;
  message.resize(std::min(message.find("\n  field "), message.size()));
  const size_t colon = message.find(": ");
  if (colon != std::string::npos) message.erase(0, colon + 2);
  const PlacedChange& change = changes[*index];
  const std::string lead =
      change.place.empty() ? "" : fmt::format("{}: '{}': ", change.place, TextOf(change.change));
  const char* const tail = changes.size() > 1 ? "; nothing was changed" : "";
  return {status.code(), fmt::format("{}{}{}", lead, message, tail)};
}

absl::StatusOr<uint64_t> Send(const RuleRequest& request, Client& client) {
  v1::ModifyRulesResponse response;
  const absl::Status status = client.Use<v1::OpenFlowService>(
      /*repeat=*/false, [&](v1::OpenFlowService::Stub* stub, grpc::ClientContext* context) {
        const auto writer = stub->ModifyRules(context, &response);
        size_t next = 0;
        v1::ModifyRulesRequest message;
        message.set_bridge(request.bridge);
        message.set_replace(request.replace);
        if (request.table.has_value()) message.set_table(*request.table);
        do {
          const size_t end = std::min(next + kChangesPerMessage, request.changes.size());
          for (; next < end; ++next) *message.add_changes() = request.changes[next].change;
          message.set_commit(next == request.changes.size());
          if (!writer->Write(message)) break;  // refused already
          message.Clear();
        } while (next < request.changes.size());
        writer->WritesDone();
        return writer->Finish();
      });
  if (!status.ok()) return AtPlace(status, request.changes);
  return response.revision();
}

}  // namespace

absl::StatusOr<ExitStatus> RunRules(const RuleRequest& request, Context& context) {
  VSW_ASSIGN_OR_RETURN(const uint64_t revision, Send(request, context.client));
  if (!context.wait) {
    if (context.printer.json()) {
      context.printer.PrintLine(JsonObject({{"revision", ToJson(std::to_string(revision))}}));
    }
    return ExitStatus::kOk;
  }
  VSW_ASSIGN_OR_RETURN(const v1::WaitAppliedResponse applied,
                       WaitApplied(revision, context.client));
  v1::WaitAppliedResponse own;
  own.set_applied_revision(applied.applied_revision());
  for (const v1::Failure& failure : applied.failures()) {
    // Those without a rule, or of ports, are none of this change's business.
    if (failure.bridge() != request.bridge || failure.rule().empty()) continue;
    *own.add_failures() = failure;
    *context.err << fmt::format("vswctl: bridge {}: stored, but the switch refused '{}': {}\n",
                                failure.bridge(), failure.rule(), failure.reason());
  }
  if (context.printer.json()) context.printer.PrintLine(OutcomeJson(revision, own));
  return own.failures().empty() ? ExitStatus::kOk : ExitStatus::kNotRealised;
}

}  // namespace vsw::cli
