// SPDX-License-Identifier: Apache-2.0
#include "ofproto/fdb/mac_index.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/status.h"

namespace vsw {
namespace {

constexpr size_t kMinCapacity = 256;

uint64_t DrawSeed() {
  uint64_t seed;
  // Up to 256 bytes come whole and at once (getrandom(2)).
  VSW_CHECK(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
  return seed;
}

}  // namespace

MacIndex::MacIndex()
    : owned_(std::make_unique<Array>(kMinCapacity, DrawSeed())), published_(owned_.get()) {}
MacIndex::~MacIndex() = default;

size_t MacIndex::Array::Home(uint64_t key) const {
  uint64_t x = (key ^ seed) * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 32) ^ std::rotl(seed, 23)) * 0xd6e8feb86659fd93ULL;
  return static_cast<size_t>(x ^ (x >> 32)) & mask;
}

uint64_t MacIndex::Find(uint64_t key) const noexcept {
  const Array& array = *published_.load(std::memory_order_acquire);
  size_t position = array.Home(key);
  for (size_t i = 0; i < kMaxProbe; ++i, position = (position + 1) & array.mask) {
    const Slot& slot = array.slots[position];
    const uint64_t found = slot.key.load(std::memory_order_acquire);
    if (found == key) return slot.value.load(std::memory_order_acquire);
    if (found == 0) return 0;
  }
  return 0;
}

MacIndex::Slot* MacIndex::FindSlot(Array& array, uint64_t key) {
  size_t position = array.Home(key);
  for (size_t i = 0; i < kMaxProbe; ++i, position = (position + 1) & array.mask) {
    Slot& slot = array.slots[position];
    const uint64_t found = slot.key.load(std::memory_order_relaxed);
    if (found == key || found == 0) return &slot;
  }
  return nullptr;
}

void MacIndex::Set(uint64_t key, uint64_t value) {
  for (;;) {
    Slot* slot = FindSlot(*owned_, key);
    const bool is_new = slot == nullptr || slot->key.load(std::memory_order_relaxed) == 0;
    // At half full, with a keyed hash, chains stay far below the bound.
    if (slot == nullptr || (is_new && 2 * (used_ + 1) > owned_->slots.size())) {
      Rebuild();
      continue;
    }
    if (slot->value.load(std::memory_order_relaxed) == 0) ++live_;
    slot->value.store(value, std::memory_order_release);
    if (is_new) {
      slot->key.store(key, std::memory_order_release);
      ++used_;
    }
    return;
  }
}

void MacIndex::Erase(uint64_t key) {
  Slot* slot = FindSlot(*owned_, key);
  if (slot == nullptr || slot->value.load(std::memory_order_relaxed) == 0) return;
  slot->value.store(0, std::memory_order_release);
  --live_;
}

bool MacIndex::CopyLive(const Array& from, Array& to) {
  for (const Slot& slot : from.slots) {
    const uint64_t value = slot.value.load(std::memory_order_relaxed);
    if (value == 0) continue;
    const uint64_t key = slot.key.load(std::memory_order_relaxed);
    Slot* copy = FindSlot(to, key);
    if (copy == nullptr) return false;
    copy->value.store(value, std::memory_order_relaxed);
    copy->key.store(key, std::memory_order_relaxed);
  }
  return true;
}

void MacIndex::Rebuild() {
  // Four slots for each live key: the next rebuild is at least as many insertions away, so that the
  // cost of an insertion stays constant also for a sender that never repeats an address.
  size_t capacity = std::bit_ceil(std::max(kMinCapacity, 4 * (live_ + 1)));
  std::unique_ptr<Array> fresh;
  do {
    fresh = std::make_unique<Array>(capacity, DrawSeed());
    capacity *= 2;
  } while (!CopyLive(*owned_, *fresh));
  published_.store(fresh.get(), std::memory_order_release);
  retired_.push_back(std::exchange(owned_, std::move(fresh)));
  used_ = live_;
}

}  // namespace vsw
