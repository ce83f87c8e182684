// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/intern.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace vsw {
namespace {

// Placement among a worker's own few lists; FNV-1a is enough, since chains are compared in full and
// their number is bounded by configuration, not by packets.
uint32_t Fnv(uint32_t hash, const void* data, size_t bytes) {
  const auto* p = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ p[i]) * 16777619u;
  return hash;
}

constexpr uint32_t kFnvStart = 2166136261u;

template <typename Entry>
void Unlink(Entry** chain, Entry* entry) {
  while (*chain != entry) chain = &(*chain)->next;
  *chain = entry->next;
}

}  // namespace

bool SameLines(const FlowMask& a, const FlowMask& b) {
  if (a.lines != b.lines) return false;
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    if (!(a.lines & (1u << i))) continue;
    if (std::memcmp(a.bits.line(i), b.bits.line(i), kLineBytes) != 0) return false;
  }
  return true;
}

uint32_t ActionStore::Hash(std::span<const Action> actions, DropReason drop_reason) {
  const uint32_t hash = Fnv(kFnvStart, actions.data(), actions.size_bytes());
  return Fnv(hash, &drop_reason, sizeof(drop_reason));
}

const CompiledActions* ActionStore::Acquire(std::span<const Action> actions,
                                            DropReason drop_reason) {
  const uint32_t hash = Hash(actions, drop_reason);
  CompiledActions*& chain = chains_[hash % kChains];
  for (CompiledActions* entry = chain; entry != nullptr; entry = entry->next) {
    if (entry->hash == hash && entry->drop_reason == drop_reason &&
        std::ranges::equal(entry->span(), actions)) {
      ++entry->references;
      return entry;
    }
  }
  void* block = arena_->Allocate(BytesFor(actions.size()));
  if (block == nullptr) return nullptr;
  const bool single =
      actions.size() == 1 && actions[0].type == ActionType::kOutput && actions[0].small == 0;
  auto* entry = static_cast<CompiledActions*>(block);
  entry->references = 1;
  entry->hash = hash;
  entry->next = chain;
  entry->single_output = single ? actions[0].port() : kNoPort;
  entry->count = static_cast<uint16_t>(actions.size());
  entry->drop_reason = drop_reason;
  std::copy(actions.begin(), actions.end(), entry->actions);
  chain = entry;
  return entry;
}

void ActionStore::Release(const CompiledActions* actions) {
  auto* entry = const_cast<CompiledActions*>(actions);
  if (--entry->references > 0) return;
  Unlink(&chains_[entry->hash % kChains], entry);
  arena_->Free(entry, BytesFor(entry->count));
}

// As above; the masks of a port are bounded.
uint32_t MaskStore::Hash(const FlowMask& mask) {
  uint64_t hash = mask.lines;
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    if (!(mask.lines & (1u << i))) continue;
    for (size_t at = 0; at < kLineBytes; at += sizeof(uint64_t)) {
      uint64_t word;
      std::memcpy(&word, mask.bits.line(i) + at, sizeof(word));
      hash = (hash ^ word) * 0x9e3779b97f4a7c15;
      hash ^= hash >> 32;
    }
  }
  return static_cast<uint32_t>(hash);
}

bool MaskStore::Has(const FlowMask& mask) const {
  const uint32_t hash = Hash(mask);
  for (const Entry* entry = chains_[hash % kChains]; entry != nullptr; entry = entry->next) {
    if (entry->hash == hash && SameLines(entry->mask, mask)) return true;
  }
  return false;
}

const FlowMask* MaskStore::Acquire(const FlowMask& mask) {
  const uint32_t hash = Hash(mask);
  Entry*& chain = chains_[hash % kChains];
  for (Entry* entry = chain; entry != nullptr; entry = entry->next) {
    if (entry->hash == hash && SameLines(entry->mask, mask)) {
      ++entry->references;
      return &entry->mask;
    }
  }
  void* block = arena_->Allocate(sizeof(Entry));
  if (block == nullptr) return nullptr;
  chain = new (block) Entry{.mask = {}, .references = 1, .hash = hash, .next = chain};
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    if (mask.lines & (1u << i))
      std::memcpy(chain->mask.bits.line(i), mask.bits.line(i), kLineBytes);
  }
  chain->mask.lines = mask.lines;
  ++size_;
  return &chain->mask;
}

void MaskStore::Release(const FlowMask* mask) {
  auto* entry = reinterpret_cast<Entry*>(const_cast<FlowMask*>(mask));
  if (--entry->references > 0) return;
  Unlink(&chains_[entry->hash % kChains], entry);
  arena_->Free(entry, sizeof(Entry));
  --size_;
}

}  // namespace vsw
