// SPDX-License-Identifier: Apache-2.0
//
// The bridges by name, for those who manage them, and what the switch would do with a packet.
//
// Thread safety: on the slow thread (DatapathControl::RunOnSlowThread).
#ifndef VSW_OFPROTO_BRIDGE_DIRECTORY_H_
#define VSW_OFPROTO_BRIDGE_DIRECTORY_H_

#include <map>
#include <string>
#include <vector>

#include "datapath/packet/flow_key.h"
#include "ofproto/bridge_control.h"

namespace vsw {

/// What the database keeps of one bridge. All commands are kAdd. Groups may refer to groups that
/// stand behind them, and flows to any of the groups and meters.
struct StoredRules {
  std::vector<GroupMod> groups;
  std::vector<MeterMod> meters;
  std::vector<FlowMod> flows;
};

/// One of them that the bridge would not have.
struct RefusedRule {
  std::string rule;  // as text
  std::string reason;
};

/// A controller or listener of a bridge, or a connection that came in by a listener.
struct OpenFlowConnectionInfo {
  std::string target;   // "tcp:127.0.0.1:6653"
  std::string state;    // "connected", "connecting", "listening", ...
  std::string role;     // "other", "master", "slave"; empty if not connected
  std::string version;  // "OpenFlow 1.3"; empty if not connected
  std::string error;    // why it last ended
  bool connected = false;
  uint64_t since_ns = 0;  // how long it has been in this state
};

struct TraceFacts;
struct TraceResult;

/// Where a port of the datapath is, in the words of management.
struct PortPlace {
  std::string bridge;
  std::string name;
  uint32_t of_port;  // as OpenFlow 1.3 numbers it
};

class BridgeDirectory {
 public:
  virtual ~BridgeDirectory() = default;

  /// Null if there is no such bridge.
  virtual BridgeControl* FindBridge(const std::string& name) = 0;

  /// Makes what management has stored in the bridge (Rule::Bookkeeping::stored) exactly `rules`:
  /// what is not among them goes, what is equal stays with its statistics, and what controllers
  /// made stays. Those that cannot be are left out and returned. Committed when it returns.
  virtual std::vector<RefusedRule> ReplaceStoredRules(const std::string& bridge,
                                                      const StoredRules& rules) = 0;

  virtual std::vector<OpenFlowConnectionInfo> ListConnections(const std::string& /*bridge*/) {
    return {};
  }

  virtual std::map<PortNo, PortPlace> ListPortPlaces() const = 0;
  /// What would become of a packet with `key` (every line defined). Changes nothing.
  virtual TraceResult TracePacket(const FlowKey& key, const TraceFacts& facts) const = 0;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_BRIDGE_DIRECTORY_H_
