// SPDX-License-Identifier: Apache-2.0
//
// Traces, cached decisions and what caches cost: questions that the switch answers. Here the
// bridge is looked up and ports get their numbers.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_INSPECT_SERVICE_H_
#define VSW_CONTROL_INSPECT_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/inspect.grpc.pb.h"

namespace vsw::control {

class InspectService final : public v1::InspectService::CallbackService {
 public:
  explicit InspectService(ServiceContext services) : services_(services) {}

  grpc::ServerUnaryReactor* Trace(grpc::CallbackServerContext* context,
                                  const v1::TraceRequest* request,
                                  v1::TraceResponse* response) override;
  grpc::ServerWriteReactor<v1::ListMegaflowsResponse>* ListMegaflows(
      grpc::CallbackServerContext* context, const v1::ListMegaflowsRequest* request) override;
  grpc::ServerUnaryReactor* GetCacheStats(grpc::CallbackServerContext* context,
                                          const v1::GetCacheStatsRequest* request,
                                          v1::GetCacheStatsResponse* response) override;

 private:
  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_INSPECT_SERVICE_H_
