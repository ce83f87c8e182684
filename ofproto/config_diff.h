// SPDX-License-Identifier: Apache-2.0
//
// Which ports and bridges two configurations differ in, so that a change to one port disturbs what
// depends on that port alone. Pure functions of values.
#ifndef VSW_OFPROTO_CONFIG_DIFF_H_
#define VSW_OFPROTO_CONFIG_DIFF_H_

#include <compare>
#include <set>

#include "base/net_types.h"
#include "datapath/flow/slow_path.h"

namespace vsw {

struct BridgePort {
  BridgeId bridge;
  PortNo port;
  auto operator<=>(const BridgePort&) const = default;
};

struct ConfigDiff {
  std::set<PortNo> changed;    // differ in settings, bridge or existence
  std::set<BridgeId> floods;   // bridges with such a port, before or after
  std::set<BridgePort> gone;   // left their bridge, or gave their number to another port
  std::set<BridgePort> reset;  // stay, with other settings
};

/// The same configuration in one fixed order, so that equal ones compare equal; without what has no
/// meaning: ports without a number, second uses of a number, static entries for group addresses or
/// for ports that the bridge does not have.
SlowPathConfig Normalised(const SlowPathConfig& config);

/// REQUIRES: both are normalised.
ConfigDiff Compare(const SlowPathConfig& before, const SlowPathConfig& after);

}  // namespace vsw

#endif  // VSW_OFPROTO_CONFIG_DIFF_H_
