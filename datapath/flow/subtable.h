// SPDX-License-Identifier: Apache-2.0
//
// The megaflows of one ingress port that share one mask: a hash table from the masked key to a
// slot. Buckets of one cache line hold seven (signature, slot) pairs and a link to an overflow
// bucket. It grows by doubling, a few buckets moved at each insertion, so that no insertion is
// slow; until that is through a lookup looks into the old array as well.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_SUBTABLE_H_
#define VSW_DATAPATH_FLOW_SUBTABLE_H_

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "datapath/flow/arena.h"
#include "datapath/flow/megaflow.h"
#include "datapath/flow/sieve.h"

namespace vsw {

struct alignas(64) SubtableBucket {
  static constexpr size_t kWays = 7;
  uint32_t hash[kWays];
  uint32_t slot[kWays];  // Subtable::kFree where there is none
  SubtableBucket* next;

  /// Bit i is set if place i has this hash.
  unsigned Candidates(uint32_t wanted) const {
    const __m128i all = _mm_set1_epi32(static_cast<int>(wanted));
    const __m128i* places = reinterpret_cast<const __m128i*>(this);
    const int low = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(places), all)));
    // The last word is the first slot's.
    const int high =
        _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(places + 1), all)));
    return static_cast<unsigned>(low | high << 4) & ((1u << kWays) - 1);
  }
};
static_assert(sizeof(SubtableBucket) == 64 && offsetof(SubtableBucket, slot) == 28);

struct Subtable {
  static constexpr uint32_t kFree = 0xffffffff;

  const FlowMask* mask = nullptr;
  PortNo in_port = kNoPort;
  bool in_port_only = false;  // the mask has no bit beyond in_port and recirc_id
  bool exact = false;         // beyond the port's bound of masks; does not count there
  uint32_t flows = 0;
  uint32_t hits = 0;      // since the port's list was sorted last
  uint32_t position = 0;  // in that list
  bool sieved = false;
  Sieve::Probes probes;

  /// False when the arena is used up.
  bool Init(const FlowMask* mask, PortNo in_port, Arena* arena);
  /// Frees the arrays. REQUIRES: no flow left.
  void Destroy(Arena* arena);

  // Inlined always: GCC leaves out calls of functions that do nothing but this.
  [[gnu::always_inline]] void Prefetch(uint32_t hash) const {
    __builtin_prefetch(&current_.At(hash));
  }

  /// The slot that Find() would visit first, or kFree.
  uint32_t FirstCandidate(uint32_t hash) const {
    return Find(hash, [](uint32_t) { return true; });
  }
  /// The slot of a flow with this hash for which `visit(slot)` is true, or kFree.
  template <typename Visit>
  uint32_t Find(uint32_t hash, Visit&& visit) const {
    const uint32_t slot = FindIn(current_, hash, visit);
    if (slot != kFree || previous_.buckets == nullptr) [[likely]]
      return slot;
    return FindIn(previous_, hash, visit);
  }
  /// False when the arena is used up; the table is as before then.
  bool Insert(uint32_t hash, uint32_t slot, Arena* arena);
  /// REQUIRES: it is there.
  void Remove(uint32_t hash, uint32_t slot, Arena* arena);

 private:
  struct Array {
    SubtableBucket* buckets = nullptr;
    uint32_t mask = 0;  // number of buckets - 1
    SubtableBucket& At(uint32_t hash) const { return buckets[hash & mask]; }
    size_t bytes() const { return (size_t{mask} + 1) * sizeof(SubtableBucket); }
  };

  template <typename Visit>
  static uint32_t FindIn(const Array& array, uint32_t hash, Visit&& visit) {
    const SubtableBucket* b = &array.At(hash);
    do {
      for (unsigned hits = b->Candidates(hash); hits != 0; hits &= hits - 1) {
        const uint32_t slot = b->slot[std::countr_zero(hits)];
        if (slot != kFree && visit(slot)) return slot;
      }
      b = b->next;
    } while (b != nullptr);
    return kFree;
  }
  static bool MakeArray(Array* array, uint32_t buckets, Arena* arena);
  static bool InsertInto(const Array& array, uint32_t hash, uint32_t slot, Arena* arena);
  static bool RemoveFrom(const Array& array, uint32_t hash, uint32_t slot, Arena* arena);
  void GrowIfFull(Arena* arena);
  void MoveSome(Arena* arena);

  Array current_;
  Array previous_;      // being emptied while growing
  uint32_t moved_ = 0;  // buckets of previous_ that are empty already
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_SUBTABLE_H_
