// SPDX-License-Identifier: Apache-2.0
#include "control/openflow_service.h"

#include "control/field_error.h"
#include "control/relay.h"
#include "control/rpc_status.h"
#include "control/rules/modify_reactor.h"
#include "control/rules/rule_message.h"
#include "control/rules/stored_rules.h"

namespace vsw::control {
namespace {

using datapath::v1::OpenFlow;

// A listing of very many rules takes its time; the caller's own deadline is sooner as a rule.
constexpr std::chrono::seconds kListTimeout{60};

template <typename Request, typename Response>
using Method = void (OpenFlow::Stub::async::*)(grpc::ClientContext*, const Request*, Response*,
                                               std::function<void(grpc::Status)>);

absl::Status CheckBridge(const ServiceContext& services, const std::string& bridge) {
  if (bridge.empty()) return BadField("bridge", "name a bridge");
  return CheckBridgeExists(services, bridge);
}

grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToRpcStatus(status));
  return reactor;
}

// A unary question about a bridge, answered by the switch with the same messages.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* PassOn(const ServiceContext& services,
                                 grpc::CallbackServerContext* context,
                                 Method<Request, Response> method, const Request& request,
                                 Response* response) {
  if (const absl::Status status = CheckBridge(services, request.bridge()); !status.ok()) {
    return FinishWith(context, status);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  CallSwitch<Request, Response, OpenFlow>(
      services.client, method, request, context->deadline(), kForwardTimeout,
      [reactor, response](const absl::StatusOr<Response>& answer) {
        if (answer.ok()) *response = *answer;
        reactor->Finish(ToRpcStatus(answer.status()));
      });
  return reactor;
}

// The same request with its selector checked, and ports by number.
absl::StatusOr<v1::ListFlowsRequest> Canonical(const ServiceContext& services,
                                               const v1::ListFlowsRequest& request) {
  VSW_RETURN_IF_ERROR(CheckBridge(services, request.bridge()));
  VSW_ASSIGN_OR_RETURN(const RuleChange selector, ReadSelector(services, request));
  v1::ListFlowsRequest canonical = request;
  canonical.set_selector(selector.text);
  return canonical;
}

}  // namespace

grpc::ServerReadReactor<v1::ModifyRulesRequest>* OpenFlowService::ModifyRules(
    grpc::CallbackServerContext* /*context*/, v1::ModifyRulesResponse* response) {
  return new ModifyReactor(services_, response);  // deletes itself
}

grpc::ServerWriteReactor<v1::ListFlowsResponse>* OpenFlowService::ListFlows(
    grpc::CallbackServerContext* context, const v1::ListFlowsRequest* request) {
  absl::StatusOr<v1::ListFlowsRequest> canonical = Canonical(services_, *request);
  if (!canonical.ok()) {
    return new SendAll<v1::ListFlowsResponse>({}, canonical.status());  // deletes itself
  }
  if (request->stored()) {
    return new SendAll<v1::ListFlowsResponse>(StoredFlows(services_, *canonical), absl::OkStatus());
  }
  const auto deadline =
      std::min(context->deadline(), std::chrono::system_clock::now() + kListTimeout);
  return new Relay<OpenFlow, v1::ListFlowsRequest, v1::ListFlowsResponse>(
      services_.client, &OpenFlow::Stub::async::ListFlows, *std::move(canonical), deadline);
}

grpc::ServerUnaryReactor* OpenFlowService::AggregateFlows(grpc::CallbackServerContext* context,
                                                          const v1::ListFlowsRequest* request,
                                                          v1::AggregateFlowsResponse* response) {
  const absl::StatusOr<v1::ListFlowsRequest> canonical = Canonical(services_, *request);
  if (!canonical.ok()) return FinishWith(context, canonical.status());
  if (request->stored()) {
    for (const v1::ListFlowsResponse& part : StoredFlows(services_, *canonical)) {
      response->set_flows(response->flows() + static_cast<uint64_t>(part.flows_size()));
    }
    return FinishWith(context, absl::OkStatus());
  }
  return PassOn<v1::ListFlowsRequest, v1::AggregateFlowsResponse>(
      services_, context, &OpenFlow::Stub::async::AggregateFlows, *canonical, response);
}

grpc::ServerUnaryReactor* OpenFlowService::ListTables(grpc::CallbackServerContext* context,
                                                      const v1::ListTablesRequest* request,
                                                      v1::ListTablesResponse* response) {
  return PassOn<v1::ListTablesRequest, v1::ListTablesResponse>(
      services_, context, &OpenFlow::Stub::async::ListTables, *request, response);
}

grpc::ServerUnaryReactor* OpenFlowService::ListGroups(grpc::CallbackServerContext* context,
                                                      const v1::ListGroupsRequest* request,
                                                      v1::ListGroupsResponse* response) {
  if (!request->stored()) {
    return PassOn<v1::ListGroupsRequest, v1::ListGroupsResponse>(
        services_, context, &OpenFlow::Stub::async::ListGroups, *request, response);
  }
  const absl::Status status = CheckBridge(services_, request->bridge());
  if (status.ok()) StoredGroups(services_, *request, response);
  return FinishWith(context, status);
}

grpc::ServerUnaryReactor* OpenFlowService::ListMeters(grpc::CallbackServerContext* context,
                                                      const v1::ListMetersRequest* request,
                                                      v1::ListMetersResponse* response) {
  if (!request->stored()) {
    return PassOn<v1::ListMetersRequest, v1::ListMetersResponse>(
        services_, context, &OpenFlow::Stub::async::ListMeters, *request, response);
  }
  const absl::Status status = CheckBridge(services_, request->bridge());
  if (status.ok()) StoredMeters(services_, *request, response);
  return FinishWith(context, status);
}

}  // namespace vsw::control
