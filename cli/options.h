// SPDX-License-Identifier: Apache-2.0
//
// The command line as words: options of the whole line, and the commands between its "--".
#ifndef VSW_CLI_OPTIONS_H_
#define VSW_CLI_OPTIONS_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command.h"

namespace vsw::cli {

struct CommandLine {
  std::string target;  // as given, or from VSW_TARGET, or the default
  double timeout_s = 10;
  bool no_wait = false;
  bool help = false;
  Format format = Format::kTable;
  std::vector<Invocation> invocations;  // empty only with `help`
};

/// One option of the command line, for help and completion.
struct OptionInfo {
  std::string_view name;
  std::string_view value;  // empty = takes none
  std::string_view summary;
};
std::span<const OptionInfo> Options();

/// Parses what follows the program's name. Options may stand anywhere; --may-exist and --if-exists
/// belong to the command between the same "--", the others to the whole line.
/// Errors: InvalidArgument with what is wrong and what to write instead.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                             const std::string& default_target);

}  // namespace vsw::cli

#endif  // VSW_CLI_OPTIONS_H_
