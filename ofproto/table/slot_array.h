// SPDX-License-Identifier: Apache-2.0
//
// An open hash table of one-word slots under linear probing, read by many without waiting while one
// writes. A slot goes from kEmptySlot to a value, from there to other values or kDeletedSlot, and
// from that to a value again, but never back to kEmptySlot: a reader that walks from a hash's place
// to the first empty slot has seen every value that was there when it came. The writer makes room
// by filling a new array and publishing it; the old one, complete as of that moment, serves the
// readers that are in it until a grace period has passed.
//
// Thread safety: the slow thread writes. Readers load the array (acquire: the slots that it was
// filled with are seen) and each slot (acquire: what the value points to is seen). What they must
// find was entered before the version that they read at was published, which they loaded before.
#ifndef VSW_OFPROTO_TABLE_SLOT_ARRAY_H_
#define VSW_OFPROTO_TABLE_SLOT_ARRAY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "ofproto/table/retire_list.h"

namespace vsw {

template <typename Word>
struct SlotArray {
  static constexpr Word kEmptySlot = 0, kDeletedSlot = 1;

  size_t mask;  // slots - 1
  std::atomic<Word> slots[1];

  /// `count` is a power of two.
  static SlotArray* Make(size_t count) {
    const size_t bytes = sizeof(SlotArray) + (count - 1) * sizeof(std::atomic<Word>);
    void* memory = ::operator new (bytes, std::align_val_t{64});
    auto* array = static_cast<SlotArray*>(memory);
    array->mask = count - 1;
    for (size_t i = 0; i < count; ++i) new (&array->slots[i]) std::atomic<Word>(kEmptySlot);
    return array;
  }
  static void Free(void* array) { ::operator delete (array, std::align_val_t{64}); }

  /// For the writer, on an array that nobody else sees yet: where a new value for `hash` goes.
  size_t FreePlace(uint64_t hash) const {
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      if (slots[i].load(std::memory_order_relaxed) <= kDeletedSlot) return i;
    }
  }
};

/// Slots needed so that `live` values fill at most a third of them when just filled.
inline size_t SlotsFor(size_t live) {
  size_t count = 8;
  while (count < live * 3) count *= 2;
  return count;
}

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_SLOT_ARRAY_H_
