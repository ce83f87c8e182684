// SPDX-License-Identifier: Apache-2.0
//
// Ports: changes through the queue, readings merged with the switch's state.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_PORT_SERVICE_H_
#define VSW_CONTROL_PORT_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::control {

class PortService final : public v1::PortService::CallbackService {
 public:
  explicit PortService(ServiceContext services) : services_(services) {}

  grpc::ServerUnaryReactor* CreatePort(grpc::CallbackServerContext* context,
                                       const v1::CreatePortRequest* request,
                                       v1::ChangeResponse* response) override;
  grpc::ServerUnaryReactor* GetPort(grpc::CallbackServerContext* context,
                                    const v1::GetPortRequest* request, v1::Port* response) override;
  grpc::ServerUnaryReactor* ListPorts(grpc::CallbackServerContext* context,
                                      const v1::ListPortsRequest* request,
                                      v1::ListPortsResponse* response) override;
  grpc::ServerUnaryReactor* UpdatePort(grpc::CallbackServerContext* context,
                                       const v1::UpdatePortRequest* request,
                                       v1::ChangeResponse* response) override;
  grpc::ServerUnaryReactor* DeletePort(grpc::CallbackServerContext* context,
                                       const v1::DeletePortRequest* request,
                                       v1::ChangeResponse* response) override;

 private:
  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_PORT_SERVICE_H_
