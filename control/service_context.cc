// SPDX-License-Identifier: Apache-2.0
#include "control/service_context.h"

#include <utility>

#include "control/field_error.h"
#include "control/rpc_status.h"

namespace vsw::control {
namespace {

// Less than the half second that clients keep back to ask why a wait has ended: then the answer is
// that vswitchd is silent, rather than none.
constexpr std::chrono::milliseconds kStateTimeout{300};

std::string WhyUnknown(const SwitchSnapshot& state) {
  if (!state.connected) return state.error;
  if (!state.apply_error.empty()) return state.apply_error;
  return fmt::format("the switch has not reported on it yet; it runs revision {}",
                     state.state.applied_revision());
}

}  // namespace

void Submit(const ServiceContext& services, absl::StatusOr<ChangeRequest> request,
            v1::ChangeResponse* response, grpc::ServerUnaryReactor* reactor) {
  if (!request.ok()) {
    reactor->Finish(ToRpcStatus(request.status()));
    return;
  }
  services.queue->Submit(*std::move(request),
                         [response, reactor](const absl::StatusOr<uint64_t>& revision) {
                           if (revision.ok()) response->set_revision(*revision);
                           reactor->Finish(ToRpcStatus(revision.status()));
                         });
}

void ReadSwitch(const ServiceContext& services, grpc::CallbackServerContext* context,
                std::function<void(const SwitchSnapshot&)> done) {
  SwitchView::SnapshotPtr last = services.view->Get();
  if (!last->connected) {
    done(*last);
    return;
  }
  AskSwitch<datapath::v1::ActualState, datapath::v1::GetStateRequest>(
      services, context, &SwitchClient::Stub::async::GetState, {},
      [last, done = std::move(done)](const absl::StatusOr<datapath::v1::ActualState>& state) {
        if (state.ok()) {
          auto fresh = SwitchSnapshot::Connected(*state);
          fresh->apply_error = last->apply_error;
          done(*fresh);
          return;
        }
        SwitchSnapshot away = *last;
        away.connected = false;
        away.error = std::string(state.status().message());
        done(away);
      },
      kStateTimeout);
}

absl::Status CheckBridgeExists(const ServiceContext& services, const std::string& bridge) {
  if (bridge.empty() || services.configurator->Current()->FindBridge(bridge) != nullptr) {
    return absl::OkStatus();
  }
  return AtField("bridge", NotFound("there is no bridge {}", Quote(bridge)));
}

v1::Bridge WithStatus(const db::BridgeRecord& bridge, const SwitchSnapshot& state) {
  v1::Bridge message = ToMessage(bridge);
  const v1::BridgeStatus* status = state.connected ? state.FindBridge(bridge.name) : nullptr;
  if (status != nullptr) {
    *message.mutable_status() = *status;
  } else {
    message.mutable_status()->set_reason(WhyUnknown(state));
  }
  return message;
}

v1::Port WithStatus(const db::PortRecord& port, const SwitchSnapshot& state) {
  v1::Port message = ToMessage(port);
  const v1::PortStatus* status = state.connected ? state.FindPort(port.name) : nullptr;
  if (status != nullptr) {
    *message.mutable_status() = *status;
  } else {
    message.mutable_status()->set_reason(WhyUnknown(state));
  }
  return message;
}

}  // namespace vsw::control
