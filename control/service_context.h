// SPDX-License-Identifier: Apache-2.0
//
// What every gRPC service works with, and the few ways in which they answer: a change goes through
// the queue, a reading takes the current configuration and, if the switch answers soon, its state
// of this moment. The parts outlive the services.
#ifndef VSW_CONTROL_SERVICE_CONTEXT_H_
#define VSW_CONTROL_SERVICE_CONTEXT_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <string>
#include <type_traits>

#include "control/change_queue.h"
#include "control/configurator.h"
#include "control/convert.h"
#include "control/switch_client.h"
#include "control/switch_view.h"

namespace vsw::control {

struct ServiceContext {
  Configurator* configurator;
  ChangeQueue* queue;
  SwitchClient* client;
  SwitchView* view;
};

/// Queues the request and answers with the revision, or with what is wrong.
void Submit(const ServiceContext& services, absl::StatusOr<ChangeRequest> request,
            v1::ChangeResponse* response, grpc::ServerUnaryReactor* reactor);

/// One change: a unary handler's whole body.
template <typename Request>
grpc::ServerUnaryReactor* SubmitOne(const ServiceContext& services,
                                    grpc::CallbackServerContext* context, const Request& request,
                                    v1::ChangeResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<Change> change = ToChange(request);
  if (change.ok()) {
    Submit(services, ChangeRequest{.changes = {*std::move(change)}}, response, reactor);
  } else {
    Submit(services, change.status(), response, reactor);
  }
  return reactor;
}

/// How long a question that is passed on to the switch may take.
inline constexpr std::chrono::milliseconds kForwardTimeout{5000};

/// A method of the private service that calls back with the status.
template <typename Request, typename Response>
using SwitchMethod = void (SwitchClient::Stub::async::*)(grpc::ClientContext*, const Request*,
                                                         Response*,
                                                         std::function<void(grpc::Status)>);

/// Passes a question on to the switch, within the caller's deadline; `done` is called once.
template <typename Response, typename Request>
void AskSwitch(const ServiceContext& services, grpc::CallbackServerContext* context,
               std::type_identity_t<SwitchMethod<Request, Response>> method, Request question,
               std::function<void(const absl::StatusOr<Response>&)> done,
               std::chrono::milliseconds timeout = kForwardTimeout) {
  CallSwitch<Request, Response>(services.client, method, std::move(question), context->deadline(),
                                timeout, std::move(done));
}

/// Calls `done` once with the state of the switch: asked for now if it is connected and answers
/// within a second, else as last heard of and marked as not connected.
void ReadSwitch(const ServiceContext& services, grpc::CallbackServerContext* context,
                std::function<void(const SwitchSnapshot&)> done);

/// NotFound about the request's `bridge`, unless it exists or is empty.
absl::Status CheckBridgeExists(const ServiceContext& services, const std::string& bridge);

/// The rows with the switch's word on them; UNKNOWN, with why, where it has said nothing.
v1::Bridge WithStatus(const db::BridgeRecord& bridge, const SwitchSnapshot& state);
v1::Port WithStatus(const db::PortRecord& port, const SwitchSnapshot& state);

}  // namespace vsw::control

#endif  // VSW_CONTROL_SERVICE_CONTEXT_H_
