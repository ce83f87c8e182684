// SPDX-License-Identifier: Apache-2.0
#include "control/inspect_service.h"

#include "control/field_error.h"
#include "control/relay.h"
#include "control/rpc_status.h"
#include "control/rules/rule_message.h"

namespace vsw::control {
namespace {

using datapath::v1::Inspect;

// A listing of very many takes its time; the caller's own deadline is sooner as a rule.
constexpr std::chrono::seconds kListTimeout{60};

grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToRpcStatus(status));
  return reactor;
}

template <typename Request, typename Response, typename Method>
grpc::ServerUnaryReactor* PassOn(const ServiceContext& services,
                                 grpc::CallbackServerContext* context, Method method,
                                 const Request& request, Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  CallSwitch<Request, Response, Inspect>(
      services.client, method, request, context->deadline(), kForwardTimeout,
      [reactor, response](const absl::StatusOr<Response>& answer) {
        if (answer.ok()) *response = *answer;
        reactor->Finish(ToRpcStatus(answer.status()));
      });
  return reactor;
}

// The same request with ports by number.
absl::StatusOr<v1::TraceRequest> Canonical(const ServiceContext& services,
                                           const v1::TraceRequest& request) {
  if (request.bridge().empty()) return BadField("bridge", "name a bridge");
  VSW_RETURN_IF_ERROR(CheckBridgeExists(services, request.bridge()));
  const std::shared_ptr<const Config> config = services.configurator->Current();
  const PortNames ports = PortNamesOf(*config, request.bridge());
  const absl::StatusOr<Match> match = ParseMatch(request.flow(), &ports);
  if (!match.ok()) return AtField("flow", match.status());
  v1::TraceRequest canonical = request;
  canonical.set_flow(FormatMatch(*match));
  return canonical;
}

using TraceMethod = void (Inspect::Stub::async::*)(grpc::ClientContext*, const v1::TraceRequest*,
                                                   v1::TraceResponse*,
                                                   std::function<void(grpc::Status)>);
using StatsMethod = void (Inspect::Stub::async::*)(grpc::ClientContext*,
                                                   const v1::GetCacheStatsRequest*,
                                                   v1::GetCacheStatsResponse*,
                                                   std::function<void(grpc::Status)>);

}  // namespace

grpc::ServerUnaryReactor* InspectService::Trace(grpc::CallbackServerContext* context,
                                                const v1::TraceRequest* request,
                                                v1::TraceResponse* response) {
  const absl::StatusOr<v1::TraceRequest> canonical = Canonical(services_, *request);
  if (!canonical.ok()) return FinishWith(context, canonical.status());
  return PassOn(services_, context, TraceMethod(&Inspect::Stub::async::Trace), *canonical,
                response);
}

grpc::ServerWriteReactor<v1::ListMegaflowsResponse>* InspectService::ListMegaflows(
    grpc::CallbackServerContext* context, const v1::ListMegaflowsRequest* request) {
  const absl::Status exists = CheckBridgeExists(services_, request->bridge());
  if (!exists.ok()) return new SendAll<v1::ListMegaflowsResponse>({}, exists);  // deletes itself
  const auto deadline =
      std::min(context->deadline(), std::chrono::system_clock::now() + kListTimeout);
  return new Relay<Inspect, v1::ListMegaflowsRequest, v1::ListMegaflowsResponse>(
      services_.client, &Inspect::Stub::async::ListMegaflows, *request, deadline);
}

grpc::ServerUnaryReactor* InspectService::GetCacheStats(grpc::CallbackServerContext* context,
                                                        const v1::GetCacheStatsRequest* request,
                                                        v1::GetCacheStatsResponse* response) {
  return PassOn(services_, context, StatsMethod(&Inspect::Stub::async::GetCacheStats), *request,
                response);
}

}  // namespace vsw::control
