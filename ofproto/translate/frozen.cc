// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/frozen.h"

#include <algorithm>
#include <cstring>

namespace vsw {
namespace {

constexpr uint32_t kSlots = 1 << 17;  // about half of them in use at most
constexpr uint32_t kIndexBits = 16;
constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;

uint64_t HashOf(const FrozenPacket& packet) {
  uint64_t hash = 0;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&packet);
  for (size_t i = 0; i < sizeof(packet); i += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes + i, sizeof(word));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

void FrozenPacket::Clear() { std::memset(static_cast<void*>(this), 0, sizeof(*this)); }

// Entries are written before the slot that leads to them, which is set by compare-exchange with
// release: who reads a slot with acquire sees its entry whole. Slots are never changed again. An
// entry whose slot was lost to another worker at the same moment is left unused.
struct FrozenPool::Arena {
  explicit Arena(uint32_t generation)
      : generation(generation),
        slots(std::make_unique<std::atomic<uint32_t>[]>(kSlots)),
        packets(std::make_unique_for_overwrite<FrozenPacket[]>(kCapacity)) {}

  uint32_t IdOf(uint32_t index_plus_one) const { return generation << kIndexBits | index_plus_one; }

  const uint32_t generation;
  std::atomic<uint32_t> used{0};
  const std::unique_ptr<std::atomic<uint32_t>[]> slots;  // 1 + index into packets, or 0
  const std::unique_ptr<FrozenPacket[]> packets;         // memory is touched as it is used
};

FrozenPool::FrozenPool() : current_(new Arena(0)), previous_(nullptr) {}

FrozenPool::~FrozenPool() {
  Reclaim();
  delete current_.load(std::memory_order_relaxed);
}

uint32_t FrozenPool::Intern(const FrozenPacket& packet) noexcept {
  Arena& arena = *current_.load(std::memory_order_acquire);
  uint32_t mine = 0;
  auto at = static_cast<uint32_t>(HashOf(packet) >> 32);
  for (uint32_t probes = 0; probes < kSlots; ++probes, ++at) {
    std::atomic<uint32_t>& slot = arena.slots[at % kSlots];
    uint32_t found = slot.load(std::memory_order_acquire);
    if (found == 0) {
      if (mine == 0) {
        // Read first, so that a full pool's count does not grow on.
        if (arena.used.load(std::memory_order_relaxed) >= kCapacity) return 0;
        const uint32_t index = arena.used.fetch_add(1, std::memory_order_relaxed);
        if (index >= kCapacity) return 0;
        std::memcpy(static_cast<void*>(&arena.packets[index]), &packet, sizeof(packet));
        mine = index + 1;
      }
      if (slot.compare_exchange_strong(found, mine, std::memory_order_acq_rel)) {
        return arena.IdOf(mine);
      }
    }
    if (std::memcmp(&arena.packets[found - 1], &packet, sizeof(packet)) == 0) {
      return arena.IdOf(found);
    }
  }
  return 0;
}

const FrozenPacket* FrozenPool::Find(uint32_t recirc_id) const noexcept {
  const uint32_t index = recirc_id & kIndexMask;
  if (index == 0) return nullptr;
  for (const std::atomic<Arena*>* place : {&current_, &previous_}) {
    const Arena* arena = place->load(std::memory_order_acquire);
    if (arena == nullptr || (arena->generation & kIndexMask) != recirc_id >> kIndexBits) continue;
    const uint32_t used = std::min(arena->used.load(std::memory_order_acquire), kCapacity);
    return index <= used ? &arena->packets[index - 1] : nullptr;
  }
  return nullptr;
}

uint32_t FrozenPool::size() const {
  return std::min(current_.load(std::memory_order_relaxed)->used.load(std::memory_order_relaxed),
                  kCapacity);
}

void FrozenPool::Reset() {
  Reclaim();
  Arena* old = current_.load(std::memory_order_relaxed);
  previous_.store(old, std::memory_order_release);
  current_.store(new Arena(old->generation + 1), std::memory_order_release);
}

void FrozenPool::Reclaim() { delete previous_.exchange(nullptr, std::memory_order_acq_rel); }

}  // namespace vsw
