// SPDX-License-Identifier: Apache-2.0
//
// Statistics as messages. Flows are put into words as the stream takes them, so that a hundred
// thousand of them are never all in memory as text.
#ifndef VSW_OFPROTO_SERVICE_FLOW_LISTER_H_
#define VSW_OFPROTO_SERVICE_FLOW_LISTER_H_

#include <grpcpp/grpcpp.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ofproto/message/messages.h"
#include "ofproto/text/text.h"
#include "vsw/v1/openflow.pb.h"

namespace vsw {

/// Names by number; numbers alone if `ports` is empty.
class PortNameTable {
 public:
  explicit PortNameTable(const std::vector<PortDesc>& ports);
  const PortNames* names() const { return table_.empty() ? nullptr : &names_; }

 private:
  std::map<uint32_t, std::string> table_;
  PortNames names_;
};

/// One ListFlows call; deletes itself.
class FlowLister final : public grpc::ServerWriteReactor<vsw::v1::ListFlowsResponse> {
 public:
  FlowLister(std::vector<FlowStats> flows, const std::vector<PortDesc>& ports, bool with_statistics,
             const absl::Status& status);
  void OnWriteDone(bool ok) override { Next(ok); }
  void OnDone() override { delete this; }

 private:
  void Next(bool ok);

  const std::vector<FlowStats> flows_;
  const PortNameTable ports_;
  const bool with_statistics_;
  const absl::Status status_;
  size_t next_ = 0;
  vsw::v1::ListFlowsResponse message_;
};

void FillFlow(const FlowStats& flow, const PortNames* ports, bool with_statistics,
              vsw::v1::Flow* message);
void FillGroups(const std::vector<GroupDesc>& groups, const std::vector<GroupStats>& statistics,
                const std::vector<PortDesc>& ports, vsw::v1::ListGroupsResponse* response);
void FillMeters(const std::vector<MeterConfig>& meters, const std::vector<MeterStats>& statistics,
                vsw::v1::ListMetersResponse* response);

}  // namespace vsw

#endif  // VSW_OFPROTO_SERVICE_FLOW_LISTER_H_
