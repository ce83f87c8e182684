// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/rule_index.h"

#include <algorithm>

#include "base/status.h"

namespace vsw {
namespace {

constexpr size_t kNoTimer = ~size_t{0};

void CollectReferences(const OfActions& actions, References* found) {
  for (const OfAction& action : actions) {
    if (const auto* group = std::get_if<act::Group>(&action.what)) {
      found->groups.insert(group->group);
    } else if (const auto* meter = std::get_if<act::Meter>(&action.what)) {
      found->meters.insert(meter->meter);
    } else if (const auto* clone = std::get_if<act::Clone>(&action.what)) {
      CollectReferences(clone->actions, found);
    } else if (std::holds_alternative<act::FinTimeout>(action.what)) {
      found->fin_timeout = true;
    }
  }
}

}  // namespace

References ReferencesOf(const Instructions& instructions) {
  References found;
  if (instructions.meter) found.meters.insert(*instructions.meter);
  CollectReferences(instructions.apply, &found);
  CollectReferences(instructions.write, &found);
  return found;
}

void RuleIndex::Link(Rule* rule) {
  LinkCookie(rule);
  SetTimer(rule);
  const References references = ReferencesOf(rule->instructions);
  for (const uint32_t group : references.groups) by_group_[group].insert(rule);
  for (const uint32_t meter : references.meters) by_meter_[meter].insert(rule);
  if (references.fin_timeout) with_fin_timeout_[rule->id] = rule;
  const auto order = eviction_.find(rule->table);
  if (order != eviction_.end()) LinkEviction(&order->second, rule);
}

void RuleIndex::Unlink(Rule* rule) {
  UnlinkCookie(rule);
  ClearTimer(rule);
  const References references = ReferencesOf(rule->instructions);
  auto drop = [rule](UserMap* map, uint32_t number) {
    const auto users = map->find(number);
    users->second.erase(rule);
    if (users->second.empty()) map->erase(users);
  };
  for (const uint32_t group : references.groups) drop(&by_group_, group);
  for (const uint32_t meter : references.meters) drop(&by_meter_, meter);
  if (references.fin_timeout) with_fin_timeout_.erase(rule->id);
  const auto order = eviction_.find(rule->table);
  if (order == eviction_.end()) return;
  const Rule::Bookkeeping& book = rule->bookkeeping;
  order->second.erase({book.importance, book.eviction_deadline_ns, rule->id});
}

// --- Cookies -------------------------------------------------------------------------------------

void RuleIndex::LinkCookie(Rule* rule) {
  CookieList& list = by_cookie_[{rule->cookie, rule->table}];
  rule->bookkeeping.cookie_previous = nullptr;
  rule->bookkeeping.cookie_next = list.first;
  if (list.first != nullptr) list.first->bookkeeping.cookie_previous = rule;
  list.first = rule;
  ++list.count;
}

void RuleIndex::UnlinkCookie(Rule* rule) {
  const auto found = by_cookie_.find({rule->cookie, rule->table});
  VSW_CHECK(found != by_cookie_.end());
  Rule* previous = rule->bookkeeping.cookie_previous;
  Rule* next = rule->bookkeeping.cookie_next;
  (previous != nullptr ? previous->bookkeeping.cookie_next : found->second.first) = next;
  if (next != nullptr) next->bookkeeping.cookie_previous = previous;
  if (--found->second.count == 0) by_cookie_.erase(found);
}

void RuleIndex::ForEachWithCookie(uint8_t table, uint64_t cookie,
                                  const std::function<void(Rule*)>& visit) const {
  const auto found = by_cookie_.find({cookie, table});
  if (found == by_cookie_.end()) return;
  for (Rule* rule = found->second.first; rule != nullptr; rule = rule->bookkeeping.cookie_next) {
    visit(rule);
  }
}

size_t RuleIndex::CountWithCookie(uint8_t table, uint64_t cookie) const {
  const auto found = by_cookie_.find({cookie, table});
  return found == by_cookie_.end() ? 0 : found->second.count;
}

// --- Users ---------------------------------------------------------------------------------------

const RuleIndex::Rules& RuleIndex::Users(const UserMap& map, uint32_t number) {
  static const Rules none;
  const auto found = map.find(number);
  return found == map.end() ? none : found->second;
}

Rule* RuleIndex::FindWithFinTimeout(uint64_t id) const {
  const auto found = with_fin_timeout_.find(id);
  return found == with_fin_timeout_.end() ? nullptr : found->second;
}

// --- Timers: a binary heap that knows where each rule stands -------------------------------------

void RuleIndex::PutTimer(size_t place, const Timer& timer) {
  timers_[place] = timer;
  timer.rule->bookkeeping.timer = place;
}

void RuleIndex::SiftUp(size_t place) {
  const Timer timer = timers_[place];
  while (place > 0 && timer.deadline_ns < timers_[(place - 1) / 2].deadline_ns) {
    PutTimer(place, timers_[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  PutTimer(place, timer);
}

void RuleIndex::SiftDown(size_t place) {
  const Timer timer = timers_[place];
  for (size_t child; (child = place * 2 + 1) < timers_.size(); place = child) {
    if (child + 1 < timers_.size() && timers_[child + 1].deadline_ns < timers_[child].deadline_ns) {
      ++child;
    }
    if (timers_[child].deadline_ns >= timer.deadline_ns) break;
    PutTimer(place, timers_[child]);
  }
  PutTimer(place, timer);
}

void RuleIndex::SetTimer(Rule* rule) {
  rule->bookkeeping.timer = kNoTimer;
  if (rule->bookkeeping.idle_timeout == 0 && rule->bookkeeping.hard_timeout == 0) return;
  timers_.push_back({deadline_of_(*rule), rule});
  SiftUp(timers_.size() - 1);
}

void RuleIndex::ClearTimer(Rule* rule) {
  const size_t place = rule->bookkeeping.timer;
  if (place == kNoTimer) return;
  const Timer last = timers_.back();
  timers_.pop_back();
  if (last.rule != rule) {
    PutTimer(place, last);
    SiftUp(place);
    SiftDown(last.rule->bookkeeping.timer);
  }
  rule->bookkeeping.timer = kNoTimer;
}

std::vector<Rule*> RuleIndex::Overdue(uint64_t now_ns, size_t limit) {
  std::vector<Rule*> overdue;
  for (size_t n = 0; n < limit && !timers_.empty(); ++n) {
    if (timers_[0].deadline_ns > now_ns) break;
    Rule* rule = timers_[0].rule;
    const uint64_t deadline_ns = deadline_of_(*rule);
    if (deadline_ns <= now_ns) {
      overdue.push_back(rule);
      ClearTimer(rule);
      continue;
    }
    timers_[0].deadline_ns = deadline_ns;
    SiftDown(0);
  }
  // They stand where they stood until the caller unlinks them.
  for (Rule* rule : overdue) SetTimer(rule);
  return overdue;
}

// --- Eviction ------------------------------------------------------------------------------------

void RuleIndex::LinkEviction(EvictionOrder* order, Rule* rule) {
  Rule::Bookkeeping& book = rule->bookkeeping;
  if (book.hidden) return;
  if (book.importance == 0 && book.idle_timeout == 0 && book.hard_timeout == 0) return;
  book.eviction_deadline_ns = deadline_of_(*rule);
  order->emplace(std::make_tuple(book.importance, book.eviction_deadline_ns, rule->id), rule);
}

Rule* RuleIndex::FirstToEvict(uint8_t table, const Fill& fill) {
  const auto [found, is_new] = eviction_.try_emplace(table);
  EvictionOrder& order = found->second;
  if (is_new) fill([&](Rule* rule) { LinkEviction(&order, rule); });
  while (!order.empty()) {
    Rule* rule = order.begin()->second;
    // Used since it was put here: its time is over later.
    if (deadline_of_(*rule) == rule->bookkeeping.eviction_deadline_ns) return rule;
    order.erase(order.begin());
    LinkEviction(&order, rule);
  }
  return nullptr;
}

}  // namespace vsw
