// SPDX-License-Identifier: Apache-2.0
#include "cli/openflow/rule_file.h"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <string_view>

#include "base/status.h"

namespace vsw::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

std::vector<RuleLine> ReadLines(std::istream& in, const std::string& name) {
  std::vector<RuleLine> lines;
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    std::string text = Trim(std::string_view(line).substr(0, line.find('#')));
    if (!text.empty()) lines.push_back({std::move(text), fmt::format("{}:{}", name, number)});
  }
  return lines;
}

template <typename Command>
struct Lead {
  std::string_view word;
  Command command;
};
constexpr Lead<v1::FlowChange::Command> kFlowLeads[] = {
    {"add", v1::FlowChange::ADD},
    {"modify", v1::FlowChange::MODIFY},
    {"modify_strict", v1::FlowChange::MODIFY_STRICT},
    {"delete", v1::FlowChange::DELETE},
    {"delete_strict", v1::FlowChange::DELETE_STRICT},
};
constexpr Lead<v1::GroupChange::Command> kGroupLeads[] = {
    {"add", v1::GroupChange::ADD},
    {"modify", v1::GroupChange::MODIFY},
    {"add_or_mod", v1::GroupChange::ADD_OR_MODIFY},
    {"delete", v1::GroupChange::DELETE},
    {"insert_bucket", v1::GroupChange::INSERT_BUCKETS},
    {"insert_buckets", v1::GroupChange::INSERT_BUCKETS},
    {"remove_bucket", v1::GroupChange::REMOVE_BUCKETS},
    {"remove_buckets", v1::GroupChange::REMOVE_BUCKETS},
};

// Cuts the first word off if it is one of the leads.
template <typename Command, size_t N>
Command TakeLead(const Lead<Command> (&leads)[N], Command otherwise, std::string* text) {
  const std::string_view word = std::string_view(*text).substr(0, text->find_first_of(kBlanks));
  for (const Lead<Command>& lead : leads) {
    if (word != lead.word) continue;
    const Command command = lead.command;
    *text = Trim(std::string_view(*text).substr(word.size()));
    return command;
  }
  return otherwise;
}

}  // namespace

absl::StatusOr<std::vector<RuleLine>> ReadRuleFile(const std::string& file) {
  if (file == "-") return ReadLines(std::cin, "standard input");
  std::ifstream in(file);
  if (!in) return ErrnoStatus(errno, "open " + file);
  std::vector<RuleLine> lines = ReadLines(in, file);
  if (in.bad()) return ErrnoStatus(errno, "read " + file);
  return lines;
}

PlacedChange ReadFlowLine(const RuleLine& line, v1::FlowChange::Command otherwise) {
  PlacedChange placed{.change = {}, .place = line.place};
  std::string text = line.text;
  placed.change.mutable_flow()->set_command(TakeLead(kFlowLeads, otherwise, &text));
  placed.change.mutable_flow()->set_rule(text);
  return placed;
}

PlacedChange ReadGroupLine(const RuleLine& line, v1::GroupChange::Command otherwise) {
  PlacedChange placed{.change = {}, .place = line.place};
  std::string text = line.text;
  placed.change.mutable_group()->set_command(TakeLead(kGroupLeads, otherwise, &text));
  placed.change.mutable_group()->set_group(text);
  return placed;
}

absl::StatusOr<PlacedChange> ReadBundleLine(const RuleLine& line) {
  const size_t end = std::min(line.text.find_first_of(kBlanks), line.text.size());
  const std::string word = line.text.substr(0, end);
  const RuleLine rest{Trim(std::string_view(line.text).substr(end)), line.place};
  if (word == "flow") return ReadFlowLine(rest, v1::FlowChange::ADD);
  if (word == "group") return ReadGroupLine(rest, v1::GroupChange::ADD);
  return InvalidArgument("{}: '{}' is neither flow nor group", line.place, word);
}

}  // namespace vsw::cli
