// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::cli {
namespace {

using Rows = std::vector<Row>;

// True if `key` means this row alone, rather than a message or map that it is part of.
bool Names(const std::string& key, const Row& row) {
  return row.key == key || row.path == key || row.path == "options." + key;
}

absl::Status PrintRows(const Invocation& invocation, Noun noun,
                       const google::protobuf::Message& message, Printer& printer) {
  if (invocation.words.size() == 2) {
    if (printer.json()) {
      printer.PrintLine(ToJson(message));
      return absl::OkStatus();
    }
    Table table({{"KEY"}, {"VALUE"}});
    for (const Row& row : Flatten(noun, message)) {
      if (!row.value.empty()) table.AddRow({row.key, row.value});
    }
    printer.Print(table.Render());
    return absl::OkStatus();
  }
  std::vector<std::pair<std::string, std::string>> members;
  std::string text;
  for (size_t i = 2; i < invocation.words.size(); ++i) {
    const std::string& key = invocation.words[i];
    absl::StatusOr<Rows> rows = SelectRows(noun, message, key);
    if (absl::IsNotFound(rows.status()) && invocation.if_exists) rows = Rows{{key, key, ""}};
    if (!rows.ok()) return rows.status();
    // One value stands alone; those of a whole message or map need their names.
    const bool whole = rows->size() != 1 || !Names(key, rows->front());
    for (const Row& row : *rows) {
      members.emplace_back(row.key, ToJson(row.value));
      text += (whole ? row.key + "=" : "") + row.value + "\n";
    }
  }
  printer.Print(printer.json() ? JsonObject(members) + "\n" : text);
  return absl::OkStatus();
}

}  // namespace

absl::Status BuildSet(const Invocation& invocation, v1::Change* change) {
  VSW_ASSIGN_OR_RETURN(const Noun noun, ParseNoun(invocation.Word(0)));
  if (invocation.pairs.empty()) {
    return InvalidArgument("nothing to set: name at least one KEY=VALUE");
  }
  google::protobuf::Message* message = nullptr;
  google::protobuf::FieldMask* mask = nullptr;
  if (noun == Noun::kBridge) {
    change->mutable_update_bridge()->mutable_bridge()->set_name(invocation.Word(1));
    message = change->mutable_update_bridge()->mutable_bridge();
    mask = change->mutable_update_bridge()->mutable_update_mask();
  } else {
    change->mutable_update_port()->mutable_port()->set_name(invocation.Word(1));
    message = change->mutable_update_port()->mutable_port();
    mask = change->mutable_update_port()->mutable_update_mask();
  }
  std::vector<std::string> paths;
  VSW_RETURN_IF_ERROR(ApplyPairs(noun, invocation.pairs, message, &paths));
  for (const std::string& path : paths) mask->add_paths(path);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunGet(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const Noun noun, ParseNoun(invocation.Word(0)));
  if (noun == Noun::kBridge) {
    v1::GetBridgeRequest request;
    request.set_name(invocation.Word(1));
    VSW_ASSIGN_OR_RETURN(
        const v1::Bridge bridge,
        context.client.Read<v1::BridgeService>(&v1::BridgeService::Stub::GetBridge, request));
    VSW_RETURN_IF_ERROR(PrintRows(invocation, noun, bridge, context.printer));
    return ExitStatus::kOk;
  }
  v1::GetPortRequest request;
  request.set_name(invocation.Word(1));
  VSW_ASSIGN_OR_RETURN(const v1::Port port, context.client.Read<v1::PortService>(
                                                &v1::PortService::Stub::GetPort, request));
  VSW_RETURN_IF_ERROR(PrintRows(invocation, noun, port, context.printer));
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
