// SPDX-License-Identifier: Apache-2.0
//
// Bridges: changes through the queue, readings merged with the switch's state.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_BRIDGE_SERVICE_H_
#define VSW_CONTROL_BRIDGE_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::control {

class BridgeService final : public v1::BridgeService::CallbackService {
 public:
  explicit BridgeService(ServiceContext services) : services_(services) {}

  grpc::ServerUnaryReactor* CreateBridge(grpc::CallbackServerContext* context,
                                         const v1::CreateBridgeRequest* request,
                                         v1::ChangeResponse* response) override;
  grpc::ServerUnaryReactor* GetBridge(grpc::CallbackServerContext* context,
                                      const v1::GetBridgeRequest* request,
                                      v1::Bridge* response) override;
  grpc::ServerUnaryReactor* ListBridges(grpc::CallbackServerContext* context,
                                        const v1::ListBridgesRequest* request,
                                        v1::ListBridgesResponse* response) override;
  grpc::ServerUnaryReactor* UpdateBridge(grpc::CallbackServerContext* context,
                                         const v1::UpdateBridgeRequest* request,
                                         v1::ChangeResponse* response) override;
  grpc::ServerUnaryReactor* DeleteBridge(grpc::CallbackServerContext* context,
                                         const v1::DeleteBridgeRequest* request,
                                         v1::ChangeResponse* response) override;

 private:
  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_BRIDGE_SERVICE_H_
