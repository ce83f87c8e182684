// SPDX-License-Identifier: Apache-2.0
#include "db/reader.h"

#include <algorithm>

#include "db/rules.h"

namespace vsw::db {
namespace {

// Calls `take` for each row of `sql`; `take` returns a status.
template <typename Take>
absl::Status ForEachRow(Connection* connection, const std::string& sql, Take take) {
  VSW_ASSIGN_OR_RETURN(Statement statement, connection->Prepare(sql));
  while (true) {
    VSW_ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return absl::OkStatus();
    VSW_RETURN_IF_ERROR(take(statement));
  }
}

template <typename Enum>
absl::Status Assign(Enum* target, std::optional<Enum> value, const Statement& row, int column,
                    const char* what) {
  if (value.has_value()) {
    *target = *value;
    return absl::OkStatus();
  }
  return absl::DataLossError(
      fmt::format("database: {}: unknown {} \"{}\"; restore the file from a backup", row.Text(0),
                  what, row.Text(column)));
}

// The record of `name` in a list sorted by name. The foreign keys promise that it is there.
template <typename Record>
absl::StatusOr<Record*> Find(std::vector<Record>* records, const std::string& name) {
  const auto found = std::lower_bound(
      records->begin(), records->end(), name,
      [](const Record& record, const std::string& key) { return record.name < key; });
  if (found == records->end() || found->name != name) {
    return absl::DataLossError(
        fmt::format("database: a row names \"{}\", which does not exist; restore the file from a "
                    "backup",
                    name));
  }
  return &*found;
}

absl::Status ReadTargets(Connection* connection, const std::string& table,
                         std::vector<std::string> BridgeRecord::*list,
                         std::vector<BridgeRecord>* bridges) {
  return ForEachRow(connection,
                    fmt::format("SELECT bridge, target FROM {} ORDER BY bridge, place", table),
                    [&](const Statement& row) -> absl::Status {
                      VSW_ASSIGN_OR_RETURN(BridgeRecord * bridge, Find(bridges, row.Text(0)));
                      (bridge->*list).push_back(row.Text(1));
                      return absl::OkStatus();
                    });
}

absl::Status ReadBridgeMap(Connection* connection, const std::string& sql,
                           StringMap BridgeRecord::*map, std::vector<BridgeRecord>* bridges) {
  return ForEachRow(connection, sql, [&](const Statement& row) -> absl::Status {
    VSW_ASSIGN_OR_RETURN(BridgeRecord * bridge, Find(bridges, row.Text(0)));
    (bridge->*map)[row.Text(1)] = row.Text(2);
    return absl::OkStatus();
  });
}

absl::Status ReadBridges(Connection* connection, std::vector<BridgeRecord>* bridges) {
  VSW_RETURN_IF_ERROR(ForEachRow(
      connection,
      "SELECT name, dpid, fdb_ageing_seconds, fdb_max_entries, fail_mode FROM bridge "
      "ORDER BY name",
      [&](const Statement& row) -> absl::Status {
        BridgeRecord& bridge = bridges->emplace_back();
        bridge.name = row.Text(0);
        bridge.dpid = static_cast<uint64_t>(row.Int(1));
        bridge.fdb_ageing_seconds = static_cast<uint32_t>(row.Int(2));
        bridge.fdb_max_entries = static_cast<uint32_t>(row.Int(3));
        return Assign(&bridge.fail_mode, ParseFailMode(row.Text(4)), row, 4, "fail mode");
      }));
  VSW_RETURN_IF_ERROR(
      ReadTargets(connection, "bridge_controller", &BridgeRecord::controllers, bridges));
  VSW_RETURN_IF_ERROR(
      ReadTargets(connection, "bridge_listener", &BridgeRecord::listeners, bridges));
  VSW_RETURN_IF_ERROR(ReadBridgeMap(connection, "SELECT bridge, field, option FROM bridge_tlv",
                                    &BridgeRecord::tlv_map, bridges));
  return ReadBridgeMap(connection, "SELECT bridge, key, value FROM bridge_label",
                       &BridgeRecord::labels, bridges);
}

absl::Status ReadPortRows(Connection* connection, std::vector<PortRecord>* ports) {
  return ForEachRow(
      connection,
      "SELECT name, bridge, kind, ofport, vlan_mode, vlan_tag, priority_tags, qinq_ethertype "
      "FROM port ORDER BY name",
      [&](const Statement& row) -> absl::Status {
        PortRecord& port = ports->emplace_back();
        port.name = row.Text(0);
        port.bridge = row.Text(1);
        port.ofport = static_cast<uint32_t>(row.Int(3));  // NULL reads as 0
        port.vlan.tag = static_cast<uint32_t>(row.Int(5));
        port.vlan.qinq_ethertype = static_cast<uint32_t>(row.Int(7));
        VSW_RETURN_IF_ERROR(Assign(&port.kind, ParsePortKind(row.Text(2)), row, 2, "kind"));
        VSW_RETURN_IF_ERROR(Assign(&port.vlan.mode, ParseVlanMode(row.Text(4)), row, 4, "mode"));
        return Assign(&port.vlan.priority_tags, ParsePriorityTags(row.Text(6)), row, 6,
                      "priority tag setting");
      });
}

absl::Status ReadVlans(Connection* connection, const std::string& table,
                       std::vector<uint32_t> VlanRecord::*list, std::vector<PortRecord>* ports) {
  return ForEachRow(connection, fmt::format("SELECT port, vlan FROM {} ORDER BY port, vlan", table),
                    [&](const Statement& row) -> absl::Status {
                      VSW_ASSIGN_OR_RETURN(PortRecord * port, Find(ports, row.Text(0)));
                      (port->vlan.*list).push_back(static_cast<uint32_t>(row.Int(1)));
                      return absl::OkStatus();
                    });
}

absl::Status ReadMap(Connection* connection, const std::string& table, StringMap PortRecord::*map,
                     std::vector<PortRecord>* ports) {
  return ForEachRow(connection, fmt::format("SELECT port, key, value FROM {}", table),
                    [&](const Statement& row) -> absl::Status {
                      VSW_ASSIGN_OR_RETURN(PortRecord * port, Find(ports, row.Text(0)));
                      (port->*map)[row.Text(1)] = row.Text(2);
                      return absl::OkStatus();
                    });
}

}  // namespace

absl::StatusOr<Contents> ReadContents(Connection* connection) {
  Contents contents;
  VSW_ASSIGN_OR_RETURN(const int64_t revision,
                       connection->QueryInt("SELECT value FROM revision WHERE id = 1"));
  contents.revision = static_cast<uint64_t>(revision);
  VSW_RETURN_IF_ERROR(ReadBridges(connection, &contents.bridges));
  std::vector<PortRecord>* ports = &contents.ports;
  VSW_RETURN_IF_ERROR(ReadPortRows(connection, ports));
  VSW_RETURN_IF_ERROR(ReadVlans(connection, "port_trunk", &VlanRecord::trunks, ports));
  VSW_RETURN_IF_ERROR(ReadVlans(connection, "port_cvlan", &VlanRecord::cvlans, ports));
  VSW_RETURN_IF_ERROR(ReadMap(connection, "port_option", &PortRecord::options, ports));
  VSW_RETURN_IF_ERROR(ReadMap(connection, "port_label", &PortRecord::labels, ports));
  VSW_RETURN_IF_ERROR(ForEachRow(
      connection, "SELECT bridge, vlan, mac, port FROM static_fdb ORDER BY bridge, vlan, mac",
      [&](const Statement& row) {
        contents.static_fdb.push_back({.key = {.bridge = row.Text(0),
                                               .vlan = static_cast<uint32_t>(row.Int(1)),
                                               .mac = static_cast<uint64_t>(row.Int(2))},
                                       .port = row.Text(3)});
        return absl::OkStatus();
      }));
  VSW_ASSIGN_OR_RETURN(contents.rules, ReadRules(connection));
  return contents;
}

}  // namespace vsw::db
