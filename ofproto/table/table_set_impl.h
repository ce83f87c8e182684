// SPDX-License-Identifier: Apache-2.0
//
// What a TableSet is made of; for its own source files.
#ifndef VSW_OFPROTO_TABLE_TABLE_SET_IMPL_H_
#define VSW_OFPROTO_TABLE_TABLE_SET_IMPL_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ofproto/table/rule_index.h"
#include "ofproto/table/table_set.h"

namespace vsw {

/// Which rules a request is about (OpenFlow 1.3 section 6.4).
struct RuleSelection {
  uint8_t table = kTableAll;
  const Match* match = nullptr;
  bool strict = false;
  uint16_t priority = 0;  // strict
  uint64_t cookie = 0, cookie_mask = 0;
  uint32_t out_port = kOfpAny, out_group = kGroupAny;
  bool hidden = false;
};

struct TableSet::Impl {
  explicit Impl(TableSet* set);

  /// What Rollback() undoes.
  struct Step {
    enum class Kind : uint8_t { kAdded, kRemoved, kRefreshed } kind;
    Rule* rule;
    uint64_t modified_ns = 0;  // kRefreshed: before
  };
  struct Mark {
    size_t steps, changes;
  };

  TableVersion next_version() const { return version + 1; }
  bool IsVisible(const Rule& rule) const { return rule.VisibleAt(next_version()); }

  OfStatus Add(const FlowMod& mod, const ModOptions& options, uint8_t table);
  OfStatus ModifySelected(const FlowMod& mod, const ModOptions& options, bool strict);
  void DeleteSelected(const FlowMod& mod, const ModOptions& options, bool strict);
  OfStatus MakeRoom(uint8_t table);
  bool HasOverlap(const Match& match, uint16_t priority, uint8_t table) const;
  bool Refresh(Rule* former, const FlowMod& mod);
  Rule* FindExact(const Match& match, uint16_t priority, uint8_t table, bool hidden) const;

  /// Gives `rule` its counter: that of `heir_to`, or one of its own. False: there are no more.
  bool GiveStat(Rule* rule, const Rule* heir_to);
  std::unique_ptr<Rule> MakeRule(const Match& match, uint16_t priority, uint8_t table);
  void Enter(std::unique_ptr<Rule> rule);
  void Withdraw(Rule* rule);
  void Delete(Rule* rule, FlowRemovedReason reason);
  void Replace(Rule* former, std::unique_ptr<Rule> rule);
  void UndoTo(const Mark& mark);
  void CountRule(const Rule& rule, int change);

  std::vector<Rule*> Select(const RuleSelection& selection) const;
  uint64_t LastUsed(const Rule& rule) const;
  uint64_t DeadlineOf(const Rule& rule) const;
  void FreeRule(Rule* rule);

  // Apply(): see table_apply.cc.
  void TagsOfAdded(const Rule& rule, std::vector<Tag>* tags,
                   std::vector<DatapathControl::TagFilter>* filters, bool* whole_table) const;

  TableSet* const set;
  TableVersion version = 0;  // in force
  bool open = false;
  std::vector<Step> steps;
  RuleIndex index;
  std::vector<Rule*> leaving;        // out of force, still in the classifiers
  std::vector<Rule*> freeing;        // out of the classifiers
  std::bitset<kTableCount> retired;  // tables whose classifiers have something to reclaim
  std::array<uint64_t, kTableCount> matched_before{};  // by rules that were freed
  std::array<uint32_t, kTableCount> conjunctive{};     // rules with conjunctions
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_TABLE_SET_IMPL_H_
