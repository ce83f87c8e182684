// SPDX-License-Identifier: Apache-2.0
//
// The writer's side of the classifier; rule_lookup.cc has the readers'.
#include "ofproto/table/rule_classifier.h"

#include <algorithm>

#include "base/status.h"
#include "ofproto/table/rule_classifier_impl.h"

namespace vsw {
namespace {

bool HasAllBitsOf(const MatchKey& mask, const MatchKey& wanted) {
  uint64_t missing = 0;
  for (size_t i = 0; i < kMatchKeyWords; ++i) missing |= wanted.words()[i] & ~mask.words()[i];
  return missing == 0;
}

}  // namespace

size_t MaskHash::operator()(const MatchKey& mask) const {
  uint64_t sum = hash.seed();
  for (size_t i = 0; i < kMatchKeyWords; ++i) sum = hash.Add(sum, mask.words()[i]);
  return sum;
}

RuleClassifier::RuleClassifier() : impl_(std::make_unique<Impl>()) {}
RuleClassifier::~RuleClassifier() = default;

void RuleClassifier::Insert(Rule* rule) {
  std::unique_ptr<RuleSubtable>& subtable = impl_->by_mask[rule->match.mask];
  const bool is_new = subtable == nullptr;
  if (is_new) {
    subtable =
        std::make_unique<RuleSubtable>(rule->match.mask, ++impl_->last_sequence, impl_->hash);
    impl_->in_order.push_back(subtable.get());
  }
  subtable->Insert(rule, &impl_->tries, &impl_->retired);
  ++impl_->rules;
  const uint32_t rank = RuleSubtable::RankOf(*rule);
  // An empty one may still be listed, from before its last rule went.
  if (!is_new && rank <= subtable->listed_rank) return;
  if (!impl_->list.Raise(subtable.get(), rank)) impl_->Relist();
}

void RuleClassifier::Remove(Rule* rule) {
  const auto found = impl_->by_mask.find(rule->match.mask);
  VSW_CHECK(found != impl_->by_mask.end());
  RuleSubtable* subtable = found->second.get();
  subtable->Remove(rule, &impl_->tries, &impl_->retired);
  --impl_->rules;
  if (subtable->empty() || subtable->max_rank() < subtable->listed_rank) impl_->list_stale = true;
}

void RuleClassifier::Impl::Relist() {
  std::vector<RuleSubtable*> filled;
  std::ranges::copy_if(in_order, std::back_inserter(filled),
                       [](const RuleSubtable* subtable) { return !subtable->empty(); });
  list.Rebuild(filled, &retired);
  for (RuleSubtable* subtable : in_order) {
    if (!subtable->empty()) continue;
    const auto found = by_mask.find(subtable->mask());
    retired.Add(found->second.release(), [](void* p) { delete static_cast<RuleSubtable*>(p); });
    by_mask.erase(found);
  }
  in_order = std::move(filled);
  list_stale = false;
}

void RuleClassifier::Reclaim() {
  impl_->retired.FreeAll();
  if (impl_->list_stale) impl_->Relist();
}

bool RuleClassifier::has_retired() const { return impl_->list_stale || !impl_->retired.empty(); }
size_t RuleClassifier::size() const { return impl_->rules; }
size_t RuleClassifier::mask_count() const {
  return static_cast<size_t>(
      std::ranges::count_if(impl_->in_order, [](const auto* s) { return !s->empty(); }));
}

Rule* RuleClassifier::Find(const Match& match, uint16_t priority, TableVersion version) const {
  const auto found = impl_->by_mask.find(match.mask);
  if (found == impl_->by_mask.end()) return nullptr;
  for (const RuleEntry* entry = found->second->Find(match.value); entry != nullptr;
       entry = entry->next.load(std::memory_order_relaxed)) {
    if (entry->priority < priority) return nullptr;
    if (entry->priority == priority && entry->rule->VisibleAt(version)) return entry->rule;
  }
  return nullptr;
}

void RuleClassifier::ForEachWithin(const Match& selector, TableVersion version,
                                   const std::function<bool(Rule*)>& visit) const {
  for (const RuleSubtable* subtable : impl_->in_order) {
    if (!HasAllBitsOf(subtable->mask(), selector.mask)) continue;
    if (subtable->mask() == selector.mask) {
      for (const RuleEntry* entry = subtable->Find(selector.value); entry != nullptr;
           entry = entry->next.load(std::memory_order_relaxed)) {
        if (entry->rule->VisibleAt(version) && !visit(entry->rule)) return;
      }
      continue;
    }
    if (subtable->Excludes(selector.value, selector.mask)) continue;
    for (const RuleEntry* entry : subtable->entries()) {
      if (!subtable->Overlaps(*entry, selector) || !entry->rule->VisibleAt(version)) continue;
      if (!visit(entry->rule)) return;
    }
  }
}

bool RuleClassifier::ForEachOverlapping(const Match& match, uint16_t from, uint16_t to,
                                        TableVersion version, size_t limit,
                                        const std::function<void(Rule*)>& visit) const {
  size_t looked_at = 0;
  auto consider = [&](const RuleEntry& entry) {
    if (entry.priority < from || entry.priority > to) return;
    if (entry.rule->VisibleAt(version)) visit(entry.rule);
  };
  for (const RuleSubtable* subtable : impl_->in_order) {
    if (subtable->empty() || subtable->max_rank() < from || subtable->min_rank() > to) continue;
    if (HasAllBitsOf(match.mask, subtable->mask())) {
      for (const RuleEntry* entry = subtable->Find(match.value); entry != nullptr;
           entry = entry->next.load(std::memory_order_relaxed)) {
        if (++looked_at > limit) return false;
        consider(*entry);
      }
      continue;
    }
    if (subtable->Excludes(match.value, match.mask)) continue;
    for (const RuleEntry* entry : subtable->entries()) {
      if (++looked_at > limit) return false;
      if (subtable->Overlaps(*entry, match)) consider(*entry);
    }
  }
  return true;
}

}  // namespace vsw
