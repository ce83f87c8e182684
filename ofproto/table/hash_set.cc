// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/hash_set.h"

#include <utility>

#include "base/status.h"

namespace vsw {

void HashSet::Add(uint64_t hash, RetireList* retired) {
  if ((used_ + 1) * 2 > counts_.size()) Grow(retired);
  Array* array = array_.load(std::memory_order_relaxed);
  size_t free = counts_.size();
  for (size_t i = hash & array->mask;; i = (i + 1) & array->mask) {
    const uint32_t slot = array->slots[i].load(std::memory_order_relaxed);
    if (slot > Array::kDeletedSlot && counts_[i].hash == hash) {
      ++counts_[i].count;
      return;
    }
    if (slot <= Array::kDeletedSlot && free == counts_.size()) free = i;
    if (slot == Array::kEmptySlot) break;
  }
  if (array->slots[free].load(std::memory_order_relaxed) == Array::kEmptySlot) ++used_;
  ++live_;
  counts_[free] = {hash, 1};
  array->slots[free].store(Short(hash), std::memory_order_release);
}

void HashSet::Remove(uint64_t hash) {
  Array* array = array_.load(std::memory_order_relaxed);
  for (size_t i = hash & array->mask;; i = (i + 1) & array->mask) {
    const uint32_t slot = array->slots[i].load(std::memory_order_relaxed);
    VSW_CHECK(slot != Array::kEmptySlot);
    if (slot == Array::kDeletedSlot || counts_[i].hash != hash) continue;
    if (--counts_[i].count > 0) return;
    array->slots[i].store(Array::kDeletedSlot, std::memory_order_release);
    --live_;
    return;
  }
}

void HashSet::Grow(RetireList* retired) {
  Array* old = array_.load(std::memory_order_relaxed);
  Array* bigger = Array::Make(SlotsFor(live_ + 1));
  std::vector<Counted> counts(bigger->mask + 1);
  for (size_t i = 0; i < counts_.size(); ++i) {
    const uint32_t slot = old->slots[i].load(std::memory_order_relaxed);
    if (slot <= Array::kDeletedSlot) continue;
    const size_t place = bigger->FreePlace(counts_[i].hash);
    bigger->slots[place].store(slot, std::memory_order_relaxed);
    counts[place] = counts_[i];
  }
  counts_ = std::move(counts);
  used_ = live_;
  array_.store(bigger, std::memory_order_release);
  retired->Add(old, &Array::Free);
}

}  // namespace vsw
