// SPDX-License-Identifier: Apache-2.0
//
// `vswctl show`: everything one wants to know first when something does not work.
#include <algorithm>

#include "base/status.h"
#include "cli/handlers.h"
#include "cli/value.h"
#include "vsw/v1/config.grpc.pb.h"
#include "vsw/v1/status.grpc.pb.h"

namespace vsw::cli {
namespace {

constexpr Table::Align kRight = Table::Align::kRight;
constexpr char kListening[] = "listening";

std::string Uptime(uint64_t seconds) {
  return fmt::format("{}d {:02}:{:02}:{:02}", seconds / 86400, seconds / 3600 % 24,
                     seconds / 60 % 60, seconds % 60);
}

template <typename Enum>
std::string Text(const google::protobuf::EnumDescriptor* type, Enum value) {
  const google::protobuf::EnumValueDescriptor* found = type->FindValueByNumber(value);
  return found == nullptr ? std::to_string(value) : EnumText(found);
}

std::string StateText(v1::ResourceState state) {
  return Text(v1::ResourceState_descriptor(), state);
}

std::string WorkerText(const v1::WorkerStatus& worker) {
  const std::string core = worker.core() < 0 ? "not pinned" : fmt::format("core {}", worker.core());
  return fmt::format("worker {}: {}, receive queues {}, megaflows {}, masks {}, idle {:.0f}%\n",
                     worker.id(), core, worker.rx_queues(), worker.megaflows(), worker.masks(),
                     worker.idle() * 100);
}

std::string DaemonsText(const v1::StatusResponse& status) {
  const v1::SwitchStatus& vswitchd = status.switch_status();
  std::string text = fmt::format("revision: {} wanted, {} applied\n", status.wanted_revision(),
                                 vswitchd.applied_revision());
  text += fmt::format("vswmgrd: {}\n", status.manager_version());
  if (!vswitchd.connected()) {
    return text + fmt::format("vswitchd: not connected{}{}\n", vswitchd.error().empty() ? "" : ": ",
                              vswitchd.error());
  }
  text += fmt::format("vswitchd: {}, connected, up {}\n", vswitchd.version(),
                      Uptime(vswitchd.uptime_seconds()));
  if (!vswitchd.memory().empty()) text += fmt::format("memory: {}\n", vswitchd.memory());
  for (const v1::WorkerStatus& worker : vswitchd.workers()) text += WorkerText(worker);
  for (const std::string& warning : vswitchd.warnings()) {
    text += fmt::format("warning: {}\n", warning);
  }
  return text;
}

std::string VlanText(const v1::VlanSettings& vlan) {
  std::string text = Text(v1::VlanMode_descriptor(), vlan.mode());
  if (text.empty()) text = vlan.tag() != 0 ? "access" : "trunk";
  if (vlan.tag() != 0) text += fmt::format(" {}", vlan.tag());
  if (vlan.trunks_size() > 0) {
    text += " (" + FormatVlanList({vlan.trunks().begin(), vlan.trunks().end()}) + ")";
  }
  if (vlan.cvlans_size() > 0) {
    text += " [" + FormatVlanList({vlan.cvlans().begin(), vlan.cvlans().end()}) + "]";
  }
  return text;
}

// A reason that every resource shares, such as a switch that is away, is told once at the top.
std::string OwnReason(const std::string& reason, const v1::SwitchStatus& vswitchd) {
  return reason == vswitchd.error() ? "" : reason;
}

// "  openflow tcp:127.0.0.1:6653: connected for 12 s, master, OpenFlow 1.3".
std::string ConnectionText(const v1::OpenFlowConnection& connection) {
  std::string text = fmt::format("  openflow {}: {}", connection.target(), connection.state());
  if (connection.state() != kListening) {
    text += fmt::format(" for {} s", connection.since_seconds());
  }
  for (const std::string& part : {connection.role(), connection.version()}) {
    if (!part.empty()) text += ", " + part;
  }
  if (!connection.connected() && !connection.error().empty()) text += ": " + connection.error();
  return text + "\n";
}

std::string BridgeText(const v1::Bridge& bridge, const v1::SwitchStatus& vswitchd) {
  const v1::BridgeStatus& status = bridge.status();
  const uint64_t dpid = status.dpid() != 0 ? status.dpid() : bridge.dpid();
  std::string text = fmt::format("\nbridge {}: {}", bridge.name(), StateText(status.state()));
  if (dpid != 0) text += fmt::format(", dpid 0x{:016x}", dpid);
  text +=
      fmt::format(", {} addresses, {} static\n", status.fdb_entries(), status.fdb_static_entries());
  const std::string reason = OwnReason(status.reason(), vswitchd);
  if (!reason.empty()) text += fmt::format("  reason: {}\n", reason);
  for (const v1::OpenFlowConnection& connection : status.connections()) {
    // Each bridge listens on its own socket; that it does is no news.
    const auto& asked_for = bridge.listeners();
    const bool news =
        connection.state() != kListening ||
        std::find(asked_for.begin(), asked_for.end(), connection.target()) != asked_for.end();
    if (news) text += ConnectionText(connection);
  }
  for (const v1::RefusedRule& rule : status.refused_rules()) {
    text += fmt::format("  refused: {}: {}\n", rule.rule(), rule.reason());
  }
  return text;
}

void AddPortRow(const v1::Port& port, const v1::SwitchStatus& vswitchd, Table* table) {
  const v1::PortStatus& status = port.status();
  const uint32_t ofport = status.ofport() != 0 ? status.ofport() : port.ofport();
  const bool active = status.state() == v1::RESOURCE_STATE_ACTIVE;
  table->AddRow({port.name(), Text(v1::PortType_descriptor(), port.type()),
                 ofport == 0 ? "" : std::to_string(ofport), VlanText(port.vlan()),
                 StateText(status.state()), active ? (status.link_up() ? "up" : "down") : "",
                 OwnReason(status.reason(), vswitchd)});
}

std::string PortsText(const std::string& bridge, const v1::ListPortsResponse& ports,
                      const v1::SwitchStatus& vswitchd) {
  Table table({{"PORT"}, {"TYPE"}, {"OFPORT", kRight}, {"VLAN"}, {"STATE"}, {"LINK"}, {"REASON"}});
  for (const v1::Port& port : ports.ports()) {
    if (port.bridge() == bridge) AddPortRow(port, vswitchd, &table);
  }
  return table.empty() ? "" : table.Render(2);
}

std::string ShowJson(const v1::StatusResponse& status, const v1::ListBridgesResponse& bridges,
                     const v1::ListPortsResponse& ports) {
  std::vector<std::string> bridge_list;
  std::vector<std::string> port_list;
  for (const v1::Bridge& bridge : bridges.bridges()) bridge_list.push_back(ToJson(bridge));
  for (const v1::Port& port : ports.ports()) port_list.push_back(ToJson(port));
  return JsonObject({{"status", ToJson(status)},
                     {"bridges", JsonArray(bridge_list)},
                     {"ports", JsonArray(port_list)}});
}

}  // namespace

absl::StatusOr<ExitStatus> RunShow(const Invocation& invocation, Context& context) {
  Client& client = context.client;
  VSW_ASSIGN_OR_RETURN(
      const v1::StatusResponse status,
      client.Read<v1::StatusService>(&v1::StatusService::Stub::GetStatus, v1::GetStatusRequest()));
  VSW_ASSIGN_OR_RETURN(const v1::ListBridgesResponse bridges,
                       client.Read<v1::BridgeService>(&v1::BridgeService::Stub::ListBridges,
                                                      v1::ListBridgesRequest()));
  VSW_ASSIGN_OR_RETURN(
      const v1::ListPortsResponse ports,
      client.Read<v1::PortService>(&v1::PortService::Stub::ListPorts, v1::ListPortsRequest()));
  if (context.printer.json()) {
    context.printer.PrintLine(ShowJson(status, bridges, ports));
    return ExitStatus::kOk;
  }
  context.printer.Print(DaemonsText(status));
  for (const v1::Bridge& bridge : bridges.bridges()) {
    context.printer.Print(BridgeText(bridge, status.switch_status()) +
                          PortsText(bridge.name(), ports, status.switch_status()));
  }
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
