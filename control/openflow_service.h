// SPDX-License-Identifier: Apache-2.0
//
// Rules, groups and meters: changes are read message by message, stored through the queue as one
// transaction, and reach the switch by the reconciler; readings are passed on to the switch, or
// answered from what is stored.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_OPENFLOW_SERVICE_H_
#define VSW_CONTROL_OPENFLOW_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/openflow.grpc.pb.h"

namespace vsw::control {

class OpenFlowService final : public v1::OpenFlowService::CallbackService {
 public:
  explicit OpenFlowService(ServiceContext services) : services_(services) {}

  grpc::ServerReadReactor<v1::ModifyRulesRequest>* ModifyRules(
      grpc::CallbackServerContext* context, v1::ModifyRulesResponse* response) override;
  grpc::ServerWriteReactor<v1::ListFlowsResponse>* ListFlows(
      grpc::CallbackServerContext* context, const v1::ListFlowsRequest* request) override;
  grpc::ServerUnaryReactor* AggregateFlows(grpc::CallbackServerContext* context,
                                           const v1::ListFlowsRequest* request,
                                           v1::AggregateFlowsResponse* response) override;
  grpc::ServerUnaryReactor* ListTables(grpc::CallbackServerContext* context,
                                       const v1::ListTablesRequest* request,
                                       v1::ListTablesResponse* response) override;
  grpc::ServerUnaryReactor* ListGroups(grpc::CallbackServerContext* context,
                                       const v1::ListGroupsRequest* request,
                                       v1::ListGroupsResponse* response) override;
  grpc::ServerUnaryReactor* ListMeters(grpc::CallbackServerContext* context,
                                       const v1::ListMetersRequest* request,
                                       v1::ListMetersResponse* response) override;

 private:
  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_OPENFLOW_SERVICE_H_
