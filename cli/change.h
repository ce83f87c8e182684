// SPDX-License-Identifier: Apache-2.0
//
// Sends the changes of one command line as one transaction, and waits until the switch runs them.
// One change goes out by its own call, several as one batch, so that all are stored or none.
#ifndef VSW_CLI_CHANGE_H_
#define VSW_CLI_CHANGE_H_

#include <span>

#include "absl/status/statusor.h"
#include "cli/command.h"

namespace vsw::cli {

/// REQUIRES: all invocations are of Kind::kChange; at least one.
/// Returns kOk, or kNotRealised after writing to `err` why the switch could not realise a bridge or
/// port that these changes touch. Failures elsewhere are none of this command's business.
/// Errors: what vswmgrd refused, naming the command; DeadlineExceeded or Unavailable naming the
/// daemon that did not answer, and whether the change is stored.
absl::StatusOr<ExitStatus> RunChanges(std::span<const Invocation> invocations, bool wait,
                                      Context& context, std::ostream& err);

}  // namespace vsw::cli

#endif  // VSW_CLI_CHANGE_H_
