// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include "base/status.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/options.h"
#include "cli/target.h"

namespace vsw::cli {
namespace {

absl::StatusOr<ExitStatus> RunLine(const CommandLine& line, std::ostream& out, std::ostream& err) {
  VSW_ASSIGN_OR_RETURN(const std::string socket, ParseTarget(line.target));
  Client client(socket, std::chrono::duration<double>(line.timeout_s));
  Printer printer(line.format, out);
  Context context{client, printer, !line.no_wait, &err};
  const Invocation& first = line.invocations.front();
  if (first.command->kind == Kind::kChange) {
    return RunChanges(line.invocations, !line.no_wait, context, err);
  }
  absl::StatusOr<ExitStatus> status = first.command->run(first, context);
  if (!status.ok()) return Annotate(status.status(), first.text.empty() ? "help" : first.text);
  return status;
}

}  // namespace

ExitStatus Run(const std::vector<std::string>& arguments, const std::string& env_target,
               std::ostream& out, std::ostream& err) {
  const std::string target = env_target.empty() ? kDefaultTarget : env_target;
  if (!arguments.empty() && arguments[0] == kCompleteCommand) {
    for (const std::string& candidate :
         Complete({arguments.begin() + 1, arguments.end()}, target)) {
      out << candidate << '\n';
    }
    return ExitStatus::kOk;
  }
  const absl::StatusOr<CommandLine> line = ParseCommandLine(arguments, target);
  const absl::StatusOr<ExitStatus> status =
      line.ok() ? RunLine(*line, out, err) : absl::StatusOr<ExitStatus>(line.status());
  if (status.ok()) return *status;
  err << "vswctl: " << std::string(status.status().message()) << '\n';
  return ExitStatusOf(status.status());
}

}  // namespace vsw::cli
