// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "control/change.h"
#include "control/field_paths.h"
#include "control/port_kinds.h"

namespace vsw::control {
namespace {

using Port = db::PortRecord;

constexpr auto kPaths = std::to_array<FieldPath<Port>>({
    {"ofport", [](const Port& v, Port* t) { t->ofport = v.ofport; }},
    {"vlan", [](const Port& v, Port* t) { t->vlan = v.vlan; }},
    {"vlan.mode", [](const Port& v, Port* t) { t->vlan.mode = v.vlan.mode; }},
    {"vlan.tag", [](const Port& v, Port* t) { t->vlan.tag = v.vlan.tag; }},
    {"vlan.trunks", [](const Port& v, Port* t) { t->vlan.trunks = v.vlan.trunks; }},
    {"vlan.priority_tags",
     [](const Port& v, Port* t) { t->vlan.priority_tags = v.vlan.priority_tags; }},
    {"vlan.cvlans", [](const Port& v, Port* t) { t->vlan.cvlans = v.vlan.cvlans; }},
    {"vlan.qinq_ethertype",
     [](const Port& v, Port* t) { t->vlan.qinq_ethertype = v.vlan.qinq_ethertype; }},
    {"options", [](const Port& v, Port* t) { t->options = v.options; }, &Port::options},
    {"labels", [](const Port& v, Port* t) { t->labels = v.labels; }, &Port::labels},
});
constexpr char kKnownPaths[] =
    "ofport, vlan, vlan.mode, vlan.tag, vlan.trunks, vlan.priority_tags, vlan.cvlans, "
    "vlan.qinq_ethertype, options, options.KEY, labels, labels.KEY; for another name, bridge or "
    "type, delete the port and create it anew";

void SortUnique(std::vector<uint32_t>* vlans) {
  std::sort(vlans->begin(), vlans->end());
  vlans->erase(std::unique(vlans->begin(), vlans->end()), vlans->end());
}

// The option by which a port of this kind claims its resource.
std::string ClaimField(const Port& port) {
  switch (port.kind) {
    case db::PortKind::kVhostUser:
      return "port.options[path]";
    case db::PortKind::kDpdk:
      return "port.options[devargs]";
    case db::PortKind::kSystem:
      return port.options.contains("device") ? "port.options[device]" : "port.name";
    case db::PortKind::kVxlan:
    case db::PortKind::kGeneve:
    case db::PortKind::kGre:
      return port.options.contains("remotes") ? "port.options[remotes]" : "port.options[remote]";
    default:
      return "port.name";
  }
}

absl::Status CheckClaims(const Port& port, const Config& config) {
  for (const std::string& claim : ClaimsOf(port)) {
    const std::string* owner = config.ClaimOwner(claim);
    if (owner == nullptr || *owner == port.name) continue;
    return AtField(ClaimField(port),
                   AlreadyExists("{} belongs to port {}; use another", claim, Quote(*owner)));
  }
  return absl::OkStatus();
}

absl::Status CheckOfPort(const Port& port, const Config& config) {
  if (port.ofport == 0) return absl::OkStatus();
  const std::string* owner = config.OfPortOwner(port.bridge, port.ofport);
  if (owner == nullptr || *owner == port.name) return absl::OkStatus();
  return AtField("port.ofport", AlreadyExists("{} belongs to port {} of bridge {}; use another, or "
                                              "0 for any that is free",
                                              port.ofport, Quote(*owner), Quote(port.bridge)));
}

// A number that is not asked for is chosen here and stored, so that rules can rely on it.
absl::Status ChooseOfPort(Port* port, Config* config) {
  if (port->ofport != 0) return absl::OkStatus();
  port->ofport = IsLocal(*port) ? kLocalOfPort : config->TakeOfPort(port->bridge);
  if (port->ofport != 0) return absl::OkStatus();
  return AtField("port.ofport",
                 ResourceExhausted("bridge {} has no OpenFlow port number left; delete a port",
                                   Quote(port->bridge)));
}

// The peer may come later; one that is there must be able to be a peer.
absl::Status CheckPeer(const Port& port, const Config& config) {
  if (port.kind != db::PortKind::kPatch) return absl::OkStatus();
  const Port* peer = config.FindPort(port.options.at("peer"));
  if (peer == nullptr || peer->kind == db::PortKind::kPatch) return absl::OkStatus();
  return BadField("port.options[peer]", "port {} is of type {}; a peer is a patch port",
                  Quote(peer->name), db::ToString(peer->kind));
}

// Checks `port` by itself and against all others, and stores it.
absl::Status Put(Port port, const HostView& host, Config* config) {
  SortUnique(&port.vlan.trunks);
  SortUnique(&port.vlan.cvlans);
  VSW_RETURN_IF_ERROR(CheckPort(port, host));
  VSW_RETURN_IF_ERROR(CheckClaims(port, *config));
  VSW_RETURN_IF_ERROR(CheckOfPort(port, *config));
  VSW_RETURN_IF_ERROR(CheckPeer(port, *config));
  VSW_RETURN_IF_ERROR(ChooseOfPort(&port, config));
  config->PutPort(std::move(port));
  return absl::OkStatus();
}

absl::Status Existing(const CreatePort& change, const Port& stored) {
  const Port& port = change.port;
  if (change.may_exist && stored.bridge == port.bridge && stored.kind == port.kind) {
    return absl::OkStatus();
  }
  return AtField("port.name",
                 AlreadyExists("port {} exists already, of type {} on bridge {}; update "
                               "it, delete it first, or choose another name",
                               Quote(port.name), db::ToString(stored.kind), Quote(stored.bridge)));
}

}  // namespace

absl::Status Apply(const CreatePort& change, const HostView& host, Config* config) {
  const Port& port = change.port;
  if (config->FindBridge(port.bridge) == nullptr) {
    return AtField("port.bridge",
                   NotFound("there is no bridge {}; create it first", Quote(port.bridge)));
  }
  if (const Port* stored = config->FindPort(port.name)) return Existing(change, *stored);
  return Put(port, host, config);
}

absl::Status Apply(const UpdatePort& change, const HostView& host, Config* config) {
  const Port* stored = config->FindPort(change.port.name);
  if (stored == nullptr) {
    return AtField("port.name", NotFound("there is no port {}", Quote(change.port.name)));
  }
  Port updated = *stored;
  VSW_RETURN_IF_ERROR(CopyPaths(kPaths, change.paths, kKnownPaths, change.port, &updated));
  if (IsLocal(updated) && updated.ofport != kLocalOfPort) {
    return AtField("port.ofport",
                   FailedPrecondition("{} is its bridge's own port, always number {}",
                                      Quote(updated.name), kLocalOfPort));
  }
  return Put(std::move(updated), host, config);
}

absl::Status Apply(const DeletePort& change, const HostView& /*host*/, Config* config) {
  const Port* stored = config->FindPort(change.name);
  if (stored == nullptr) {
    if (change.if_exists) return absl::OkStatus();
    return AtField("name", NotFound("there is no port {}", Quote(change.name)));
  }
  if (!change.bridge.empty() && stored->bridge != change.bridge) {
    return AtField("bridge",
                   FailedPrecondition("port {} is on bridge {}, not on {}", Quote(change.name),
                                      Quote(stored->bridge), Quote(change.bridge)));
  }
  if (IsLocal(*stored)) {
    return AtField("name", FailedPrecondition("{} is its bridge's own port; delete the bridge",
                                              Quote(change.name)));
  }
  config->RemovePort(change.name);
  return absl::OkStatus();
}

}  // namespace vsw::control
