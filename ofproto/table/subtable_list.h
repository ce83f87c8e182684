// SPDX-License-Identifier: Apache-2.0
//
// The subtables of a classifier, highest rank first, so that a lookup can stop where nothing better
// is left. A subtable stands under a rank that is never below that of a rule of it which some
// reader may see; it may stand there twice for a while, or under too high a rank: that costs time
// only.
//
// Thread safety: reading on any thread; the rest on the slow thread. A subtable whose rank rises is
// put in at its new place by moving those behind it one further, from the end on, each by a release
// store: who reads from the front with acquire meets some twice but misses none. The old place
// stays until the list is made anew, by Rebuild().
#ifndef VSW_OFPROTO_TABLE_SUBTABLE_LIST_H_
#define VSW_OFPROTO_TABLE_SUBTABLE_LIST_H_

#include <atomic>
#include <cstdint>
#include <span>

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
    for (const std::atomic<uint64_t>* slot = array->slots;; ++slot) {
      const uint64_t value = slot->load(std::memory_order_acquire);
      if (value == 0 || !visit(RankOf(value), SubtableOf(value))) return;
    }
  }

  /// Lets `subtable` be found at `rank`, which is above its listed_rank (or it is new), and sets
  /// that. False: there is no room; Rebuild() with it among `all`.
  bool Raise(RuleSubtable* subtable, uint32_t rank);
  /// Makes the list of `all` (none of them empty) by the ranks that they have.
  void Rebuild(std::span<RuleSubtable* const> all, RetireList* retired);

 private:
  struct Array {
    size_t used;
    size_t capacity;                 // the slot behind is always 0
    std::atomic<uint64_t> slots[1];  // the rank in the upper 20 bits, the address / 64 below
  };
  static constexpr unsigned kRankShift = 44;
  static uint64_t SlotOf(uint32_t rank, const RuleSubtable* subtable);
  static uint32_t RankOf(uint64_t value) { return static_cast<uint32_t>(value >> kRankShift); }
  static RuleSubtable* SubtableOf(uint64_t value) {
    return reinterpret_cast<RuleSubtable*>((value & ((uint64_t{1} << kRankShift) - 1)) << 6);
  }
  static Array* Make(size_t capacity);
  static void Free(void* array);

  std::atomic<Array*> array_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_SUBTABLE_LIST_H_
