// SPDX-License-Identifier: Apache-2.0
//
// Which decisions a change of the tables can affect. A decision carries the tags of the rules that
// decided (or of the misses); a change touches
// - for a rule that went or was replaced: the decisions by that rule;
// - for a new rule: the decisions by rules of no higher priority, or by a miss, about packets that
//   the new rule matches. Whether a packet does is told by a filter where it was looked up as it
//   was received; else all of that rule's decisions count;
// - for conjunctive rules, whose part in a decision shows in no tag: every decision of the table.
// Rules that came and went within the change, and those that it made itself, decided nothing yet.
#include <array>
#include <unordered_set>
#include <vector>

#include "base/status.h"
#include "ofproto/table/table_set.h"
#include "ofproto/table/table_set_impl.h"
#include "ofproto/translate/tags.h"

namespace vsw {
namespace {

// Kinds of tags, beside those of translate/tags.h.
constexpr uint64_t kRuleTag = 32, kMissTag = 33, kTableTag = 34;

// Rules looked at for one new rule, and steps of one change in one table, beyond which all
// decisions of the table are asked again: that is cheaper then.
constexpr size_t kMaxOverlaps = 4096;
constexpr size_t kMaxSteps = 1024;
// Filters are held against every megaflow that carries their tag.
constexpr size_t kMaxFilters = 16384;

}  // namespace

Tag TableSet::RuleTag(uint64_t rule_id, bool pristine) {
  return internal::MakeTag(kRuleTag, pristine ? 1 : 0, rule_id);
}
Tag TableSet::MissTag(uint64_t table_set_id, uint8_t table, bool pristine) {
  return internal::MakeTag(kMissTag, pristine ? 1 : 0, table_set_id << 8 | table);
}
Tag TableSet::TableTag(uint64_t table_set_id, uint8_t table) {
  return internal::MakeTag(kTableTag, 0, table_set_id << 8 | table);
}

void TableSet::Impl::TagsOfAdded(const Rule& rule, std::vector<Tag>* tags,
                                 std::vector<DatapathControl::TagFilter>* filters,
                                 bool* whole_table) const {
  // What a conj_id rule adds to depends on conjunctions that other rules make up. Hidden rules are
  // few, and stand above all others.
  if (rule.match.mask.pipeline.conj_id.raw != 0 || rule.bookkeeping.hidden) {
    *whole_table = true;
    return;
  }
  const FlowKey* key = &rule.match.value.packet;
  const FlowKey* mask = &rule.match.mask.packet;
  auto affects = [&](Tag pristine, Tag other) {
    filters->push_back({pristine, key, mask});
    tags->push_back(other);
  };
  // Where there are conjunctions, a rule of lower priority can come before a higher one's
  // conjunction (it is what the search with a conj_id finds), so all priorities count.
  const uint16_t to = conjunctive[rule.table] > 0 ? uint16_t{0xffff} : rule.priority;
  const bool complete = set->tables_[rule.table].ForEachOverlapping(
      rule.match, 0, to, version, kMaxOverlaps,
      [&](Rule* other) { affects(RuleTag(other->id, true), RuleTag(other->id, false)); });
  affects(MissTag(set->id_, rule.table, true), MissTag(set->id_, rule.table, false));
  if (!complete || filters->size() > kMaxFilters) *whole_table = true;
}

void TableSet::Apply(std::vector<Tag>* tags, std::vector<DatapathControl::TagFilter>* filters,
                     bool* everything) {
  Impl& impl = *impl_;
  VSW_CHECK(impl.open);
  std::array<uint32_t, kTableCount> steps{};
  std::array<bool, kTableCount> whole_table{};
  for (const Impl::Step& step : impl.steps) {
    if (step.kind == Impl::Step::Kind::kRefreshed) continue;
    const uint8_t table = step.rule->table;
    if (++steps[table] > kMaxSteps || !step.rule->conjunctions.empty()) whole_table[table] = true;
  }
  // A rule that takes another's place takes its packets and no others, if that one was in force.
  std::unordered_set<const Rule*> heirs;
  for (const RuleChange& change : changes_) {
    if (change.event != FlowUpdate::Event::kModified) continue;
    if (change.former->added_version <= impl.version || heirs.contains(change.former)) {
      heirs.insert(change.rule);
    }
  }
  for (const Impl::Step& step : impl.steps) {
    const Rule& rule = *step.rule;
    bool* whole = &whole_table[rule.table];
    if (step.kind == Impl::Step::Kind::kRemoved) {
      impl.leaving.push_back(step.rule);
      if (rule.bookkeeping.learner != 0) tags->push_back(rule.bookkeeping.learner);
      if (*whole || rule.added_version > impl.version) continue;
      tags->push_back(RuleTag(rule.id, true));
      tags->push_back(RuleTag(rule.id, false));
    } else if (step.kind == Impl::Step::Kind::kAdded) {
      if (*whole || !impl.IsVisible(rule) || heirs.contains(&rule)) continue;
      impl.TagsOfAdded(rule, tags, filters, whole);
    }
  }
  for (size_t t = 0; t < kTableCount; ++t) {
    if (whole_table[t]) tags->push_back(TableTag(id_, static_cast<uint8_t>(t)));
  }
  impl.steps.clear();
  ++impl.version;
  impl.open = false;
}

}  // namespace vsw
