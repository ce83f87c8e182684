// SPDX-License-Identifier: Apache-2.0
//
// Sends changes of rules as one transaction, however many, and waits until the switch runs them.
#ifndef VSW_CLI_OPENFLOW_RULE_REQUEST_H_
#define VSW_CLI_OPENFLOW_RULE_REQUEST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "cli/openflow/rule_file.h"

namespace vsw::cli {

struct RuleRequest {
  std::string bridge;
  bool replace = false;
  std::optional<uint32_t> table;  // with `replace`
  std::vector<PlacedChange> changes;
};

/// Returns kOk, or kNotRealised after writing what the switch refused.
/// Errors: what vswmgrd refused, led in by the file and line of the change.
absl::StatusOr<ExitStatus> RunRules(const RuleRequest& request, Context& context);

}  // namespace vsw::cli

#endif  // VSW_CLI_OPENFLOW_RULE_REQUEST_H_
