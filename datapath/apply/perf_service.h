// SPDX-License-Identifier: Apache-2.0
//
// The private gRPC service for those who ask where the workers' cycles go.
//
// Thread safety: gRPC calls it on its own threads.
#ifndef VSW_DATAPATH_APPLY_PERF_SERVICE_H_
#define VSW_DATAPATH_APPLY_PERF_SERVICE_H_

#include "datapath/flow/perf_view.h"
#include "vsw/datapath/v1/perf.grpc.pb.h"

namespace vsw {

class PerfService final : public datapath::v1::Perf::CallbackService {
 public:
  /// `view` outlives the service.
  explicit PerfService(PerfView* view) : view_(view) {}

  grpc::ServerUnaryReactor* StartPerf(grpc::CallbackServerContext* context,
                                      const vsw::v1::StartPerfRequest* request,
                                      vsw::v1::StartPerfResponse* response) override;
  grpc::ServerUnaryReactor* GetPerf(grpc::CallbackServerContext* context,
                                    const vsw::v1::GetPerfRequest* request,
                                    vsw::v1::GetPerfResponse* response) override;

 private:
  PerfView* const view_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_PERF_SERVICE_H_
