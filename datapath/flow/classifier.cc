// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/classifier.h"

#include <algorithm>
#include <new>

namespace vsw {

Classifier::Classifier(Arena* arena, uint32_t max_ports, uint32_t max_masks_per_port)
    : arena_(arena), max_masks_per_port_(max_masks_per_port), ports_(max_ports) {}

Subtable* Classifier::Find(PortNo in_port, const FlowMask* mask) const {
  for (Subtable* subtable : Tuples(in_port)) {
    if (subtable->mask == mask) return subtable;
  }
  return nullptr;
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
  std::copy_n(tuples->list, tuples->count, list);
  if (tuples->list != nullptr) arena_->Free(tuples->list, tuples->capacity * sizeof(Subtable*));
  tuples->list = list;
  tuples->capacity = capacity;
  return true;
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
  tuples.list[tuples.count++] = subtable;
  ++subtables_;
  return subtable;
}

void Classifier::Remove(Subtable* subtable) {
  VSW_CHECK(subtable->flows == 0);
  PortTuples& tuples = ports_[ToInt(subtable->in_port)];
  Subtable** end = tuples.list + tuples.count;
  Subtable** place = std::find(tuples.list, end, subtable);
  VSW_CHECK(place != end);
  std::copy(place + 1, end, place);
  --tuples.count;
  tuples.exact -= subtable->exact;
  subtable->Destroy(arena_);
  arena_->Free(subtable, sizeof(Subtable));
  --subtables_;
}

void Classifier::Reorder(PortNo in_port) {
  PortTuples& tuples = ports_[ToInt(in_port)];
  std::sort(tuples.list, tuples.list + tuples.count,
            [](const Subtable* a, const Subtable* b) { return a->hits > b->hits; });
  for (uint32_t i = 0; i < tuples.count; ++i) tuples.list[i]->hits /= 2;
}

}  // namespace vsw
