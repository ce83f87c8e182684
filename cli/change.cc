// SPDX-License-Identifier: Apache-2.0
#include "cli/change.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>

#include "base/status.h"
#include "vsw/v1/config.grpc.pb.h"
#include "vsw/v1/status.grpc.pb.h"

namespace vsw::cli {
namespace {

using v1::Change;

// What a failure must be about to be this command's failure. Port names are unique over all
// bridges.
struct Touched {
  std::set<std::string> bridges;
  std::set<std::string> ports;

  void Bridge(const std::string& name) {
    bridges.insert(name);
    ports.insert(name);  // its own internal port
  }
  void Add(const Change& change) {
    switch (change.change_case()) {
      case Change::kCreateBridge:
        return Bridge(change.create_bridge().bridge().name());
      case Change::kUpdateBridge:
        return Bridge(change.update_bridge().bridge().name());
      case Change::kCreatePort:
        ports.insert(change.create_port().port().name());
        return;
      case Change::kUpdatePort:
        ports.insert(change.update_port().port().name());
        return;
      case Change::kAddFdbEntry:
        bridges.insert(change.add_fdb_entry().entry().bridge());
        ports.insert(change.add_fdb_entry().entry().port());
        return;
      case Change::kDeleteBridge:
      case Change::kDeletePort:
      case Change::kDeleteFdbEntry:
      case Change::CHANGE_NOT_SET:
        return;
    }
  }
  bool Has(const v1::Failure& failure) const {
    return failure.port().empty() ? bridges.contains(failure.bridge())
                                  : ports.contains(failure.port());
  }
};

absl::StatusOr<v1::ChangeResponse> SendOne(Client& client, const Change& change) {
  using BridgeStub = v1::BridgeService::Stub;
  using PortStub = v1::PortService::Stub;
  using FdbStub = v1::FdbService::Stub;
  switch (change.change_case()) {
    case Change::kCreateBridge:
      return client.Change<v1::BridgeService>(&BridgeStub::CreateBridge, change.create_bridge());
    case Change::kUpdateBridge:
      return client.Change<v1::BridgeService>(&BridgeStub::UpdateBridge, change.update_bridge());
    case Change::kDeleteBridge:
      return client.Change<v1::BridgeService>(&BridgeStub::DeleteBridge, change.delete_bridge());
    case Change::kCreatePort:
      return client.Change<v1::PortService>(&PortStub::CreatePort, change.create_port());
    case Change::kUpdatePort:
      return client.Change<v1::PortService>(&PortStub::UpdatePort, change.update_port());
    case Change::kDeletePort:
      return client.Change<v1::PortService>(&PortStub::DeletePort, change.delete_port());
    case Change::kAddFdbEntry:
      return client.Change<v1::FdbService>(&FdbStub::AddFdbEntry, change.add_fdb_entry());
    case Change::kDeleteFdbEntry:
      return client.Change<v1::FdbService>(&FdbStub::DeleteFdbEntry, change.delete_fdb_entry());
    case Change::CHANGE_NOT_SET:
      break;
  }
  return absl::InternalError("a command made no change");
}

absl::StatusOr<v1::ChangeResponse> Send(std::span<const Invocation> invocations,
                                        const v1::BatchRequest& batch, Client& client) {
  if (batch.changes_size() == 1) {
    absl::StatusOr<v1::ChangeResponse> response = SendOne(client, batch.changes(0));
    if (!response.ok()) return Annotate(response.status(), invocations[0].text);
    return response;
  }
  absl::StatusOr<v1::ChangeResponse> response =
      client.Change<v1::BatchService>(&v1::BatchService::Stub::ApplyBatch, batch);
  if (response.ok()) return response;
  const absl::Status& status = response.status();
  if (ExitStatusOf(status) == ExitStatus::kNoAnswer) return status;
  const std::optional<size_t> index = ChangeIndex(std::string(status.message()));
  const absl::Status whole = Annotate(status, "nothing was changed");
  if (!index || *index >= invocations.size()) return whole;
  return Annotate(whole, fmt::format("command {} ({})", *index + 1, invocations[*index].text));
}

// Why the wait ended without an answer. Asks vswmgrd once more, which knows how vswitchd is.
absl::Status ExplainWait(const absl::Status& status, uint64_t revision, Client& client) {
  const std::string stored = fmt::format("the change is stored as revision {}", revision);
  const absl::StatusOr<v1::StatusResponse> answer =
      client.Read<v1::StatusService>(&v1::StatusService::Stub::GetStatus, v1::GetStatusRequest());
  if (!answer.ok()) {
    return {status.code(), fmt::format("{}, but whether vswitchd runs it is not known: {}", stored,
                                       std::string(answer.status().message()))};
  }
  const v1::SwitchStatus& vswitchd = answer->switch_status();
  if (!vswitchd.connected()) {
    const std::string why = vswitchd.error().empty() ? "it is not connected" : vswitchd.error();
    return {status.code(),
            fmt::format("no answer from vswitchd: {}, not yet applied: {}", stored, why)};
  }
  return {status.code(), fmt::format("no answer from vswitchd: {}, not yet applied; it runs {}",
                                     stored, vswitchd.applied_revision())};
}

std::string FailureLine(const v1::Failure& failure) {
  const std::string what =
      failure.port().empty() ? "bridge " + failure.bridge() : "port " + failure.port();
  return fmt::format("vswctl: {}: stored, but the switch could not realise it: {}", what,
                     failure.reason());
}

}  // namespace

absl::StatusOr<v1::WaitAppliedResponse> WaitApplied(uint64_t revision, Client& client) {
  using std::chrono::milliseconds;
  // Some time is kept back to ask why, should there be no answer.
  const auto left = client.deadline() - Client::Clock::now();
  const auto reserve = std::min<Client::Clock::duration>(milliseconds(500), left / 4);
  v1::WaitAppliedRequest request;
  request.set_revision(revision);
  absl::StatusOr<v1::WaitAppliedResponse> response = client.ReadBefore<v1::StatusService>(
      client.deadline() - reserve, &v1::StatusService::Stub::WaitApplied, request);
  if (response.ok()) return response;
  if (ExitStatusOf(response.status()) == ExitStatus::kNoAnswer) {
    return ExplainWait(response.status(), revision, client);
  }
  return Annotate(response.status(), fmt::format("the change is stored as revision {}", revision));
}

std::optional<size_t> ChangeIndex(std::string_view message) {
  constexpr std::string_view kMark = "changes[";
  const size_t at = message.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  const char* const end = message.data() + message.size();
  size_t index = 0;
  if (std::from_chars(message.data() + at + kMark.size(), end, index).ec != std::errc()) {
    return std::nullopt;
  }
  return index;
}

std::string OutcomeJson(uint64_t revision, const v1::WaitAppliedResponse& applied) {
  std::vector<std::string> failures;
  for (const v1::Failure& failure : applied.failures()) failures.push_back(ToJson(failure));
  return JsonObject({{"revision", ToJson(std::to_string(revision))},
                     {"applied_revision", ToJson(std::to_string(applied.applied_revision()))},
                     {"failures", JsonArray(failures)}});
}

absl::StatusOr<ExitStatus> RunChanges(std::span<const Invocation> invocations, bool wait,
                                      Context& context, std::ostream& err) {
  v1::BatchRequest batch;
  Touched touched;
  for (const Invocation& invocation : invocations) {
    Change* change = batch.add_changes();
    const absl::Status status = invocation.command->build(invocation, change);
    if (!status.ok()) return Annotate(status, std::string(invocation.command->name));
    touched.Add(*change);
  }
  VSW_ASSIGN_OR_RETURN(const v1::ChangeResponse stored, Send(invocations, batch, context.client));
  if (!wait) {
    if (context.printer.json()) context.printer.PrintLine(ToJson(stored));
    return ExitStatus::kOk;
  }
  VSW_ASSIGN_OR_RETURN(v1::WaitAppliedResponse applied,
                       WaitApplied(stored.revision(), context.client));
  v1::WaitAppliedResponse own;
  for (const v1::Failure& failure : applied.failures()) {
    if (!touched.Has(failure)) continue;
    *own.add_failures() = failure;
    err << FailureLine(failure) << '\n';
  }
  if (context.printer.json()) {
    own.set_applied_revision(applied.applied_revision());
    context.printer.PrintLine(OutcomeJson(stored.revision(), own));
  }
  return own.failures().empty() ? ExitStatus::kOk : ExitStatus::kNotRealised;
}

}  // namespace vsw::cli
