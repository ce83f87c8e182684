// SPDX-License-Identifier: Apache-2.0
#include "ofproto/fdb/mac_table.h"

#include <algorithm>

namespace vsw {
namespace {

// An index value: static (1 bit), port (24), entry (24), generation (15). Never 0, since a port's
// number is not.
constexpr int kStaticShift = 63;
constexpr int kPortShift = 39;
constexpr int kEntryShift = 15;
constexpr uint64_t kTwentyFourBits = 0xffffff;
constexpr uint16_t kGenerationMask = 0x7fff;

uint64_t IndexKey(VlanId vlan, const MacAddress& mac) {
  return 1ULL << 63 | uint64_t{ToInt(vlan)} << 48 | mac.ToU64();
}

}  // namespace

MacTable::MacTable(uint64_t ageing_ns, uint32_t max_learned)
    : ageing_ns_(ageing_ns), max_learned_(std::min(max_learned, kMaxEntries)) {}

MacTable::Hit MacTable::Lookup(VlanId vlan, const MacAddress& mac) const noexcept {
  const uint64_t value = index_.Find(IndexKey(vlan, mac));
  return {.port = PortNo{static_cast<uint32_t>(value >> kPortShift & kTwentyFourBits)},
          .is_static = value >> kStaticShift != 0,
          .entry = {.index = static_cast<uint32_t>(value >> kEntryShift & kTwentyFourBits),
                    .generation = static_cast<uint16_t>(value & kGenerationMask)}};
}

void MacTable::SetLimits(uint64_t ageing_ns, uint32_t max_learned, Changes* changed) {
  ageing_ns_ = ageing_ns;
  max_learned_ = std::min(max_learned, kMaxEntries);
  while (learned() > max_learned_) EvictFor(kNoPort, changed);
}

void MacTable::Learn(const VlanMac& address, PortNo port, uint64_t now_ns, Changes* changed) {
  if (address.mac.is_multicast() || address.mac.is_zero()) return;
  if (const uint32_t known = Find(address); known != kNilIndex) {
    if (entries_[known].is_static) return;
    if (entries_[known].port == port) return Touch(known, now_ns);
    return Move(known, port, now_ns, changed);
  }
  if (max_learned_ == 0) return;
  if (learned() >= max_learned_) EvictFor(port, changed);
  const uint32_t index = Allocate(address);
  if (index == kNilIndex) return;
  entries_[index].last_seen_ns = now_ns;
  by_age_.PushBack(entries_, index);
  AttachToPort(index, port);
  Publish(index);
  changed->push_back(address);
}

void MacTable::Refresh(MacEntryRef entry, uint64_t used_ns) {
  if (entry.index >= entries_.size()) return;
  const Entry& known = entries_[entry.index];
  if (known.port == kNoPort || known.is_static || known.generation != entry.generation) return;
  Touch(entry.index, used_ns);
}

void MacTable::Age(uint64_t now_ns, size_t bound, Changes* changed) {
  for (size_t i = 0; i < bound; ++i) {
    const uint32_t oldest = by_age_.front();
    if (oldest == kNilIndex || entries_[oldest].last_seen_ns + ageing_ns_ > now_ns) return;
    Remove(oldest, changed);
  }
}

void MacTable::Flush(Changes* changed) {
  while (by_age_.front() != kNilIndex) Remove(by_age_.front(), changed);
}

void MacTable::FlushPort(PortNo port, const std::function<bool(VlanId)>& of_vlan,
                         Changes* changed) {
  const auto found = by_port_.find(port);
  if (found == by_port_.end()) return;
  for (uint32_t index = found->second.front(); index != kNilIndex;) {
    const uint32_t next = PortList::Next(entries_, index);
    if (of_vlan(entries_[index].address.vlan)) Remove(index, changed);
    index = next;
  }
}

void MacTable::SetStatic(const VlanMac& address, PortNo port, Changes* changed) {
  uint32_t index = Find(address);
  if (index != kNilIndex && !entries_[index].is_static) {
    Remove(index, changed);
    index = kNilIndex;
  }
  if (index == kNilIndex) {
    index = Allocate(address);
  } else if (entries_[index].port == port) {
    return;
  }
  if (index == kNilIndex) return;
  entries_[index].is_static = true;
  entries_[index].port = port;
  Publish(index);
  changed->push_back(address);
}

void MacTable::EraseStatic(const VlanMac& address, Changes* changed) {
  const uint32_t index = Find(address);
  if (index != kNilIndex && entries_[index].is_static) Remove(index, changed);
}

void MacTable::ForEach(const std::function<void(const Row&)>& visit) const {
  for (const Entry& entry : entries_) {
    if (entry.port == kNoPort) continue;
    visit({.address = entry.address,
           .port = entry.port,
           .is_static = entry.is_static,
           .last_seen_ns = entry.last_seen_ns});
  }
}

uint32_t MacTable::Find(const VlanMac& address) const {
  const Hit hit = Lookup(address.vlan, address.mac);
  return hit.port == kNoPort ? kNilIndex : hit.entry.index;
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
    return kNilIndex;
  }
  entries_[index].address = address;
  return index;
}

void MacTable::Publish(uint32_t index) {
  const Entry& entry = entries_[index];
  index_.Set(IndexKey(entry.address.vlan, entry.address.mac),
             uint64_t{entry.is_static} << kStaticShift |
                 (uint64_t{ToInt(entry.port)} & kTwentyFourBits) << kPortShift |
                 uint64_t{index} << kEntryShift | entry.generation);
}

void MacTable::Remove(uint32_t index, Changes* changed) {
  Entry& entry = entries_[index];
  index_.Erase(IndexKey(entry.address.vlan, entry.address.mac));
  changed->push_back(entry.address);
  if (!entry.is_static) {
    by_age_.Remove(entries_, index);
    DetachFromPort(index);
  }
  entry.port = kNoPort;
  entry.is_static = false;
  entry.generation = (entry.generation + 1) & kGenerationMask;
  free_.push_back(index);
}

void MacTable::AttachToPort(uint32_t index, PortNo port) {
  entries_[index].port = port;
  PortList& list = by_port_[port];
  ports_by_count_.erase({list.size(), port});
  list.PushBack(entries_, index);
  ports_by_count_.insert({list.size(), port});
}

void MacTable::DetachFromPort(uint32_t index) {
  const PortNo port = entries_[index].port;
  const auto found = by_port_.find(port);
  PortList& list = found->second;
  ports_by_count_.erase({list.size(), port});
  list.Remove(entries_, index);
  if (list.size() > 0) {
    ports_by_count_.insert({list.size(), port});
  } else {
    by_port_.erase(found);
  }
}

void MacTable::Touch(uint32_t index, uint64_t seen_ns) {
  Entry& entry = entries_[index];
  if (seen_ns <= entry.last_seen_ns) return;
  entry.last_seen_ns = seen_ns;
  by_age_.Remove(entries_, index);
  by_age_.PushBack(entries_, index);
  PortList& list = by_port_.at(entry.port);
  list.Remove(entries_, index);
  list.PushBack(entries_, index);
}

void MacTable::Move(uint32_t index, PortNo port, uint64_t now_ns, Changes* changed) {
  DetachFromPort(index);
  AttachToPort(index, port);
  // Credits that the old port's megaflows still report must not keep it fresh here.
  entries_[index].generation = (entries_[index].generation + 1) & kGenerationMask;
  Touch(index, now_ns);
  Publish(index);
  changed->push_back(entries_[index].address);
}

void MacTable::EvictFor(PortNo port, Changes* changed) {
  const auto [most, richest] = *ports_by_count_.rbegin();
  const auto own = by_port_.find(port);
  // Of equals, the one that wants more pays.
  const bool own_is_richest = own != by_port_.end() && own->second.size() == most;
  Remove(by_port_.at(own_is_richest ? port : richest).front(), changed);
}

}  // namespace vsw
