// SPDX-License-Identifier: Apache-2.0
//
// The commands, in one table that drives parsing, dispatch, help and completion. A command either
// changes the configuration (it only describes the change, which is sent together with those joined
// to it), or runs by itself.
#ifndef VSW_CLI_COMMAND_H_
#define VSW_CLI_COMMAND_H_

#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client.h"
#include "cli/exit_status.h"
#include "cli/keys.h"
#include "cli/printer.h"
#include "vsw/v1/config.pb.h"

namespace vsw::cli {

struct Command;

/// Options of the commands about OpenFlow rules, by their bits in Command::rule_options.
inline constexpr unsigned kStrictOption = 1, kNoStatsOption = 2, kNamesOption = 4, kSortOption = 8,
                          kStoredOption = 16, kTableOption = 32;
struct RuleOptions {
  bool strict = false;
  bool no_stats = false;
  bool names = false;
  bool no_names = false;
  bool stored = false;
  std::vector<std::string> sort;  // fields; "-" before one: descending
  std::string table;
  bool operator==(const RuleOptions&) const = default;
};

/// One command with its words, as parsed.
struct Invocation {
  const Command* command = nullptr;
  std::vector<std::string> words;  // after the command's name, without the pairs
  std::vector<std::string> pairs;  // KEY=VALUE
  bool may_exist = false;
  bool if_exists = false;
  RuleOptions rules;
  std::string text;  // as typed, for messages

  /// The word at `index`, or "" if there are fewer.
  std::string Word(size_t index) const { return index < words.size() ? words[index] : ""; }
};

struct Context {
  Client& client;
  Printer& printer;
  bool wait = true;             // until the switch runs a change
  std::ostream* err = nullptr;  // for what went wrong in spite of a result
};

/// What a word of a command is, for completion.
enum class Word { kNone, kBridge, kPort, kBridgeOrPort, kNoun, kNamed, kKey, kShell, kCommand };

/// What a command does. kFlush acts at once and is not part of the configuration; kRules changes
/// OpenFlow rules, as a transaction of its own.
enum class Kind { kRead, kChange, kFlush, kRules, kLocal };

using BuildChange = absl::Status (*)(const Invocation&, v1::Change*);
using RunCommand = absl::StatusOr<ExitStatus> (*)(const Invocation&, Context&);

inline constexpr size_t kAnyWords = 1000;

struct Command {
  std::string_view name;  // one word, or two ("fdb show")
  std::string_view usage;
  std::string_view summary;
  Kind kind;
  size_t min_words;
  size_t max_words;
  Word words[3];               // the last one stands for all that follow
  Noun pairs = Noun::kNone;    // kNone = takes no pairs
  bool pairs_by_noun = false;  // the first word, bridge or port, says what the pairs are of
  bool may_exist = false;
  bool if_exists = false;
  unsigned rule_options = 0;
  BuildChange build = nullptr;  // kChange
  RunCommand run = nullptr;     // the others
};

std::span<const Command> Commands();

/// The command that `words` start with, two words before one; null if there is none.
const Command* FindCommand(std::span<const std::string> words);

/// How many words the name of a command has.
size_t NameWords(const Command& command);

/// The noun named "bridge" or "port". Errors: InvalidArgument for other words.
absl::StatusOr<Noun> ParseNoun(const std::string& word);

}  // namespace vsw::cli

#endif  // VSW_CLI_COMMAND_H_
