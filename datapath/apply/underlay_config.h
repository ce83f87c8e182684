// SPDX-License-Identifier: Apache-2.0
//
// What the underlay of tunnels has to know of the configured ports.
#ifndef VSW_DATAPATH_APPLY_UNDERLAY_CONFIG_H_
#define VSW_DATAPATH_APPLY_UNDERLAY_CONFIG_H_

#include "datapath/apply/wanted_state.h"
#include "datapath/port/port.h"
#include "datapath/underlay/way.h"

namespace vsw {

/// Enters a realised port, with what it says of itself: a tunnel by its ends and where it receives,
/// an internal or TAP port whose device is in vswitchd's namespace, and a `dpdk` or `system` port
/// with addresses of its own, by which frames can leave once it is `polled`. Others leave `config`
/// alone.
void AddToUnderlay(const WantedPort& wanted, PortNo number, const PortInfo& info, bool polled,
                   UnderlayConfig* config);

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_UNDERLAY_CONFIG_H_
