// SPDX-License-Identifier: Apache-2.0
//
// The readers' side of the classifier.
#include <algorithm>

#include "ofproto/table/conjunction_set.h"
#include "ofproto/table/rule_classifier.h"
#include "ofproto/table/rule_classifier_impl.h"

namespace vsw {
namespace {

constexpr int64_t kNone = -1;

struct Found {
  const Rule* rule = nullptr;
  int64_t rank = kNone;
  uint64_t sequence = 0;
  int64_t soft_rank = kNone;  // highest of the conjunctive rules met
};

// The best rule of one subtable's chain. Among equal ranks the older subtable wins, whatever the
// order in which the list shows them: so the answer is a matter of the rules alone.
void TakeBest(const RuleEntry* entry, uint64_t sequence, TableVersion version, Found* found) {
  for (; entry != nullptr; entry = entry->next.load(std::memory_order_acquire)) {
    const int64_t rank = entry->priority;
    if (rank < found->rank || (rank == found->rank && sequence >= found->sequence)) return;
    if (!entry->rule->VisibleAt(version)) continue;
    if (entry->conjunctive) {
      found->soft_rank = std::max(found->soft_rank, rank);
      continue;
    }
    found->rule = entry->rule;
    __builtin_prefetch(entry->rule->instructions.apply.data());
    found->rank = rank;
    found->sequence = sequence;
    return;
  }
}

Found Search(const SubtableList& list, const PrefixTries& tries, TableVersion version,
             const MatchKey& key, MatchKey* mask) {
  Found found;
  PrefixAnswers prefixes(tries, key.bytes());
  list.ForEachPossible(&prefixes, [&](uint32_t rank, const RuleSubtable* subtable) {
    if (rank < found.rank) return false;
    if (rank == found.rank && subtable->sequence() >= found.sequence) return true;
    const RuleEntry* entry = subtable->FindMarked(key, &prefixes, mask);
    if (entry != nullptr) TakeBest(entry, subtable->sequence(), version, &found);
    return true;
  });
  return found;
}

// The conjunctive rules of rank `level` that the packet matches, and the next lower such level
// above `floor`. Looks only where Search() has looked and marked.
void CollectLevel(const SubtableList& list, TableVersion version, const MatchKey& key,
                  int64_t level, int64_t floor, ConjunctionSet* set, int64_t* next_level) {
  list.ForEach([&](uint32_t highest, const RuleSubtable* subtable) {
    if (highest <= floor) return false;
    for (const RuleEntry* entry = subtable->Find(key); entry != nullptr && entry->priority > floor;
         entry = entry->next.load(std::memory_order_acquire)) {
      const int64_t rank = entry->priority;
      if (!entry->conjunctive || rank > level || !entry->rule->VisibleAt(version)) continue;
      if (rank < level) {
        *next_level = std::max(*next_level, rank);
        continue;
      }
      for (const act::Conjunction& part : entry->rule->conjunctions) set->Add(part);
    }
    return true;
  });
}

}  // namespace

// ovs-actions(7), "conjunction": from the highest priority down, a conjunction of which the packet
// meets every clause sets conj_id, and the table is searched again, without conjunctive rules. What
// that finds, of whatever priority, is the answer.
const Rule* RuleClassifier::Lookup(TableVersion version, const MatchKey& key,
                                   MatchKey* mask) const noexcept {
  const Impl& impl = *impl_;
  const Found hard = Search(impl.list, impl.tries, version, key, mask);
  if (hard.soft_rank <= hard.rank) [[likely]]
    return hard.rule;
  MatchKey with_id = key;
  for (int64_t level = hard.soft_rank; level > hard.rank;) {
    int64_t next_level = kNone;
    uint64_t bound = 0;
    for (bool first = true, more = true; more; first = false) {
      ConjunctionSet set(first, bound);
      CollectLevel(impl.list, version, key, level, hard.rank, &set, &next_level);
      for (const ConjunctionSet::Whole& whole : set.wholes()) {
        bound = whole.key;
        if (!whole.complete()) continue;
        with_id.pipeline.conj_id = Be32::From(whole.id());
        const Found found = Search(impl.list, impl.tries, version, with_id, mask);
        if (found.rule != nullptr) return found.rule;
      }
      more = set.more();
    }
    level = next_level;
  }
  return hard.rule;
}

}  // namespace vsw
