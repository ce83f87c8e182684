// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/engine.h"

#include <algorithm>

#include "base/status.h"
#include "datapath/underlay/neighbour_frames.h"

namespace vsw {
namespace {

const AddressedPort* FindAddressed(const UnderlayConfig& config, PortNo port) {
  for (const AddressedPort& own : config.addressed_ports) {
    if (own.port == port) return &own;
  }
  return nullptr;
}

}  // namespace

UnderlayEngine::UnderlayEngine(Environment environment)
    : env_(std::move(environment)),
      own_(
          [this](PortNo port, std::vector<uint8_t> frame) {
            if (IsReady(port)) env_.send(port, std::move(frame));
          },
          [this](const OwnNeighbours::Key& key) {
            OnNeighbour({-static_cast<int64_t>(ToInt(key.first)), key.second}, now_ns_);
          }) {}

UnderlayEngine::~UnderlayEngine() {
  env_.publish({});
  for (const auto& [index, device_port] : device_ports_) {
    if (device_port.port != kNoPort) env_.close_port(device_port.port);
  }
}

// Devices and ports are numbered apart: ports stand below zero.
UnderlayEngine::HopKey UnderlayEngine::KeyOf(const Way& way) {
  return {way.egress != kNoPort ? -static_cast<int64_t>(ToInt(way.egress)) : way.device.index,
          way.hop};
}

void UnderlayEngine::Configure(const UnderlayConfig& config, uint64_t now_ns) {
  if (config == config_) return;
  for (AddressedPort former : config_.addressed_ports) {
    const AddressedPort* now = FindAddressed(config, former.port);
    if (now != nullptr) former.ready = now->ready;
    if (now == nullptr || !(former == *now)) own_.Forget(former.port);
  }
  const UnderlayConfig former = std::exchange(config_, config);
  for (const AddressedPort& port : config_.addressed_ports) {
    const AddressedPort* before = FindAddressed(former, port.port);
    if (!port.ready || (before != nullptr && *before == port)) continue;
    Announce(port);
    own_.AskAgain(port.port, now_ns);
  }
  for (auto& [ends, entry] : entries_) entry.configured = false;
  for (const TunnelEnds& ends : config_.tunnels) {
    if (!ends.remote.is_any()) entries_[ends].configured = true;
  }
  std::erase_if(entries_,
                [](const auto& row) { return !row.second.configured && row.second.used_ns == 0; });
  LookAtEverything(now_ns);
}

bool UnderlayEngine::IsReady(PortNo port) const {
  const AddressedPort* own = FindAddressed(config_, port);
  return own != nullptr && own->ready;
}

// Others may know the address at another station: the kernel's device that had it before.
void UnderlayEngine::Announce(const AddressedPort& port) {
  for (const IpPrefix& own : port.addresses) {
    env_.send(port.port, MakeAnnouncement(port.mac, own.address));
  }
}

void UnderlayEngine::OnChanges(const KernelChanges& changes, uint64_t now_ns) {
  if (changes.lost || changes.routes || changes.addresses || changes.devices) {
    // The first of many at once; the others are gathered.
    if (!look_) look_ns_ = std::max(now_ns, look_ns_);
    look_ = true;
    if (look_ns_ <= now_ns) return LookAtEverything(now_ns);
  }
  for (const auto& [device, address] : changes.neighbours) OnNeighbour({device, address}, now_ns);
}

void UnderlayEngine::LookAtEverything(uint64_t now_ns) {
  look_ = false;
  look_ns_ = now_ns + kPauseNs;
  addresses_ = env_.kernel->ListAddresses();
  by_hop_.clear();
  for (auto& [ends, entry] : entries_) {
    Resolve(ends, &entry, now_ns);
    if (entry.way.problem.empty()) by_hop_.emplace(KeyOf(entry.way), ends);
  }
  changed_ = true;
}

void UnderlayEngine::Resolve(const TunnelEnds& ends, Entry* entry, uint64_t now_ns) {
  entry->way = FindWay(config_, ends, env_.kernel);
  entry->neighbour = {};
  if (!entry->way.problem.empty()) return;
  ReadNeighbour(entry);
  if (entry->neighbour.state == KernelNeighbour::State::kUsable) return;
  entry->asked_ns = now_ns;
  Ask(entry->way, now_ns);
  // The answer may have been there at once: a permanent entry, or one that was only stale.
  ReadNeighbour(entry);
}

void UnderlayEngine::ReadNeighbour(Entry* entry) {
  const Way& way = entry->way;
  entry->neighbour = way.egress != kNoPort ? own_.Find({way.egress, way.hop})
                                           : env_.kernel->FindNeighbour(way.device.index, way.hop);
}

void UnderlayEngine::Ask(const Way& way, uint64_t now_ns) {
  now_ns_ = now_ns;
  if (way.egress != kNoPort) {
    own_.Solicit({way.egress, way.hop}, {way.source_mac, way.source}, now_ns);
  } else {
    env_.kernel->Solicit(way.device.index, way.hop);
  }
}

void UnderlayEngine::OnNeighbour(const HopKey& key, uint64_t now_ns) {
  const auto [begin, end] = by_hop_.equal_range(key);
  for (auto it = begin; it != end; ++it) {
    Entry& entry = entries_.at(it->second);
    const KernelNeighbour before = entry.neighbour;
    ReadNeighbour(&entry);
    changed_ |= entry.neighbour != before;
  }
}

void UnderlayEngine::OnEvent(const UnderlayEvent& event, uint64_t now_ns) {
  now_ns_ = now_ns;
  if (event.kind != UnderlayEvent::Kind::kMiss) {
    own_.Heard({event.port, event.remote}, event.mac, event.kind == UnderlayEvent::Kind::kAnswered,
               now_ns);
    return;
  }
  const TunnelEnds ends = {event.local, event.remote};
  auto found = entries_.find(ends);
  if (found == entries_.end()) {
    if (entries_.size() >= kMaxEnds) return;
    found = entries_.emplace(ends, Entry{}).first;
    found->second.used_ns = now_ns;
    Resolve(ends, &found->second, now_ns);
    if (found->second.way.problem.empty()) by_hop_.emplace(KeyOf(found->second.way), ends);
    changed_ = true;
    return;
  }
  Entry& entry = found->second;
  entry.used_ns = now_ns;
  const bool usable = entry.neighbour.state == KernelNeighbour::State::kUsable;
  if (usable || !entry.way.problem.empty() || now_ns - entry.asked_ns < kAskAgainNs) return;
  entry.asked_ns = now_ns;
  Ask(entry.way, now_ns);
}

void UnderlayEngine::OnUsed(const TunnelEnds& ends, uint64_t now_ns) {
  const auto found = entries_.find(ends);
  if (found == entries_.end()) return;
  found->second.used = true;
  found->second.used_ns = now_ns;
}

void UnderlayEngine::OnTimer(uint64_t now_ns) {
  now_ns_ = now_ns;
  own_.OnTimer(now_ns);
  if (look_ && look_ns_ <= now_ns) LookAtEverything(now_ns);
  if (refresh_ns_ <= now_ns) {
    refresh_ns_ = now_ns + kRefreshNs;
    Refresh(now_ns);
    ForgetUnused(now_ns);
  }
}

// Our packets pass the kernel's neighbour table by: without this the kernel would not notice that a
// neighbour in use is gone.
void UnderlayEngine::Refresh(uint64_t now_ns) {
  std::set<HopKey> asked;
  for (auto& [ends, entry] : entries_) {
    if (!std::exchange(entry.used, false) || !entry.way.problem.empty()) continue;
    if (asked.insert(KeyOf(entry.way)).second) Ask(entry.way, now_ns);
  }
}

void UnderlayEngine::ForgetUnused(uint64_t now_ns) {
  const size_t forgotten = std::erase_if(entries_, [now_ns](const auto& row) {
    return !row.second.configured && row.second.used_ns + kForgetNs < now_ns;
  });
  if (forgotten == 0) return;
  std::erase_if(by_hop_, [this](const auto& row) { return !entries_.contains(row.second); });
  changed_ = true;
}

uint64_t UnderlayEngine::next_ns() const {
  uint64_t next = std::min(refresh_ns_, own_.next_ns().value_or(UINT64_MAX));
  return look_ ? std::min(next, look_ns_) : next;
}

// Where tunnel packets leave, and where they may come in.
std::set<int> UnderlayEngine::NeededDevices() const {
  std::set<int> needed;
  for (const auto& [ends, entry] : entries_) {
    if (entry.way.problem.empty() && entry.way.device.index != 0) {
      needed.insert(entry.way.device.index);
      // The other end's packets come in where its routes lead.
      for (const KernelAddress& own : addresses_) {
        if (own.address == entry.way.source) needed.insert(own.device);
      }
    }
  }
  for (const TunnelEnds& ends : config_.tunnels) {
    const bool from_anywhere = ends.local.is_any() && ends.remote.is_any();
    for (const KernelAddress& own : addresses_) {
      if (own.address == ends.local || (from_anywhere && !own.address.is_link_local())) {
        needed.insert(own.device);
      }
    }
  }
  std::erase_if(needed, [this](int index) { return config_.bridge_devices.contains(index); });
  return needed;
}

void UnderlayEngine::OpenPorts() {
  for (const int index : NeededDevices()) {
    if (const auto found = device_ports_.find(index);
        found != device_ports_.end() && found->second.port != kNoPort) {
      continue;
    }
    const absl::StatusOr<KernelDevice> device = env_.kernel->FindDevice(index);
    if (!device.ok() || !device->is_ethernet || !device->up) continue;
    const absl::StatusOr<PortNo> port = env_.open_port(*device);
    device_ports_[index] = {port.value_or(kNoPort), std::string(port.status().message())};
  }
}

void UnderlayEngine::CloseUnneeded() {
  const std::set<int> needed = NeededDevices();
  for (auto it = device_ports_.begin(); it != device_ports_.end();) {
    if (needed.contains(it->first)) {
      ++it;
      continue;
    }
    if (it->second.port != kNoPort) env_.close_port(it->second.port);
    it = device_ports_.erase(it);
  }
}

void UnderlayEngine::Settle() {
  if (!std::exchange(changed_, false)) return;
  OpenPorts();
  if (UnderlayPublication next = MakePublication(); !(next == published_)) {
    published_ = next;
    env_.publish(std::move(next));
  }
  CloseUnneeded();
  report_ = MakeReport();
}

NextHop UnderlayEngine::MakeNextHop(const Way& way, const MacAddress& mac) const {
  NextHop next_hop = {.egress = way.egress,
                      .enters_bridge_by = way.enters_bridge_by,
                      .local = way.source,
                      .source_mac = way.source_mac,
                      .destination_mac = mac,
                      .mtu = way.mtu};
  if (way.egress != kNoPort || way.enters_bridge_by != kNoPort) return next_hop;
  const auto device_port = device_ports_.find(way.device.index);
  if (device_port != device_ports_.end()) next_hop.egress = device_port->second.port;
  if (next_hop.egress == kNoPort) next_hop.refusal = DropReason::kTunnelNoRoute;
  return next_hop;
}

UnderlayPublication UnderlayEngine::MakePublication() const {
  UnderlayPublication publication;
  for (const auto& [ends, entry] : entries_) {
    if (!entry.way.problem.empty()) {
      publication.next_hops.push_back({ends, {.refusal = DropReason::kTunnelNoRoute}});
    } else if (entry.neighbour.state == KernelNeighbour::State::kUsable) {
      publication.next_hops.push_back({ends, MakeNextHop(entry.way, entry.neighbour.mac)});
    }
  }
  IngressRole hidden{.hidden = true};
  for (const KernelAddress& own : addresses_) hidden.addresses.push_back(own.address);
  std::sort(hidden.addresses.begin(), hidden.addresses.end());
  for (const int index : NeededDevices()) {
    const auto device_port = device_ports_.find(index);
    if (device_port == device_ports_.end() || device_port->second.port == kNoPort) continue;
    publication.roles[device_port->second.port] = hidden;
  }
  for (const AddressedPort& port : config_.addressed_ports) {
    IngressRole role{.hidden = false, .mac = port.mac};
    for (const IpPrefix& own : port.addresses) role.addresses.push_back(own.address);
    std::sort(role.addresses.begin(), role.addresses.end());
    publication.roles[port.port] = role;
  }
  return publication;
}

std::string UnderlayEngine::Describe(const Entry& entry) const {
  const Way& way = entry.way;
  if (!way.problem.empty()) return way.problem;
  const auto device_port = device_ports_.find(way.device.index);
  if (way.device.index != 0 && device_port != device_ports_.end() &&
      !device_port->second.problem.empty()) {
    return device_port->second.problem;
  }
  const bool usable = entry.neighbour.state == KernelNeighbour::State::kUsable;
  return fmt::format(
      "{}from {} to {}{}", way.device.index != 0 ? "by " + way.device.name + " " : "",
      way.source.ToString(), way.hop.ToString(),
      usable ? " at " + entry.neighbour.mac.ToString() : ", which is being asked for");
}

UnderlayReport UnderlayEngine::MakeReport() const {
  UnderlayReport report;
  for (const auto& [ends, entry] : entries_) {
    if (!entry.configured) continue;
    const bool ready = entry.neighbour.state == KernelNeighbour::State::kUsable;
    report.tunnels[ends] = {.way = Describe(entry), .mtu = entry.way.mtu, .ready = ready};
  }
  for (const auto& [index, port] : config_.bridge_devices) {
    TunnelLocal local{.port = port, .mac = {}, .addresses = {}};
    for (const KernelAddress& own : addresses_) {
      if (own.device == index) local.addresses.push_back(own.address);
    }
    if (local.addresses.empty()) continue;
    const absl::StatusOr<KernelDevice> device = env_.kernel->FindDevice(index);
    if (!device.ok()) continue;
    local.mac = device->mac;
    report.locals.push_back(std::move(local));
  }
  return report;
}

}  // namespace vsw
