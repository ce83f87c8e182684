// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bfd/monitor.h"

#include <algorithm>

namespace vsw::bfd {
namespace {

constexpr uint32_t kUsPerMs = 1000;
constexpr uint16_t kFirstSourcePort = 49152;  // RFC 5881 section 4
constexpr uint32_t kSourcePorts = 16384;

Settings SettingsOf(const BfdFacts& facts) {
  return {.min_tx_us = facts.min_tx_ms * kUsPerMs,
          .min_rx_us = facts.min_rx_ms * kUsPerMs,
          .detect_mult = facts.mult};
}

// A tunnel port has no address of its own: a local one that stays the same.
MacAddress StandInMac(PortNo port) {
  return MacAddress::FromU64(0x02'00'42'00'00'00 | (ToInt(port) & 0xffffff));
}

FrameAddresses AddressesOf(const SlowPathPort& port) {
  const BfdFacts& facts = port.tunnel.bfd;
  FrameAddresses addresses;
  addresses.source_mac = !facts.local_source_mac.is_zero() ? facts.local_source_mac
                         : !port.mac.is_zero()             ? port.mac
                                                           : StandInMac(port.number);
  if (!facts.remote_destination_mac.is_zero()) {
    addresses.destination_mac = facts.remote_destination_mac;
  }
  if (!facts.source_ip.is_unset()) addresses.source_ip = facts.source_ip.v4();
  if (!facts.destination_ip.is_unset()) addresses.destination_ip = facts.destination_ip.v4();
  addresses.source_port =
      static_cast<uint16_t>(kFirstSourcePort + ToInt(port.number) % kSourcePorts);
  return addresses;
}

}  // namespace

uint32_t Monitor::NewDiscriminator() {
  for (;;) {
    const auto candidate = static_cast<uint32_t>(random_());
    const bool taken = std::any_of(watched_.begin(), watched_.end(), [&](const auto& entry) {
      return entry.second.session.discriminator() == candidate;
    });
    if (candidate != 0 && !taken) return candidate;
  }
}

void Monitor::Begin(BridgeId bridge, const SlowPathPort& port, uint64_t now_ns) {
  watched_.emplace(port.number, Watched{.session = Session(SettingsOf(port.tunnel.bfd),
                                                           NewDiscriminator(), random_(), now_ns),
                                        .bridge = bridge,
                                        .addresses = AddressesOf(port)});
  dead_.insert(port.number);
}

void Monitor::Configure(const SlowPathConfig& config, uint64_t now_ns) {
  std::set<PortNo> wanted;
  for (const SlowPathBridge& bridge : config.bridges) {
    for (const SlowPathPort& port : bridge.ports) {
      if (!port.tunnel.bfd.enabled) continue;
      wanted.insert(port.number);
      const auto known = watched_.find(port.number);
      if (known == watched_.end()) {
        Begin(bridge.id, port, now_ns);
        continue;
      }
      known->second.bridge = bridge.id;
      known->second.addresses = AddressesOf(port);
      known->second.session.Configure(SettingsOf(port.tunnel.bfd), now_ns);
    }
  }
  std::erase_if(watched_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  std::erase_if(dead_, [&](PortNo port) { return !wanted.contains(port); });
}

void Monitor::Receive(PortNo port, std::span<const uint8_t> frame, uint64_t now_ns) {
  const auto found = watched_.find(port);
  if (found == watched_.end()) return;
  Watched& watched = found->second;
  const std::optional<Packet> packet = ParseFrame(frame);
  if (packet.has_value() && watched.session.Receive(*packet, now_ns)) {
    ++watched.received;
  } else {
    ++watched.discarded;
  }
  RunOne(port, &watched, now_ns);
}

void Monitor::Run(uint64_t now_ns) {
  for (auto& [port, watched] : watched_) {
    if (watched.session.next_run_ns() <= now_ns) RunOne(port, &watched, now_ns);
  }
}

void Monitor::RunOne(PortNo port, Watched* watched, uint64_t now_ns) {
  while (const std::optional<Packet> packet = watched->session.Run(now_ns)) {
    ++watched->sent;
    host_->SendBfd(port, MakeFrame(watched->addresses, *packet));
  }
  NoteLiveness(port, *watched);
}

void Monitor::NoteLiveness(PortNo port, const Watched& watched) {
  const bool changed =
      watched.session.is_forwarding() ? dead_.erase(port) > 0 : dead_.insert(port).second;
  if (changed) host_->BfdChanged(watched.bridge, port);
}

uint64_t Monitor::next_run_ns() const {
  uint64_t next = kNever;
  for (const auto& [port, watched] : watched_) {
    next = std::min(next, watched.session.next_run_ns());
  }
  return next;
}

std::vector<BfdRow> Monitor::List() const {
  std::vector<BfdRow> rows;
  for (const auto& [port, watched] : watched_) {
    const Session& session = watched.session;
    rows.push_back({.port = port,
                    .state = ToString(session.state()),
                    .diagnostic = ToString(session.diagnostic()),
                    .remote_state = ToString(session.remote_state()),
                    .remote_diagnostic = ToString(session.remote_diagnostic()),
                    .forwarding = session.is_forwarding(),
                    .flaps = session.flaps(),
                    .discriminator = session.discriminator(),
                    .remote_discriminator = session.remote_discriminator(),
                    .tx_interval_us = session.transmit_interval_us(),
                    .detection_time_us = session.detection_time_us(),
                    .remote_min_tx_us = session.remote_min_tx_us(),
                    .remote_min_rx_us = session.remote_min_rx_us(),
                    .remote_detect_mult = session.remote_detect_mult(),
                    .sent = watched.sent,
                    .received = watched.received,
                    .discarded = watched.discarded});
  }
  return rows;
}

}  // namespace vsw::bfd
