// SPDX-License-Identifier: Apache-2.0
#include "control/bridge_service.h"

#include "control/field_error.h"
#include "control/rpc_status.h"
#include "control/rules/stored_rules.h"

namespace vsw::control {

grpc::ServerUnaryReactor* BridgeService::CreateBridge(grpc::CallbackServerContext* context,
                                                      const v1::CreateBridgeRequest* request,
                                                      v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* BridgeService::UpdateBridge(grpc::CallbackServerContext* context,
                                                      const v1::UpdateBridgeRequest* request,
                                                      v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* BridgeService::DeleteBridge(grpc::CallbackServerContext* context,
                                                      const v1::DeleteBridgeRequest* request,
                                                      v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* BridgeService::GetBridge(grpc::CallbackServerContext* context,
                                                   const v1::GetBridgeRequest* request,
                                                   v1::Bridge* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::shared_ptr<const Config> config = services_.configurator->Current();
  const db::BridgeRecord* bridge = config->FindBridge(request->name());
  if (bridge == nullptr) {
    reactor->Finish(
        ToRpcStatus(AtField("name", NotFound("there is no bridge {}", Quote(request->name())))));
    return reactor;
  }
  ReadSwitch(services_, context, [=, this](const SwitchSnapshot& state) {
    // `config` keeps the record alive.
    *response = WithStatus(*config->FindBridge(bridge->name), state);
    DropMended(services_, response);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* BridgeService::ListBridges(grpc::CallbackServerContext* context,
                                                     const v1::ListBridgesRequest* request,
                                                     v1::ListBridgesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  ReadSwitch(services_, context,
             [=, this, config = services_.configurator->Current()](const SwitchSnapshot& state) {
               for (const auto& [name, bridge] : config->bridges()) {
                 v1::Bridge* message = response->add_bridges();
                 *message = WithStatus(*bridge, state);
                 DropMended(services_, message);
               }
               reactor->Finish(grpc::Status::OK);
             });
  return reactor;
}

}  // namespace vsw::control
