// SPDX-License-Identifier: Apache-2.0
//
// A TableSet on a datapath without workers, and the round that its owner goes with each change.
#ifndef VSW_TESTS_OFPROTO_TABLE_TABLE_SET_FIXTURE_H_
#define VSW_TESTS_OFPROTO_TABLE_TABLE_SET_FIXTURE_H_

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "ofproto/table/table_set.h"
#include "tests/support/fake_datapath_control.h"

namespace vsw::testing {

/// Runs out of counters when told to.
class LimitedControl : public FakeDatapathControl {
 public:
  StatId AllocateStat() override {
    if (stats_left == 0) return kNoStat;
    --stats_left;
    return FakeDatapathControl::AllocateStat();
  }
  uint64_t stats_left = std::numeric_limits<uint64_t>::max();
};

class TableSetFixture : public ::testing::Test {
 protected:
  /// For LookupAt(): the version in force.
  static constexpr TableVersion kLatest = ~TableVersion{0};

  TableSet& tables() { return tables_; }
  LimitedControl& control() { return control_; }

  void ApplyAndReclaim() {
    std::vector<Tag> tags;
    std::vector<DatapathControl::TagFilter> filters;
    bool everything = false;
    tables_.Apply(&tags, &filters, &everything);
    control_.Invalidate(tags);
    control_.InvalidateMatching(filters);
    ++in_force_;
    control_.Synchronize();
    tables_.Reclaim();
  }
  void Do(const FlowMod& mod, const TableSet::ModOptions& options = {}) {
    tables_.Begin();
    const OfStatus status = tables_.Modify(mod, options);
    EXPECT_TRUE(status.ok()) << status.ToString();
    ApplyAndReclaim();
  }
  OfErrorId Fails(const FlowMod& mod) {
    tables_.Begin();
    const OfStatus status = tables_.Modify(mod, {});
    EXPECT_TRUE(tables_.changes().empty());
    tables_.Rollback();
    EXPECT_FALSE(status.ok());
    return status.ok() ? OfErrorId::kCount : status.id();
  }
  /// After `seconds` more: why rules went.
  std::vector<FlowRemovedReason> Expire(double seconds, size_t limit = 1000) {
    control_.StepSeconds(seconds);
    tables_.Begin();
    tables_.Expire(control_.NowNs(), limit);
    ApplyAndReclaim();
    std::vector<FlowRemovedReason> reasons;
    for (const TableSet::RuleChange& change : tables_.changes()) reasons.push_back(change.reason);
    return reasons;
  }
  void Reclaim() {
    for (int i = 0; i < 4 && tables_.has_retired(); ++i) tables_.Reclaim();
  }

  const Rule* LookupAt(TableVersion version, const MatchKey& key, uint8_t table = 0) {
    MatchKey mask;
    return tables_.Lookup(table, version == kLatest ? in_force_ : version, key, &mask);
  }
  std::vector<const Rule*> Rules() {
    std::vector<const Rule*> rules;
    tables_.ForEach({}, [&](const Rule& rule) { rules.push_back(&rule); });
    return rules;
  }
  /// REQUIRES: there is just one.
  const Rule& One() {
    const auto rules = Rules();
    EXPECT_EQ(rules.size(), 1u);
    return *rules.at(0);
  }
  std::vector<FlowUpdate::Event> Events() {
    std::vector<FlowUpdate::Event> events;
    for (const TableSet::RuleChange& change : tables_.changes()) events.push_back(change.event);
    return events;
  }
  void Count(const Rule& rule, uint64_t packets) {
    StatTotals& totals = control_.stats.at(ToInt(rule.stat));
    totals.packets += packets;
    totals.bytes += packets * 100;
    totals.used_ns = control_.NowNs();
  }

 private:
  LimitedControl control_;
  TableSet tables_{&control_};
  TableVersion in_force_ = 0;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_TABLE_TABLE_SET_FIXTURE_H_
