// SPDX-License-Identifier: Apache-2.0
#include "db/writer.h"

#include "db/rules.h"

namespace vsw::db {
namespace {

absl::Status DeleteByName(Connection* connection, const std::string& table,
                          const std::vector<std::string>& names) {
  if (names.empty()) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(Statement statement,
                       connection->Prepare(fmt::format("DELETE FROM {} WHERE name = ?", table)));
  for (const std::string& name : names) VSW_RETURN_IF_ERROR(statement.Bind(name).Run());
  return absl::OkStatus();
}

absl::Status DeleteFdb(Connection* connection, const std::vector<FdbKey>& keys) {
  VSW_ASSIGN_OR_RETURN(
      Statement statement,
      connection->Prepare("DELETE FROM static_fdb WHERE bridge = ? AND vlan = ? AND mac = ?"));
  for (const FdbKey& key : keys) {
    statement.Bind(key.bridge).Bind(key.vlan).Bind(static_cast<int64_t>(key.mac));
    VSW_RETURN_IF_ERROR(statement.Run());
  }
  return absl::OkStatus();
}

// Replaces all rows of `owner` in a (owner, key, value) table.
class MapWriter {
 public:
  static absl::StatusOr<MapWriter> Make(Connection* connection, const std::string& table,
                                        const std::string& owner) {
    VSW_ASSIGN_OR_RETURN(Statement clear, connection->Prepare(fmt::format(
                                              "DELETE FROM {} WHERE {} = ?", table, owner)));
    VSW_ASSIGN_OR_RETURN(Statement insert, connection->Prepare(fmt::format(
                                               "INSERT INTO {} VALUES (?, ?, ?)", table)));
    return MapWriter(std::move(clear), std::move(insert));
  }
  absl::Status Write(const std::string& owner, const StringMap& map) {
    VSW_RETURN_IF_ERROR(clear_.Bind(owner).Run());
    for (const auto& [key, value] : map) {
      VSW_RETURN_IF_ERROR(insert_.Bind(owner).Bind(key).Bind(value).Run());
    }
    return absl::OkStatus();
  }

 private:
  MapWriter(Statement clear, Statement insert)
      : clear_(std::move(clear)), insert_(std::move(insert)) {}
  Statement clear_;
  Statement insert_;
};

// Replaces all rows of a bridge in a (bridge, place, target) table.
class TargetWriter {
 public:
  static absl::StatusOr<TargetWriter> Make(Connection* connection, const std::string& table) {
    VSW_ASSIGN_OR_RETURN(Statement clear, connection->Prepare(fmt::format(
                                              "DELETE FROM {} WHERE bridge = ?", table)));
    VSW_ASSIGN_OR_RETURN(Statement insert, connection->Prepare(fmt::format(
                                               "INSERT INTO {} VALUES (?, ?, ?)", table)));
    return TargetWriter(std::move(clear), std::move(insert));
  }
  absl::Status Write(const std::string& bridge, const std::vector<std::string>& targets) {
    VSW_RETURN_IF_ERROR(clear_.Bind(bridge).Run());
    int64_t place = 0;
    for (const std::string& target : targets) {
      VSW_RETURN_IF_ERROR(insert_.Bind(bridge).Bind(place++).Bind(target).Run());
    }
    return absl::OkStatus();
  }

 private:
  TargetWriter(Statement clear, Statement insert)
      : clear_(std::move(clear)), insert_(std::move(insert)) {}
  Statement clear_;
  Statement insert_;
};

// Replaces all rows of a port in a (port, vlan) table.
class VlanWriter {
 public:
  static absl::StatusOr<VlanWriter> Make(Connection* connection, const std::string& table) {
    VSW_ASSIGN_OR_RETURN(Statement clear,
                         connection->Prepare(fmt::format("DELETE FROM {} WHERE port = ?", table)));
    VSW_ASSIGN_OR_RETURN(Statement insert,
                         connection->Prepare(fmt::format("INSERT INTO {} VALUES (?, ?)", table)));
    return VlanWriter(std::move(clear), std::move(insert));
  }
  absl::Status Write(const std::string& port, const std::vector<uint32_t>& vlans) {
    VSW_RETURN_IF_ERROR(clear_.Bind(port).Run());
    for (const uint32_t vlan : vlans) VSW_RETURN_IF_ERROR(insert_.Bind(port).Bind(vlan).Run());
    return absl::OkStatus();
  }

 private:
  VlanWriter(Statement clear, Statement insert)
      : clear_(std::move(clear)), insert_(std::move(insert)) {}
  Statement clear_;
  Statement insert_;
};

absl::Status PutBridges(Connection* connection, const std::vector<BridgeRecord>& bridges) {
  if (bridges.empty()) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(
      Statement put,
      connection->Prepare(
          "INSERT INTO bridge (name, dpid, fdb_ageing_seconds, "
          "fdb_max_entries, fail_mode) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
          "dpid = excluded.dpid, fdb_ageing_seconds = excluded.fdb_ageing_seconds, "
          "fdb_max_entries = excluded.fdb_max_entries, "
          "fail_mode = excluded.fail_mode"));
  VSW_ASSIGN_OR_RETURN(MapWriter labels, MapWriter::Make(connection, "bridge_label", "bridge"));
  VSW_ASSIGN_OR_RETURN(MapWriter options, MapWriter::Make(connection, "bridge_tlv", "bridge"));
  VSW_ASSIGN_OR_RETURN(TargetWriter controllers,
                       TargetWriter::Make(connection, "bridge_controller"));
  VSW_ASSIGN_OR_RETURN(TargetWriter listeners, TargetWriter::Make(connection, "bridge_listener"));
  for (const BridgeRecord& bridge : bridges) {
    put.Bind(bridge.name).Bind(static_cast<int64_t>(bridge.dpid));
    put.Bind(bridge.fdb_ageing_seconds).Bind(bridge.fdb_max_entries);
    put.Bind(ToString(bridge.fail_mode));
    VSW_RETURN_IF_ERROR(put.Run());
    VSW_RETURN_IF_ERROR(labels.Write(bridge.name, bridge.labels));
    VSW_RETURN_IF_ERROR(options.Write(bridge.name, bridge.tlv_map));
    VSW_RETURN_IF_ERROR(controllers.Write(bridge.name, bridge.controllers));
    VSW_RETURN_IF_ERROR(listeners.Write(bridge.name, bridge.listeners));
  }
  return absl::OkStatus();
}

// Two ports may swap numbers in one request: all that change give theirs up first.
absl::Status FreeOfPorts(Connection* connection, const std::vector<PortRecord>& ports) {
  VSW_ASSIGN_OR_RETURN(Statement clear,
                       connection->Prepare("UPDATE port SET ofport = NULL WHERE name = ?"));
  for (const PortRecord& port : ports) VSW_RETURN_IF_ERROR(clear.Bind(port.name).Run());
  return absl::OkStatus();
}

absl::Status PutPortRows(Connection* connection, const std::vector<PortRecord>& ports) {
  VSW_ASSIGN_OR_RETURN(
      Statement put,
      connection->Prepare(
          "INSERT INTO port (name, bridge, kind, ofport, vlan_mode, vlan_tag, priority_tags, "
          "qinq_ethertype) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
          "bridge = excluded.bridge, kind = excluded.kind, ofport = excluded.ofport, "
          "vlan_mode = excluded.vlan_mode, vlan_tag = excluded.vlan_tag, "
          "priority_tags = excluded.priority_tags, qinq_ethertype = excluded.qinq_ethertype"));
  for (const PortRecord& port : ports) {
    put.Bind(port.name).Bind(port.bridge).Bind(ToString(port.kind));
    if (port.ofport == 0) {
      put.BindNull();
    } else {
      put.Bind(port.ofport);
    }
    put.Bind(ToString(port.vlan.mode)).Bind(port.vlan.tag);
    put.Bind(ToString(port.vlan.priority_tags)).Bind(port.vlan.qinq_ethertype);
    VSW_RETURN_IF_ERROR(put.Run());
  }
  return absl::OkStatus();
}

absl::Status PutPorts(Connection* connection, const std::vector<PortRecord>& ports) {
  if (ports.empty()) return absl::OkStatus();
  VSW_RETURN_IF_ERROR(FreeOfPorts(connection, ports));
  VSW_RETURN_IF_ERROR(PutPortRows(connection, ports));
  VSW_ASSIGN_OR_RETURN(VlanWriter trunks, VlanWriter::Make(connection, "port_trunk"));
  VSW_ASSIGN_OR_RETURN(VlanWriter cvlans, VlanWriter::Make(connection, "port_cvlan"));
  VSW_ASSIGN_OR_RETURN(MapWriter options, MapWriter::Make(connection, "port_option", "port"));
  VSW_ASSIGN_OR_RETURN(MapWriter labels, MapWriter::Make(connection, "port_label", "port"));
  for (const PortRecord& port : ports) {
    VSW_RETURN_IF_ERROR(trunks.Write(port.name, port.vlan.trunks));
    VSW_RETURN_IF_ERROR(cvlans.Write(port.name, port.vlan.cvlans));
    VSW_RETURN_IF_ERROR(options.Write(port.name, port.options));
    VSW_RETURN_IF_ERROR(labels.Write(port.name, port.labels));
  }
  return absl::OkStatus();
}

absl::Status PutFdb(Connection* connection, const std::vector<FdbRecord>& entries) {
  VSW_ASSIGN_OR_RETURN(
      Statement put,
      connection->Prepare("INSERT INTO static_fdb (bridge, vlan, mac, port) VALUES (?, ?, ?, ?) "
                          "ON CONFLICT (bridge, vlan, mac) DO UPDATE SET port = excluded.port"));
  for (const FdbRecord& entry : entries) {
    put.Bind(entry.key.bridge).Bind(entry.key.vlan).Bind(static_cast<int64_t>(entry.key.mac));
    VSW_RETURN_IF_ERROR(put.Bind(entry.port).Run());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteDelta(Connection* connection, const Delta& delta, uint64_t revision) {
  // Children go before parents and come after them.
  VSW_RETURN_IF_ERROR(DeleteFdb(connection, delta.deleted_fdb));
  VSW_RETURN_IF_ERROR(DeleteRules(connection, delta.rules));
  VSW_RETURN_IF_ERROR(PutBridges(connection, delta.put_bridges));
  // Ports that move to another bridge leave before their old one is deleted with what it still has.
  VSW_RETURN_IF_ERROR(DeleteByName(connection, "port", delta.deleted_ports));
  VSW_RETURN_IF_ERROR(PutPorts(connection, delta.put_ports));
  VSW_RETURN_IF_ERROR(DeleteByName(connection, "bridge", delta.deleted_bridges));
  VSW_RETURN_IF_ERROR(PutFdb(connection, delta.put_fdb));
  VSW_RETURN_IF_ERROR(PutRules(connection, delta.rules.put));
  VSW_ASSIGN_OR_RETURN(Statement put, connection->Prepare("UPDATE revision SET value = ?"));
  return put.Bind(static_cast<int64_t>(revision)).Run();
}

}  // namespace vsw::db
