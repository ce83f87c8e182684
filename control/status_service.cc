// SPDX-License-Identifier: Apache-2.0
#include "control/status_service.h"

#include "control/rpc_status.h"
#include "control/version.h"

namespace vsw::control {

namespace {

// One WaitApplied call. It ends once: by the switch's news or by the caller's end.
class WaitReactor : public grpc::ServerUnaryReactor {
 public:
  WaitReactor(SwitchView* view, v1::WaitAppliedResponse* response)
      : view_(view), response_(response) {}

  void Start(uint64_t revision) {
    revision_ = revision;
    const absl::StatusOr<uint64_t> ticket =
        view_->Wait(revision, [this](const SwitchSnapshot& state) { Answer(state); });
    if (ticket.ok()) {
      ticket_ = *ticket;
    } else {
      Finish(ToRpcStatus(ticket.status()));
    }
  }

  void OnCancel() override {
    // The view calls the waiter or hands it back, never both.
    if (view_->Cancel(ticket_)) {
      Finish({grpc::StatusCode::CANCELLED, "the call ended before the switch had the revision"});
    }
  }

  void OnDone() override { delete this; }

 private:
  void Answer(const SwitchSnapshot& state) {
    response_->set_applied_revision(state.state.applied_revision());
    for (const datapath::v1::BridgeState& bridge : state.state.bridges()) {
      if (bridge.status().state() != v1::RESOURCE_STATE_FAILED) continue;
      AddFailure(bridge.name(), "", bridge.status().reason());
    }
    for (const datapath::v1::PortState& port : state.state.ports()) {
      if (port.status().state() != v1::RESOURCE_STATE_FAILED) continue;
      AddFailure(port.bridge(), port.name(), port.status().reason());
    }
    for (v1::Failure& failure : view_->RefusedRules(revision_)) {
      *response_->add_failures() = std::move(failure);
    }
    Finish(grpc::Status::OK);
  }
  void AddFailure(const std::string& bridge, const std::string& port, const std::string& reason) {
    v1::Failure* failure = response_->add_failures();
    failure->set_bridge(bridge);
    failure->set_port(port);
    failure->set_reason(reason);
  }
  SwitchView* const view_;
  v1::WaitAppliedResponse* const response_;
  // Set before gRPC knows of the reactor, and thus before OnCancel.
  uint64_t ticket_ = 0;
  uint64_t revision_ = 0;
};

}  // namespace

grpc::ServerUnaryReactor* StatusService::GetStatus(grpc::CallbackServerContext* context,
                                                   const v1::GetStatusRequest* request,
                                                   v1::StatusResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  response->set_manager_version(kVersion);
  response->set_wanted_revision(services_.configurator->Current()->revision);
  ReadSwitch(services_, context, [=](const SwitchSnapshot& state) {
    v1::SwitchStatus* status = response->mutable_switch_status();
    *status = state.state.switch_status();
    status->set_connected(state.connected);
    status->set_applied_revision(state.state.applied_revision());
    status->set_error(state.connected ? "" : state.error);
    if (!state.apply_error.empty()) status->add_warnings(state.apply_error);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* StatusService::WaitApplied(grpc::CallbackServerContext* context,
                                                     const v1::WaitAppliedRequest* request,
                                                     v1::WaitAppliedResponse* response) {
  const uint64_t newest = services_.configurator->Current()->revision;
  if (request->revision() > newest) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToRpcStatus(absl::OutOfRangeError(
        fmt::format("revision {} does not exist; the newest is {}", request->revision(), newest))));
    return reactor;
  }
  auto* reactor = new WaitReactor(services_.view, response);  // deletes itself
  reactor->Start(request->revision());
  return reactor;
}

grpc::ServerUnaryReactor* StatusService::GetCounters(grpc::CallbackServerContext* context,
                                                     const v1::GetCountersRequest* request,
                                                     v1::GetCountersResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  ReadCounters(context, request->bridge(),
               [=](const absl::StatusOr<datapath::v1::GetCountersResponse>& answer) {
                 if (answer.ok()) *response->mutable_ports() = answer->ports();
                 reactor->Finish(ToRpcStatus(answer.status()));
               });
  return reactor;
}

grpc::ServerUnaryReactor* StatusService::ListDrops(grpc::CallbackServerContext* context,
                                                   const v1::ListDropsRequest* request,
                                                   v1::ListDropsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  ReadCounters(context, request->bridge(),
               [=](const absl::StatusOr<datapath::v1::GetCountersResponse>& answer) {
                 if (answer.ok()) *response->mutable_drops() = answer->drops();
                 reactor->Finish(ToRpcStatus(answer.status()));
               });
  return reactor;
}

grpc::ServerUnaryReactor* StatusService::ListBfd(grpc::CallbackServerContext* context,
                                                 const v1::ListBfdRequest* request,
                                                 v1::ListBfdResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status exists = CheckBridgeExists(services_, request->bridge()); !exists.ok()) {
    reactor->Finish(ToRpcStatus(exists));
    return reactor;
  }
  AskSwitch<v1::ListBfdResponse>(services_, context, &SwitchClient::Stub::async::ListBfd,
                                 v1::ListBfdRequest(*request),
                                 [=](const absl::StatusOr<v1::ListBfdResponse>& answer) {
                                   if (answer.ok()) *response = *answer;
                                   reactor->Finish(ToRpcStatus(answer.status()));
                                 });
  return reactor;
}

void StatusService::ReadCounters(grpc::CallbackServerContext* context, const std::string& bridge,
                                 CountersDone done) {
  if (const absl::Status exists = CheckBridgeExists(services_, bridge); !exists.ok()) {
    done(exists);
    return;
  }
  datapath::v1::GetCountersRequest question;
  question.set_bridge(bridge);
  AskSwitch<datapath::v1::GetCountersResponse>(services_, context,
                                               &SwitchClient::Stub::async::GetCounters,
                                               std::move(question), std::move(done));
}

}  // namespace vsw::control
