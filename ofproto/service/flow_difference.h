// SPDX-License-Identifier: Apache-2.0
//
// What has to be done to the flows of a switch so that they are those wanted: as few changes as
// possible, so that equal ones keep their statistics.
//
// Thread safety: a pure function.
#ifndef VSW_OFPROTO_SERVICE_FLOW_DIFFERENCE_H_
#define VSW_OFPROTO_SERVICE_FLOW_DIFFERENCE_H_

#include <vector>

#include "ofproto/bridge_control.h"

namespace vsw {

/// Strict deletes first, then adds. Of several wanted ones at one place the last counts.
/// REQUIRES: `wanted` holds flow-mods of the command kAdd only.
std::vector<BridgeControl::BundleEntry> FlowDifference(
    const std::vector<FlowStats>& present, std::vector<BridgeControl::BundleEntry> wanted);

}  // namespace vsw

#endif  // VSW_OFPROTO_SERVICE_FLOW_DIFFERENCE_H_
