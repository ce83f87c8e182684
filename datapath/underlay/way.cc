// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/way.h"

#include <algorithm>
#include <optional>

#include "base/status.h"
#include "datapath/underlay/source_address.h"

namespace vsw {
namespace {

Way NoWay(std::string problem) { return {.problem = std::move(problem)}; }

const IpPrefix* OwnAddress(const AddressedPort& port, const IpAddress& address) {
  for (const IpPrefix& own : port.addresses) {
    if (own.address == address) return &own;
  }
  return nullptr;
}

// The port's address in the subnet of `address` with the longest prefix.
const IpPrefix* OnLink(const AddressedPort& port, const IpAddress& address) {
  const IpPrefix* best = nullptr;
  for (const IpPrefix& own : port.addresses) {
    if (own.Contains(address) && (best == nullptr || own.length > best->length)) best = &own;
  }
  return best;
}

const IpAddress* Gateway(const AddressedPort& port, const IpAddress& remote) {
  for (const IpAddress& gateway : port.gateways) {
    if (gateway.is_v4() == remote.is_v4()) return &gateway;
  }
  return nullptr;
}

// The way by `port`; nothing if it leads nowhere near the remote address.
std::optional<Way> WayBy(const AddressedPort& port, const TunnelEnds& ends) {
  Way way{.egress = port.port, .source_mac = port.mac, .hop = ends.remote, .mtu = port.mtu};
  const IpPrefix* own = OnLink(port, ends.remote);
  if (own == nullptr) {
    const IpAddress* gateway = Gateway(port, ends.remote);
    if (gateway == nullptr) return std::nullopt;
    own = OnLink(port, *gateway);
    if (own == nullptr) return std::nullopt;
    way.hop = *gateway;
  }
  way.source = ends.local.is_any() ? own->address : ends.local;
  return way;
}

// A port of the switch that has the local address, or (if that is open) the remote's subnet.
const AddressedPort* Choose(const UnderlayConfig& config, const TunnelEnds& ends) {
  const AddressedPort* best = nullptr;
  int best_length = -1;
  for (const AddressedPort& port : config.addressed_ports) {
    if (!ends.local.is_any()) {
      if (OwnAddress(port, ends.local) != nullptr) return &port;
      continue;
    }
    const IpPrefix* on_link = OnLink(port, ends.remote);
    if (on_link != nullptr && on_link->length > best_length) {
      best = &port;
      best_length = on_link->length;
    }
  }
  return best;
}

bool IsOurs(const UnderlayConfig& config, const IpAddress& address) {
  return std::any_of(config.addressed_ports.begin(), config.addressed_ports.end(),
                     [&](const auto& port) { return OwnAddress(port, address) != nullptr; });
}

Way WayOfKernel(const UnderlayConfig& config, const TunnelEnds& ends, const KernelRoute& route,
                KernelView* kernel) {
  if (route.to_this_host) {
    return NoWay(fmt::format("{} is an address of this host", ends.remote.ToString()));
  }
  const absl::StatusOr<KernelDevice> device = kernel->FindDevice(route.device);
  if (!device.ok()) return NoWay(std::string(device.status().message()));
  if (!device->is_ethernet) {
    return NoWay(fmt::format("the route to {} leads to {}, which carries no Ethernet frames",
                             ends.remote.ToString(), device->name));
  }
  if (!device->up) {
    return NoWay(fmt::format("the route to {} leads to {}, which is down", ends.remote.ToString(),
                             device->name));
  }
  Way way{.device = *device,
          .source = ends.local.is_any() ? route.source : ends.local,
          .source_mac = device->mac,
          .hop = route.gateway.is_unset() ? ends.remote : route.gateway,
          .mtu = device->mtu};
  if (route.mtu != 0) way.mtu = std::min(way.mtu, route.mtu);
  const auto bridge_device = config.bridge_devices.find(device->index);
  if (bridge_device != config.bridge_devices.end()) way.enters_bridge_by = bridge_device->second;
  if (ends.local.is_any() && !MaySendFrom(way.source, ends.remote)) {
    way.source =
        ChooseSource(ends.remote, device->index, route.gateway.is_unset(), kernel->ListAddresses());
  }
  if (way.source.is_any()) {
    return NoWay(
        fmt::format("the route to {} leads to {}, and this host has no address to send from",
                    ends.remote.ToString(), device->name));
  }
  return way;
}

}  // namespace

Way FindWay(const UnderlayConfig& config, const TunnelEnds& ends, KernelView* kernel) {
  const std::string remote = ends.remote.ToString();
  if (ends.remote.is_any() || ends.remote.is_multicast()) {
    return NoWay(fmt::format("'{}' is no address of a single host", remote));
  }
  if (!ends.local.is_any() && ends.local.is_v4() != ends.remote.is_v4()) {
    return NoWay(fmt::format("{} and {} are of two families", ends.local.ToString(), remote));
  }
  if (IsOurs(config, ends.remote)) return NoWay(remote + " is an address of this switch");
  if (const AddressedPort* port = Choose(config, ends); port != nullptr) {
    if (const std::optional<Way> way = WayBy(*port, ends)) return *way;
    return NoWay(fmt::format("{} is in no subnet of the port that has {}; give it a gateway",
                             remote, ends.local.ToString()));
  }
  const absl::StatusOr<KernelRoute> route = kernel->FindRoute(ends);
  if (route.ok()) return WayOfKernel(config, ends, *route, kernel);
  if (ends.local.is_any()) {
    for (const AddressedPort& port : config.addressed_ports) {
      if (const std::optional<Way> way = WayBy(port, ends)) return *way;
    }
  }
  return NoWay(std::string(route.status().message()));
}

}  // namespace vsw
