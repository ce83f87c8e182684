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

// perf_commands.cc
absl::StatusOr<ExitStatus> RunPerf(const Invocation& invocation, Context& context);

// tunnel_commands.cc
absl::StatusOr<ExitStatus> RunBfdShow(const Invocation& invocation, Context& context);
absl::Status BuildTlvAdd(const Invocation& invocation, v1::Change* change);
absl::Status BuildTlvDel(const Invocation& invocation, v1::Change* change);
absl::StatusOr<ExitStatus> RunTlvShow(const Invocation& invocation, Context& context);

// help.cc
absl::StatusOr<ExitStatus> RunHelp(const Invocation& invocation, Context& context);

// completion.cc
absl::StatusOr<ExitStatus> RunCompletion(const Invocation& invocation, Context& context);

// openflow/flow_commands.cc
absl::StatusOr<ExitStatus> RunAddFlow(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunAddFlows(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunModFlows(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDelFlows(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunReplaceFlows(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunBundle(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDiffFlows(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDumpFlows(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDumpAggregate(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDumpTables(const Invocation& invocation, Context& context);

// openflow/group_commands.cc
absl::StatusOr<ExitStatus> RunAddGroup(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunAddGroups(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunModGroup(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDelGroups(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunInsertBuckets(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunRemoveBuckets(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDumpGroups(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDumpGroupStats(const Invocation& invocation, Context& context);

// openflow/meter_commands.cc
absl::StatusOr<ExitStatus> RunAddMeter(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunModMeter(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDelMeters(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDumpMeters(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunMeterStats(const Invocation& invocation, Context& context);

// openflow/controller_commands.cc
absl::Status BuildSetController(const Invocation& invocation, v1::Change* change);
absl::Status BuildDelController(const Invocation& invocation, v1::Change* change);
absl::Status BuildSetListener(const Invocation& invocation, v1::Change* change);
absl::Status BuildDelListener(const Invocation& invocation, v1::Change* change);
absl::Status BuildSetFailMode(const Invocation& invocation, v1::Change* change);
absl::Status BuildDelFailMode(const Invocation& invocation, v1::Change* change);
absl::StatusOr<ExitStatus> RunGetController(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunGetListener(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunGetFailMode(const Invocation& invocation, Context& context);

// openflow/inspect_commands.cc
absl::StatusOr<ExitStatus> RunTrace(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunDumpMegaflows(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunCacheStats(const Invocation& invocation, Context& context);
absl::StatusOr<ExitStatus> RunUpcallStats(const Invocation& invocation, Context& context);

// openflow/commands.cc
std::span<const Command> OpenFlowCommands();

}  // namespace vsw::cli

#endif  // VSW_CLI_HANDLERS_H_
