// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::cli {
namespace {

v1::UpdateBridgeRequest* Update(const Invocation& invocation, const char* path,
                                v1::Change* change) {
  v1::UpdateBridgeRequest* request = change->mutable_update_bridge();
  request->mutable_bridge()->set_name(invocation.Word(0));
  request->mutable_update_mask()->add_paths(path);
  return request;
}

absl::StatusOr<v1::Bridge> Fetch(const Invocation& invocation, Context& context) {
  v1::GetBridgeRequest request;
  request.set_name(invocation.Word(0));
  return context.client.Read<v1::BridgeService>(&v1::BridgeService::Stub::GetBridge, request);
}

using Targets = google::protobuf::RepeatedPtrField<std::string>;

// What the switch says of a target; without a word of it, why there is none.
v1::OpenFlowConnection StateOf(const std::string& target, const v1::BridgeStatus& status) {
  for (const v1::OpenFlowConnection& connection : status.connections()) {
    if (connection.target() == target) return connection;
  }
  v1::OpenFlowConnection unknown;
  unknown.set_target(target);
  unknown.set_state("unknown");
  unknown.set_error(status.reason());
  return unknown;
}

// One a line, as scripts of ovs-vsctl expect; JSON has their state as well.
void PrintTargets(const char* member, const Targets& targets, const v1::BridgeStatus& status,
                  Context& context) {
  if (context.printer.json()) {
    std::vector<std::string> elements;
    for (const std::string& target : targets) elements.push_back(ToJson(StateOf(target, status)));
    context.printer.PrintLine(JsonObject({{member, JsonArray(elements)}}));
    return;
  }
  for (const std::string& target : targets) context.printer.PrintLine(target);
}

}  // namespace

absl::Status BuildSetController(const Invocation& invocation, v1::Change* change) {
  v1::UpdateBridgeRequest* request = Update(invocation, "controllers", change);
  for (size_t i = 1; i < invocation.words.size(); ++i) {
    request->mutable_bridge()->add_controllers(invocation.words[i]);
  }
  return absl::OkStatus();
}

absl::Status BuildDelController(const Invocation& invocation, v1::Change* change) {
  Update(invocation, "controllers", change);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunGetController(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::Bridge bridge, Fetch(invocation, context));
  PrintTargets("controllers", bridge.controllers(), bridge.status(), context);
  return ExitStatus::kOk;
}

absl::Status BuildSetListener(const Invocation& invocation, v1::Change* change) {
  v1::UpdateBridgeRequest* request = Update(invocation, "listeners", change);
  for (size_t i = 1; i < invocation.words.size(); ++i) {
    request->mutable_bridge()->add_listeners(invocation.words[i]);
  }
  return absl::OkStatus();
}

absl::Status BuildDelListener(const Invocation& invocation, v1::Change* change) {
  Update(invocation, "listeners", change);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunGetListener(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::Bridge bridge, Fetch(invocation, context));
  PrintTargets("listeners", bridge.listeners(), bridge.status(), context);
  return ExitStatus::kOk;
}

absl::Status BuildSetFailMode(const Invocation& invocation, v1::Change* change) {
  v1::UpdateBridgeRequest* request = Update(invocation, "fail_mode", change);
  const std::string mode = invocation.Word(1);
  if (mode != "standalone" && mode != "secure") {
    return InvalidArgument("'{}' is neither standalone nor secure", mode);
  }
  request->mutable_bridge()->set_fail_mode(mode == "secure" ? v1::FAIL_MODE_SECURE
                                                            : v1::FAIL_MODE_STANDALONE);
  return absl::OkStatus();
}

absl::Status BuildDelFailMode(const Invocation& invocation, v1::Change* change) {
  Update(invocation, "fail_mode", change);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunGetFailMode(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::Bridge bridge, Fetch(invocation, context));
  const std::string mode = bridge.fail_mode() == v1::FAIL_MODE_SECURE ? "secure" : "standalone";
  context.printer.PrintLine(context.printer.json() ? JsonObject({{"fail_mode", ToJson(mode)}})
                                                   : mode);
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
