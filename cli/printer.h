// SPDX-License-Identifier: Apache-2.0
//
// How a command writes its result: as an aligned table for people, or as one line of JSON for
// programs. Tables have a header row, no trailing blanks, and never shorten a value. JSON follows
// protobuf's mapping with the field names of the .proto files: 64-bit numbers are strings, and
// every field is there, also when it is zero.
#ifndef VSW_CLI_PRINTER_H_
#define VSW_CLI_PRINTER_H_

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"

namespace vsw::cli {

enum class Format { kTable, kJson };

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// REQUIRES: as many cells as columns.
  void AddRow(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  /// The header and the rows, each line after `indent` blanks and ended by a newline. Empty cells
  /// but for the last ones of a line are shown as "-", so that columns can be cut by position or
  /// number.
  std::string Render(int indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// A message as JSON, without a newline.
std::string ToJson(const google::protobuf::Message& message);
/// Text as a JSON string, quotes included.
std::string ToJson(const std::string& text);
/// A JSON object of members whose values are JSON already.
std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& members);
/// A JSON array of elements that are JSON already.
std::string JsonArray(const std::vector<std::string>& elements);

class Printer {
 public:
  Printer(Format format, std::ostream& out) : format_(format), out_(out) {}

  bool json() const { return format_ == Format::kJson; }
  void Print(const std::string& text) { out_ << text; }
  void PrintLine(const std::string& line) { out_ << line << '\n'; }

 private:
  const Format format_;
  std::ostream& out_;
};

}  // namespace vsw::cli

#endif  // VSW_CLI_PRINTER_H_
