// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/subtable_list.h"

#include <algorithm>
#include <new>
#include <vector>

#include "base/status.h"

namespace vsw {
namespace {

constexpr size_t kSpare = 8;

}  // namespace

SubtableList::SubtableList() : array_(Make(kSpare)) {}
SubtableList::~SubtableList() { Free(array_.load(std::memory_order_relaxed)); }

uint64_t SubtableList::SlotOf(uint32_t rank, const RuleSubtable* subtable) {
  const auto address = reinterpret_cast<uintptr_t>(subtable);
  VSW_CHECK(address % 64 == 0 && address >> 6 < uint64_t{1} << kRankShift);
  return uint64_t{rank} << kRankShift | address >> 6;
}

SubtableList::Array* SubtableList::Make(size_t capacity) {
  void* memory = ::operator new(sizeof(Array) + capacity * sizeof(std::atomic<uint64_t>));
  auto* array = static_cast<Array*>(memory);
  array->used = 0;
  array->capacity = capacity;
  for (size_t i = 0; i <= capacity; ++i) new (&array->slots[i]) std::atomic<uint64_t>(0);
  return array;
}

void SubtableList::Free(void* array) { ::operator delete(array); }

bool SubtableList::Raise(RuleSubtable* subtable, uint32_t rank) {
  Array* array = array_.load(std::memory_order_relaxed);
  if (array->used == array->capacity) return false;
  size_t place = 0;
  while (RankOf(array->slots[place].load(std::memory_order_relaxed)) >= rank &&
         place < array->used) {
    ++place;
  }
  for (size_t i = array->used; i > place; --i) {
    array->slots[i].store(array->slots[i - 1].load(std::memory_order_relaxed),
                          std::memory_order_release);
  }
  array->slots[place].store(SlotOf(rank, subtable), std::memory_order_release);
  ++array->used;
  subtable->listed_rank = rank;
  return true;
}

void SubtableList::Rebuild(std::span<RuleSubtable* const> all, RetireList* retired) {
  std::vector<RuleSubtable*> sorted(all.begin(), all.end());
  for (RuleSubtable* subtable : sorted) subtable->listed_rank = subtable->max_rank();
  std::ranges::sort(sorted, [](const RuleSubtable* a, const RuleSubtable* b) {
    return a->listed_rank != b->listed_rank ? a->listed_rank > b->listed_rank
                                            : a->sequence() < b->sequence();
  });
  // Room for as many changes of rank as there are subtables before the next one: so the cost and
  // the memory of remaking the list are a constant for each change.
  Array* array = Make(sorted.size() * 2 + kSpare);
  for (RuleSubtable* subtable : sorted) {
    array->slots[array->used++].store(SlotOf(subtable->listed_rank, subtable),
                                      std::memory_order_relaxed);
  }
  Array* old = array_.load(std::memory_order_relaxed);
  array_.store(array, std::memory_order_release);
  retired->Add(old, &Free);
}

}  // namespace vsw
