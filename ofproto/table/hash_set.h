// SPDX-License-Identifier: Apache-2.0
//
// The hashes of the rules of a subtable up to one stage of its mask, counted: tells readers that no
// rule can match a packet before its later fields are looked at. It may say that there is one where
// there is none (hashes are shortened), never the other way round.
//
// Thread safety: Contains() on any thread; the rest on the slow thread.
#ifndef VSW_OFPROTO_TABLE_HASH_SET_H_
#define VSW_OFPROTO_TABLE_HASH_SET_H_

#include <vector>

#include "ofproto/table/slot_array.h"

namespace vsw {

class HashSet {
 public:
  HashSet() : array_(Array::Make(SlotsFor(0))), counts_(SlotsFor(0)) {}
  ~HashSet() { Array::Free(array_.load(std::memory_order_relaxed)); }
  HashSet(const HashSet&) = delete;
  HashSet& operator=(const HashSet&) = delete;

  bool Contains(uint64_t hash) const {
    const Array* array = array_.load(std::memory_order_acquire);
    const uint32_t wanted = Short(hash);
    for (size_t i = hash & array->mask;; i = (i + 1) & array->mask) {
      const uint32_t slot = array->slots[i].load(std::memory_order_acquire);
      if (slot == wanted) return true;
      if (slot == Array::kEmptySlot) return false;
    }
  }
  void Add(uint64_t hash, RetireList* retired);
  /// REQUIRES: it was added.
  void Remove(uint64_t hash);

 private:
  using Array = SlotArray<uint32_t>;
  /// A slot keeps the upper half of the hash; the lower one has found the slot. Two hashes that
  /// share both places and upper half are one and counted together.
  static uint32_t Short(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) | 2; }
  void Grow(RetireList* retired);

  std::atomic<Array*> array_;
  // The writer's own, slot by slot.
  struct Counted {
    uint64_t hash = 0;
    uint32_t count = 0;
  };
  std::vector<Counted> counts_;
  size_t live_ = 0;
  size_t used_ = 0;  // with deleted ones
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_HASH_SET_H_
