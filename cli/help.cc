// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "cli/options.h"
#include "cli/target.h"

namespace vsw::cli {
namespace {

// Two columns: what is written, and what it does.
class Listing {
 public:
  void Add(const std::string& left, std::string_view right) {
    const size_t width = 34;
    const std::string gap = left.size() < width ? std::string(width - left.size(), ' ')
                                                : "\n  " + std::string(width, ' ');
    text_ += "  " + left + gap + std::string(right) + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string Usage(const Command& command) {
  return fmt::format("{}{}{}", command.name, command.usage.empty() ? "" : " ", command.usage);
}

std::string KeysText(Noun noun, std::string_view title) {
  Listing list;
  for (const Key& key : KeysOf(noun)) {
    const std::string name = std::string(key.name) + (key.name.ends_with('.') ? "KEY" : "");
    const bool choices = key.values.find('|') != std::string_view::npos;
    list.Add(name + "=" + (choices ? "..." : std::string(key.values)),
             choices ? fmt::format("{} ({})", key.values, key.summary) : std::string(key.summary));
  }
  if (noun == Noun::kPort) {
    for (const OptionHint& hint : OptionHints()) {
      const std::string types = hint.types.empty() ? "all types" : std::string(hint.types);
      list.Add(fmt::format("{}={}", hint.name, hint.values),
               fmt::format("{}: {}", types, hint.summary));
    }
  }
  return fmt::format("\n{}:\n{}", title, list.text());
}

std::string CommandHelp(const Command& command) {
  std::string text = fmt::format("usage: vswctl {}\n\n{}\n", Usage(command), command.summary);
  if (command.pairs != Noun::kNone) text += KeysText(command.pairs, "keys");
  if (command.pairs_by_noun) {
    text += KeysText(Noun::kBridge, "keys of a bridge") + KeysText(Noun::kPort, "keys of a port");
  }
  if (command.may_exist) text += "\n--may-exist: fine if it is there already\n";
  if (command.if_exists) text += "\n--if-exists: fine if it is not there\n";
  return text;
}

std::string FullHelp() {
  Listing commands;
  for (const Command& command : Commands()) commands.Add(Usage(command), command.summary);
  Listing options;
  for (const OptionInfo& option : Options()) {
    options.Add(fmt::format("{}{}{}", option.name, option.value.empty() ? "" : " ", option.value),
                option.summary);
  }
  return fmt::format(
      "usage: vswctl [OPTION...] COMMAND [-- COMMAND]...\n"
      "Talks to vswmgrd at {}. Commands joined by -- are one transaction.\n"
      "\ncommands:\n{}\noptions:\n{}"
      "\nexit status: 0 done, 1 refused, 2 br-exists says no, 65 stored but the switch could not\n"
      "realise it, 142 a daemon did not answer in time\n"
      "\n`vswctl help COMMAND` lists the keys of a command.\n",
      kDefaultTarget, commands.text(), options.text());
}

}  // namespace

absl::StatusOr<ExitStatus> RunHelp(const Invocation& invocation, Context& context) {
  if (invocation.words.empty()) {
    context.printer.Print(FullHelp());
    return ExitStatus::kOk;
  }
  if (const Command* command = FindCommand(invocation.words)) {
    context.printer.Print(CommandHelp(*command));
    return ExitStatus::kOk;
  }
  bool found = false;
  for (const Command& command : Commands()) {
    if (!command.name.starts_with(invocation.Word(0) + " ")) continue;
    context.printer.PrintLine("vswctl " + Usage(command));
    found = true;
  }
  if (found) return ExitStatus::kOk;
  return InvalidArgument("there is no command '{}'; `vswctl help` lists them", invocation.Word(0));
}

}  // namespace vsw::cli
