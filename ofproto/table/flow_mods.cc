// SPDX-License-Identifier: Apache-2.0
//
// What flow-mods do to the tables (OpenFlow 1.3 section 6.4, 1.4 sections 6.4 to 6.6).
#include <algorithm>
#include <atomic>

#include "base/status.h"
#include "ofproto/table/table_set.h"
#include "ofproto/table/table_set_impl.h"

namespace vsw {
namespace {

uint64_t NextRuleId() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

bool IsEverything(const MatchKey& mask) {
  return std::ranges::all_of(std::span(mask.words(), kMatchKeyWords),
                             [](uint64_t word) { return word == 0; });
}

void SetInstructions(Rule* rule, const Instructions& instructions) {
  rule->instructions = instructions;
  for (const OfAction& action : instructions.apply) {
    if (const auto* part = std::get_if<act::Conjunction>(&action.what)) {
      rule->conjunctions.push_back(*part);
    }
  }
}

RuleSelection SelectionOf(const FlowMod& mod, bool strict, bool hidden) {
  RuleSelection selection;
  selection.table = mod.table;
  selection.match = &mod.match;
  selection.strict = strict;
  selection.priority = mod.priority;
  selection.cookie = mod.match_cookie;
  selection.cookie_mask = mod.cookie_mask;
  selection.hidden = hidden;
  return selection;
}

}  // namespace

OfStatus TableSet::Modify(const FlowMod& mod, const ModOptions& options) {
  VSW_CHECK(impl_->open);
  if (mod.table != kTableAll && mod.table >= kTableCount) {
    return {OfErrorId::kFlowModBadTable, "table " + std::to_string(mod.table)};
  }
  const Impl::Mark mark = {impl_->steps.size(), changes_.size()};
  OfStatus status;
  switch (mod.command) {
    case FlowMod::Command::kAdd:
      status = impl_->Add(mod, options, mod.table == kTableAll ? uint8_t{0} : mod.table);
      break;
    case FlowMod::Command::kModify:
      status = impl_->ModifySelected(mod, options, /*strict=*/false);
      break;
    case FlowMod::Command::kModifyStrict:
      status = impl_->ModifySelected(mod, options, /*strict=*/true);
      break;
    case FlowMod::Command::kDelete:
      impl_->DeleteSelected(mod, options, /*strict=*/false);
      break;
    case FlowMod::Command::kDeleteStrict:
      impl_->DeleteSelected(mod, options, /*strict=*/true);
      break;
  }
  if (!status.ok()) impl_->UndoTo(mark);
  return status;
}

// --- Add -----------------------------------------------------------------------------------------

OfStatus TableSet::Impl::Add(const FlowMod& mod, const ModOptions& options, uint8_t table) {
  Rule* former = FindExact(mod.match, mod.priority, table, options.hidden);
  if (former != nullptr && options.from_learn && Refresh(former, mod)) return {};
  if (former == nullptr) {
    if (options.from_learn && options.learn_limit != 0 &&
        index.CountWithCookie(table, mod.cookie) >= options.learn_limit) {
      return {};
    }
    // What is there already with the same match does not overlap, it is replaced.
    if ((mod.flags & flow_flags::kCheckOverlap) != 0 &&
        HasOverlap(mod.match, mod.priority, table)) {
      return OfErrorId::kOverlap;
    }
    if (!options.hidden) VSW_OF_RETURN_IF_ERROR(MakeRoom(table));
  }
  std::unique_ptr<Rule> rule = MakeRule(mod.match, mod.priority, table);
  const bool keep_counts = former != nullptr && (mod.flags & flow_flags::kResetCounts) == 0;
  if (!GiveStat(rule.get(), keep_counts ? former : nullptr)) {
    return {OfErrorId::kTableFull, "no more counters"};
  }
  rule->cookie = mod.cookie;
  rule->flags = mod.flags;
  SetInstructions(rule.get(), mod.instructions);
  Rule::Bookkeeping& book = rule->bookkeeping;
  book.idle_timeout = mod.idle_timeout;
  book.hard_timeout = mod.hard_timeout;
  book.importance = mod.importance;
  book.created_ns = book.used_ns = book.modified_ns;
  book.hidden = options.hidden;
  book.stored = options.stored;
  book.learner = options.learner;
  if (former != nullptr) {
    Replace(former, std::move(rule));
    return {};
  }
  set->changes_.push_back({FlowUpdate::Event::kAdded, rule.get(), nullptr});
  Enter(std::move(rule));
  return {};
}

bool TableSet::Impl::HasOverlap(const Match& match, uint16_t priority, uint8_t table) const {
  bool overlaps = false;
  set->tables_[table].ForEachOverlapping(match, priority, priority, next_version(), ~size_t{0},
                                         [&](Rule*) { overlaps = true; });
  return overlaps;
}

OfStatus TableSet::Impl::MakeRoom(uint8_t table) {
  if (set->counts_[table] < set->max_rules_[table]) return {};
  if (!set->configs_[table].eviction) return OfErrorId::kTableFull;
  Rule* victim = index.FirstToEvict(table, [&](const std::function<void(Rule*)>& visit) {
    set->tables_[table].ForEachWithin(Match(), next_version(), [&](Rule* rule) {
      visit(rule);
      return true;
    });
  });
  if (victim == nullptr) return OfErrorId::kTableFull;
  Delete(victim, FlowRemovedReason::kEviction);
  return {};
}

// A rule that learn() would make again, as it is: its hard timeout starts anew.
bool TableSet::Impl::Refresh(Rule* former, const FlowMod& mod) {
  Rule::Bookkeeping& book = former->bookkeeping;
  if (former->cookie != mod.cookie || former->flags != mod.flags ||
      book.idle_timeout != mod.idle_timeout || book.hard_timeout != mod.hard_timeout ||
      book.importance != mod.importance || !(former->instructions == mod.instructions)) {
    return false;
  }
  steps.push_back({Step::Kind::kRefreshed, former, book.modified_ns});
  book.modified_ns = set->control_->NowNs();
  return true;
}

Rule* TableSet::Impl::FindExact(const Match& match, uint16_t priority, uint8_t table,
                                bool hidden) const {
  const RuleClassifier& classifier = set->tables_[table];
  if (!hidden) return classifier.Find(match, priority, next_version());
  Rule* found = nullptr;
  classifier.ForEachWithin(match, next_version(), [&](Rule* rule) {
    const bool is_it =
        rule->bookkeeping.hidden && rule->priority == priority && rule->match == match;
    if (is_it) found = rule;
    return !is_it;
  });
  return found;
}

// --- Modify and delete ---------------------------------------------------------------------------

OfStatus TableSet::Impl::ModifySelected(const FlowMod& mod, const ModOptions& options,
                                        bool strict) {
  const std::vector<Rule*> selected = Select(SelectionOf(mod, strict, options.hidden));
  if (selected.empty()) {
    if (!mod.set_cookie || mod.cookie_mask != 0) return {};
    return Add(mod, options, mod.table == kTableAll ? uint8_t{0} : mod.table);
  }
  const bool keep_counts = (mod.flags & flow_flags::kResetCounts) == 0;
  for (Rule* former : selected) {
    std::unique_ptr<Rule> rule = MakeRule(former->match, former->priority, former->table);
    if (!GiveStat(rule.get(), keep_counts ? former : nullptr)) {
      return {OfErrorId::kTableFull, "no more counters"};
    }
    rule->cookie = mod.set_cookie ? mod.cookie : former->cookie;
    rule->flags = former->flags;
    SetInstructions(rule.get(), mod.instructions);
    const Rule::Bookkeeping& was = former->bookkeeping;
    Rule::Bookkeeping& book = rule->bookkeeping;
    book.idle_timeout = was.idle_timeout;
    book.hard_timeout = was.hard_timeout;
    book.importance = was.importance;
    book.created_ns = was.created_ns;
    book.used_ns = keep_counts ? was.used_ns : LastUsed(*former);
    book.hidden = was.hidden;
    book.stored = was.stored || options.stored;
    book.learner = was.learner;
    Replace(former, std::move(rule));
  }
  return {};
}

void TableSet::Impl::DeleteSelected(const FlowMod& mod, const ModOptions& options, bool strict) {
  RuleSelection selection = SelectionOf(mod, strict, options.hidden);
  selection.out_port = mod.out_port;
  selection.out_group = mod.out_group;
  const std::vector<Rule*> selected = Select(selection);
  set->changes_.reserve(set->changes_.size() + selected.size());
  for (Rule* rule : selected) Delete(rule, FlowRemovedReason::kDelete);
}

void TableSet::DeleteUsersOfGroup(uint32_t group) {
  VSW_CHECK(impl_->open);
  const RuleIndex::Rules users = impl_->index.UsersOfGroup(group);
  for (Rule* rule : users) impl_->Delete(rule, FlowRemovedReason::kGroupDelete);
}

void TableSet::DeleteUsersOfMeter(uint32_t meter) {
  VSW_CHECK(impl_->open);
  const RuleIndex::Rules users = impl_->index.UsersOfMeter(meter);
  for (Rule* rule : users) impl_->Delete(rule, FlowRemovedReason::kMeterDelete);
}

// --- Steps, each of which can be undone ----------------------------------------------------------

std::unique_ptr<Rule> TableSet::Impl::MakeRule(const Match& match, uint16_t priority,
                                               uint8_t table) {
  auto rule = std::make_unique<Rule>();
  rule->match = match;
  rule->priority = priority;
  rule->table = table;
  rule->id = NextRuleId();
  rule->is_table_miss = priority == 0 && IsEverything(match.mask);
  rule->added_version = next_version();
  rule->bookkeeping.modified_ns = set->control_->NowNs();
  return rule;
}

void TableSet::Impl::CountRule(const Rule& rule, int change) {
  if (!rule.bookkeeping.hidden) set->counts_[rule.table] += static_cast<uint32_t>(change);
  if (!rule.conjunctions.empty()) conjunctive[rule.table] += static_cast<uint32_t>(change);
}

// The rule is found by lookups from now on, at the version that is not yet published.
void TableSet::Impl::Enter(std::unique_ptr<Rule> owned) {
  Rule* rule = owned.release();
  set->tables_[rule->table].Insert(rule);
  if (set->tables_[rule->table].has_retired()) retired.set(rule->table);
  index.Link(rule);
  CountRule(*rule, +1);
  steps.push_back({Step::Kind::kAdded, rule});
}

// Release, as VisibleAt() acquires: there is nothing behind it to be seen but the version.
void TableSet::Impl::Withdraw(Rule* rule) {
  rule->removed_version.store(next_version(), std::memory_order_release);
  index.Unlink(rule);
  CountRule(*rule, -1);
  steps.push_back({Step::Kind::kRemoved, rule});
}

void TableSet::Impl::Delete(Rule* rule, FlowRemovedReason reason) {
  Withdraw(rule);
  set->changes_.push_back({FlowUpdate::Event::kDeleted, nullptr, rule, reason});
}

void TableSet::Impl::Replace(Rule* former, std::unique_ptr<Rule> rule) {
  Withdraw(former);
  set->changes_.push_back({FlowUpdate::Event::kModified, rule.get(), former});
  Enter(std::move(rule));
}

void TableSet::Impl::UndoTo(const Mark& mark) {
  while (steps.size() > mark.steps) {
    const Step step = steps.back();
    steps.pop_back();
    Rule* rule = step.rule;
    switch (step.kind) {
      case Step::Kind::kAdded:
        index.Unlink(rule);
        CountRule(*rule, -1);
        // The version that it was for will be another change's: it must not be seen there by those
        // who still have it in hand.
        rule->removed_version.store(0, std::memory_order_release);
        set->tables_[rule->table].Remove(rule);
        retired.set(rule->table);
        freeing.push_back(rule);
        break;
      case Step::Kind::kRemoved:
        rule->removed_version.store(kNeverRemoved, std::memory_order_release);
        index.Link(rule);
        CountRule(*rule, +1);
        break;
      case Step::Kind::kRefreshed:
        rule->bookkeeping.modified_ns = step.modified_ns;
        break;
    }
  }
  set->changes_.resize(mark.changes);
}

}  // namespace vsw
