// SPDX-License-Identifier: Apache-2.0
//
// What the switch runs. WaitApplied holds the call until the switch has the revision, the caller
// gives up, or the deadline passes.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_STATUS_SERVICE_H_
#define VSW_CONTROL_STATUS_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/status.grpc.pb.h"

namespace vsw::control {

class StatusService final : public v1::StatusService::CallbackService {
 public:
  explicit StatusService(ServiceContext services) : services_(services) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::StatusResponse* response) override;
  grpc::ServerUnaryReactor* WaitApplied(grpc::CallbackServerContext* context,
                                        const v1::WaitAppliedRequest* request,
                                        v1::WaitAppliedResponse* response) override;
  grpc::ServerUnaryReactor* GetCounters(grpc::CallbackServerContext* context,
                                        const v1::GetCountersRequest* request,
                                        v1::GetCountersResponse* response) override;
  grpc::ServerUnaryReactor* ListDrops(grpc::CallbackServerContext* context,
                                      const v1::ListDropsRequest* request,
                                      v1::ListDropsResponse* response) override;
  grpc::ServerUnaryReactor* ListBfd(grpc::CallbackServerContext* context,
                                    const v1::ListBfdRequest* request,
                                    v1::ListBfdResponse* response) override;

 private:
  using CountersDone =
      std::function<void(const absl::StatusOr<datapath::v1::GetCountersResponse>&)>;
  void ReadCounters(grpc::CallbackServerContext* context, const std::string& bridge,
                    CountersDone done);

  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_STATUS_SERVICE_H_
