// SPDX-License-Identifier: Apache-2.0
#include "control/port_service.h"

#include "control/field_error.h"
#include "control/rpc_status.h"

namespace vsw::control {

grpc::ServerUnaryReactor* PortService::CreatePort(grpc::CallbackServerContext* context,
                                                  const v1::CreatePortRequest* request,
                                                  v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* PortService::UpdatePort(grpc::CallbackServerContext* context,
                                                  const v1::UpdatePortRequest* request,
                                                  v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* PortService::DeletePort(grpc::CallbackServerContext* context,
                                                  const v1::DeletePortRequest* request,
                                                  v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* PortService::GetPort(grpc::CallbackServerContext* context,
                                               const v1::GetPortRequest* request,
                                               v1::Port* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::shared_ptr<const Config> config = services_.configurator->Current();
  const db::PortRecord* port = config->FindPort(request->name());
  if (port == nullptr) {
    reactor->Finish(
        ToRpcStatus(AtField("name", NotFound("there is no port {}", Quote(request->name())))));
    return reactor;
  }
  ReadSwitch(services_, context, [=](const SwitchSnapshot& state) {
    // `config` keeps the record alive.
    *response = WithStatus(*config->FindPort(port->name), state);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* PortService::ListPorts(grpc::CallbackServerContext* context,
                                                 const v1::ListPortsRequest* request,
                                                 v1::ListPortsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status exists = CheckBridgeExists(services_, request->bridge()); !exists.ok()) {
    reactor->Finish(ToRpcStatus(exists));
    return reactor;
  }
  ReadSwitch(services_, context,
             [=, bridge = request->bridge(),
              config = services_.configurator->Current()](const SwitchSnapshot& state) {
               for (const auto& [name, port] : config->ports()) {
                 if (bridge.empty() || port->bridge == bridge) {
                   *response->add_ports() = WithStatus(*port, state);
                 }
               }
               reactor->Finish(grpc::Status::OK);
             });
  return reactor;
}

}  // namespace vsw::control
