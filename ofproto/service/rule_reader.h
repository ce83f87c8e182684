// SPDX-License-Identifier: Apache-2.0
//
// From the private API's messages to flow-mods, group-mods and meter-mods. The text was checked and
// made canonical by the control daemon; ports are numbers.
//
// Thread safety: pure functions.
#ifndef VSW_OFPROTO_SERVICE_RULE_READER_H_
#define VSW_OFPROTO_SERVICE_RULE_READER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "ofproto/bridge_directory.h"
#include "vsw/datapath/v1/datapath.pb.h"

namespace vsw {

/// InvalidArgument names the word that is wrong.
absl::StatusOr<BridgeControl::BundleEntry> ReadRuleChange(const vsw::v1::RuleChange& change);
/// The text of a change, for messages.
std::string TextOfChange(const vsw::v1::RuleChange& change);
/// The rule that an add leaves, as RefusedRule has it; "" for what is no rule.
std::string TextOfRule(const BridgeControl::BundleEntry& entry);

/// Rows that cannot be read are added to `refused`: one bad row must not cost the others.
StoredRules ReadStoredRules(const datapath::v1::BridgeRules& rules,
                            std::vector<RefusedRule>* refused);

}  // namespace vsw

#endif  // VSW_OFPROTO_SERVICE_RULE_READER_H_
