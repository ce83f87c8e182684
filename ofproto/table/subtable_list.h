// SPDX-License-Identifier: Apache-2.0
//
// The subtables of a classifier, highest rank first, so that a lookup can stop where nothing better
// is left. A subtable stands under a rank that is never below that of a rule of it which some
// reader may see; it may stand there twice for a while, or under too high a rank: that costs time
// only.
//
// A list of many subtables knows, for each length of prefix that their masks have in some field,
// which ones have it. A packet's field that no rule has so many bits of excludes all of them at
// once: a lookup passes over them without a look at each.
//
// Thread safety: reading on any thread; the rest on the slow thread. A subtable whose rank rises is
// put in at its new place by moving those behind it one further, from the end on, each by a release
// store: who reads from the front with acquire meets some twice but misses none. The old place
// stays until the list is made anew, by Rebuild(). Each list numbers its subtables for itself.
#ifndef VSW_OFPROTO_TABLE_SUBTABLE_LIST_H_
#define VSW_OFPROTO_TABLE_SUBTABLE_LIST_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ofproto/table/retire_list.h"
#include "ofproto/table/rule_subtable.h"

namespace vsw {

class SubtableList {
 public:
  SubtableList();
  ~SubtableList();
  SubtableList(const SubtableList&) = delete;
  SubtableList& operator=(const SubtableList&) = delete;

  /// Calls `visit(rank, subtable)` in order until it returns false.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    const Array* array = array_.load(std::memory_order_acquire);
    for (const std::atomic<uint64_t>* slot = array->slots.get();; ++slot) {
      const uint64_t value = slot->load(std::memory_order_acquire);
      if (value == 0 || !visit(RankOf(value), array->At(value))) return;
    }
  }
  /// The same, but for those that what `prefixes` has marked excludes by then.
  template <typename Visit>
  void ForEachPossible(PrefixAnswers* prefixes, Visit&& visit) const {
    const Array* array = array_.load(std::memory_order_acquire);
    if (array->sets == nullptr) return ForEach(visit);
    Excluded excluded;
    excluded.words = array->sets->words_used.load(std::memory_order_acquire);
    std::fill_n(excluded.bits.begin(), excluded.words, 0);
    for (const std::atomic<uint64_t>* slot = array->slots.get();; ++slot) {
      const uint64_t value = slot->load(std::memory_order_acquire);
      if (value == 0) return;
      if (excluded.Has(NumberOf(value))) continue;
      if (!visit(RankOf(value), array->At(value))) return;
      if (const uint8_t fields = prefixes->TakeNewlyMarked(); fields != 0) {
        array->sets->Exclude(fields, *prefixes, &excluded);
      }
    }
  }

  /// Lets `subtable` be found at `rank`, which is above its listed_rank (or it is new), and sets
  /// that. False: there is no room; Rebuild() with it among `all`.
  bool Raise(RuleSubtable* subtable, uint32_t rank);
  /// Makes the list of `all` (none of them empty) by the ranks that they have.
  void Rebuild(std::span<RuleSubtable* const> all, RetireList* retired);

 private:
  static constexpr size_t kMaxWords = 256;  // subtables with higher numbers are always looked into
  static constexpr size_t kManySlots = 64;  // from here on a list has sets

  // Numbers of subtables that cannot match.
  struct Excluded {
    size_t words;
    std::array<uint64_t, kMaxWords> bits;
    std::array<PrefixLengths, kPrefixFields.size()> lengths{};  // that are in there
    bool Has(uint32_t number) const {
      return number / 64 < words && (bits[number / 64] >> (number % 64) & 1) != 0;
    }
  };
  // Which subtables have prefixes of which length in which field.
  struct PrefixSets {
    using Set = std::unique_ptr<std::atomic<uint64_t>[]>;
    explicit PrefixSets(size_t numbers) : words(std::min(kMaxWords, (numbers + 63) / 64)) {}
    void Add(uint32_t number, const RuleSubtable& subtable);
    void Exclude(uint8_t fields, const PrefixAnswers& prefixes, Excluded* excluded) const;

    const size_t words;
    std::atomic<size_t> words_used{0};
    std::array<std::array<std::atomic<uint64_t>, 3>, kPrefixFields.size()> lengths{};  // with a set
    std::array<std::vector<Set>, kPrefixFields.size()> of;
  };
  struct Array {
    explicit Array(size_t capacity);
    RuleSubtable* At(uint64_t value) const { return subtables[NumberOf(value)]; }
    /// Gives the subtable a number. REQUIRES: one is left.
    void Number(RuleSubtable* subtable);

    const size_t capacity;
    size_t used = 0;
    uint32_t numbers = 0;
    std::unique_ptr<std::atomic<uint64_t>[]> slots;  // the rank above, the number + 1 below; 0: end
    std::unique_ptr<RuleSubtable*[]> subtables;      // by number
    std::unique_ptr<PrefixSets> sets;
  };
  static uint64_t SlotOf(uint32_t rank, const RuleSubtable& subtable) {
    return uint64_t{rank} << 32 | (subtable.listed_number + 1);
  }
  static uint32_t RankOf(uint64_t value) { return static_cast<uint32_t>(value >> 32); }
  static uint32_t NumberOf(uint64_t value) { return static_cast<uint32_t>(value) - 1; }

  std::atomic<Array*> array_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_SUBTABLE_LIST_H_
