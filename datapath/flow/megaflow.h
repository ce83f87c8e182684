// SPDX-License-Identifier: Apache-2.0
//
// A megaflow: one decision of the slow path, for every packet that agrees with `key` in the bits of
// `mask`. Two cache lines in a slot of their own: bookkeeping, then line 0 of the masked key; the
// further lines of the rare mask that has some stand in a block beside it. Slots are never used for
// anything else and a free slot matches nothing, so that an index kept from before is safe to
// follow: what it finds is compared in full against the slot's present mask, and whatever matches
// is right.
//
// Thread safety: none; everything of a flow table belongs to one worker.
#ifndef VSW_DATAPATH_FLOW_MEGAFLOW_H_
#define VSW_DATAPATH_FLOW_MEGAFLOW_H_

#include <emmintrin.h>

#include <cstdint>
#include <cstring>

#include "base/drop_reason.h"
#include "datapath/flow/action.h"
#include "datapath/flow/slow_path.h"
#include "datapath/packet/key_line.h"

namespace vsw {

/// An interned list of actions, shared by all megaflows that do the same.
struct CompiledActions {
  uint32_t references;
  uint32_t hash;
  CompiledActions* next;  // of the same hash chain
  PortNo single_output;   // set when the list is just this; the short case
  uint16_t count;
  DropReason drop_reason;  // counted when the list is empty
  Action actions[];

  std::span<const Action> span() const { return {actions, count}; }
};

struct Subtable;
struct Basis;

struct alignas(64) Megaflow {
  // nullptr: the slot is free and matches nothing.
  const FlowMask* mask;
  const CompiledActions* actions;
  uint64_t packets;
  uint64_t bytes;
  uint64_t used_tsc;
  uint8_t* more_key;  // lines 1.. of the masked key that the mask uses, in order; or nullptr
  uint32_t hash;      // of the masked key: low half places it, high half is the signature
  uint32_t epoch;     // decisions of an older epoch are translated again before use
  Subtable* subtable;

  uint8_t key_line0[kLineBytes];
};
static_assert(sizeof(Megaflow) == 2 * kLineBytes);

/// What is not needed to forward: it stands apart.
struct FlowRecord {
  uint64_t reported_packets;
  uint64_t reported_bytes;
  Basis* basis;
  uint32_t next, previous;  // slots of the neighbours in the list of those that rest on it
};
static_assert(sizeof(FlowRecord) == kLineBytes / 2);

inline bool MaskedLineEquals(const uint8_t* packet, const uint8_t* mask, const uint8_t* flow) {
  __m128i difference = _mm_setzero_si128();
#pragma GCC unroll 4
  for (size_t i = 0; i < kLineBytes; i += sizeof(__m128i)) {
    const auto load = [i](const uint8_t* p) {
      return _mm_load_si128(reinterpret_cast<const __m128i*>(p + i));
    };
    difference = _mm_or_si128(difference,
                              _mm_xor_si128(_mm_and_si128(load(packet), load(mask)), load(flow)));
  }
  return _mm_movemask_epi8(_mm_cmpeq_epi8(difference, _mm_setzero_si128())) == 0xffff;
}

/// The lines behind the first one; out of line since few masks have any.
bool MoreLinesEqual(FlowKey* key, const Megaflow& flow);

/// The same for a packet whose line 0 is at hand in registers, and a flow whose mask has bits there
/// alone; else false.
[[gnu::always_inline]] inline bool MatchesLine(const KeyLine& packet, const Megaflow& flow) {
  const FlowMask* mask = flow.mask;
  if (mask == nullptr || mask->lines != kLineBase) [[unlikely]]
    return false;
  const uint8_t* bits = mask->bits.line(0);
  uint64_t difference = 0;
#pragma GCC unroll 8
  for (size_t i = 0; i < kLineBytes / sizeof(uint64_t); ++i) {
    uint64_t bit, key;
    std::memcpy(&bit, bits + i * sizeof(bit), sizeof(bit));
    std::memcpy(&key, flow.key_line0 + i * sizeof(key), sizeof(key));
    difference |= (packet.word[i] & bit) ^ key;
  }
  return difference == 0;
}

/// True if the packet belongs to `flow`. Defines lines of `key` that the mask needs.
inline bool Matches(FlowKey* key, const Megaflow& flow) {
  const FlowMask* mask = flow.mask;
  if (mask == nullptr) [[unlikely]]
    return false;
  if (!MaskedLineEquals(key->line(0), mask->bits.line(0), flow.key_line0)) return false;
  return mask->lines == kLineBase || MoreLinesEqual(key, flow);
}

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_MEGAFLOW_H_
