// SPDX-License-Identifier: Apache-2.0
//
// The part of the table of commands that is about OpenFlow.
#include "cli/handlers.h"

namespace vsw::cli {
namespace {

constexpr Word kBridgeWord[3] = {Word::kBridge, Word::kNone, Word::kNone};

// Commands of one shape differ in few things only.
constexpr Command Rules(std::string_view name, std::string_view usage, std::string_view summary,
                        size_t least, size_t most, unsigned options, RunCommand run) {
  Command command{.name = name,
                  .usage = usage,
                  .summary = summary,
                  .kind = Kind::kRules,
                  .min_words = least,
                  .max_words = most,
                  .words = {kBridgeWord[0], kBridgeWord[1], kBridgeWord[2]}};
  command.rule_options = options;
  command.run = run;
  return command;
}

constexpr Command Reading(std::string_view name, std::string_view usage, std::string_view summary,
                          size_t least, size_t most, unsigned options, RunCommand run) {
  Command command = Rules(name, usage, summary, least, most, options, run);
  command.kind = Kind::kRead;
  return command;
}

constexpr Command Setting(std::string_view name, std::string_view usage, std::string_view summary,
                          size_t least, size_t most, BuildChange build) {
  Command command = Rules(name, usage, summary, least, most, 0, nullptr);
  command.kind = Kind::kChange;
  command.build = build;
  return command;
}

constexpr Command WithMayExist(Command command) {
  command.may_exist = true;
  return command;
}

constexpr unsigned kListOptions = kNamesOption | kStoredOption;

constexpr Command kCommands[] = {
    Rules("add-flow", "BRIDGE RULE|-", "add a rule, or those of the standard input", 2, 2, 0,
          RunAddFlow),
    Rules("add-flows", "BRIDGE FILE|-", "add the rules of a file, all or none", 2, 2, 0,
          RunAddFlows),
    Rules("mod-flows", "BRIDGE RULE|-", "change the actions of rules", 2, 2, kStrictOption,
          RunModFlows),
    Rules("del-flows", "BRIDGE [RULE|-]", "delete rules; all without a rule", 1, 2, kStrictOption,
          RunDelFlows),
    Rules("replace-flows", "BRIDGE FILE|-", "make the rules those of a file, at once", 2, 2,
          kTableOption, RunReplaceFlows),
    Rules("bundle", "BRIDGE FILE|-", "lines of `flow ...` and `group ...`, all or none", 2, 2, 0,
          RunBundle),
    Reading("diff-flows", "SOURCE SOURCE", "compare rules of bridges or files; exit status 2", 2, 2,
            kStoredOption, RunDiffFlows),
    Reading("dump-flows", "BRIDGE [RULE]", "rules with their statistics", 1, 2,
            kListOptions | kNoStatsOption | kSortOption, RunDumpFlows),
    Reading("dump-aggregate", "BRIDGE [RULE]", "sums over rules", 1, 2, kStoredOption,
            RunDumpAggregate),
    Reading("dump-tables", "BRIDGE", "tables in use", 1, 1, 0, RunDumpTables),

    Rules("add-group", "BRIDGE GROUP|-", "add a group", 2, 2, 0, RunAddGroup),
    Rules("add-groups", "BRIDGE FILE|-", "add the groups of a file, all or none", 2, 2, 0,
          RunAddGroups),
    WithMayExist(Rules("mod-group", "BRIDGE GROUP|-", "change a group; --may-exist: or add it", 2,
                       2, 0, RunModGroup)),
    Rules("del-groups", "BRIDGE [GROUP]", "delete groups and the rules that use them", 1, 2, 0,
          RunDelGroups),
    Rules("insert-buckets", "BRIDGE GROUP", "add buckets to a group", 2, 2, 0, RunInsertBuckets),
    Rules("remove-buckets", "BRIDGE GROUP", "remove buckets from a group", 2, 2, 0,
          RunRemoveBuckets),
    Reading("dump-groups", "BRIDGE [NUMBER]", "groups", 1, 2, kListOptions, RunDumpGroups),
    Reading("dump-group-stats", "BRIDGE [NUMBER]", "what groups have counted", 1, 2, 0,
            RunDumpGroupStats),

    Rules("add-meter", "BRIDGE METER", "add a meter", 2, 2, 0, RunAddMeter),
    Rules("mod-meter", "BRIDGE METER", "change a meter", 2, 2, 0, RunModMeter),
    Rules("del-meters", "BRIDGE [METER]", "delete meters and the rules that use them", 1, 2, 0,
          RunDelMeters),
    Reading("dump-meters", "BRIDGE [NUMBER]", "meters", 1, 2, kStoredOption, RunDumpMeters),
    Reading("meter-stats", "BRIDGE [NUMBER]", "what meters have counted", 1, 2, 0, RunMeterStats),

    Reading("trace", "BRIDGE FLOW [FRAME]", "what would become of a packet, and why", 2, 3, 0,
            RunTrace),
    Reading("dump-megaflows", "[BRIDGE]", "decisions that workers have cached", 0, 1, 0,
            RunDumpMegaflows),
    Reading("cache-stats", "", "how well the caches of decisions serve", 0, 0, 0, RunCacheStats),
    Reading("upcall-stats", "", "what it costs where they do not", 0, 0, 0, RunUpcallStats),

    Setting("set-controller", "BRIDGE TARGET...", "connect to these OpenFlow controllers", 2,
            kAnyWords, BuildSetController),
    Reading("get-controller", "BRIDGE", "its OpenFlow controllers", 1, 1, 0, RunGetController),
    Setting("del-controller", "BRIDGE", "have no OpenFlow controller", 1, 1, BuildDelController),
    Setting("set-listener", "BRIDGE TARGET...", "let controllers connect here", 2, kAnyWords,
            BuildSetListener),
    Reading("get-listener", "BRIDGE", "where controllers may connect", 1, 1, 0, RunGetListener),
    Setting("del-listener", "BRIDGE", "listen on the bridge's own socket only", 1, 1,
            BuildDelListener),
    Setting("set-fail-mode", "BRIDGE standalone|secure", "what to do without a controller", 2, 2,
            BuildSetFailMode),
    Reading("get-fail-mode", "BRIDGE", "what is done without a controller", 1, 1, 0,
            RunGetFailMode),
    Setting("del-fail-mode", "BRIDGE", "back to standalone", 1, 1, BuildDelFailMode),
};

}  // namespace

std::span<const Command> OpenFlowCommands() { return kCommands; }

}  // namespace vsw::cli
