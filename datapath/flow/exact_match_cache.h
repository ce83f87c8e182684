// SPDX-License-Identifier: Apache-2.0
//
// From a packet's whole-key hash to the megaflow that its flow used last. Buckets of one cache line
// hold eight signatures and eight 32-bit slot indices; a flow costs eight bytes, and a lookup one
// memory line, fetched ahead for the whole burst. Entries are hints: the caller compares the key
// with the megaflow, so that nothing has to be taken out when a megaflow goes away.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_EXACT_MATCH_CACHE_H_
#define VSW_DATAPATH_FLOW_EXACT_MATCH_CACHE_H_

#include <emmintrin.h>

#include <bit>
#include <cstdint>

#include "absl/status/statusor.h"
#include "datapath/flow/arena.h"

namespace vsw {

class ExactMatchCache {
 public:
  static constexpr uint32_t kNone = 0xffffffff;
  static constexpr size_t kWays = 8;

  /// Room for `entries` flows (rounded up to a power of two, at least 64).
  [[nodiscard]] static absl::StatusOr<ExactMatchCache> Create(uint32_t entries) {
    ExactMatchCache cache;
    const size_t buckets = std::bit_ceil(std::max<size_t>(entries, 64)) / kWays;
    auto memory = ReservedMemory::Create(buckets * sizeof(Bucket));
    if (!memory.ok()) return memory.status();
    cache.memory_ = *std::move(memory);
    cache.mask_ = buckets - 1;
    return cache;
  }

  // Inlined always: GCC leaves out calls of functions that do nothing but this.
  [[gnu::always_inline]] void Prefetch(uint64_t hash) const { __builtin_prefetch(&bucket(hash)); }

  /// The slot that Find() would visit first, or kNone.
  uint32_t FirstCandidate(uint64_t hash) const {
    const Bucket& b = bucket(hash);
    const unsigned hits = Candidates(b, Signature(hash));
    return hits == 0 ? kNone : b.slot[std::countr_zero(hits)];
  }

  /// Calls `visit(slot)` for each candidate until it returns true; returns that slot, or kNone.
  template <typename Visit>
  uint32_t Find(uint64_t hash, Visit&& visit) const {
    const Bucket& b = bucket(hash);
    for (unsigned hits = Candidates(b, Signature(hash)); hits != 0; hits &= hits - 1) {
      const uint32_t slot = b.slot[std::countr_zero(hits)];
      if (visit(slot)) return slot;
    }
    return kNone;
  }

  /// Remembers `slot` for the flow: in the place it had, a free one, or somebody's.
  void Insert(uint64_t hash, uint32_t slot) {
    Bucket& b = bucket(hash);
    const uint32_t signature = Signature(hash);
    unsigned places = Candidates(b, signature);
    if (places == 0) places = Candidates(b, 0);
    const unsigned way = places != 0 ? std::countr_zero(places) : victim_++ % kWays;
    b.signature[way] = signature;
    b.slot[way] = slot;
  }

 private:
  struct alignas(64) Bucket {
    uint32_t signature[kWays];  // 0 = free
    uint32_t slot[kWays];
  };

  Bucket& bucket(uint64_t hash) const {
    return reinterpret_cast<Bucket*>(memory_.base())[hash & mask_];
  }
  static uint32_t Signature(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) | 1; }
  static unsigned Candidates(const Bucket& b, uint32_t signature) {
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(signature));
    // The type is spelled out: `auto` would lose its may_alias attribute, and the compiler would
    // then move these loads ahead of the stores in Insert().
    const __m128i* lines = reinterpret_cast<const __m128i*>(b.signature);
    const int low =
        _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(lines), wanted)));
    const int high =
        _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(lines + 1), wanted)));
    return static_cast<unsigned>(low | high << 4);
  }

  ReservedMemory memory_;
  uint64_t mask_ = 0;
  uint32_t victim_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_EXACT_MATCH_CACHE_H_
