// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <algorithm>

#include "base/status.h"
#include "cli/handlers.h"

namespace vsw::cli {
namespace {

constexpr Command kOwnCommands[] = {
    {.name = "add-br",
     .usage = "BRIDGE [KEY=VALUE...]",
     .summary = "add a bridge",
     .kind = Kind::kChange,
     .min_words = 1,
     .max_words = 1,
     .words = {Word::kNone},
     .pairs = Noun::kBridge,
     .may_exist = true,
     .build = BuildAddBridge},
    {.name = "del-br",
     .usage = "BRIDGE",
     .summary = "delete a bridge and its ports",
     .kind = Kind::kChange,
     .min_words = 1,
     .max_words = 1,
     .words = {Word::kBridge},
     .if_exists = true,
     .build = BuildDelBridge},
    {.name = "list-br",
     .usage = "",
     .summary = "names of the bridges",
     .kind = Kind::kRead,
     .min_words = 0,
     .max_words = 0,
     .words = {},
     .run = RunListBridges},
    {.name = "br-exists",
     .usage = "BRIDGE",
     .summary = "exit status 0 if it exists, 2 if not",
     .kind = Kind::kRead,
     .min_words = 1,
     .max_words = 1,
     .words = {Word::kBridge},
     .run = RunBridgeExists},
    {.name = "add-port",
     .usage = "BRIDGE PORT [KEY=VALUE...]",
     .summary = "add a port to a bridge",
     .kind = Kind::kChange,
     .min_words = 2,
     .max_words = 2,
     .words = {Word::kBridge, Word::kNone},
     .pairs = Noun::kPort,
     .may_exist = true,
     .build = BuildAddPort},
    {.name = "del-port",
     .usage = "[BRIDGE] PORT",
     .summary = "delete a port",
     .kind = Kind::kChange,
     .min_words = 1,
     .max_words = 2,
     .words = {Word::kBridgeOrPort, Word::kPort},
     .if_exists = true,
     .build = BuildDelPort},
    {.name = "list-ports",
     .usage = "[BRIDGE]",
     .summary = "names of the ports of a bridge, or all",
     .kind = Kind::kRead,
     .min_words = 0,
     .max_words = 1,
     .words = {Word::kBridge},
     .run = RunListPorts},
    {.name = "port-to-br",
     .usage = "PORT",
     .summary = "the bridge that a port is on",
     .kind = Kind::kRead,
     .min_words = 1,
     .max_words = 1,
     .words = {Word::kPort},
     .run = RunPortToBridge},
    {.name = "set",
     .usage = "bridge|port NAME KEY=VALUE...",
     .summary = "change keys; an empty value (tag=) removes",
     .kind = Kind::kChange,
     .min_words = 2,
     .max_words = 2,
     .words = {Word::kNoun, Word::kNamed},
     .pairs_by_noun = true,
     .build = BuildSet},
    {.name = "get",
     .usage = "bridge|port NAME [KEY...]",
     .summary = "keys and status of one of them",
     .kind = Kind::kRead,
     .min_words = 2,
     .max_words = kAnyWords,
     .words = {Word::kNoun, Word::kNamed, Word::kKey},
     .if_exists = true,
     .run = RunGet},
    {.name = "show",
     .usage = "",
     .summary = "the whole picture: daemons, bridges, ports, failures",
     .kind = Kind::kRead,
     .min_words = 0,
     .max_words = 0,
     .words = {},
     .run = RunShow},
    {.name = "fdb show",
     .usage = "[BRIDGE]",
     .summary = "learned and static addresses",
     .kind = Kind::kRead,
     .min_words = 0,
     .max_words = 1,
     .words = {Word::kBridge},
     .run = RunFdbShow},
    {.name = "fdb add",
     .usage = "BRIDGE MAC PORT [vlan=VLAN]",
     .summary = "add a static address",
     .kind = Kind::kChange,
     .min_words = 3,
     .max_words = 3,
     .words = {Word::kBridge, Word::kNone, Word::kPort},
     .pairs = Noun::kFdbEntry,
     .may_exist = true,
     .build = BuildFdbAdd},
    {.name = "fdb del",
     .usage = "BRIDGE MAC [vlan=VLAN]",
     .summary = "delete a static address",
     .kind = Kind::kChange,
     .min_words = 2,
     .max_words = 2,
     .words = {Word::kBridge, Word::kNone},
     .pairs = Noun::kFdbEntry,
     .if_exists = true,
     .build = BuildFdbDel},
    {.name = "fdb flush",
     .usage = "[BRIDGE] [port=PORT]",
     .summary = "forget learned addresses",
     .kind = Kind::kFlush,
     .min_words = 0,
     .max_words = 1,
     .words = {Word::kBridge},
     .pairs = Noun::kFdbFlush,
     .run = RunFdbFlush},
    {.name = "stats",
     .usage = "[BRIDGE]",
     .summary = "packet and byte counters of the ports",
     .kind = Kind::kRead,
     .min_words = 0,
     .max_words = 1,
     .words = {Word::kBridge},
     .run = RunStats},
    {.name = "drops",
     .usage = "[BRIDGE]",
     .summary = "lost packets by port and reason",
     .kind = Kind::kRead,
     .min_words = 0,
     .max_words = 1,
     .words = {Word::kBridge},
     .run = RunDrops},
    {.name = "version",
     .usage = "",
     .summary = "versions of vswctl and of the daemons",
     .kind = Kind::kRead,
     .min_words = 0,
     .max_words = 0,
     .words = {},
     .run = RunVersion},
    {.name = "completion",
     .usage = "bash|zsh|fish",
     .summary = "print a completion script",
     .kind = Kind::kLocal,
     .min_words = 1,
     .max_words = 1,
     .words = {Word::kShell},
     .run = RunCompletion},
    {.name = "help",
     .usage = "[COMMAND]",
     .summary = "this text, or that of one command",
     .kind = Kind::kLocal,
     .min_words = 0,
     .max_words = 2,
     .words = {Word::kCommand, Word::kNone},
     .run = RunHelp},
};

}  // namespace

std::span<const Command> Commands() {
  static const std::vector<Command> commands = [] {
    std::vector<Command> all(std::begin(kOwnCommands), std::end(kOwnCommands));
    all.insert(all.end(), OpenFlowCommands().begin(), OpenFlowCommands().end());
    return all;
  }();
  return commands;
}

const Command* FindCommand(std::span<const std::string> words) {
  const Command* found = nullptr;
  for (const Command& command : Commands()) {
    const size_t count = NameWords(command);
    if (words.size() < count) continue;
    const std::string name = count == 2 ? words[0] + " " + words[1] : words[0];
    if (name == command.name) found = &command;
  }
  return found;
}

size_t NameWords(const Command& command) {
  return command.name.find(' ') == std::string_view::npos ? 1 : 2;
}

absl::StatusOr<Noun> ParseNoun(const std::string& word) {
  if (word == "bridge") return Noun::kBridge;
  if (word == "port") return Noun::kPort;
  return InvalidArgument("'{}' is neither bridge nor port", word);
}

}  // namespace vsw::cli
