// SPDX-License-Identifier: Apache-2.0
//
// Several changes as one: all are stored or none.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_BATCH_SERVICE_H_
#define VSW_CONTROL_BATCH_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::control {

class BatchService final : public v1::BatchService::CallbackService {
 public:
  explicit BatchService(ServiceContext services) : services_(services) {}

  grpc::ServerUnaryReactor* ApplyBatch(grpc::CallbackServerContext* context,
                                       const v1::BatchRequest* request,
                                       v1::ChangeResponse* response) override;

 private:
  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_BATCH_SERVICE_H_
