// SPDX-License-Identifier: Apache-2.0
//
// Listings of what is stored, which need no switch: without counters, ports by number or name.
#ifndef VSW_CONTROL_RULES_STORED_RULES_H_
#define VSW_CONTROL_RULES_STORED_RULES_H_

#include <vector>

#include "control/service_context.h"
#include "vsw/v1/openflow.pb.h"

namespace vsw::control {

/// The selector of the request as a delete of the same rules. Errors: InvalidArgument.
absl::StatusOr<RuleChange> ReadSelector(const ServiceContext& services,
                                        const v1::ListFlowsRequest& request);

/// In messages of some hundred rules. REQUIRES: the selector was checked.
std::vector<v1::ListFlowsResponse> StoredFlows(const ServiceContext& services,
                                               const v1::ListFlowsRequest& request);
void StoredGroups(const ServiceContext& services, const v1::ListGroupsRequest& request,
                  v1::ListGroupsResponse* response);
void StoredMeters(const ServiceContext& services, const v1::ListMetersRequest& request,
                  v1::ListMetersResponse* response);

/// Takes those out of what the switch refused that are stored no more, or otherwise.
void DropMended(const ServiceContext& services, v1::Bridge* bridge);

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_STORED_RULES_H_
