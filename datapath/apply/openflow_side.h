// SPDX-License-Identifier: Apache-2.0
//
// What the private service hands over to OpenFlow, of which the datapath knows nothing: stored
// rules that come with a wanted state, and what bridges report of them and of their controllers.
// Implemented by ofproto/service.
//
// Thread safety: every member from any thread but a worker.
#ifndef VSW_DATAPATH_APPLY_OPENFLOW_SIDE_H_
#define VSW_DATAPATH_APPLY_OPENFLOW_SIDE_H_

#include <functional>

#include "vsw/datapath/v1/datapath.pb.h"

namespace vsw {

class OpenFlowSide {
 public:
  virtual ~OpenFlowSide() = default;

  /// Reads `wanted.rules`; the result enters them, and is called once the bridges are there and
  /// before their new ports receive. Empty if there are none.
  virtual std::function<void()> PrepareRules(const datapath::v1::WantedState& wanted) = 0;

  /// Fills `connections` and `refused_rules` of the bridges in the message.
  virtual void ReportBridges(datapath::v1::ActualState* state) = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_OPENFLOW_SIDE_H_
