// SPDX-License-Identifier: Apache-2.0
#include "control/fdb_service.h"

#include "control/field_error.h"
#include "control/rpc_status.h"

namespace vsw::control {

grpc::ServerUnaryReactor* FdbService::AddFdbEntry(grpc::CallbackServerContext* context,
                                                  const v1::AddFdbEntryRequest* request,
                                                  v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* FdbService::DeleteFdbEntry(grpc::CallbackServerContext* context,
                                                     const v1::DeleteFdbEntryRequest* request,
                                                     v1::ChangeResponse* response) {
  return SubmitOne(services_, context, *request, response);
}

grpc::ServerUnaryReactor* FdbService::ListFdb(grpc::CallbackServerContext* context,
                                              const v1::ListFdbRequest* request,
                                              v1::ListFdbResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status exists = CheckBridgeExists(services_, request->bridge()); !exists.ok()) {
    reactor->Finish(ToRpcStatus(exists));
    return reactor;
  }
  datapath::v1::ListFdbRequest question;
  question.set_bridge(request->bridge());
  AskSwitch<datapath::v1::ListFdbResponse>(
      services_, context, &SwitchClient::Stub::async::ListFdb, std::move(question),
      [=](const absl::StatusOr<datapath::v1::ListFdbResponse>& answer) {
        if (answer.ok()) *response->mutable_entries() = answer->entries();
        reactor->Finish(ToRpcStatus(answer.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* FdbService::FlushFdb(grpc::CallbackServerContext* context,
                                               const v1::FlushFdbRequest* request,
                                               v1::FlushFdbResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status exists = CheckBridgeExists(services_, request->bridge());
  if (exists.ok()) exists = CheckPortExists(*request);
  if (!exists.ok()) {
    reactor->Finish(ToRpcStatus(exists));
    return reactor;
  }
  datapath::v1::FlushFdbRequest question;
  question.set_bridge(request->bridge());
  question.set_port(request->port());
  AskSwitch<datapath::v1::FlushFdbResponse>(
      services_, context, &SwitchClient::Stub::async::FlushFdb, std::move(question),
      [=](const absl::StatusOr<datapath::v1::FlushFdbResponse>& answer) {
        if (answer.ok()) response->set_flushed(answer->flushed());
        reactor->Finish(ToRpcStatus(answer.status()));
      });
  return reactor;
}

absl::Status FdbService::CheckPortExists(const v1::FlushFdbRequest& request) const {
  if (request.port().empty()) return absl::OkStatus();
  const std::shared_ptr<const Config> config = services_.configurator->Current();
  const db::PortRecord* port = config->FindPort(request.port());
  if (port == nullptr) {
    return AtField("port", NotFound("there is no port {}", Quote(request.port())));
  }
  if (!request.bridge().empty() && port->bridge != request.bridge()) {
    return AtField("port",
                   FailedPrecondition("port {} is on bridge {}, not on {}", Quote(port->name),
                                      Quote(port->bridge), Quote(request.bridge())));
  }
  return absl::OkStatus();
}

}  // namespace vsw::control
