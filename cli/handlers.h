// SPDX-License-Identifier: Apache-2.0
//
// The functions that the table of commands points to, one family a file. Build* describes a change
// without asking anybody; Run* talks to vswmgrd and prints.
#ifndef VSW_CLI_HANDLERS_H_
#define VSW_CLI_HANDLERS_H_

#include "cli/command.h"

namespace vsw::cli {

// bridge_commands.cc
absl::Status BuildAddBridge(const Invocation& invocation, v1::Change* change);
absl::Status BuildDelBridge(const Invocation& invocation, v1::Change* change);
absl::StatusOr<ExitStatus> RunListBridges(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunBridgeExists(const Invocation& invocation, Context& context);

// port_commands.cc
absl::Status BuildAddPort(const Invocation& invocation, v1::Change* change);
absl::Status BuildDelPort(const Invocation& invocation, v1::Change* change);
absl::StatusOr<ExitStatus> RunListPorts(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunPortToBridge(const Invocation& invocation, Context& context);

// set_get_commands.cc
absl::Status BuildSet(const Invocation& invocation, v1::Change* change);
absl::StatusOr<ExitStatus> RunGet(const Invocation& invocation, Context& context);

// fdb_commands.cc
absl::Status BuildFdbAdd(const Invocation& invocation, v1::Change* change);
absl::Status BuildFdbDel(const Invocation& invocation, v1::Change* change);
absl::StatusOr<ExitStatus> RunFdbShow(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunFdbFlush(const Invocation& invocation, Context& context);

// show_command.cc
absl::StatusOr<ExitStatus> RunShow(const Invocation& invocation, Context& context);

// status_commands.cc
absl::StatusOr<ExitStatus> RunStats(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDrops(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunVersion(const Invocation& invocation, Context& context);

// help.cc
absl::StatusOr<ExitStatus> RunHelp(const Invocation& invocation, Context& context);

// completion.cc
absl::StatusOr<ExitStatus> RunCompletion(const Invocation& invocation, Context& context);

}  // namespace vsw::cli

#endif  // VSW_CLI_HANDLERS_H_
