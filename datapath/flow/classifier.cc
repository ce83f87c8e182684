// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/classifier.h"

#include <new>

namespace vsw {

Classifier::Classifier(const FlowHash& hash, Arena* arena, uint32_t max_ports,
                       uint32_t max_masks_per_port)
    : hash_(hash),
      arena_(arena),
      max_masks_per_port_(std::min(max_masks_per_port, kMaxMasks)),
      ports_(max_ports) {}

Subtable* Classifier::Find(PortNo in_port, const FlowMask* mask) const {
  const PortTuples& tuples = ports_[ToInt(in_port)];
  const FlowMask** end = tuples.masks + tuples.count;
  const FlowMask** found = std::find(tuples.masks, end, mask);
  return found == end ? nullptr : tuples.list[found - tuples.masks];
}

bool Classifier::HasRoom(PortNo in_port) const {
  const PortTuples& tuples = ports_[ToInt(in_port)];
  return tuples.count - tuples.exact < max_masks_per_port_;
}

bool Classifier::Reserve(PortTuples* tuples) {
  if (tuples->count < tuples->capacity) return true;
  const uint32_t capacity = tuples->capacity == 0 ? 8 : tuples->capacity * 2;
  auto** list = static_cast<Subtable**>(arena_->Allocate(capacity * sizeof(Subtable*)));
  if (list == nullptr) return false;
  auto** masks =
      static_cast<const FlowMask**>(arena_->Allocate(capacity * sizeof(const FlowMask*)));
  if (masks == nullptr) {
    arena_->Free(list, capacity * sizeof(Subtable*));
    return false;
  }
  std::copy_n(tuples->list, tuples->count, list);
  std::copy_n(tuples->masks, tuples->count, masks);
  if (tuples->list != nullptr) {
    arena_->Free(tuples->list, tuples->capacity * sizeof(Subtable*));
    arena_->Free(tuples->masks, tuples->capacity * sizeof(const FlowMask*));
  }
  tuples->list = list;
  tuples->masks = masks;
  tuples->capacity = capacity;
  return true;
}

void Classifier::Put(PortTuples* tuples, uint32_t position, Subtable* subtable) {
  tuples->list[position] = subtable;
  tuples->masks[position] = subtable->mask;
  subtable->position = position;
  if (tuples->sieve != nullptr) tuples->sieve->Place(position, subtable->probes);
}

// Flows that are there already would have to be entered all at once: only a new subtable is sieved.
// Without memory for it, it is always asked.
void Classifier::TakeProbes(PortTuples* tuples, Subtable* subtable) {
  if (tuples->count < kAlwaysAsked) return;
  if (tuples->sieve == nullptr) {
    tuples->sieve = Sieve::Make(hash_, arena_);
    if (tuples->sieve == nullptr) return;
  }
  subtable->probes = tuples->sieve->Take(*subtable->mask, arena_);
  subtable->sieved = true;
  ++tuples->sieved;
}

void Classifier::DropProbes(PortTuples* tuples, Subtable* subtable) {
  if (!subtable->sieved) return;
  tuples->sieve->Drop(subtable->probes, arena_);
  if (--tuples->sieved > 0) return;
  Sieve::Free(tuples->sieve, arena_);
  tuples->sieve = nullptr;
}

Subtable* Classifier::Add(PortNo in_port, const FlowMask* mask, bool exact) {
  PortTuples& tuples = ports_[ToInt(in_port)];
  if (exact ? tuples.exact >= kExactRoom : !HasRoom(in_port)) return nullptr;
  if (!Reserve(&tuples)) return nullptr;
  void* block = arena_->Allocate(sizeof(Subtable));
  if (block == nullptr) return nullptr;
  auto* subtable = new (block) Subtable();
  if (!subtable->Init(mask, in_port, arena_)) {
    arena_->Free(block, sizeof(Subtable));
    return nullptr;
  }
  subtable->exact = exact;
  tuples.exact += exact;
  TakeProbes(&tuples, subtable);
  Put(&tuples, tuples.count++, subtable);
  ++subtables_;
  return subtable;
}

// The last one takes its place, until the list is put in order again.
void Classifier::Remove(Subtable* subtable) {
  VSW_CHECK(subtable->flows == 0);
  PortTuples& tuples = ports_[ToInt(subtable->in_port)];
  const uint32_t position = subtable->position;
  VSW_CHECK(position < tuples.count && tuples.list[position] == subtable);
  Subtable* last = tuples.list[--tuples.count];
  if (tuples.sieve != nullptr) {
    tuples.sieve->Displace(position, subtable->probes);
    if (last != subtable) tuples.sieve->Displace(tuples.count, last->probes);
  }
  if (last != subtable) Put(&tuples, position, last);
  DropProbes(&tuples, subtable);
  tuples.exact -= subtable->exact;
  subtable->Destroy(arena_);
  arena_->Free(subtable, sizeof(Subtable));
  --subtables_;
}

void Classifier::Reorder(PortNo in_port) {
  PortTuples& tuples = ports_[ToInt(in_port)];
  const std::span<Subtable*> all(tuples.list, tuples.count);
  if (tuples.sieve != nullptr) {
    for (const Subtable* subtable : all) {
      tuples.sieve->Displace(subtable->position, subtable->probes);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Subtable* a, const Subtable* b) { return a->hits > b->hits; });
  for (uint32_t i = 0; i < tuples.count; ++i) {
    tuples.list[i]->hits /= 2;
    Put(&tuples, i, tuples.list[i]);
  }
}

}  // namespace vsw
