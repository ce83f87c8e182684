// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::cli {

absl::Status BuildAddPort(const Invocation& invocation, v1::Change* change) {
  v1::CreatePortRequest* request = change->mutable_create_port();
  v1::Port* port = request->mutable_port();
  port->set_bridge(invocation.Word(0));
  port->set_name(invocation.Word(1));
  request->set_may_exist(invocation.may_exist);
  VSW_RETURN_IF_ERROR(ApplyPairs(Noun::kPort, invocation.pairs, port, nullptr));
  // A bare name is a device that the kernel has, as people know it from other switches.
  if (port->type() == v1::PORT_TYPE_UNSPECIFIED) port->set_type(v1::PORT_TYPE_SYSTEM);
  return absl::OkStatus();
}

absl::Status BuildDelPort(const Invocation& invocation, v1::Change* change) {
  v1::DeletePortRequest* request = change->mutable_delete_port();
  const bool with_bridge = invocation.words.size() == 2;
  if (with_bridge) request->set_bridge(invocation.Word(0));
  request->set_name(invocation.Word(with_bridge ? 1 : 0));
  request->set_if_exists(invocation.if_exists);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunListPorts(const Invocation& invocation, Context& context) {
  v1::ListPortsRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(
      const v1::ListPortsResponse response,
      context.client.Read<v1::PortService>(&v1::PortService::Stub::ListPorts, request));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
    return ExitStatus::kOk;
  }
  for (const v1::Port& port : response.ports()) context.printer.PrintLine(port.name());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunPortToBridge(const Invocation& invocation, Context& context) {
  v1::GetPortRequest request;
  request.set_name(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(const v1::Port port, context.client.Read<v1::PortService>(
                                                &v1::PortService::Stub::GetPort, request));
  const bool json = context.printer.json();
  context.printer.PrintLine(json ? JsonObject({{"bridge", ToJson(port.bridge())}}) : port.bridge());
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
