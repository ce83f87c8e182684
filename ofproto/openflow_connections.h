// SPDX-License-Identifier: Apache-2.0
//
// Joins a switch to the server of its OpenFlow connections: each bridge that comes is made
// reachable, each that goes is let go of.
#ifndef VSW_OFPROTO_OPENFLOW_CONNECTIONS_H_
#define VSW_OFPROTO_OPENFLOW_CONNECTIONS_H_

#include <vector>

#include "datapath/flow/datapath_control.h"
#include "ofproto/connection/openflow_server.h"
#include "ofproto/switch.h"

namespace vsw {

class OpenFlowConnections : public BridgeWatcher {
 public:
  /// Both outlive it. Serves from now on, until it is destroyed.
  /// REQUIRES: the slow thread runs as long as this object lives.
  OpenFlowConnections(OpenFlowServerOptions options, DatapathControl* control, Switch* bridges);
  ~OpenFlowConnections() override;

  void BridgeConfigured(const SlowPathBridge& config, BridgeControl* control) override;
  void BridgeRemoved(BridgeId bridge, BridgeControl* control) override;
  std::vector<OpenFlowConnectionInfo> Connections(BridgeId bridge) const override;
  /// What is wrong with the TLS files; empty if nothing.
  const std::string& tls_error() const { return server_.tls_error(); }

 private:
  DatapathControl* const control_;
  Switch* const bridges_;
  OpenFlowServer server_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_OPENFLOW_CONNECTIONS_H_
