// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/basis.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/status.h"

namespace vsw {
namespace {

// Placement among what is shared: tags are hashes already, and a clash costs memory alone.
uint32_t HashOf(std::span<const Tag> tags, std::span<const StatId> stats) {
  uint64_t hash = tags.size();
  const auto mix = [&hash](uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  };
  for (const Tag tag : tags) mix(tag);
  for (const StatId stat : stats) mix(static_cast<uint64_t>(stat));
  return static_cast<uint32_t>(hash);
}

bool IsOf(Basis* basis, std::span<const Tag> tags, std::span<const StatId> stats) {
  return std::ranges::equal(basis->tags(), tags, {}, &TagNode::tag) &&
         std::ranges::equal(basis->stats(), stats);
}

}  // namespace

absl::StatusOr<std::unique_ptr<BasisStore>> BasisStore::Create(Arena* arena) {
  VSW_ASSIGN_OR_RETURN(ReservedMemory chains,
                       ReservedMemory::Create(kTagChains * sizeof(TagNode*)));
  VSW_ASSIGN_OR_RETURN(ReservedMemory recent, ReservedMemory::Create(kRecent * sizeof(Basis*)));
  return std::unique_ptr<BasisStore>(new BasisStore(arena, std::move(chains), std::move(recent)));
}

Basis* BasisStore::Acquire(std::span<const Tag> tags, std::span<const StatId> stats) {
  const uint32_t hash = HashOf(tags, stats);
  Basis*& recent = RecentOf(hash);
  if (recent != nullptr && recent->hash == hash && IsOf(recent, tags, stats)) {
    ++recent->flows;
    return recent;
  }
  void* block = arena_->Allocate(Basis::BytesFor(tags.size(), stats.size()));
  if (block == nullptr) return nullptr;
  auto* basis = new (block) Basis{.flows = 1,
                                  .hash = hash,
                                  .tag_count = static_cast<uint16_t>(tags.size()),
                                  .stat_count = static_cast<uint16_t>(stats.size())};
  for (size_t i = 0; i < tags.size(); ++i) {
    TagNode& node = basis->tags()[i];
    TagNode*& chain = ChainOf(tags[i]);
    node = {.tag = tags[i], .basis = basis, .next = chain, .link = &chain};
    if (chain != nullptr) chain->link = &node.next;
    chain = &node;
  }
  std::ranges::copy(stats, basis->stats().begin());
  return recent = basis;
}

bool BasisStore::Visit(Basis** found) {
  if (visiting_ == nullptr) return false;
  const TagNode& node = *std::exchange(visiting_, visiting_->next);
  *found = node.tag == visited_tag_ ? node.basis : nullptr;
  return true;
}

void BasisStore::Release(Basis* basis) {
  if (--basis->flows > 0) return;
  for (const TagNode& node : basis->tags()) {
    if (visiting_ == &node) visiting_ = node.next;
    *node.link = node.next;
    if (node.next != nullptr) node.next->link = node.link;
  }
  if (Basis*& recent = RecentOf(basis->hash); recent == basis) recent = nullptr;
  arena_->Free(basis, Basis::BytesFor(basis->tag_count, basis->stat_count));
}

}  // namespace vsw
