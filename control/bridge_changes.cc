// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "control/change.h"
#include "control/field_paths.h"

namespace vsw::control {
namespace {

using Bridge = db::BridgeRecord;

constexpr auto kPaths = std::to_array<FieldPath<Bridge>>({
    {"dpid", [](const Bridge& v, Bridge* t) { t->dpid = v.dpid; }},
    {"fdb",
     [](const Bridge& v, Bridge* t) {
       t->fdb_ageing_seconds = v.fdb_ageing_seconds;
       t->fdb_max_entries = v.fdb_max_entries;
     }},
    {"fdb.ageing_seconds",
     [](const Bridge& v, Bridge* t) { t->fdb_ageing_seconds = v.fdb_ageing_seconds; }},
    {"fdb.max_entries", [](const Bridge& v, Bridge* t) { t->fdb_max_entries = v.fdb_max_entries; }},
    {"fail_mode", [](const Bridge& v, Bridge* t) { t->fail_mode = v.fail_mode; }},
    {"controllers", [](const Bridge& v, Bridge* t) { t->controllers = v.controllers; }},
    {"listeners", [](const Bridge& v, Bridge* t) { t->listeners = v.listeners; }},
    {"tlv_map", [](const Bridge& v, Bridge* t) { t->tlv_map = v.tlv_map; }, &Bridge::tlv_map},
    {"labels", [](const Bridge& v, Bridge* t) { t->labels = v.labels; }, &Bridge::labels},
});
constexpr char kKnownPaths[] =
    "dpid, fdb, fdb.ageing_seconds, fdb.max_entries, fail_mode, controllers, listeners, tlv_map, "
    "tlv_map.FIELD, labels, labels.KEY";

// Two bridges of one datapath id would be one to every controller. 0 is derived by the switch.
absl::Status CheckDpid(const Bridge& bridge, const Config& config) {
  if (bridge.dpid == 0) return absl::OkStatus();
  for (const auto& [name, other] : config.bridges()) {
    if (name != bridge.name && other->dpid == bridge.dpid) {
      return AtField("bridge.dpid", AlreadyExists("bridge {} has {:016x}; choose another",
                                                  Quote(name), bridge.dpid));
    }
  }
  return absl::OkStatus();
}

absl::Status NoSuchBridge(const std::string& field, const std::string& name) {
  return AtField(field, NotFound("there is no bridge {}", Quote(name)));
}

}  // namespace

absl::Status Apply(const CreateBridge& change, const HostView& /*host*/, Config* config) {
  const Bridge& bridge = change.bridge;
  VSW_RETURN_IF_ERROR(CheckBridge(bridge));
  if (config->FindBridge(bridge.name) != nullptr) {
    if (change.may_exist) return absl::OkStatus();
    return AtField("bridge.name",
                   AlreadyExists("bridge {} exists already; update it, or choose another name",
                                 Quote(bridge.name)));
  }
  if (const db::PortRecord* port = config->FindPort(bridge.name)) {
    return AtField(
        "bridge.name",
        AlreadyExists("{} is a port of bridge {}; a bridge's own port bears the bridge's "
                      "name: choose another",
                      Quote(bridge.name), Quote(port->bridge)));
  }
  if (const std::string* owner = config->ClaimOwner("kernel device " + bridge.name)) {
    return AtField("bridge.name",
                   AlreadyExists("kernel device {} belongs to port {}; choose another name",
                                 Quote(bridge.name), Quote(*owner)));
  }
  VSW_RETURN_IF_ERROR(CheckDpid(bridge, *config));
  config->PutBridge(bridge);
  config->created_bridges.insert(bridge.name);
  config->PutPort({.name = bridge.name,
                   .bridge = bridge.name,
                   .kind = db::PortKind::kInternal,
                   .ofport = kLocalOfPort,
                   .vlan = {},
                   .options = {},
                   .labels = {}});
  return absl::OkStatus();
}

absl::Status Apply(const UpdateBridge& change, const HostView& /*host*/, Config* config) {
  const Bridge* stored = config->FindBridge(change.bridge.name);
  if (stored == nullptr) return NoSuchBridge("bridge.name", change.bridge.name);
  Bridge updated = *stored;
  VSW_RETURN_IF_ERROR(CopyPaths(kPaths, change.paths, kKnownPaths, change.bridge, &updated));
  VSW_RETURN_IF_ERROR(CheckBridge(updated));
  VSW_RETURN_IF_ERROR(CheckDpid(updated, *config));
  config->PutBridge(std::move(updated));
  return absl::OkStatus();
}

absl::Status Apply(const DeleteBridge& change, const HostView& /*host*/, Config* config) {
  if (config->FindBridge(change.name) == nullptr) {
    return change.if_exists ? absl::OkStatus() : NoSuchBridge("name", change.name);
  }
  config->RemoveBridge(change.name);
  return absl::OkStatus();
}

}  // namespace vsw::control
