// SPDX-License-Identifier: Apache-2.0
//
// Rules between the API's messages and the daemon's values.
#ifndef VSW_CONTROL_RULES_RULE_MESSAGE_H_
#define VSW_CONTROL_RULES_RULE_MESSAGE_H_

#include <string>

#include "base/status.h"
#include "control/config.h"
#include "control/rules/rule_book.h"
#include "control/rules/rule_log.h"
#include "vsw/datapath/v1/datapath.pb.h"
#include "vsw/v1/openflow.pb.h"

namespace vsw::control {

/// Reads one change; ports may be named by `ports`. Errors: InvalidArgument about "flow.rule",
/// "group.group" or "meter.meter".
absl::StatusOr<RuleChange> ToRuleChange(const v1::RuleChange& change, const PortNames* ports);

datapath::v1::RuleDelta ToMessage(const RuleDelta& delta);
datapath::v1::BridgeRules ToMessage(const std::string& bridge, const RuleBook& book);

/// The port names of `bridge`. `config` outlives the result.
PortNames PortNamesOf(const Config& config, const std::string& bridge);

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_RULE_MESSAGE_H_
