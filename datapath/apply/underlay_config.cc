// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/underlay_config.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "datapath/tunnel/tunnel_config.h"

namespace vsw {
namespace {

// The parts between commas, without the white space around them.
template <typename Visit>
void ForEachPart(const std::map<std::string, std::string>& options, const char* key, Visit visit) {
  const auto found = options.find(key);
  if (found == options.end()) return;
  std::string_view rest = found->second;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view part = rest.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) visit(part);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

void AddTunnel(const TunnelFacts& facts, UnderlayConfig* config) {
  const IpAddress local = facts.local_is_flow ? IpAddress() : facts.local;
  if (facts.remote_is_flow) config->tunnels.push_back({local, {}});
  for (const IpAddress& remote : facts.remotes) config->tunnels.push_back({local, remote});
  config->gre |= facts.kind == TunnelKind::kGre;
  if (facts.udp_port == 0) return;
  const auto at =
      std::lower_bound(config->udp_ports.begin(), config->udp_ports.end(), facts.udp_port);
  if (at == config->udp_ports.end() || *at != facts.udp_port) {
    config->udp_ports.insert(at, facts.udp_port);
  }
}

void AddAddressed(const WantedPort& wanted, PortNo number, const PortInfo& info, bool polled,
                  UnderlayConfig* config) {
  AddressedPort port{.port = number,
                     .mac = info.mac,
                     .mtu = info.mtu,
                     .addresses = {},
                     .gateways = {},
                     .ready = polled};
  ForEachPart(wanted.options, "address", [&port](std::string_view text) {
    if (const auto prefix = IpPrefix::Parse(text)) port.addresses.push_back(*prefix);
  });
  ForEachPart(wanted.options, "gateway", [&port](std::string_view text) {
    if (const auto gateway = IpAddress::Parse(text)) port.gateways.push_back(*gateway);
  });
  if (!port.addresses.empty()) config->addressed_ports.push_back(std::move(port));
}

}  // namespace

void AddToUnderlay(const WantedPort& wanted, PortNo number, const PortInfo& info, bool polled,
                   UnderlayConfig* config) {
  switch (wanted.kind) {
    case PortKind::kInternal:
    case PortKind::kTap:
      if (info.device_index != 0) config->bridge_devices[info.device_index] = number;
      break;
    case PortKind::kSystem:
    case PortKind::kDpdk:
      AddAddressed(wanted, number, info, polled, config);
      break;
    case PortKind::kVxlan:
    case PortKind::kGeneve:
    case PortKind::kGre: {
      const absl::StatusOr<TunnelConfig> tunnel =
          ParseTunnelOptions(TunnelKindOf(KindName(wanted.kind)), wanted.options);
      if (tunnel.ok()) AddTunnel(tunnel->facts, config);
      break;
    }
    case PortKind::kVhostUser:
    case PortKind::kPatch:
      break;
  }
}

}  // namespace vsw
