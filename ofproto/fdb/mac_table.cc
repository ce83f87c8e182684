// SPDX-License-Identifier: Apache-2.0
#include "ofproto/fdb/mac_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vsw {
namespace {

// An index value: static (1 bit), port (16), entry (24), counter (23). Never 0, since a port's
// number is not.
constexpr int kStaticShift = 63;
constexpr int kPortShift = 47;
constexpr int kEntryShift = 23;
constexpr uint64_t kPortBits = 0xffff;
constexpr uint64_t kEntryBits = 0xffffff;
constexpr uint64_t kStatBits = 0x7fffff;
constexpr uint32_t kNoIndex = 0xffffffff;
// Addresses in use that are passed over in search of one to evict: bounds the time it takes.
constexpr int kMaxSpared = 64;

uint32_t EntryOf(uint64_t value) {
  return static_cast<uint32_t>(value >> kEntryShift & kEntryBits);
}

uint64_t IndexKey(VlanId vlan, const MacAddress& mac) {
  return 1ULL << 63 | uint64_t{ToInt(vlan)} << 48 | mac.ToU64();
}

}  // namespace

MacTable::MacTable(uint64_t ageing_ns, uint32_t max_learned, DatapathControl* control)
    : ageing_ns_(ageing_ns), max_learned_(std::min(max_learned, kMaxEntries)), control_(control) {}

MacTable::Hit MacTable::Lookup(VlanId vlan, const MacAddress& mac) const noexcept {
  const uint64_t value = index_.Find(IndexKey(vlan, mac));
  return {.port = PortNo{static_cast<uint32_t>(value >> kPortShift & kPortBits)},
          .is_static = value >> kStaticShift != 0,
          .stat = StatId{static_cast<uint32_t>(value & kStatBits)}};
}

uint64_t MacTable::LookupRemote(VlanId vlan, const MacAddress& mac) const noexcept {
  return remotes_.Find(IndexKey(vlan, mac));
}

uint64_t MacTable::RemoteKey(const IpAddress& remote) {
  if (remote.is_unset()) return 0;
  uint64_t high, low;
  std::memcpy(&high, remote.octets.data(), sizeof(high));
  std::memcpy(&low, remote.octets.data() + sizeof(high), sizeof(low));
  uint64_t mixed = (high * 0x9e3779b97f4a7c15ULL) ^ low;
  mixed = (mixed ^ mixed >> 32) * 0xbf58476d1ce4e5b9ULL;
  return (mixed ^ mixed >> 29) | 1;
}

void MacTable::SetLimits(uint64_t ageing_ns, uint32_t max_learned, Changes* changed) {
  ageing_ns_ = ageing_ns;
  max_learned_ = std::min(max_learned, kMaxEntries);
  while (learned() > max_learned_) EvictFor(kNoPort, changed);
}

void MacTable::Learn(const VlanMac& address, PortNo port, uint64_t now_ns, Changes* changed,
                     const IpAddress& remote) {
  if (address.mac.is_multicast() || address.mac.is_zero()) return;
  if (const uint32_t known = Find(address); known != kNoIndex) {
    if (entries_[known].is_static) return;
    if (entries_[known].port == port && entries_[known].remote == remote) {
      return Touch(known, now_ns);
    }
    SetRemote(known, remote);
    return Move(known, port, now_ns, changed);
  }
  if (max_learned_ == 0) return;
  if (learned() >= max_learned_) EvictFor(port, changed);
  const uint32_t index = Allocate(address);
  if (index == kNoIndex) return;
  entries_[index].last_seen_ns = now_ns;
  entries_[index].stat = control_->AllocateStat();
  by_age_.emplace(now_ns, index);
  AttachToPort(index, port);
  SetRemote(index, remote);
  Publish(index);
  changed->push_back(address);
}

void MacTable::Age(uint64_t now_ns, size_t bound, Changes* changed) {
  for (size_t i = 0; i < bound; ++i) {
    if (by_age_.empty() || by_age_.begin()->first + ageing_ns_ > now_ns) return;
    const uint32_t oldest = by_age_.begin()->second;
    if (!TouchIfUsed(oldest)) Remove(oldest, changed);
  }
}

void MacTable::Flush(Changes* changed) {
  while (!by_age_.empty()) Remove(by_age_.begin()->second, changed);
}

void MacTable::FlushPort(PortNo port, const std::function<bool(VlanId)>& of_vlan,
                         Changes* changed) {
  const auto found = by_port_.find(port);
  if (found == by_port_.end()) return;
  std::vector<uint32_t> leaving;
  for (const auto& [seen_ns, index] : found->second) {
    if (of_vlan(entries_[index].address.vlan)) leaving.push_back(index);
  }
  for (const uint32_t index : leaving) Remove(index, changed);
}

void MacTable::SetStatic(const VlanMac& address, PortNo port, Changes* changed) {
  uint32_t index = Find(address);
  if (index != kNoIndex && !entries_[index].is_static) {
    Remove(index, changed);
    index = kNoIndex;
  }
  if (index == kNoIndex) {
    index = Allocate(address);
  } else if (entries_[index].port == port) {
    return;
  }
  if (index == kNoIndex) return;
  entries_[index].is_static = true;
  entries_[index].port = port;
  Publish(index);
  changed->push_back(address);
}

void MacTable::EraseStatic(const VlanMac& address, Changes* changed) {
  const uint32_t index = Find(address);
  if (index != kNoIndex && entries_[index].is_static) Remove(index, changed);
}

void MacTable::ForEach(const std::function<void(const Row&)>& visit) const {
  for (const Entry& entry : entries_) {
    if (entry.port == kNoPort) continue;
    const uint64_t used_ns = entry.stat == kNoStat ? 0 : control_->ReadStat(entry.stat).used_ns;
    visit({.address = entry.address,
           .port = entry.port,
           .is_static = entry.is_static,
           .last_seen_ns = std::max(entry.last_seen_ns, used_ns),
           .remote = entry.remote});
  }
}

uint32_t MacTable::Find(const VlanMac& address) const {
  const uint64_t value = index_.Find(IndexKey(address.vlan, address.mac));
  return value == 0 ? kNoIndex : EntryOf(value);
}

uint32_t MacTable::Allocate(const VlanMac& address) {
  uint32_t index;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (entries_.size() < kMaxEntries) {
    index = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    return kNoIndex;
  }
  entries_[index].address = address;
  return index;
}

void MacTable::Publish(uint32_t index) {
  const Entry& entry = entries_[index];
  index_.Set(IndexKey(entry.address.vlan, entry.address.mac),
             uint64_t{entry.is_static} << kStaticShift |
                 (uint64_t{ToInt(entry.port)} & kPortBits) << kPortShift |
                 uint64_t{index} << kEntryShift | (ToInt(entry.stat) & kStatBits));
}

void MacTable::SetRemote(uint32_t index, const IpAddress& remote) {
  Entry& entry = entries_[index];
  if (entry.remote == remote) return;
  entry.remote = remote;
  const uint64_t key = IndexKey(entry.address.vlan, entry.address.mac);
  remote.is_unset() ? remotes_.Erase(key) : remotes_.Set(key, RemoteKey(remote));
}

void MacTable::Remove(uint32_t index, Changes* changed) {
  Entry& entry = entries_[index];
  index_.Erase(IndexKey(entry.address.vlan, entry.address.mac));
  SetRemote(index, {});
  changed->push_back(entry.address);
  if (!entry.is_static) {
    by_age_.erase({entry.last_seen_ns, index});
    DetachFromPort(index);
    RetireStat(index);
  }
  entry.port = kNoPort;
  entry.is_static = false;
  free_.push_back(index);
}

void MacTable::AttachToPort(uint32_t index, PortNo port) {
  entries_[index].port = port;
  BySeen& list = by_port_[port];
  ports_by_count_.erase({list.size(), port});
  list.emplace(entries_[index].last_seen_ns, index);
  ports_by_count_.insert({list.size(), port});
}

void MacTable::DetachFromPort(uint32_t index) {
  const PortNo port = entries_[index].port;
  const auto found = by_port_.find(port);
  BySeen& list = found->second;
  ports_by_count_.erase({list.size(), port});
  list.erase({entries_[index].last_seen_ns, index});
  if (list.size() > 0) {
    ports_by_count_.insert({list.size(), port});
  } else {
    by_port_.erase(found);
  }
}

void MacTable::Touch(uint32_t index, uint64_t seen_ns) {
  Entry& entry = entries_[index];
  if (seen_ns <= entry.last_seen_ns) return;
  BySeen& list = by_port_.at(entry.port);
  by_age_.erase({entry.last_seen_ns, index});
  list.erase({entry.last_seen_ns, index});
  entry.last_seen_ns = seen_ns;
  by_age_.emplace(seen_ns, index);
  list.emplace(seen_ns, index);
}

bool MacTable::TouchIfUsed(uint32_t index) {
  const Entry& entry = entries_[index];
  if (entry.stat == kNoStat) return false;
  const uint64_t used_ns = control_->ReadStat(entry.stat).used_ns;
  if (used_ns <= entry.last_seen_ns) return false;
  Touch(index, used_ns);
  return true;
}

void MacTable::RetireStat(uint32_t index) {
  const StatId stat = std::exchange(entries_[index].stat, kNoStat);
  if (stat != kNoStat) retired_stats_.push_back(stat);
}

void MacTable::ReleaseStats() {
  for (const StatId stat : retired_stats_) control_->ReleaseStat(stat);
  retired_stats_.clear();
}

void MacTable::ReleaseAllStats() {
  for (uint32_t i = 0; i < entries_.size(); ++i) RetireStat(i);
  ReleaseStats();
}

void MacTable::Move(uint32_t index, PortNo port, uint64_t now_ns, Changes* changed) {
  DetachFromPort(index);
  AttachToPort(index, port);
  // What the old port's megaflows still report must not keep it fresh here.
  RetireStat(index);
  entries_[index].stat = control_->AllocateStat();
  Touch(index, now_ns);
  Publish(index);
  changed->push_back(entries_[index].address);
}

void MacTable::EvictFor(PortNo port, Changes* changed) {
  const auto [most, richest] = *ports_by_count_.rbegin();
  const auto own = by_port_.find(port);
  // Of equals, the one that wants more pays.
  const bool own_is_richest = own != by_port_.end() && own->second.size() == most;
  const BySeen& list = by_port_.at(own_is_richest ? port : richest);
  for (int i = 0; i < kMaxSpared && TouchIfUsed(list.begin()->second); ++i) {
  }
  Remove(list.begin()->second, changed);
}

}  // namespace vsw
