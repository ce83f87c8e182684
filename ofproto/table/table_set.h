// SPDX-License-Identifier: Apache-2.0
//
// The 254 flow tables of one bridge, and what flow-mods do to them (OpenFlow 1.3 section 6.4, 1.4
// sections 6.4 to 6.6): add, modify, delete, strict or not, overlap check, timeouts, eviction by
// importance, cookies, statistics. It knows nothing of workers but that they may be looking:
// changes of one transaction become visible together, when the caller publishes the new version.
//
// A change goes: Begin(), Modify()..., then either Apply() or Rollback(). Between Apply() and
// Reclaim() removed rules stay in memory, and in the classifiers, where only those find them who
// look at an older version.
//
// Thread safety: Lookup() on workers; everything else on the slow thread.
#ifndef VSW_OFPROTO_TABLE_TABLE_SET_H_
#define VSW_OFPROTO_TABLE_TABLE_SET_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "datapath/flow/datapath_control.h"
#include "ofproto/bridge_control.h"
#include "ofproto/table/rule.h"
#include "ofproto/table/rule_classifier.h"

namespace vsw {

inline constexpr uint8_t kTableCount = 254;

class TableSet {
 public:
  /// What a change did to one rule. `rule` (the new one) and `former` (the one that went) are valid
  /// until Reclaim().
  struct RuleChange {
    FlowUpdate::Event event;  // kAdded, kModified, kDeleted
    const Rule* rule = nullptr;
    const Rule* former = nullptr;
    FlowRemovedReason reason = FlowRemovedReason::kDelete;
  };

  explicit TableSet(DatapathControl* control);
  ~TableSet();

  const Rule* Lookup(uint8_t table, TableVersion version, const MatchKey& key,
                     MatchKey* mask) const noexcept {
    return tables_[table].Lookup(version, key, mask);
  }

  /// The version that a change under way will have; the one in force is one less.
  TableVersion Begin();
  struct ModOptions {
    bool stored = false;  // management: see Rule::Bookkeeping
    bool hidden = false;  // makes and touches hidden rules alone
    Tag learner = 0;
    bool from_learn = false;  // an equal rule is refreshed, not replaced
    /// from_learn: nothing is added beyond so many rules of this cookie in the table; 0: no limit.
    uint32_t learn_limit = 0;
  };
  /// Checks and enters one flow-mod; on error nothing of it is done. What it did is appended to
  /// changes(). As in Open vSwitch, a modify that meets no rule adds one if it carries a cookie to
  /// set (set_cookie: OpenFlow 1.0 and 1.1) and no cookie mask.
  OfStatus Modify(const FlowMod& mod, const ModOptions& options);
  /// Deletes rules that refer to the group or meter (OpenFlow 1.3 sections 6.4, 6.7).
  void DeleteUsersOfGroup(uint32_t group);
  void DeleteUsersOfMeter(uint32_t meter);
  /// fin_timeout(): shortens the timeouts of a rule that has this action. Not a change of the
  /// tables: no decision depends on it. Does nothing if the rule is gone; 0 leaves a timeout.
  void ReduceTimeouts(uint64_t rule_id, uint16_t idle_timeout, uint16_t hard_timeout);
  /// Whether Expire() would find something, by statistics as they stand.
  bool HasOverdue(uint64_t now_ns) const;
  /// Rules whose time is over at `now_ns`. Bounded work: at most `limit` rules. Uses statistics as
  /// they stand (ReadStat).
  void Expire(uint64_t now_ns, size_t limit);
  const std::vector<RuleChange>& changes() const { return changes_; }
  /// The version is in force (the caller has published it). Appends the tags, whole and filtered,
  /// of the decisions that the changes can affect; `*everything` if that would be too many (with
  /// whole tables for that it never is). Filters point into rules: use them before Reclaim().
  void Apply(std::vector<Tag>* tags, std::vector<DatapathControl::TagFilter>* filters,
             bool* everything);
  /// Undoes everything since Begin().
  void Rollback();
  /// After a grace period and after invalidation: rules that went are first taken out of the
  /// classifiers (until then some worker could have looked at the version that had them), and
  /// freed, with their counters, by the Reclaim() after the next grace period. While has_retired()
  /// there is something left to do.
  void Reclaim();
  bool has_retired() const;

  /// Packets and bytes of one rule since made or reset (with what its forerunners counted).
  StatTotals CountersOf(const Rule& rule) const;
  FlowStats StatsOf(const Rule& rule, uint64_t now_ns) const;
  void ForEach(const FlowSelector& selector, const std::function<void(const Rule&)>& visit) const;
  /// Whether an action or group bucket in the rule outputs to the port.
  static bool OutputsTo(const Instructions& instructions, uint32_t port);
  static bool RefersToGroup(const Instructions& instructions, uint32_t group);
  /// Rules that are not hidden, with the changes under way.
  size_t rule_count(uint8_t table) const { return counts_[table]; }
  /// Rules with this cookie; for the limit of learn().
  size_t CountWithCookie(uint8_t table, uint64_t cookie) const;
  /// Rules that refer to the group or meter.
  size_t CountUsersOfGroup(uint32_t group) const;
  size_t CountUsersOfMeter(uint32_t meter) const;
  /// matched: packets that met a rule since the table was made.
  uint64_t matched(uint8_t table) const;
  TableConfig& config(uint8_t table) { return configs_[table]; }
  uint32_t max_rules(uint8_t table) const { return max_rules_[table]; }
  void SetMaxRules(uint8_t table, uint32_t max) { max_rules_[table] = max; }

  // What a decision depends on (translate/ pushes these, Apply() invalidates them).
  /// It was decided by this rule. `pristine`: the packet was looked up as it was received, so that
  /// a filter by match holds.
  static Tag RuleTag(uint64_t rule_id, bool pristine);
  /// No rule of the table matched.
  static Tag MissTag(uint64_t table_set_id, uint8_t table, bool pristine);
  /// It looked in the table at all: invalidated when single rules would be too many.
  static Tag TableTag(uint64_t table_set_id, uint8_t table);
  uint64_t id() const { return id_; }

 private:
  DatapathControl* const control_;
  const uint64_t id_;
  std::array<RuleClassifier, kTableCount> tables_;
  std::array<TableConfig, kTableCount> configs_{};
  std::array<uint32_t, kTableCount> max_rules_;
  std::array<uint32_t, kTableCount> counts_{};
  std::vector<RuleChange> changes_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_TABLE_SET_H_
