// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::cli {

absl::Status BuildAddBridge(const Invocation& invocation, v1::Change* change) {
  v1::CreateBridgeRequest* request = change->mutable_create_bridge();
  request->mutable_bridge()->set_name(invocation.Word(0));
  request->set_may_exist(invocation.may_exist);
  return ApplyPairs(Noun::kBridge, invocation.pairs, request->mutable_bridge(), nullptr);
}

absl::Status BuildDelBridge(const Invocation& invocation, v1::Change* change) {
  change->mutable_delete_bridge()->set_name(invocation.Word(0));
  change->mutable_delete_bridge()->set_if_exists(invocation.if_exists);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunListBridges(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::ListBridgesResponse response,
                       context.client.Read<v1::BridgeService>(&v1::BridgeService::Stub::ListBridges,
                                                              v1::ListBridgesRequest()));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
    return ExitStatus::kOk;
  }
  for (const v1::Bridge& bridge : response.bridges()) context.printer.PrintLine(bridge.name());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunBridgeExists(const Invocation& invocation, Context& context) {
  v1::GetBridgeRequest request;
  request.set_name(invocation.Word(0));
  const absl::Status status =
      context.client.Read<v1::BridgeService>(&v1::BridgeService::Stub::GetBridge, request).status();
  if (!status.ok() && !absl::IsNotFound(status)) return status;
  if (context.printer.json()) {
    context.printer.PrintLine(JsonObject({{"exists", status.ok() ? "true" : "false"}}));
  }
  return status.ok() ? ExitStatus::kOk : ExitStatus::kNo;
}

}  // namespace vsw::cli
