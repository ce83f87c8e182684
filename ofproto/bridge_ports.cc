// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bridge_ports.h"

#include <utility>

#include "ofproto/config_snapshot.h"

namespace vsw {
namespace {

// OFPPF_* of OpenFlow 1.3 section 7.2.1.
constexpr uint32_t kOther = 1u << 10, kCopper = 1u << 11;
struct Speed {
  uint32_t mbps;
  uint32_t feature;
};
constexpr Speed kSpeeds[] = {{10, 1u << 1},     {100, 1u << 3},    {1000, 1u << 5},
                             {10'000, 1u << 6}, {40'000, 1u << 7}, {100'000, 1u << 8}};

uint32_t FeatureOf(uint32_t mbps) {
  for (const Speed& speed : kSpeeds) {
    if (speed.mbps == mbps) return speed.feature | kCopper;
  }
  return mbps == 0 ? 0 : kOther | kCopper;
}

constexpr uint32_t kSettable = port_config::kDown | port_config::kNoStp | port_config::kNoRecv |
                               port_config::kNoRecvStp | port_config::kNoFlood |
                               port_config::kNoFwd | port_config::kNoPacketIn;

bool SameFacts(const PortDesc& a, const PortDesc& b) {
  return a.name == b.name && a.mac == b.mac && a.config == b.config && a.state == b.state &&
         a.current == b.current;
}

}  // namespace

PortDesc BridgePorts::DescOf(const SlowPathPort& port) const {
  PortDesc desc;
  desc.port = ToOfPort13(port.ofport);
  desc.name = port.name;
  desc.mac = port.mac;
  if (const auto found = settings_.find(port.number); found != settings_.end()) {
    desc.config = found->second;
  }
  const bool up = port.usable && port.link_up;
  desc.state = up ? port_state::kLive : port_state::kLinkDown;
  if ((desc.config & port_config::kDown) != 0) desc.state &= ~port_state::kLive;
  desc.current = FeatureOf(port.speed_mbps);
  desc.current_kbps = desc.max_kbps = port.speed_mbps * 1000;
  return desc;
}

std::vector<PortStatus> BridgePorts::Configure(const SlowPathBridge& config, uint64_t now_ns) {
  std::map<uint32_t, Entry> next;
  std::map<PortNo, uint32_t> settings;
  for (const SlowPathPort& port : config.ports) {
    const PortDesc desc = DescOf(port);
    const auto former = ports_.find(desc.port);
    const bool stays = former != ports_.end() && former->second.number == port.number;
    next[desc.port] = {port.number, desc, stays ? former->second.created_ns : now_ns};
    if (desc.port == kOfpLocal) local_mac_ = port.mac;
    if (desc.config != 0) settings[port.number] = desc.config;
  }
  std::vector<PortStatus> changes;
  for (const auto& [number, entry] : ports_) {
    const auto found = next.find(number);
    if (found == next.end() || found->second.number != entry.number) {
      changes.push_back({PortStatusReason::kDelete, entry.desc});
    }
  }
  for (const auto& [number, entry] : next) {
    const auto former = ports_.find(number);
    if (former == ports_.end() || former->second.number != entry.number) {
      changes.push_back({PortStatusReason::kAdd, entry.desc});
    } else if (!SameFacts(former->second.desc, entry.desc)) {
      changes.push_back({PortStatusReason::kModify, entry.desc});
    }
  }
  ports_ = std::move(next);
  settings_ = std::move(settings);
  return changes;
}

OfStatus BridgePorts::Check(const PortMod& mod) const {
  const auto found = ports_.find(mod.port);
  if (found == ports_.end()) return OfErrorId::kPortModBadPort;
  // 1.3 section 7.3.4.3: the address is a check that the right port is meant.
  if (!(found->second.desc.mac == mod.mac)) return OfErrorId::kPortModBadHardwareAddress;
  return {};
}

OfStatus BridgePorts::Modify(const PortMod& mod, PortNo* changed) {
  *changed = kNoPort;
  VSW_OF_RETURN_IF_ERROR(Check(mod));
  Entry& entry = ports_.at(mod.port);
  const uint32_t mask = mod.mask & kSettable;
  const uint32_t config = (entry.desc.config & ~mask) | (mod.config & mask);
  if (config == entry.desc.config) return {};
  entry.desc.config = config;
  if ((config & port_config::kDown) != 0) {
    entry.desc.state &= ~port_state::kLive;
  } else if ((entry.desc.state & port_state::kLinkDown) == 0) {
    entry.desc.state |= port_state::kLive;
  }
  if (config == 0) {
    settings_.erase(entry.number);
  } else {
    settings_[entry.number] = config;
  }
  *changed = entry.number;
  return {};
}

std::vector<PortDesc> BridgePorts::List() const {
  std::vector<PortDesc> result;
  for (const auto& [number, entry] : ports_) result.push_back(entry.desc);
  return result;
}

PortDesc BridgePorts::Describe(PortNo port) const {
  for (const auto& [number, entry] : ports_) {
    if (entry.number == port) return entry.desc;
  }
  return {};
}

}  // namespace vsw
