// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow connections of all bridges: one thread that accepts, connects, reads and sends, and has
// requests carried out on the slow thread. A bridge is known from SetBridge() to RemoveBridge().
//
// Thread safety: every member may be called from any thread, the slow thread included, but for
// Start() and Stop(): those not on the slow thread, and the slow thread runs until Stop() is over.
#ifndef VSW_OFPROTO_CONNECTION_OPENFLOW_SERVER_H_
#define VSW_OFPROTO_CONNECTION_OPENFLOW_SERVER_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/net_types.h"
#include "datapath/flow/datapath_control.h"
#include "ofproto/bridge_control.h"
#include "ofproto/connection/poller.h"
#include "ofproto/connection/settings.h"

namespace vsw {

namespace ofconn {
class BridgeEndpoint;
class BridgeHub;
class TlsContext;
}  // namespace ofconn

class OpenFlowServer {
 public:
  /// `control` outlives the server. TLS files are read here, once: tls_error() says what is wrong
  /// with them, and so does the status of every target that needs them.
  OpenFlowServer(OpenFlowServerOptions options, DatapathControl* control);
  ~OpenFlowServer();

  void Start();
  /// Ends all connections, and lets go of all bridges.
  void Stop();

  /// Makes the bridge reachable by <run_dir>/<bridge>.mgmt and as `settings` say, or changes that;
  /// returns before it is done. What cannot be is told by Status().
  void SetBridge(BridgeId id, BridgeControl* bridge, const BridgeConnectionSettings& settings);
  /// Returns when nothing uses the BridgeControl any more; its connections end soon.
  void RemoveBridge(BridgeId id);

  /// As of a moment ago; empty for a bridge that is not known.
  BridgeConnectionStatus Status(BridgeId id) const;
  const std::string& tls_error() const { return tls_error_; }

 private:
  struct BridgeEntry {
    BridgeControl* bridge;
    std::shared_ptr<ofconn::BridgeHub> hub;
  };

  void Loop();
  void PublishStatus(uint64_t now_ns, bool all);

  const OpenFlowServerOptions options_;
  DatapathControl* const control_;
  std::unique_ptr<ofconn::TlsContext> tls_;
  std::string tls_error_;
  ofconn::Poller poller_;
  std::thread thread_;
  std::atomic<bool> stop_{false};

  std::mutex bridges_mutex_;  // guards bridges_; never held while the slow thread is waited for
  std::map<BridgeId, BridgeEntry> bridges_;

  // The thread's own.
  std::map<BridgeId, std::unique_ptr<ofconn::BridgeEndpoint>> endpoints_;
  uint64_t next_connection_id_ = 1;

  mutable std::mutex status_mutex_;  // guards status_
  std::map<BridgeId, BridgeConnectionStatus> status_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_CONNECTION_OPENFLOW_SERVER_H_
