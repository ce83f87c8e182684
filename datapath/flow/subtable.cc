// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/subtable.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "datapath/packet/key_line.h"

namespace vsw {
namespace {

constexpr uint32_t kFirstBuckets = 2;
// Doubling needs current/2*7 insertions before the next one; four buckets each finish long before.
constexpr uint32_t kMovedPerInsertion = 4;

void Clear(SubtableBucket* bucket) {
  std::memset(static_cast<void*>(bucket), 0xff, sizeof(*bucket));
  bucket->next = nullptr;
}

}  // namespace

bool Subtable::Init(const FlowMask* its_mask, PortNo port, Arena* arena) {
  *this = Subtable();
  mask = its_mask;
  in_port = port;
  const KeyLine bits = KeyLine::Load(mask->bits);
  // The first word is in_port and recirc_id.
  in_port_only =
      mask->lines == kLineBase && std::all_of(std::begin(bits.word) + 1, std::end(bits.word),
                                              [](uint64_t word) { return word == 0; });
  return MakeArray(&current_, kFirstBuckets, arena);
}

void Subtable::Destroy(Arena* arena) {
  for (Array* array : {&current_, &previous_}) {
    if (array->buckets != nullptr) arena->Free(array->buckets, array->bytes());
    *array = Array();
  }
}

bool Subtable::MakeArray(Array* array, uint32_t buckets, Arena* arena) {
  auto* memory = static_cast<SubtableBucket*>(arena->Allocate(buckets * sizeof(SubtableBucket)));
  if (memory == nullptr) return false;
  for (uint32_t i = 0; i < buckets; ++i) Clear(&memory[i]);
  *array = {.buckets = memory, .mask = buckets - 1};
  return true;
}

bool Subtable::InsertInto(const Array& array, uint32_t hash, uint32_t slot, Arena* arena) {
  SubtableBucket* bucket = &array.At(hash);
  for (;; bucket = bucket->next) {
    for (size_t i = 0; i < SubtableBucket::kWays; ++i) {
      if (bucket->slot[i] != kFree) continue;
      bucket->hash[i] = hash;
      bucket->slot[i] = slot;
      return true;
    }
    if (bucket->next == nullptr) break;
  }
  auto* overflow = static_cast<SubtableBucket*>(arena->Allocate(sizeof(SubtableBucket)));
  if (overflow == nullptr) return false;
  Clear(overflow);
  overflow->hash[0] = hash;
  overflow->slot[0] = slot;
  bucket->next = overflow;
  return true;
}

bool Subtable::RemoveFrom(const Array& array, uint32_t hash, uint32_t slot, Arena* arena) {
  SubtableBucket* before = nullptr;
  for (SubtableBucket* b = &array.At(hash); b != nullptr; before = b, b = b->next) {
    bool in_use = false, found = false;
    for (size_t i = 0; i < SubtableBucket::kWays; ++i) {
      if (b->slot[i] == slot) {
        b->slot[i] = kFree;
        found = true;
      } else if (b->slot[i] != kFree) {
        in_use = true;
      }
    }
    if (!found) continue;
    if (!in_use && before != nullptr) {
      before->next = b->next;
      arena->Free(b, sizeof(*b));
    }
    return true;
  }
  return false;
}

void Subtable::GrowIfFull(Arena* arena) {
  const uint64_t capacity = (uint64_t{current_.mask} + 1) * SubtableBucket::kWays;
  if (previous_.buckets != nullptr || flows * uint64_t{4} < capacity * 3) return;
  Array bigger;
  // Without memory for a bigger array the chains grow longer; nothing breaks.
  if (!MakeArray(&bigger, (current_.mask + 1) * 2, arena)) return;
  previous_ = current_;
  current_ = bigger;
  moved_ = 0;
}

void Subtable::MoveSome(Arena* arena) {
  if (previous_.buckets == nullptr) return;
  for (uint32_t n = 0; n < kMovedPerInsertion && moved_ <= previous_.mask; ++n, ++moved_) {
    SubtableBucket* first = &previous_.buckets[moved_];
    for (SubtableBucket* b = first; b != nullptr;) {
      for (size_t i = 0; i < SubtableBucket::kWays; ++i) {
        if (b->slot[i] == kFree) continue;
        if (!InsertInto(current_, b->hash[i], b->slot[i], arena)) return;
        b->slot[i] = kFree;
      }
      SubtableBucket* next = b->next;
      if (b != first) arena->Free(b, sizeof(*b));
      first->next = next;
      b = next;
    }
  }
  if (moved_ > previous_.mask) {
    arena->Free(previous_.buckets, previous_.bytes());
    previous_ = Array();
  }
}

bool Subtable::Insert(uint32_t hash, uint32_t slot, Arena* arena) {
  GrowIfFull(arena);
  MoveSome(arena);
  if (!InsertInto(current_, hash, slot, arena)) return false;
  ++flows;
  return true;
}

void Subtable::Remove(uint32_t hash, uint32_t slot, Arena* arena) {
  if (!RemoveFrom(current_, hash, slot, arena)) {
    VSW_CHECK(previous_.buckets != nullptr && RemoveFrom(previous_, hash, slot, arena));
  }
  --flows;
}

}  // namespace vsw
