// SPDX-License-Identifier: Apache-2.0
//
// What vswctl's exit status says. Scripts depend on the numbers; docs/vswctl.md lists them.
#ifndef VSW_CLI_EXIT_STATUS_H_
#define VSW_CLI_EXIT_STATUS_H_

#include "absl/status/status.h"

namespace vsw::cli {

enum class ExitStatus : int {
  kOk = 0,
  kRefused = 1,       // wrong usage, or the request was refused
  kNo = 2,            // br-exists: there is no such bridge
  kNotRealised = 65,  // stored, but the switch could not realise it
  kNoAnswer = 142,    // a daemon did not answer in time
};

/// The exit status for an error: kNoAnswer for DeadlineExceeded and Unavailable, else kRefused.
inline ExitStatus ExitStatusOf(const absl::Status& status) {
  if (status.ok()) return ExitStatus::kOk;
  const bool no_answer = absl::IsDeadlineExceeded(status) || absl::IsUnavailable(status);
  return no_answer ? ExitStatus::kNoAnswer : ExitStatus::kRefused;
}

}  // namespace vsw::cli

#endif  // VSW_CLI_EXIT_STATUS_H_
