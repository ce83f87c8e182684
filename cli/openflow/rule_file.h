// SPDX-License-Identifier: Apache-2.0
//
// Files of rules, one a line, as ovs-ofctl reads them: what stands behind a '#' is left out, and so
// are empty lines; "-" is the standard input. A line may begin with a command of its own.
#ifndef VSW_CLI_OPENFLOW_RULE_FILE_H_
#define VSW_CLI_OPENFLOW_RULE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "vsw/v1/openflow.pb.h"

namespace vsw::cli {

struct RuleLine {
  std::string text;
  std::string place;  // "rules.txt:3", for messages
};

/// Errors: those of opening and reading the file, naming it.
absl::StatusOr<std::vector<RuleLine>> ReadRuleFile(const std::string& file);

/// A change and where it stands.
struct PlacedChange {
  v1::RuleChange change;
  std::string place;  // empty: on the command line
};

/// A rule that may be led in by "add", "modify", "modify_strict", "delete" or "delete_strict"; else
/// it has the command `otherwise`.
PlacedChange ReadFlowLine(const RuleLine& line, v1::FlowChange::Command otherwise);
/// A group that may be led in by "add", "modify", "add_or_mod", "delete", "insert_bucket" or
/// "remove_bucket".
PlacedChange ReadGroupLine(const RuleLine& line, v1::GroupChange::Command otherwise);
/// "flow ..." or "group ...". Errors: InvalidArgument for any other first word.
absl::StatusOr<PlacedChange> ReadBundleLine(const RuleLine& line);

}  // namespace vsw::cli

#endif  // VSW_CLI_OPENFLOW_RULE_FILE_H_
