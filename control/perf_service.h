// SPDX-License-Identifier: Apache-2.0
//
// Where the workers' cycles go: the switch measures and answers.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_PERF_SERVICE_H_
#define VSW_CONTROL_PERF_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/perf.grpc.pb.h"

namespace vsw::control {

class PerfService final : public v1::PerfService::CallbackService {
 public:
  explicit PerfService(ServiceContext services) : services_(services) {}

  grpc::ServerUnaryReactor* StartPerf(grpc::CallbackServerContext* context,
                                      const v1::StartPerfRequest* request,
                                      v1::StartPerfResponse* response) override;
  grpc::ServerUnaryReactor* GetPerf(grpc::CallbackServerContext* context,
                                    const v1::GetPerfRequest* request,
                                    v1::GetPerfResponse* response) override;

 private:
  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_PERF_SERVICE_H_
