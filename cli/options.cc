// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <algorithm>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "base/status.h"
#include "fmt/ranges.h"

namespace vsw::cli {
namespace {

constexpr double kMaxTimeoutS = 86400;

constexpr OptionInfo kOptions[] = {
    {"--target", "SOCKET", "unix socket of vswmgrd: a path, or unix:/path; also VSW_TARGET"},
    {"--timeout", "SECONDS", "give up after this time; 10"},
    {"--format", "table|json", "how to print; table"},
    {"--no-wait", "", "return when a change is stored, before the switch runs it"},
    {"--may-exist", "", "add-br, add-port, fdb add: fine if it is there already"},
    {"--if-exists", "", "del-br, del-port, fdb del, get: fine if it is not there"},
    {"--strict", "", "mod-flows, del-flows: only the rule of this very match and priority"},
    {"--no-stats", "", "dump-flows: leave statistics out"},
    {"--names", "", "dump-flows, dump-groups: ports by name"},
    {"--no-names", "", "ports by number, the default"},
    {"--sort", "", "dump-flows: in the order of priority; --sort=FIELD of that field"},
    {"--rsort", "", "the same, downwards"},
    {"--stored", "", "dump-flows, dump-groups, ...: what is stored, without asking the switch"},
    {"--table", "TABLE", "replace-flows: this table only"},
    {"--help", "", "print help"},
};

std::vector<std::vector<std::string>> SplitCommands(const std::vector<std::string>& arguments) {
  std::vector<std::vector<std::string>> segments(1);
  for (const std::string& argument : arguments) {
    if (argument == "--") {
      segments.emplace_back();
    } else {
      segments.back().push_back(argument);
    }
  }
  return segments;
}

// Takes --sort[=FIELD] and --rsort[=FIELD] out: their value is never the next word.
void TakeSorting(std::vector<std::string>* segment, RuleOptions* rules) {
  std::erase_if(*segment, [rules](const std::string& word) {
    const std::string name = word.substr(0, word.find('='));
    if (name != "--sort" && name != "--rsort") return false;
    const std::string field = name == word ? "priority" : word.substr(name.size() + 1);
    rules->sort.push_back((name == "--rsort" ? "-" : "") + field);
    return true;
  });
}

// Reads one segment's options into `line` and `invocation`, and returns its other words.
absl::StatusOr<std::vector<std::string>> ParseOptions(std::vector<std::string> segment,
                                                      CommandLine* line, Invocation* invocation) {
  std::vector<std::string> words;
  std::string format;
  TakeSorting(&segment, &invocation->rules);
  CLI::App app;
  app.set_help_flag();
  app.add_option("--target", line->target);
  app.add_option("--timeout", line->timeout_s);
  app.add_option("--format", format);
  app.add_flag("--no-wait", line->no_wait);
  app.add_flag("--may-exist", invocation->may_exist);
  app.add_flag("--if-exists", invocation->if_exists);
  app.add_flag("--strict", invocation->rules.strict);
  app.add_flag("--no-stats", invocation->rules.no_stats);
  app.add_flag("--names", invocation->rules.names);
  app.add_flag("--no-names", invocation->rules.no_names);
  app.add_flag("--stored", invocation->rules.stored);
  app.add_option("--table", invocation->rules.table);
  app.add_flag("-h,--help", line->help);
  app.add_option("words", words);
  std::reverse(segment.begin(), segment.end());  // CLI11 takes them from the back
  try {
    app.parse(segment);
  } catch (const CLI::ParseError& error) {
    return InvalidArgument("{}; `vswctl help` lists the options", error.what());
  }
  if (!(line->timeout_s > 0 && line->timeout_s <= kMaxTimeoutS)) {
    return InvalidArgument("--timeout takes seconds, more than 0 and at most {}", kMaxTimeoutS);
  }
  if (!format.empty() && format != "table" && format != "json") {
    return InvalidArgument("--format takes table or json, not '{}'", format);
  }
  if (!format.empty()) line->format = format == "json" ? Format::kJson : Format::kTable;
  return words;
}

absl::Status Misuse(const Command& command, const std::string& what) {
  const std::string usage(command.usage);
  return InvalidArgument("{}: {}\nusage: vswctl {}{}{}", command.name, what, command.name,
                         usage.empty() ? "" : " ", usage);
}

absl::Status SortWords(std::vector<std::string> words, Invocation* invocation) {
  const Command& command = *invocation->command;
  for (size_t i = NameWords(command); i < words.size(); ++i) {
    const bool takes_pairs = command.pairs != Noun::kNone || command.pairs_by_noun;
    const bool is_pair = takes_pairs && words[i].find('=') != std::string::npos;
    (is_pair ? invocation->pairs : invocation->words).push_back(words[i]);
  }
  const size_t count = invocation->words.size();
  if (count < command.min_words) return Misuse(command, "something is missing");
  if (count > command.max_words) {
    return Misuse(command, fmt::format("'{}' is too much", invocation->words[command.max_words]));
  }
  for (const std::string& word : invocation->words) {
    if (word.empty()) return Misuse(command, "a name is empty");
  }
  return absl::OkStatus();
}

absl::Status CheckFlags(const Invocation& invocation) {
  const Command& command = *invocation.command;
  if (invocation.may_exist && !command.may_exist) {
    return Misuse(command, "--may-exist goes with add-br, add-port and fdb add only");
  }
  if (invocation.if_exists && !command.if_exists) {
    return Misuse(command, "--if-exists goes with del-br, del-port, fdb del and get only");
  }
  const RuleOptions& rules = invocation.rules;
  const struct {
    bool given;
    unsigned bit;
    const char* name;
  } options[] = {
      {rules.strict, kStrictOption, "--strict"},
      {rules.no_stats, kNoStatsOption, "--no-stats"},
      {rules.names || rules.no_names, kNamesOption, "--names"},
      {!rules.sort.empty(), kSortOption, "--sort"},
      {rules.stored, kStoredOption, "--stored"},
      {!rules.table.empty(), kTableOption, "--table"},
  };
  for (const auto& option : options) {
    if (!option.given || (command.rule_options & option.bit) != 0) continue;
    return Misuse(command, fmt::format("{} does not go with it", option.name));
  }
  return absl::OkStatus();
}

absl::StatusOr<Invocation> ParseInvocation(const std::vector<std::string>& words,
                                           Invocation invocation) {
  invocation.command = FindCommand(words);
  if (invocation.command == nullptr && words[0] == "fdb") {
    return InvalidArgument("fdb needs one of show, add, del, flush");
  }
  if (invocation.command == nullptr) {
    return InvalidArgument("there is no command '{}'; `vswctl help` lists them", words[0]);
  }
  invocation.text = fmt::format("{}", fmt::join(words, " "));
  VSW_RETURN_IF_ERROR(SortWords(words, &invocation));
  VSW_RETURN_IF_ERROR(CheckFlags(invocation));
  return invocation;
}

absl::Status CheckLine(const CommandLine& line) {
  for (const Invocation& invocation : line.invocations) {
    const Command& command = *invocation.command;
    if (command.kind == Kind::kChange) continue;
    if (line.invocations.size() > 1) {
      return InvalidArgument(
          "{} cannot be joined with --: only commands that change the configuration can, since "
          "they "
          "are one transaction; run it by itself",
          command.name);
    }
    if (line.no_wait && command.kind != Kind::kRules) {
      return InvalidArgument(
          "--no-wait goes with commands that change the configuration; {} is none", command.name);
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::span<const OptionInfo> Options() { return kOptions; }

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                             const std::string& default_target) {
  CommandLine line;
  line.target = default_target;
  std::vector<std::pair<std::vector<std::string>, Invocation>> parsed;
  for (const std::vector<std::string>& segment : SplitCommands(arguments)) {
    Invocation invocation;
    VSW_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                         ParseOptions(segment, &line, &invocation));
    parsed.emplace_back(words, invocation);
  }
  if (line.help) {
    Invocation help;
    help.command = FindCommand(std::vector<std::string>{"help"});
    if (FindCommand(parsed[0].first) != nullptr) help.words = parsed[0].first;
    line.invocations = {help};
    return line;
  }
  for (const auto& [words, options] : parsed) {
    if (words.empty() && parsed.size() == 1) {
      return InvalidArgument("no command given; `vswctl help` lists them");
    }
    if (words.empty()) return InvalidArgument("there is no command on one side of a --");
    VSW_ASSIGN_OR_RETURN(Invocation invocation, ParseInvocation(words, options));
    line.invocations.push_back(std::move(invocation));
  }
  VSW_RETURN_IF_ERROR(CheckLine(line));
  return line;
}

}  // namespace vsw::cli
