// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/next_hop.h"

#include <bit>
#include <random>

namespace vsw {

NextHopMap::NextHopMap(const Rows& rows)
    : seed_(std::random_device{}() | 1ull),
      mask_(std::bit_ceil(rows.size() * 2 + 1) - 1),
      slots_(std::make_unique<Slot[]>(mask_ + 1)) {
  for (const auto& [ends, next_hop] : rows) {
    size_t i = HashOf(ends) & mask_;
    while (slots_[i].taken && slots_[i].ends != ends) i = (i + 1) & mask_;
    slots_[i].ends = ends;
    slots_[i].next_hop = next_hop;
    slots_[i].taken = true;
  }
}

size_t NextHopMap::HashOf(const TunnelEnds& ends) const noexcept {
  uint64_t words[4];
  static_assert(sizeof(words) == sizeof(TunnelEnds));
  std::memcpy(words, &ends, sizeof(words));
  uint64_t hash = seed_;
  for (const uint64_t word : words) {
    const auto product = static_cast<unsigned __int128>(hash ^ word) * 0x9e3779b97f4a7c15ull;
    hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  return hash;
}

const NextHop* NextHopMap::Find(const TunnelEnds& ends) const noexcept {
  for (size_t i = HashOf(ends) & mask_; slots_[i].taken; i = (i + 1) & mask_) {
    const Slot& slot = slots_[i];
    if (slot.ends != ends) continue;
    if (!slot.used.load(std::memory_order_relaxed)) {
      slot.used.store(true, std::memory_order_relaxed);
    }
    return &slot.next_hop;
  }
  return nullptr;
}

void NextHopMap::TakeUsed(const std::function<void(const TunnelEnds&)>& visit) const {
  for (size_t i = 0; i <= mask_; ++i) {
    if (slots_[i].taken && slots_[i].used.exchange(false, std::memory_order_relaxed)) {
      visit(slots_[i].ends);
    }
  }
}

NextHopTable::NextHopTable(UnderlayEvents* events)
    : events_(events), map_(new NextHopMap(NextHopMap::Rows{})) {}

NextHopTable::~NextHopTable() { delete map_.load(); }

std::unique_ptr<const NextHopMap> NextHopTable::Publish(std::unique_ptr<const NextHopMap> map) {
  std::unique_ptr<const NextHopMap> former(map_.exchange(map.release(), std::memory_order_acq_rel));
  generation_.fetch_add(1, std::memory_order_acq_rel);
  return former;
}

}  // namespace vsw
