// SPDX-License-Identifier: Apache-2.0
//
// Sends the changes of one command line as one transaction, and waits until the switch runs them.
// One change goes out by its own call, several as one batch, so that all are stored or none.
#ifndef VSW_CLI_CHANGE_H_
#define VSW_CLI_CHANGE_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "vsw/v1/status.pb.h"

namespace vsw::cli {

/// REQUIRES: all invocations are of Kind::kChange; at least one.
/// Returns kOk, or kNotRealised after writing to `err` why the switch could not realise a bridge or
/// port that these changes touch. Failures elsewhere are none of this command's business.
/// Errors: what vswmgrd refused, naming the command; DeadlineExceeded or Unavailable naming the
/// daemon that did not answer, and whether the change is stored.
absl::StatusOr<ExitStatus> RunChanges(std::span<const Invocation> invocations, bool wait,
                                      Context& context, std::ostream& err);

/// Waits until the switch runs `revision`. Errors: DeadlineExceeded or Unavailable, which say that
/// the change is stored, and which daemon did not answer.
absl::StatusOr<v1::WaitAppliedResponse> WaitApplied(uint64_t revision, Client& client);

/// The N of "changes[N]" in what the server says.
std::optional<size_t> ChangeIndex(std::string_view message);

/// The outcome of a change as JSON.
std::string OutcomeJson(uint64_t revision, const v1::WaitAppliedResponse& applied);

}  // namespace vsw::cli

#endif  // VSW_CLI_CHANGE_H_
