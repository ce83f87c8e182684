// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/subtable_list.h"

#include <algorithm>
#include <vector>

#include "base/status.h"

namespace vsw {
namespace {

constexpr size_t kSpare = 8;

}  // namespace

SubtableList::Array::Array(size_t slot_count)
    : capacity(slot_count),
      slots(std::make_unique<std::atomic<uint64_t>[]>(capacity + 1)),  // the last one is always 0
      subtables(std::make_unique<RuleSubtable*[]>(capacity)),
      sets(capacity >= kManySlots ? std::make_unique<PrefixSets>(capacity) : nullptr) {}

void SubtableList::Array::Number(RuleSubtable* subtable) {
  subtable->listed_number = numbers;
  subtables[numbers] = subtable;
  if (sets != nullptr) sets->Add(numbers, *subtable);
  ++numbers;
}

void SubtableList::PrefixSets::Add(uint32_t number, const RuleSubtable& subtable) {
  const size_t word = number / 64;
  if (word >= words) return;
  const uint64_t bit = uint64_t{1} << (number % 64);
  for (const RuleSubtable::Prefix& prefix : subtable.prefixes()) {
    std::vector<Set>& sets = of[prefix.field];
    // Once and for all, since readers look into it.
    if (sets.empty()) sets.resize(kPrefixFields[prefix.field].bits + 1u);
    Set& set = sets[prefix.length];
    if (set == nullptr) set = std::make_unique<std::atomic<uint64_t>[]>(words);
    set[word].store(set[word].load(std::memory_order_relaxed) | bit, std::memory_order_relaxed);
    std::atomic<uint64_t>& known = lengths[prefix.field][prefix.length / 64];
    known.store(known.load(std::memory_order_relaxed) | uint64_t{1} << (prefix.length % 64),
                std::memory_order_release);
  }
  words_used.store(word + 1, std::memory_order_release);
}

// Lengths whose set came after the reader had a look at them do not count.
void SubtableList::PrefixSets::Exclude(uint8_t fields, const PrefixAnswers& prefixes,
                                       Excluded* excluded) const {
  for (; fields != 0; fields &= static_cast<uint8_t>(fields - 1)) {
    const auto field = static_cast<size_t>(std::countr_zero(fields));
    const PrefixLengths absent = prefixes.MarkedAsAbsent(field);
    for (size_t i = 0; i < absent.size(); ++i) {
      uint64_t& done = excluded->lengths[field][i];
      uint64_t fresh = absent[i] & ~done & lengths[field][i].load(std::memory_order_acquire);
      done |= fresh;
      for (; fresh != 0; fresh &= fresh - 1) {
        const Set& set = of[field][i * 64 + static_cast<size_t>(std::countr_zero(fresh))];
        for (size_t word = 0; word < excluded->words; ++word) {
          excluded->bits[word] |= set[word].load(std::memory_order_relaxed);
        }
      }
    }
  }
}

SubtableList::SubtableList() : array_(new Array(kSpare)) {}
SubtableList::~SubtableList() { delete array_.load(std::memory_order_relaxed); }

bool SubtableList::Raise(RuleSubtable* subtable, uint32_t rank) {
  Array* array = array_.load(std::memory_order_relaxed);
  if (array->used == array->capacity) return false;
  if (subtable->listed_number == RuleSubtable::kNotListed) array->Number(subtable);
  size_t place = 0;
  while (place < array->used &&
         RankOf(array->slots[place].load(std::memory_order_relaxed)) >= rank) {
    ++place;
  }
  for (size_t i = array->used; i > place; --i) {
    array->slots[i].store(array->slots[i - 1].load(std::memory_order_relaxed),
                          std::memory_order_release);
  }
  array->slots[place].store(SlotOf(rank, *subtable), std::memory_order_release);
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
  auto* array = new Array(sorted.size() * 2 + kSpare);
  for (RuleSubtable* subtable : sorted) {
    array->Number(subtable);
    array->slots[array->used++].store(SlotOf(subtable->listed_rank, *subtable),
                                      std::memory_order_relaxed);
  }
  Array* old = array_.load(std::memory_order_relaxed);
  array_.store(array, std::memory_order_release);
  retired->Add(old, [](void* memory) { delete static_cast<Array*>(memory); });
}

}  // namespace vsw
