// SPDX-License-Identifier: Apache-2.0
#include "control/convert.h"

#include <array>
#include <optional>
#include <utility>

#include "base/mac_address.h"
#include "control/field_error.h"
#include "ofproto/text/tlv_text.h"

namespace vsw::control {
namespace {

template <typename Record, typename Message>
struct EnumRow {
  Record record;
  Message message;
};
constexpr auto kKinds = std::to_array<EnumRow<db::PortKind, v1::PortType>>({
    {db::PortKind::kInternal, v1::PORT_TYPE_INTERNAL},
    {db::PortKind::kTap, v1::PORT_TYPE_TAP},
    {db::PortKind::kSystem, v1::PORT_TYPE_SYSTEM},
    {db::PortKind::kDpdk, v1::PORT_TYPE_DPDK},
    {db::PortKind::kVhostUser, v1::PORT_TYPE_VHOST_USER},
    {db::PortKind::kPatch, v1::PORT_TYPE_PATCH},
    {db::PortKind::kVxlan, v1::PORT_TYPE_VXLAN},
    {db::PortKind::kGeneve, v1::PORT_TYPE_GENEVE},
    {db::PortKind::kGre, v1::PORT_TYPE_GRE},
});
constexpr auto kModes = std::to_array<EnumRow<db::VlanMode, v1::VlanMode>>({
    {db::VlanMode::kDefault, v1::VLAN_MODE_UNSPECIFIED},
    {db::VlanMode::kAccess, v1::VLAN_MODE_ACCESS},
    {db::VlanMode::kTrunk, v1::VLAN_MODE_TRUNK},
    {db::VlanMode::kNativeTagged, v1::VLAN_MODE_NATIVE_TAGGED},
    {db::VlanMode::kNativeUntagged, v1::VLAN_MODE_NATIVE_UNTAGGED},
    {db::VlanMode::kDot1qTunnel, v1::VLAN_MODE_DOT1Q_TUNNEL},
});
constexpr auto kPriorityTags = std::to_array<EnumRow<db::PriorityTags, v1::PriorityTags>>({
    {db::PriorityTags::kNo, v1::PRIORITY_TAGS_NO},
    {db::PriorityTags::kIfNonzero, v1::PRIORITY_TAGS_IF_NONZERO},
    {db::PriorityTags::kAlways, v1::PRIORITY_TAGS_ALWAYS},
});

constexpr auto kFailModes = std::to_array<EnumRow<db::FailMode, v1::FailMode>>({
    {db::FailMode::kStandalone, v1::FAIL_MODE_STANDALONE},
    {db::FailMode::kSecure, v1::FAIL_MODE_SECURE},
});

template <typename Table, typename Record>
auto MessageOf(const Table& table, Record record) {
  for (const auto& row : table) {
    if (row.record == record) return row.message;
  }
  return table[0].message;
}

template <typename Table, typename Record, typename Message>
absl::Status ReadEnum(const Table& table, const std::string& field, Message message,
                      Record* record) {
  std::string known;
  for (const auto& row : table) {
    if (row.message == message) {
      *record = row.record;
      return absl::OkStatus();
    }
    if (!known.empty()) known += ", ";
    known += db::ToString(row.record);
  }
  return BadField(field, "{} is none of the known values: {}", static_cast<int>(message), known);
}

db::StringMap ToMap(const google::protobuf::Map<std::string, std::string>& map) {
  return {map.begin(), map.end()};
}

absl::Status ReadMac(const std::string& field, const std::string& text, uint64_t* mac) {
  const std::optional<MacAddress> parsed = MacAddress::Parse(text);
  if (!parsed.has_value()) {
    return BadField(field, "{} is no MAC address; write one like 02:00:00:00:00:01", Quote(text));
  }
  *mac = parsed->ToU64();
  return absl::OkStatus();
}

absl::StatusOr<db::BridgeRecord> ToRecord(const v1::Bridge& bridge) {
  db::BridgeRecord record{.name = bridge.name(),
                          .dpid = bridge.dpid(),
                          .fdb_ageing_seconds = bridge.fdb().ageing_seconds(),
                          .fdb_max_entries = bridge.fdb().max_entries(),
                          .labels = ToMap(bridge.labels())};
  if (bridge.fail_mode() != v1::FAIL_MODE_UNSPECIFIED) {
    VSW_RETURN_IF_ERROR(
        ReadEnum(kFailModes, "bridge.fail_mode", bridge.fail_mode(), &record.fail_mode));
  }
  record.controllers = {bridge.controllers().begin(), bridge.controllers().end()};
  record.listeners = {bridge.listeners().begin(), bridge.listeners().end()};
  record.tlv_map = ToMap(bridge.tlv_map());
  for (auto& [field, option] : record.tlv_map) {
    // As the switch reads it, however it was written; what is wrong is refused later.
    const absl::StatusOr<TlvMapping> mapping = ParseTlvMapping(option, field);
    if (mapping.ok()) option = FormatTlvOption(*mapping);
  }
  return record;
}

absl::Status ReadVlan(const v1::VlanSettings& vlan, db::VlanRecord* record) {
  VSW_RETURN_IF_ERROR(ReadEnum(kModes, "port.vlan.mode", vlan.mode(), &record->mode));
  VSW_RETURN_IF_ERROR(ReadEnum(kPriorityTags, "port.vlan.priority_tags", vlan.priority_tags(),
                               &record->priority_tags));
  record->tag = vlan.tag();
  record->trunks = {vlan.trunks().begin(), vlan.trunks().end()};
  record->cvlans = {vlan.cvlans().begin(), vlan.cvlans().end()};
  record->qinq_ethertype = vlan.qinq_ethertype();
  return absl::OkStatus();
}

// All but the type, which an update does not give.
absl::StatusOr<db::PortRecord> ToRecord(const v1::Port& port) {
  db::PortRecord record;
  record.name = port.name();
  record.bridge = port.bridge();
  record.ofport = port.ofport();
  VSW_RETURN_IF_ERROR(ReadVlan(port.vlan(), &record.vlan));
  record.options = ToMap(port.options());
  record.labels = ToMap(port.labels());
  return record;
}

std::vector<std::string> Paths(const google::protobuf::FieldMask& mask) {
  return {mask.paths().begin(), mask.paths().end()};
}

}  // namespace

v1::Bridge ToMessage(const db::BridgeRecord& record) {
  v1::Bridge bridge;
  bridge.set_name(record.name);
  bridge.set_dpid(record.dpid);
  bridge.mutable_fdb()->set_ageing_seconds(record.fdb_ageing_seconds);
  bridge.mutable_fdb()->set_max_entries(record.fdb_max_entries);
  bridge.mutable_tlv_map()->insert(record.tlv_map.begin(), record.tlv_map.end());
  bridge.mutable_labels()->insert(record.labels.begin(), record.labels.end());
  bridge.set_fail_mode(MessageOf(kFailModes, record.fail_mode));
  bridge.mutable_controllers()->Assign(record.controllers.begin(), record.controllers.end());
  bridge.mutable_listeners()->Assign(record.listeners.begin(), record.listeners.end());
  return bridge;
}

v1::Port ToMessage(const db::PortRecord& record) {
  v1::Port port;
  port.set_name(record.name);
  port.set_bridge(record.bridge);
  port.set_type(MessageOf(kKinds, record.kind));
  port.set_ofport(record.ofport);
  v1::VlanSettings* vlan = port.mutable_vlan();
  vlan->set_mode(MessageOf(kModes, record.vlan.mode));
  vlan->set_tag(record.vlan.tag);
  vlan->mutable_trunks()->Assign(record.vlan.trunks.begin(), record.vlan.trunks.end());
  vlan->set_priority_tags(MessageOf(kPriorityTags, record.vlan.priority_tags));
  vlan->mutable_cvlans()->Assign(record.vlan.cvlans.begin(), record.vlan.cvlans.end());
  vlan->set_qinq_ethertype(record.vlan.qinq_ethertype);
  port.mutable_options()->insert(record.options.begin(), record.options.end());
  port.mutable_labels()->insert(record.labels.begin(), record.labels.end());
  return port;
}

v1::FdbEntry ToMessage(const db::FdbRecord& record) {
  v1::FdbEntry entry;
  entry.set_bridge(record.key.bridge);
  entry.set_vlan(record.key.vlan);
  entry.set_mac(MacAddress::FromU64(record.key.mac).ToString());
  entry.set_port(record.port);
  entry.set_is_static(true);
  return entry;
}

datapath::v1::WantedState ToWantedState(const Config& config) {
  datapath::v1::WantedState wanted;
  wanted.set_revision(config.revision);
  for (const auto& [name, bridge] : config.bridges()) *wanted.add_bridges() = ToMessage(*bridge);
  for (const auto& [name, port] : config.ports()) *wanted.add_ports() = ToMessage(*port);
  for (const auto& [key, port] : config.static_fdb()) {
    *wanted.add_static_fdb() = ToMessage(db::FdbRecord{.key = key, .port = port});
  }
  return wanted;
}

absl::StatusOr<Change> ToChange(const v1::CreateBridgeRequest& request) {
  VSW_ASSIGN_OR_RETURN(db::BridgeRecord bridge, ToRecord(request.bridge()));
  return CreateBridge{.bridge = std::move(bridge), .may_exist = request.may_exist()};
}

absl::StatusOr<Change> ToChange(const v1::UpdateBridgeRequest& request) {
  VSW_ASSIGN_OR_RETURN(db::BridgeRecord bridge, ToRecord(request.bridge()));
  return UpdateBridge{.bridge = std::move(bridge), .paths = Paths(request.update_mask())};
}

absl::StatusOr<Change> ToChange(const v1::DeleteBridgeRequest& request) {
  return DeleteBridge{.name = request.name(), .if_exists = request.if_exists()};
}

absl::StatusOr<Change> ToChange(const v1::CreatePortRequest& request) {
  VSW_ASSIGN_OR_RETURN(db::PortRecord port, ToRecord(request.port()));
  VSW_RETURN_IF_ERROR(ReadEnum(kKinds, "port.type", request.port().type(), &port.kind));
  return CreatePort{.port = std::move(port), .may_exist = request.may_exist()};
}

absl::StatusOr<Change> ToChange(const v1::UpdatePortRequest& request) {
  VSW_ASSIGN_OR_RETURN(db::PortRecord port, ToRecord(request.port()));
  return UpdatePort{.port = std::move(port), .paths = Paths(request.update_mask())};
}

absl::StatusOr<Change> ToChange(const v1::DeletePortRequest& request) {
  return DeletePort{
      .name = request.name(), .bridge = request.bridge(), .if_exists = request.if_exists()};
}

absl::StatusOr<Change> ToChange(const v1::AddFdbEntryRequest& request) {
  const v1::FdbEntry& entry = request.entry();
  AddFdbEntry change{.entry = {.key = {.bridge = entry.bridge(), .vlan = entry.vlan(), .mac = 0},
                               .port = entry.port()},
                     .may_exist = request.may_exist()};
  VSW_RETURN_IF_ERROR(ReadMac("entry.mac", entry.mac(), &change.entry.key.mac));
  return change;
}

absl::StatusOr<Change> ToChange(const v1::DeleteFdbEntryRequest& request) {
  DeleteFdbEntry change{.key = {.bridge = request.bridge(), .vlan = request.vlan(), .mac = 0},
                        .if_exists = request.if_exists()};
  VSW_RETURN_IF_ERROR(ReadMac("mac", request.mac(), &change.key.mac));
  return change;
}

absl::StatusOr<Change> ToChange(const v1::Change& change) {
  switch (change.change_case()) {
    case v1::Change::kCreateBridge:
      return ToChange(change.create_bridge());
    case v1::Change::kUpdateBridge:
      return ToChange(change.update_bridge());
    case v1::Change::kDeleteBridge:
      return ToChange(change.delete_bridge());
    case v1::Change::kCreatePort:
      return ToChange(change.create_port());
    case v1::Change::kUpdatePort:
      return ToChange(change.update_port());
    case v1::Change::kDeletePort:
      return ToChange(change.delete_port());
    case v1::Change::kAddFdbEntry:
      return ToChange(change.add_fdb_entry());
    case v1::Change::kDeleteFdbEntry:
      return ToChange(change.delete_fdb_entry());
    case v1::Change::CHANGE_NOT_SET:
      break;
  }
  return InvalidArgument("no change that this daemon knows is set; set one of its fields");
}

}  // namespace vsw::control
