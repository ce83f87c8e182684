// SPDX-License-Identifier: Apache-2.0
#include "cli/printer.h"

#include <algorithm>

#include "base/status.h"
#include "fmt/ranges.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/wrappers.pb.h"

namespace vsw::cli {

void Table::AddRow(std::vector<std::string> cells) {
  VSW_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::Render(int indent) const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(column.title);
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<size_t> widths(columns_.size(), 1);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const auto& line : lines) {
    size_t last = line.size();
    while (last > 1 && line[last - 1].empty()) --last;
    text.append(indent, ' ');
    for (size_t i = 0; i < last; ++i) {
      const std::string cell = line[i].empty() ? "-" : line[i];
      const std::string padding(widths[i] - cell.size(), ' ');
      const bool right = columns_[i].align == Align::kRight;
      text += right ? padding + cell : cell;
      if (i + 1 < last) text += (right ? "" : padding) + "  ";
    }
    text += '\n';
  }
  return text;
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  VSW_CHECK(status.ok());
  return json;
}

std::string ToJson(const std::string& text) {
  google::protobuf::StringValue value;
  value.set_value(text);
  return ToJson(static_cast<const google::protobuf::Message&>(value));
}

std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& members) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : members) parts.push_back(ToJson(name) + ":" + value);
  return fmt::format("{{{}}}", fmt::join(parts, ","));
}

std::string JsonArray(const std::vector<std::string>& elements) {
  return fmt::format("[{}]", fmt::join(elements, ","));
}

}  // namespace vsw::cli
