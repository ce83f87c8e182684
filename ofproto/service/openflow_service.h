// SPDX-License-Identifier: Apache-2.0
//
// The private gRPC service for rules, groups and meters, and what the wanted state brings of them.
// Text is read and written on gRPC's threads; the slow thread is only given values.
//
// Thread safety: gRPC calls it on its own threads.
#ifndef VSW_OFPROTO_SERVICE_OPENFLOW_SERVICE_H_
#define VSW_OFPROTO_SERVICE_OPENFLOW_SERVICE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "datapath/apply/openflow_side.h"
#include "datapath/flow/datapath_control.h"
#include "ofproto/bridge_directory.h"
#include "vsw/datapath/v1/datapath.grpc.pb.h"

namespace vsw {

class OpenFlowService final : public datapath::v1::OpenFlow::CallbackService, public OpenFlowSide {
 public:
  /// Both outlive the service.
  OpenFlowService(DatapathControl* control, BridgeDirectory* bridges)
      : control_(control), bridges_(bridges) {}

  std::function<void()> PrepareRules(const datapath::v1::WantedState& wanted) override;
  void ReportBridges(datapath::v1::ActualState* state) override;

  grpc::ServerUnaryReactor* ModifyRules(grpc::CallbackServerContext* context,
                                        const datapath::v1::ModifyRulesRequest* request,
                                        datapath::v1::ModifyRulesResponse* response) override;
  grpc::ServerWriteReactor<vsw::v1::ListFlowsResponse>* ListFlows(
      grpc::CallbackServerContext* context, const vsw::v1::ListFlowsRequest* request) override;
  grpc::ServerUnaryReactor* AggregateFlows(grpc::CallbackServerContext* context,
                                           const vsw::v1::ListFlowsRequest* request,
                                           vsw::v1::AggregateFlowsResponse* response) override;
  grpc::ServerUnaryReactor* ListTables(grpc::CallbackServerContext* context,
                                       const vsw::v1::ListTablesRequest* request,
                                       vsw::v1::ListTablesResponse* response) override;
  grpc::ServerUnaryReactor* ListGroups(grpc::CallbackServerContext* context,
                                       const vsw::v1::ListGroupsRequest* request,
                                       vsw::v1::ListGroupsResponse* response) override;
  grpc::ServerUnaryReactor* ListMeters(grpc::CallbackServerContext* context,
                                       const vsw::v1::ListMetersRequest* request,
                                       vsw::v1::ListMetersResponse* response) override;

 private:
  void NoteRefused(const std::string& bridge, std::vector<RefusedRule> refused);
  /// These are in force now.
  void ForgetRefused(const std::string& bridge,
                     std::span<const BridgeControl::BundleEntry> entries);
  /// Empty, or why the delta could not be applied; nothing of it is done then.
  void ApplyDelta(const datapath::v1::RuleDelta& delta,
                  datapath::v1::ModifyRulesResponse* response);
  /// Runs `task` with the bridge on the slow thread. Errors: NotFound.
  absl::Status OnBridge(const std::string& bridge,
                        const std::function<void(BridgeControl*)>& task) const;

  DatapathControl* const control_;
  BridgeDirectory* const bridges_;
  std::mutex revision_mutex_;  // one ModifyRules or PrepareRules at a time
  uint64_t revision_ = 0;      // whose rules have been entered; guarded by revision_mutex_
  std::mutex refused_mutex_;
  std::map<std::string, std::vector<RefusedRule>> refused_;  // by bridge; guarded, as it says
};

}  // namespace vsw

#endif  // VSW_OFPROTO_SERVICE_OPENFLOW_SERVICE_H_
