// SPDX-License-Identifier: Apache-2.0
//
// How management finds the bridges of a switch and hands it the rules that the database keeps.
//
// Thread safety: the slow thread alone.
#ifndef VSW_OFPROTO_BRIDGE_DIRECTORY_H_
#define VSW_OFPROTO_BRIDGE_DIRECTORY_H_

#include <string>
#include <vector>

#include "ofproto/bridge_control.h"
#include "ofproto/message/messages.h"

namespace vsw {

/// All that is stored for one bridge; in the order in which it is entered.
struct StoredRules {
  std::vector<GroupMod> groups;
  std::vector<MeterMod> meters;
  std::vector<FlowMod> flows;
};

class BridgeDirectory {
 public:
  virtual ~BridgeDirectory() = default;
  /// nullptr: no such bridge.
  virtual BridgeControl* FindBridge(const std::string& name) = 0;
  /// Replaces all that management stored before, and the rule that a new bridge starts with; rules
  /// of controllers stay. What cannot be entered is left out and named in the log.
  virtual void ReplaceStoredRules(const std::string& bridge, const StoredRules& rules) = 0;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_BRIDGE_DIRECTORY_H_
