// SPDX-License-Identifier: Apache-2.0
//
// What the applier tells the underlay of tunnels, and asks of it. Functions, so that tests of the
// applier need no network.
#ifndef VSW_DATAPATH_APPLY_UNDERLAY_SIDE_H_
#define VSW_DATAPATH_APPLY_UNDERLAY_SIDE_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "datapath/flow/tunnel_facts.h"
#include "datapath/underlay/way.h"

namespace vsw {

/// Empty functions: there is no underlay.
struct UnderlaySide {
  /// The tunnels to carry from now on, and what may carry them.
  std::function<void(const UnderlayConfig&)> configure;
  /// The host's addresses on devices of internal and TAP ports, as now known.
  std::function<std::vector<TunnelLocal>()> locals;
  /// Its own ports, which belong to no bridge, by number.
  std::function<std::map<PortNo, std::string>()> port_names;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_UNDERLAY_SIDE_H_
