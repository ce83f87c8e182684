// SPDX-License-Identifier: Apache-2.0
//
// Versions, counters, what is asked of the tables. flow_mods.cc has what changes them,
// table_apply.cc what becomes of decisions then.
#include "ofproto/table/table_set.h"

#include <algorithm>
#include <atomic>

#include "base/status.h"
#include "ofproto/table/table_set_impl.h"

namespace vsw {
namespace {

constexpr uint32_t kDefaultMaxRules = 1'000'000;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

uint64_t NextTableSetId() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

TableSet::TableSet(DatapathControl* control)
    : control_(control), id_(NextTableSetId()), impl_(std::make_unique<Impl>(this)) {
  max_rules_.fill(kDefaultMaxRules);
}

TableSet::Impl::Impl(TableSet* table_set)
    : set(table_set), index([this](const Rule& rule) { return DeadlineOf(rule); }) {}

TableSet::~TableSet() {
  if (impl_->open) Rollback();
  std::vector<Rule*> rules;
  const Match everything;
  for (const RuleClassifier& table : tables_) {
    table.ForEachWithin(everything, impl_->next_version(), [&](Rule* rule) {
      rules.push_back(rule);
      return true;
    });
  }
  for (const auto* list : {&rules, &impl_->leaving, &impl_->freeing}) {
    for (Rule* rule : *list) delete rule;
  }
}

// --- Versions ------------------------------------------------------------------------------------

TableVersion TableSet::Begin() {
  VSW_CHECK(!impl_->open);
  impl_->open = true;
  changes_.clear();
  return impl_->next_version();
}

void TableSet::Rollback() {
  VSW_CHECK(impl_->open);
  impl_->UndoTo({0, 0});
  impl_->open = false;
}

void TableSet::Reclaim() {
  Impl& impl = *impl_;
  for (Rule* rule : impl.freeing) impl.FreeRule(rule);
  impl.freeing.clear();
  // Before more is taken out: what was retired until now has had its grace period, what follows
  // will have to wait for one.
  for (size_t t = 0; t < kTableCount; ++t) {
    if (!impl.retired[t]) continue;
    tables_[t].Reclaim();
    impl.retired[t] = tables_[t].has_retired();
  }
  for (Rule* rule : impl.leaving) {
    tables_[rule->table].Remove(rule);
    impl.retired.set(rule->table);
  }
  impl.freeing.swap(impl.leaving);
}

bool TableSet::has_retired() const {
  return !impl_->leaving.empty() || !impl_->freeing.empty() || impl_->retired.any();
}

void TableSet::Impl::FreeRule(Rule* rule) {
  if (rule->bookkeeping.stat_owner.use_count() == 1) {
    matched_before[rule->table] += set->CountersOf(*rule).packets;
  }
  delete rule;
}

// --- Counters ------------------------------------------------------------------------------------

bool TableSet::Impl::GiveStat(Rule* rule, const Rule* heir_to) {
  if (heir_to != nullptr) {
    rule->stat = heir_to->stat;
    rule->bookkeeping.stat_owner = heir_to->bookkeeping.stat_owner;
    return true;
  }
  DatapathControl* control = set->control_;
  const StatId stat = control->AllocateStat();
  if (stat == kNoStat) return false;
  rule->stat = stat;
  rule->bookkeeping.stat_owner =
      std::shared_ptr<void>(control, [stat](DatapathControl* c) { c->ReleaseStat(stat); });
  return true;
}

StatTotals TableSet::CountersOf(const Rule& rule) const { return control_->ReadStat(rule.stat); }

uint64_t TableSet::matched(uint8_t table) const {
  uint64_t sum = impl_->matched_before[table];
  tables_[table].ForEachWithin(Match(), impl_->next_version(), [&](Rule* rule) {
    sum += CountersOf(*rule).packets;
    return true;
  });
  for (const auto* list : {&impl_->leaving, &impl_->freeing}) {
    for (const Rule* rule : *list) {
      if (rule->table != table || rule->bookkeeping.stat_owner.use_count() != 1) continue;
      sum += CountersOf(*rule).packets;
    }
  }
  return sum;
}

FlowStats TableSet::StatsOf(const Rule& rule, uint64_t now_ns) const {
  const Rule::Bookkeeping& book = rule.bookkeeping;
  const StatTotals totals = CountersOf(rule);
  auto since = [now_ns](uint64_t then_ns) { return now_ns > then_ns ? now_ns - then_ns : 0; };
  FlowStats stats;
  stats.table = rule.table;
  stats.match = rule.match;
  stats.priority = rule.priority;
  stats.cookie = rule.cookie;
  stats.idle_timeout = book.idle_timeout;
  stats.hard_timeout = book.hard_timeout;
  stats.importance = book.importance;
  stats.flags = rule.flags;
  stats.duration_ns = since(book.created_ns);
  stats.idle_ns = since(std::max(totals.used_ns, book.used_ns));
  stats.hard_ns = since(book.modified_ns);
  stats.packets = totals.packets;
  stats.bytes = totals.bytes;
  stats.instructions = rule.instructions;
  return stats;
}

uint64_t TableSet::Impl::LastUsed(const Rule& rule) const {
  return std::max(set->CountersOf(rule).used_ns, rule.bookkeeping.used_ns);
}

uint64_t TableSet::Impl::DeadlineOf(const Rule& rule) const {
  const Rule::Bookkeeping& book = rule.bookkeeping;
  uint64_t deadline_ns = RuleIndex::kNever;
  if (book.hard_timeout != 0) deadline_ns = book.modified_ns + book.hard_timeout * kNsPerSecond;
  if (book.idle_timeout != 0) {
    deadline_ns = std::min(deadline_ns, LastUsed(rule) + book.idle_timeout * kNsPerSecond);
  }
  return deadline_ns;
}

bool TableSet::HasOverdue(uint64_t now_ns) const {
  return !impl_->index.Overdue(now_ns, 1).empty();
}

void TableSet::Expire(uint64_t now_ns, size_t limit) {
  VSW_CHECK(impl_->open);
  for (Rule* rule : impl_->index.Overdue(now_ns, limit)) {
    const Rule::Bookkeeping& book = rule->bookkeeping;
    const bool hard =
        book.hard_timeout != 0 && book.modified_ns + book.hard_timeout * kNsPerSecond <= now_ns;
    impl_->Delete(rule, hard ? FlowRemovedReason::kHardTimeout : FlowRemovedReason::kIdleTimeout);
  }
}

void TableSet::ReduceTimeouts(uint64_t rule_id, uint16_t idle_timeout, uint16_t hard_timeout) {
  Rule* rule = impl_->index.FindWithFinTimeout(rule_id);
  if (rule == nullptr) return;
  auto reduce = [](uint16_t* timeout, uint16_t most) {
    if (most != 0 && (*timeout == 0 || *timeout > most)) *timeout = most;
  };
  impl_->index.Unlink(rule);
  reduce(&rule->bookkeeping.idle_timeout, idle_timeout);
  reduce(&rule->bookkeeping.hard_timeout, hard_timeout);
  impl_->index.Link(rule);
}

// --- Selection -----------------------------------------------------------------------------------

bool TableSet::RefersToGroup(const Instructions& instructions, uint32_t group) {
  return ReferencesOf(instructions).groups.contains(group);
}

namespace {

bool ActionsOutputTo(const OfActions& actions, uint32_t port) {
  return std::ranges::any_of(actions, [port](const OfAction& action) {
    if (const auto* output = std::get_if<act::Output>(&action.what)) return output->port == port;
    if (const auto* queue = std::get_if<act::Enqueue>(&action.what)) return queue->port == port;
    if (const auto* clone = std::get_if<act::Clone>(&action.what)) {
      return ActionsOutputTo(clone->actions, port);
    }
    return port == kOfpController && std::holds_alternative<act::Controller>(action.what);
  });
}

}  // namespace

bool TableSet::OutputsTo(const Instructions& instructions, uint32_t port) {
  return ActionsOutputTo(instructions.apply, port) || ActionsOutputTo(instructions.write, port);
}

std::vector<Rule*> TableSet::Impl::Select(const RuleSelection& selection) const {
  std::vector<Rule*> selected;
  auto consider = [&](Rule* rule) {
    if (((rule->cookie ^ selection.cookie) & selection.cookie_mask) != 0) return;
    if (rule->bookkeeping.hidden != selection.hidden) return;
    if (selection.out_port != kOfpAny && !OutputsTo(rule->instructions, selection.out_port)) {
      return;
    }
    if (selection.out_group != kGroupAny &&
        !RefersToGroup(rule->instructions, selection.out_group)) {
      return;
    }
    selected.push_back(rule);
  };
  const bool all = selection.table == kTableAll;
  const size_t last = all ? kTableCount - 1 : selection.table;
  for (size_t t = all ? 0 : selection.table; t <= last; ++t) {
    const auto table = static_cast<uint8_t>(t);
    if (selection.strict) {
      Rule* rule = FindExact(*selection.match, selection.priority, table, selection.hidden);
      if (rule != nullptr) consider(rule);
    } else if (selection.cookie_mask == ~uint64_t{0}) {
      index.ForEachWithCookie(table, selection.cookie, [&](Rule* rule) {
        if (rule->match.IsWithin(*selection.match)) consider(rule);
      });
    } else {
      set->tables_[t].ForEachWithin(*selection.match, next_version(), [&](Rule* rule) {
        consider(rule);
        return true;
      });
    }
  }
  return selected;
}

void TableSet::ForEach(const FlowSelector& selector,
                       const std::function<void(const Rule&)>& visit) const {
  if (selector.table != kTableAll && selector.table >= kTableCount) return;
  RuleSelection selection;
  selection.table = selector.table;
  selection.match = &selector.match;
  selection.cookie = selector.cookie;
  selection.cookie_mask = selector.cookie_mask;
  selection.out_port = selector.out_port;
  selection.out_group = selector.out_group;
  for (const Rule* rule : impl_->Select(selection)) visit(*rule);
}

size_t TableSet::CountWithCookie(uint8_t table, uint64_t cookie) const {
  return impl_->index.CountWithCookie(table, cookie);
}
size_t TableSet::CountUsersOfGroup(uint32_t group) const {
  return impl_->index.UsersOfGroup(group).size();
}
size_t TableSet::CountUsersOfMeter(uint32_t meter) const {
  return impl_->index.UsersOfMeter(meter).size();
}

}  // namespace vsw
