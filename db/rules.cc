// SPDX-License-Identifier: Apache-2.0
#include "db/rules.h"

namespace vsw::db {
namespace {

absl::Status ReadFlows(Connection* connection, std::vector<FlowRecord>* flows) {
  VSW_ASSIGN_OR_RETURN(
      Statement row,
      connection->Prepare("SELECT bridge, table_id, priority, match, cookie, flags, importance, "
                          "actions FROM flow ORDER BY bridge, table_id, priority, match"));
  while (true) {
    VSW_ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) return absl::OkStatus();
    flows->push_back({.key = {.bridge = row.Text(0),
                              .table = static_cast<uint8_t>(row.Int(1)),
                              .priority = static_cast<uint16_t>(row.Int(2)),
                              .match = row.Text(3)},
                      .cookie = static_cast<uint64_t>(row.Int(4)),
                      .flags = static_cast<uint16_t>(row.Int(5)),
                      .importance = static_cast<uint16_t>(row.Int(6)),
                      .actions = row.Text(7)});
  }
}

absl::Status ReadTexts(Connection* connection, const std::string& table,
                       std::vector<TextRecord>* records) {
  VSW_ASSIGN_OR_RETURN(Statement row,
                       connection->Prepare(fmt::format(
                           "SELECT bridge, id, text FROM {} ORDER BY bridge, id", table)));
  while (true) {
    VSW_ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) return absl::OkStatus();
    records->push_back({.key = {.bridge = row.Text(0), .number = static_cast<uint32_t>(row.Int(1))},
                        .text = row.Text(2)});
  }
}

absl::Status DeleteTexts(Connection* connection, const std::string& table,
                         const std::vector<NumberKey>& keys) {
  if (keys.empty()) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(
      Statement statement,
      connection->Prepare(fmt::format("DELETE FROM {} WHERE bridge = ? AND id = ?", table)));
  for (const NumberKey& key : keys) {
    VSW_RETURN_IF_ERROR(statement.Bind(key.bridge).Bind(key.number).Run());
  }
  return absl::OkStatus();
}

absl::Status PutTexts(Connection* connection, const std::string& table,
                      const std::vector<TextRecord>& records) {
  if (records.empty()) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(
      Statement put,
      connection->Prepare(fmt::format("INSERT INTO {} (bridge, id, text) VALUES (?, ?, ?) "
                                      "ON CONFLICT (bridge, id) DO UPDATE SET text = excluded.text",
                                      table)));
  for (const TextRecord& record : records) {
    put.Bind(record.key.bridge).Bind(record.key.number).Bind(record.text);
    VSW_RETURN_IF_ERROR(put.Run());
  }
  return absl::OkStatus();
}

absl::Status DeleteFlows(Connection* connection, const std::vector<FlowKey>& keys) {
  if (keys.empty()) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(
      Statement statement,
      connection->Prepare("DELETE FROM flow WHERE bridge = ? AND table_id = ? AND priority = ? "
                          "AND match = ?"));
  for (const FlowKey& key : keys) {
    statement.Bind(key.bridge).Bind(key.table).Bind(key.priority).Bind(key.match);
    VSW_RETURN_IF_ERROR(statement.Run());
  }
  return absl::OkStatus();
}

absl::Status PutFlows(Connection* connection, const std::vector<FlowRecord>& flows) {
  if (flows.empty()) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(
      Statement put,
      connection->Prepare("INSERT INTO flow (bridge, table_id, priority, match, cookie, flags, "
                          "importance, actions) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                          "ON CONFLICT (bridge, table_id, priority, match) DO UPDATE SET "
                          "cookie = excluded.cookie, flags = excluded.flags, "
                          "importance = excluded.importance, actions = excluded.actions"));
  for (const FlowRecord& flow : flows) {
    put.Bind(flow.key.bridge).Bind(flow.key.table).Bind(flow.key.priority).Bind(flow.key.match);
    put.Bind(static_cast<int64_t>(flow.cookie)).Bind(flow.flags).Bind(flow.importance);
    VSW_RETURN_IF_ERROR(put.Bind(flow.actions).Run());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RuleContents> ReadRules(Connection* connection) {
  RuleContents contents;
  VSW_RETURN_IF_ERROR(ReadFlows(connection, &contents.flows));
  VSW_RETURN_IF_ERROR(ReadTexts(connection, "of_group", &contents.groups));
  VSW_RETURN_IF_ERROR(ReadTexts(connection, "of_meter", &contents.meters));
  return contents;
}

absl::Status DeleteRules(Connection* connection, const RuleDelta& delta) {
  VSW_RETURN_IF_ERROR(DeleteFlows(connection, delta.deleted_flows));
  VSW_RETURN_IF_ERROR(DeleteTexts(connection, "of_group", delta.deleted_groups));
  return DeleteTexts(connection, "of_meter", delta.deleted_meters);
}

absl::Status PutRules(Connection* connection, const RuleContents& rules) {
  VSW_RETURN_IF_ERROR(PutTexts(connection, "of_meter", rules.meters));
  VSW_RETURN_IF_ERROR(PutTexts(connection, "of_group", rules.groups));
  return PutFlows(connection, rules.flows);
}

}  // namespace vsw::db
