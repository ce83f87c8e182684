// SPDX-License-Identifier: Apache-2.0
//
// Flows as dump-flows and diff-flows handle them: fetched, sorted, compared.
#ifndef VSW_CLI_OPENFLOW_FLOW_TABLE_H_
#define VSW_CLI_OPENFLOW_FLOW_TABLE_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/client.h"
#include "ofproto/message/messages.h"
#include "ofproto/text/text.h"
#include "vsw/v1/openflow.grpc.pb.h"

namespace vsw::cli {

absl::StatusOr<std::vector<v1::Flow>> FetchFlows(const v1::ListFlowsRequest& request,
                                                 Client& client);

/// Sorts by the fields, the first one being the most significant: "priority", "table", "cookie",
/// "packets", "bytes", "duration", or any field of a match, flows without it last; "-" before the
/// name: downwards. Errors: InvalidArgument naming the field.
absl::Status SortFlows(std::span<const std::string> fields, std::vector<v1::Flow>* flows);

/// The rule that a listed flow is. Errors: InvalidArgument (a vswmgrd of another version).
absl::StatusOr<FlowMod> ToFlowMod(const v1::Flow& flow);

/// Lines of "-rule" and "+rule" that lead from `first` to `second`, by table, priority and match;
/// empty if they are the same.
std::vector<std::string> DiffFlows(const std::vector<FlowMod>& first,
                                   const std::vector<FlowMod>& second);

}  // namespace vsw::cli

#endif  // VSW_CLI_OPENFLOW_FLOW_TABLE_H_
