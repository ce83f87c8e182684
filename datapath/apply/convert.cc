// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/convert.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "base/status.h"
#include "datapath/apply/ofport_assignment.h"

namespace vsw {
namespace {

namespace pb = ::vsw::v1;

constexpr int kMaxBridges = 4096;
constexpr int kMaxPortRows = 65536;
constexpr int kMaxStaticEntries = 1 << 20;
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxOptions = 64;
constexpr size_t kMaxOptionBytes = 4096;
constexpr uint32_t kDefaultAgeingSeconds = 300;
constexpr int kMaxTargets = 32;
constexpr uint32_t kDefaultFdbEntries = 8192;

absl::Status CheckName(const std::string& name, const std::string& field) {
  if (name.empty()) return InvalidArgument("{}: a name is required", field);
  if (name.size() > kMaxNameBytes) {
    return InvalidArgument("{}: {} bytes, but a name has at most {}", field, name.size(),
                           kMaxNameBytes);
  }
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
  if (!plain) return InvalidArgument("{}: only printable ASCII without '/' and blanks", field);
  return absl::OkStatus();
}

absl::StatusOr<uint16_t> CheckVlan(uint32_t vlan, const std::string& field) {
  if (vlan > kMaxVlan) return InvalidArgument("{}: {} is no VLAN; 0..{}", field, vlan, kMaxVlan);
  return static_cast<uint16_t>(vlan);
}

template <typename Repeated>
absl::StatusOr<std::vector<uint16_t>> CheckVlans(const Repeated& vlans, const std::string& field) {
  std::vector<uint16_t> result;
  for (const uint32_t vlan : vlans) {
    VSW_ASSIGN_OR_RETURN(const uint16_t checked, CheckVlan(vlan, field));
    result.push_back(checked);
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

absl::StatusOr<VlanMode> CheckMode(const pb::VlanSettings& vlan, const std::string& field) {
  switch (vlan.mode()) {
    case pb::VLAN_MODE_UNSPECIFIED:
      return vlan.tag() != 0 ? VlanMode::kAccess : VlanMode::kTrunk;
    case pb::VLAN_MODE_ACCESS:
      return VlanMode::kAccess;
    case pb::VLAN_MODE_TRUNK:
      return VlanMode::kTrunk;
    case pb::VLAN_MODE_NATIVE_TAGGED:
      return VlanMode::kNativeTagged;
    case pb::VLAN_MODE_NATIVE_UNTAGGED:
      return VlanMode::kNativeUntagged;
    case pb::VLAN_MODE_DOT1Q_TUNNEL:
      return VlanMode::kDot1qTunnel;
    default:
      return InvalidArgument("{}.mode: {} is no VLAN mode", field, static_cast<int>(vlan.mode()));
  }
}

absl::StatusOr<WantedVlan> FromProto(const pb::VlanSettings& vlan, const std::string& field) {
  WantedVlan result;
  VSW_ASSIGN_OR_RETURN(result.mode, CheckMode(vlan, field));
  VSW_ASSIGN_OR_RETURN(result.tag, CheckVlan(vlan.tag(), field + ".tag"));
  VSW_ASSIGN_OR_RETURN(result.trunks, CheckVlans(vlan.trunks(), field + ".trunks"));
  VSW_ASSIGN_OR_RETURN(result.cvlans, CheckVlans(vlan.cvlans(), field + ".cvlans"));
  if (vlan.qinq_ethertype() != 0) {
    if (vlan.qinq_ethertype() != 0x88a8 && vlan.qinq_ethertype() != 0x8100) {
      return InvalidArgument("{}.qinq_ethertype: {:#x} is neither 0x88a8 nor 0x8100", field,
                             vlan.qinq_ethertype());
    }
    result.qinq_ethertype = static_cast<uint16_t>(vlan.qinq_ethertype());
  }
  switch (vlan.priority_tags()) {
    case pb::PRIORITY_TAGS_NO:
      result.priority_tags = PriorityTags::kNo;
      return result;
    case pb::PRIORITY_TAGS_IF_NONZERO:
      result.priority_tags = PriorityTags::kIfNonzero;
      return result;
    case pb::PRIORITY_TAGS_ALWAYS:
      result.priority_tags = PriorityTags::kAlways;
      return result;
    default:
      return InvalidArgument("{}.priority_tags: {} is no such choice", field,
                             static_cast<int>(vlan.priority_tags()));
  }
}

std::optional<PortKind> KindOf(pb::PortType type) {
  switch (type) {
    case pb::PORT_TYPE_INTERNAL:
      return PortKind::kInternal;
    case pb::PORT_TYPE_TAP:
      return PortKind::kTap;
    case pb::PORT_TYPE_SYSTEM:
      return PortKind::kSystem;
    case pb::PORT_TYPE_DPDK:
      return PortKind::kDpdk;
    case pb::PORT_TYPE_VHOST_USER:
      return PortKind::kVhostUser;
    case pb::PORT_TYPE_PATCH:
      return PortKind::kPatch;
    case pb::PORT_TYPE_VXLAN:
      return PortKind::kVxlan;
    case pb::PORT_TYPE_GENEVE:
      return PortKind::kGeneve;
    case pb::PORT_TYPE_GRE:
      return PortKind::kGre;
    default:
      return std::nullopt;
  }
}

absl::Status CopyOptions(const pb::Port& port, const std::string& field, WantedPort* result) {
  if (port.options().size() > kMaxOptions) {
    return InvalidArgument("{}.options: at most {}", field, kMaxOptions);
  }
  for (const auto& [key, value] : port.options()) {
    if (key.size() > kMaxNameBytes || value.size() > kMaxOptionBytes ||
        value.find('\0') != std::string::npos) {
      return InvalidArgument("{}.options: a key of up to {} bytes, a value of up to {}, no NUL",
                             field, kMaxNameBytes, kMaxOptionBytes);
    }
    result->options[key] = value;
  }
  return absl::OkStatus();
}

absl::StatusOr<WantedPort> FromProto(const pb::Port& port, const std::string& field) {
  WantedPort result;
  VSW_RETURN_IF_ERROR(CheckName(port.name(), field + ".name"));
  result.name = port.name();
  result.bridge = port.bridge();
  const std::optional<PortKind> kind = KindOf(port.type());
  if (!kind) {
    return InvalidArgument("{}.type: {} is no port type this switch knows", field,
                           static_cast<int>(port.type()));
  }
  result.kind = *kind;
  // The bridge's own port is LOCAL whether the sender says so or leaves it open.
  const bool is_local = port.name() == port.bridge() && port.ofport() == ToInt(kOfPortLocal);
  if (port.ofport() > kMaxOfPort && !is_local) {
    return InvalidArgument("{}.ofport: {} is above {}", field, port.ofport(), kMaxOfPort);
  }
  result.ofport = is_local ? 0 : port.ofport();
  VSW_ASSIGN_OR_RETURN(result.vlan, FromProto(port.vlan(), field + ".vlan"));
  VSW_RETURN_IF_ERROR(CopyOptions(port, field, &result));
  return result;
}

// What an address is, those know who connect; a fault in one is that connection's state.
absl::Status CheckTargets(const google::protobuf::RepeatedPtrField<std::string>& targets,
                          const std::string& field) {
  if (targets.size() > kMaxTargets) return InvalidArgument("{}: at most {}", field, kMaxTargets);
  for (const std::string& target : targets) {
    if (target.empty() || target.size() > kMaxOptionBytes ||
        target.find('\0') != std::string::npos) {
      return InvalidArgument("{}: one of 1..{} bytes, no NUL", field, kMaxOptionBytes);
    }
  }
  return absl::OkStatus();
}

// "tun_metadata0" to "class=0x102,type=0x80,len=4", in this form and no other.
absl::StatusOr<TunnelOptionMap> ReadTlvMap(const pb::Bridge& bridge, const std::string& field) {
  TunnelOptionMap map;
  for (const auto& [name, text] : bridge.tlv_map()) {
    unsigned index = 0, option_class = 0, type = 0, length = 0;
    int name_end = 0, text_end = 0;
    const bool read = std::sscanf(name.c_str(), "tun_metadata%2u%n", &index, &name_end) == 1 &&
                      std::sscanf(text.c_str(), "class=0x%4x,type=0x%2x,len=%3u%n", &option_class,
                                  &type, &length, &text_end) == 3;
    if (!read || name.size() != static_cast<size_t>(name_end) ||
        text.size() != static_cast<size_t>(text_end) || length > UINT8_MAX) {
      return InvalidArgument("{}: '{}' to '{}' maps no option", field, name, text);
    }
    map.push_back({.option_class = static_cast<uint16_t>(option_class),
                   .type = static_cast<uint8_t>(type),
                   .bytes = static_cast<uint8_t>(length),
                   .index = static_cast<uint8_t>(index),
                   .offset = 0});
  }
  std::sort(map.begin(), map.end(),
            [](const TunnelOption& a, const TunnelOption& b) { return a.index < b.index; });
  return map;
}

absl::Status AddBridges(const datapath::v1::WantedState& message, WantedState* state) {
  for (int i = 0; i < message.bridges_size(); ++i) {
    const pb::Bridge& bridge = message.bridges(i);
    const std::string field = fmt::format("bridges[{}]", i);
    VSW_RETURN_IF_ERROR(CheckName(bridge.name(), field + ".name"));
    VSW_RETURN_IF_ERROR(CheckTargets(bridge.controllers(), field + ".controllers"));
    VSW_RETURN_IF_ERROR(CheckTargets(bridge.listeners(), field + ".listeners"));
    VSW_ASSIGN_OR_RETURN(TunnelOptionMap tlv_map, ReadTlvMap(bridge, field + ".tlv_map"));
    const uint32_t ageing = bridge.fdb().ageing_seconds();
    const uint32_t entries = bridge.fdb().max_entries();
    const bool added =
        state->bridges
            .try_emplace(
                bridge.name(),
                WantedBridge{
                    .name = bridge.name(),
                    .dpid = bridge.dpid() ? bridge.dpid() : DerivedDpid(bridge.name()),
                    .fdb_ageing_seconds = ageing ? ageing : kDefaultAgeingSeconds,
                    .fdb_max_entries = entries ? entries : kDefaultFdbEntries,
                    .fail_secure = bridge.fail_mode() == pb::FAIL_MODE_SECURE,
                    .controllers = {bridge.controllers().begin(), bridge.controllers().end()},
                    .listeners = {bridge.listeners().begin(), bridge.listeners().end()},
                    .tlv_map = std::move(tlv_map)})
            .second;
    if (!added) return InvalidArgument("{}.name: '{}' stands twice", field, bridge.name());
  }
  return absl::OkStatus();
}

absl::Status AddPorts(const datapath::v1::WantedState& message, WantedState* state) {
  for (int i = 0; i < message.ports_size(); ++i) {
    const std::string field = fmt::format("ports[{}]", i);
    VSW_ASSIGN_OR_RETURN(WantedPort port, FromProto(message.ports(i), field));
    if (!state->bridges.contains(port.bridge)) {
      return InvalidArgument("{}.bridge: there is no bridge '{}'", field, port.bridge);
    }
    const std::string name = port.name;
    if (!state->ports.try_emplace(name, std::move(port)).second) {
      return InvalidArgument("{}.name: '{}' stands twice", field, name);
    }
  }
  return absl::OkStatus();
}

absl::Status AddStaticEntries(const datapath::v1::WantedState& message, WantedState* state) {
  for (int i = 0; i < message.static_fdb_size(); ++i) {
    const pb::FdbEntry& entry = message.static_fdb(i);
    const std::string field = fmt::format("static_fdb[{}]", i);
    VSW_ASSIGN_OR_RETURN(const uint16_t vlan, CheckVlan(entry.vlan(), field + ".vlan"));
    const std::optional<MacAddress> mac = MacAddress::Parse(entry.mac());
    if (!mac || mac->is_multicast() || mac->is_zero()) {
      return InvalidArgument("{}.mac: no unicast address like 02:00:00:00:00:01", field);
    }
    const auto port = state->ports.find(entry.port());
    if (port == state->ports.end() || port->second.bridge != entry.bridge()) {
      return InvalidArgument("{}.port: bridge '{}' has no port '{}'", field, entry.bridge(),
                             entry.port());
    }
    state->static_fdb.push_back({entry.bridge(), VlanId{vlan}, *mac, entry.port()});
  }
  // In one order whatever order they came in, so that equal configurations are equal values.
  std::sort(state->static_fdb.begin(), state->static_fdb.end(),
            [](const WantedStaticEntry& a, const WantedStaticEntry& b) {
              return std::tie(a.bridge, a.vlan, a.mac) < std::tie(b.bridge, b.vlan, b.mac);
            });
  return absl::OkStatus();
}

void ToProto(const PortReport& port, datapath::v1::PortState* message) {
  message->set_name(port.name);
  message->set_bridge(port.bridge);
  pb::PortStatus* status = message->mutable_status();
  status->set_state(port.failure.empty() ? pb::RESOURCE_STATE_ACTIVE : pb::RESOURCE_STATE_FAILED);
  status->set_reason(port.failure);
  status->set_ofport(port.ofport);
  status->set_link_up(port.info.link_up);
  if (!port.info.mac.is_zero()) status->set_mac(port.info.mac.ToString());
  status->set_mtu(port.info.mtu);
  status->set_rx_queues(port.info.rx_queues);
  status->set_tx_queues(port.info.tx_queues);
  for (const auto& [key, value] : port.info.facts) (*status->mutable_info())[key] = value;
}

}  // namespace

absl::StatusOr<WantedState> FromProto(const datapath::v1::WantedState& message) {
  WantedState state;
  state.revision = message.revision();
  if (state.revision == 0) return InvalidArgument("revision: 0 means nothing; start from 1");
  if (message.bridges_size() > kMaxBridges || message.ports_size() > kMaxPortRows ||
      message.static_fdb_size() > kMaxStaticEntries) {
    return InvalidArgument("at most {} bridges, {} ports and {} static addresses", kMaxBridges,
                           kMaxPortRows, kMaxStaticEntries);
  }
  VSW_RETURN_IF_ERROR(AddBridges(message, &state));
  VSW_RETURN_IF_ERROR(AddPorts(message, &state));
  VSW_RETURN_IF_ERROR(AddStaticEntries(message, &state));
  return state;
}

void ToProto(const StateReport& report, datapath::v1::ActualState* message) {
  message->set_applied_revision(report.applied_revision);
  for (const BridgeReport& bridge : report.bridges) {
    datapath::v1::BridgeState* state = message->add_bridges();
    state->set_name(bridge.name);
    state->mutable_status()->set_state(bridge.failure.empty() ? pb::RESOURCE_STATE_ACTIVE
                                                              : pb::RESOURCE_STATE_FAILED);
    state->mutable_status()->set_reason(bridge.failure);
    state->mutable_status()->set_dpid(bridge.dpid);
  }
  for (const PortReport& port : report.ports) ToProto(port, message->add_ports());
}

void ToProto(const BfdRow& row, const PortReport& port, pb::BfdSession* session) {
  session->set_bridge(port.bridge);
  session->set_port(port.name);
  session->set_state(row.state);
  session->set_diagnostic(row.diagnostic);
  session->set_remote_state(row.remote_state);
  session->set_remote_diagnostic(row.remote_diagnostic);
  session->set_forwarding(row.forwarding);
  session->set_flaps(row.flaps);
  session->set_discriminator(row.discriminator);
  session->set_remote_discriminator(row.remote_discriminator);
  session->set_tx_interval_us(row.tx_interval_us);
  session->set_detection_time_us(row.detection_time_us);
  session->set_remote_min_tx_us(row.remote_min_tx_us);
  session->set_remote_min_rx_us(row.remote_min_rx_us);
  session->set_remote_detect_mult(row.remote_detect_mult);
  session->set_sent(row.sent);
  session->set_received(row.received);
  session->set_discarded(row.discarded);
}

}  // namespace vsw
