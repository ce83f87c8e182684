// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/entry_table.h"

#include <algorithm>

#include "base/status.h"

namespace vsw {

RuleEntry* RuleEntry::Make(size_t values) {
  const size_t bytes = sizeof(RuleEntry) + (std::max<size_t>(values, 1) - 1) * sizeof(uint64_t);
  return new (::operator new(bytes)) RuleEntry;
}

void RuleEntry::Free(void* entry) {
  static_cast<RuleEntry*>(entry)->~RuleEntry();
  ::operator delete(entry);
}

void EntryTable::InsertHead(RuleEntry* entry, RetireList* retired) {
  VSW_CHECK((reinterpret_cast<uintptr_t>(entry) & kTagMask) == 0);
  if ((used_ + 1) * 2 > array_.load(std::memory_order_relaxed)->mask + 1) Grow(retired);
  Array* array = array_.load(std::memory_order_relaxed);
  const size_t place = array->FreePlace(entry->hash);
  if (array->slots[place].load(std::memory_order_relaxed) == Array::kEmptySlot) ++used_;
  ++live_;
  array->slots[place].store(SlotOf(entry), std::memory_order_release);
}

void EntryTable::ReplaceHead(const RuleEntry* was, RuleEntry* now) {
  Array* array = array_.load(std::memory_order_relaxed);
  const uint64_t wanted = SlotOf(was);
  for (size_t i = was->hash & array->mask;; i = (i + 1) & array->mask) {
    const uint64_t slot = array->slots[i].load(std::memory_order_relaxed);
    VSW_CHECK(slot != Array::kEmptySlot);
    if (slot != wanted) continue;
    if (now == nullptr) --live_;
    array->slots[i].store(now == nullptr ? Array::kDeletedSlot : SlotOf(now),
                          std::memory_order_release);
    return;
  }
}

void EntryTable::Grow(RetireList* retired) {
  Array* old = array_.load(std::memory_order_relaxed);
  Array* bigger = Array::Make(SlotsFor(live_ + 1));
  for (size_t i = 0; i <= old->mask; ++i) {
    const uint64_t slot = old->slots[i].load(std::memory_order_relaxed);
    if (slot <= Array::kDeletedSlot) continue;
    bigger->slots[bigger->FreePlace(EntryOf(slot)->hash)].store(slot, std::memory_order_relaxed);
  }
  used_ = live_;
  array_.store(bigger, std::memory_order_release);
  retired->Add(old, &Array::Free);
}

}  // namespace vsw
