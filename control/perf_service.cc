// SPDX-License-Identifier: Apache-2.0
#include "control/perf_service.h"

#include "control/field_error.h"
#include "control/rpc_status.h"
#include "vsw/datapath/v1/perf.grpc.pb.h"

namespace vsw::control {
namespace {

using datapath::v1::Perf;

constexpr int32_t kMaxSeconds = 60;

template <typename Request, typename Response>
using PerfMethod = void (Perf::Stub::async::*)(grpc::ClientContext*, const Request*, Response*,
                                               std::function<void(grpc::Status)>);

template <typename Request, typename Response>
grpc::ServerUnaryReactor* PassOn(const ServiceContext& services,
                                 grpc::CallbackServerContext* context,
                                 std::type_identity_t<PerfMethod<Request, Response>> method,
                                 const Request& request, Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  CallSwitch<Request, Response, Perf>(services.client, method, request, context->deadline(),
                                      kForwardTimeout,
                                      [reactor, response](const absl::StatusOr<Response>& answer) {
                                        if (answer.ok()) *response = *answer;
                                        reactor->Finish(ToRpcStatus(answer.status()));
                                      });
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* PerfService::StartPerf(grpc::CallbackServerContext* context,
                                                 const v1::StartPerfRequest* request,
                                                 v1::StartPerfResponse* response) {
  if (request->seconds() < 1 || request->seconds() > kMaxSeconds) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToRpcStatus(
        BadField("seconds", "{} is not one of 1..{}", request->seconds(), kMaxSeconds)));
    return reactor;
  }
  return PassOn(services_, context, &Perf::Stub::async::StartPerf, *request, response);
}

grpc::ServerUnaryReactor* PerfService::GetPerf(grpc::CallbackServerContext* context,
                                               const v1::GetPerfRequest* request,
                                               v1::GetPerfResponse* response) {
  return PassOn(services_, context, &Perf::Stub::async::GetPerf, *request, response);
}

}  // namespace vsw::control
