// SPDX-License-Identifier: Apache-2.0
//
// The rules of one subtable by the hash of their masked values. Rules with the same values (of
// other priorities, or other versions of the same one) hang in a chain, highest priority first.
//
// Thread safety: Find() and walking a chain on any thread; the rest on the slow thread. An entry
// that is taken out keeps its `next`, so that who stands on it finds on; it is freed after a grace
// period.
#ifndef VSW_OFPROTO_TABLE_ENTRY_TABLE_H_
#define VSW_OFPROTO_TABLE_ENTRY_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ofproto/table/rule.h"
#include "ofproto/table/slot_array.h"

namespace vsw {

/// A rule's place in a classifier: what a lookup compares, in few cache lines.
struct RuleEntry {
  std::atomic<RuleEntry*> next{nullptr};  // same values, lower priority
  Rule* rule = nullptr;
  uint32_t priority = 0;  // see RankOf()
  bool conjunctive = false;
  uint32_t position = 0;  // the slow thread's: in the subtable's list
  uint64_t hash = 0;
  uint64_t values[1];  // one for each item of the subtable's mask, masked

  static RuleEntry* Make(size_t values);
  static void Free(void* entry);
};

class EntryTable {
 public:
  EntryTable() : array_(Array::Make(SlotsFor(0))) {}
  ~EntryTable() { Array::Free(array_.load(std::memory_order_relaxed)); }
  EntryTable(const EntryTable&) = delete;
  EntryTable& operator=(const EntryTable&) = delete;

  /// The head of the chain with this hash for which `equal(entry)` is true; nullptr: none.
  template <typename Equal>
  RuleEntry* Find(uint64_t hash, Equal&& equal) const {
    const Array* array = array_.load(std::memory_order_acquire);
    const uint64_t tag = TagOf(hash);
    for (size_t i = hash & array->mask;; i = (i + 1) & array->mask) {
      const uint64_t slot = array->slots[i].load(std::memory_order_acquire);
      if ((slot & kTagMask) == tag) {
        RuleEntry* entry = EntryOf(slot);
        if (equal(*entry)) [[likely]]
          return entry;
      }
      if (slot == Array::kEmptySlot) return nullptr;
    }
  }

  /// Where an entry hangs: for the writer, which finds the chain by Find().
  void InsertHead(RuleEntry* entry, RetireList* retired);
  /// Puts `now` (nullptr: nothing) where the chain's head `was`.
  void ReplaceHead(const RuleEntry* was, RuleEntry* now);

 private:
  using Array = SlotArray<uint64_t>;
  // Upper 16 bits of a slot: of the hash, never 0; below the address, of at most 48 bits.
  static constexpr uint64_t kTagMask = 0xffffull << 48;
  static uint64_t TagOf(uint64_t hash) { return (hash | 1ull << 48) & kTagMask; }
  static uint64_t SlotOf(const RuleEntry* entry) {
    return TagOf(entry->hash) | reinterpret_cast<uintptr_t>(entry);
  }
  static RuleEntry* EntryOf(uint64_t slot) {
    return reinterpret_cast<RuleEntry*>(slot & ~kTagMask);
  }
  void Grow(RetireList* retired);

  std::atomic<Array*> array_;
  size_t live_ = 0;
  size_t used_ = 0;  // with deleted ones
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_ENTRY_TABLE_H_
