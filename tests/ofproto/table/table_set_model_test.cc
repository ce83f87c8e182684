// SPDX-License-Identifier: Apache-2.0
//
// Random flow-mods, one transaction after the other, some of them undone, against tables that are a
// list of rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>
#include <vector>

#include "tests/ofproto/table/match_builder.h"
#include "tests/ofproto/table/random_match.h"
#include "tests/ofproto/table/table_set_fixture.h"

namespace vsw {
namespace {

using testing::Random;
using testing::RandomMatch;
using testing::RandomSeed;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint32_t kMaxRules = 25;  // in table 1

struct Row {
  FlowMod mod;  // table, match, priority, cookie, timeouts, importance, flags, instructions
  uint64_t created = 0, modified = 0, used = 0, packets = 0;
};

class RowTables {
 public:
  std::vector<Row> rows;
  /// Which of several rows that are as good to evict it was.
  std::function<bool(const Row&)> is_gone;

  std::optional<OfErrorId> Do(const FlowMod& mod, uint64_t now) {
    switch (mod.command) {
      case FlowMod::Command::kAdd:
        return Add(mod, now);
      case FlowMod::Command::kModify:
      case FlowMod::Command::kModifyStrict:
        return Modify(mod, now);
      default:
        std::erase_if(
            rows, [&](const Row& row) { return Selects(mod, row) && PortAndGroupFit(mod, row); });
        return {};
    }
  }
  static uint64_t Deadline(const Row& row) {
    uint64_t deadline = ~uint64_t{0};
    if (row.mod.hard_timeout) deadline = row.modified + row.mod.hard_timeout * kSecond;
    if (row.mod.idle_timeout) {
      deadline = std::min(deadline, row.used + row.mod.idle_timeout * kSecond);
    }
    return deadline;
  }

 private:
  static bool IsStrict(const FlowMod& mod) {
    return mod.command == FlowMod::Command::kModifyStrict ||
           mod.command == FlowMod::Command::kDeleteStrict;
  }
  static bool Selects(const FlowMod& mod, const Row& row) {
    if (mod.table != kTableAll && mod.table != row.mod.table) return false;
    if (((mod.match_cookie ^ row.mod.cookie) & mod.cookie_mask) != 0) return false;
    if (!IsStrict(mod)) return row.mod.match.IsWithin(mod.match);
    return row.mod.match == mod.match && row.mod.priority == mod.priority;
  }
  static bool PortAndGroupFit(const FlowMod& mod, const Row& row) {
    const auto& apply = row.mod.instructions.apply;
    if (mod.out_port != kOfpAny &&
        std::ranges::find(apply, OfAction(act::Output{mod.out_port})) == apply.end()) {
      return false;
    }
    return mod.out_group == kGroupAny ||
           std::ranges::find(apply, OfAction(act::Group{mod.out_group})) != apply.end();
  }

  std::optional<OfErrorId> Add(FlowMod mod, uint64_t now) {
    if (mod.table == kTableAll) mod.table = 0;
    const auto former = std::ranges::find_if(rows, [&](const Row& row) {
      return row.mod.table == mod.table && row.mod.match == mod.match &&
             row.mod.priority == mod.priority;
    });
    if (former != rows.end()) {
      const bool reset = (mod.flags & flow_flags::kResetCounts) != 0;
      *former = {mod, now, now, now, reset ? 0 : former->packets};
      return {};
    }
    if ((mod.flags & flow_flags::kCheckOverlap) != 0) {
      for (const Row& row : rows) {
        if (row.mod.table == mod.table && row.mod.priority == mod.priority &&
            row.mod.match.Overlaps(mod.match)) {
          return OfErrorId::kOverlap;
        }
      }
    }
    if (mod.table == 1 && Count(1) >= kMaxRules && !EvictFrom(1)) return OfErrorId::kTableFull;
    rows.push_back({mod, now, now, now, 0});
    return {};
  }
  size_t Count(uint8_t table) const {
    return static_cast<size_t>(
        std::ranges::count_if(rows, [&](const Row& row) { return row.mod.table == table; }));
  }
  bool EvictFrom(uint8_t table) {
    auto victim = rows.end();
    auto order = [](const Row& row) { return std::make_tuple(row.mod.importance, Deadline(row)); };
    for (auto row = rows.begin(); row != rows.end(); ++row) {
      if (row->mod.table != table) continue;
      if (row->mod.importance == 0 && Deadline(*row) == ~uint64_t{0}) continue;
      if (victim != rows.end() && order(*row) > order(*victim)) continue;
      const bool tie = victim != rows.end() && order(*row) == order(*victim);
      if (!tie || is_gone(*row)) victim = row;
    }
    if (victim == rows.end()) return false;
    rows.erase(victim);
    return true;
  }

  std::optional<OfErrorId> Modify(const FlowMod& mod, uint64_t now) {
    bool any = false;
    for (Row& row : rows) {
      if (!Selects(mod, row)) continue;
      any = true;
      row.mod.instructions = mod.instructions;
      if (mod.set_cookie) row.mod.cookie = mod.cookie;
      row.modified = now;
      if ((mod.flags & flow_flags::kResetCounts) != 0) row.packets = 0;
    }
    if (!any && mod.set_cookie && mod.cookie_mask == 0) return Add(mod, now);
    return {};
  }
};

class TableSetModel : public testing::TableSetFixture {
 protected:
  FlowMod Draw() {
    FlowMod mod;
    mod.command = static_cast<FlowMod::Command>(random_.Below(5));
    if (random_.OneIn(2)) mod.command = FlowMod::Command::kAdd;
    mod.table = static_cast<uint8_t>(random_.OneIn(8) ? kTableAll : random_.Below(2));
    const auto& rows = model_.rows;
    mod.match = draw_.Draw(mod.command == FlowMod::Command::kDelete ? 4 : 2);
    mod.priority = static_cast<uint16_t>(random_.Below(4));
    if (!rows.empty() && random_.OneIn(3)) {
      const Row& row = random_.Pick(rows);
      mod.match = row.mod.match;
      mod.priority = row.mod.priority;
    }
    mod.cookie = random_.Below(4);
    mod.set_cookie = random_.OneIn(2);
    if (random_.OneIn(3)) {
      mod.match_cookie = random_.Below(4);
      mod.cookie_mask = random_.OneIn(2) ? ~uint64_t{0} : 1;
    }
    if (random_.OneIn(3)) mod.idle_timeout = static_cast<uint16_t>(5 + random_.Below(20));
    if (random_.OneIn(3)) mod.hard_timeout = static_cast<uint16_t>(5 + random_.Below(40));
    mod.importance = static_cast<uint16_t>(random_.Below(3));
    if (random_.OneIn(4)) mod.flags |= flow_flags::kCheckOverlap;
    if (random_.OneIn(4)) mod.flags |= flow_flags::kResetCounts;
    if (random_.OneIn(4)) mod.out_port = random_.Below(3);
    if (random_.OneIn(6)) mod.out_group = random_.Below(2);
    mod.instructions.apply = {act::Output{random_.Below(3)}};
    if (random_.OneIn(3)) mod.instructions.apply.push_back(act::Group{random_.Below(2)});
    return mod;
  }

  void Transaction() {
    const RowTables before = model_;
    tables().Begin();
    for (uint32_t n = 1 + random_.Below(4); n > 0; --n) {
      const FlowMod mod = Draw();
      const OfStatus status = tables().Modify(mod, {});
      const auto wanted = model_.Do(mod, control().NowNs());
      ASSERT_EQ(status.ok(), !wanted.has_value()) << status.ToString();
      if (wanted) {
        ASSERT_EQ(status.id(), *wanted);
      }
    }
    if (random_.OneIn(5)) {
      tables().Rollback();
      model_ = before;
    } else {
      ApplyAndReclaim();
    }
  }

  // Times of use differ from row to row, so that no two are due for eviction at once.
  void Use() {
    for (Row& row : model_.rows) {
      if (!random_.OneIn(4)) continue;
      control().now_ns += 1000;
      row.used = control().NowNs();
      row.packets += 3;
      Count(*FindRule(row), 3);
    }
  }

  void PassTime() {
    control().StepSeconds(random_.Below(6));
    const uint64_t now = control().NowNs();
    tables().Begin();
    tables().Expire(now, 1000);
    ApplyAndReclaim();
    for (const auto& change : tables().changes()) {
      const auto& book = change.former->bookkeeping;
      const bool hard = book.hard_timeout && book.modified_ns + book.hard_timeout * kSecond <= now;
      ASSERT_EQ(change.reason == FlowRemovedReason::kHardTimeout, hard);
    }
    std::erase_if(model_.rows, [&](const Row& row) { return RowTables::Deadline(row) <= now; });
  }

  const Rule* FindRule(const Row& row) {
    const Rule* found = nullptr;
    tables().ForEach({.table = row.mod.table, .match = row.mod.match}, [&](const Rule& rule) {
      if (rule.match == row.mod.match && rule.priority == row.mod.priority) found = &rule;
    });
    return found;
  }

  void Compare() {
    ASSERT_EQ(Rules().size(), model_.rows.size());
    compared_ += model_.rows.size();
    size_t in_first = 0, with_cookie = 0, of_group = 0;
    for (const Row& row : model_.rows) {
      const Rule* rule = FindRule(row);
      ASSERT_NE(rule, nullptr);
      const FlowStats stats = tables().StatsOf(*rule, control().NowNs());
      ASSERT_EQ(stats.cookie, row.mod.cookie);
      ASSERT_EQ(stats.instructions, row.mod.instructions);
      ASSERT_EQ(stats.idle_timeout, row.mod.idle_timeout);
      ASSERT_EQ(stats.hard_timeout, row.mod.hard_timeout);
      ASSERT_EQ(stats.importance, row.mod.importance);
      ASSERT_EQ(stats.flags, row.mod.flags);
      ASSERT_EQ(stats.packets, row.packets);
      ASSERT_EQ(stats.duration_ns, control().NowNs() - row.created);
      ASSERT_EQ(stats.idle_ns, control().NowNs() - row.used);
      ASSERT_EQ(stats.hard_ns, control().NowNs() - row.modified);
      in_first += row.mod.table == 0;
      with_cookie += row.mod.table == 0 && row.mod.cookie == 1;
      of_group += TableSet::RefersToGroup(row.mod.instructions, 1);
    }
    ASSERT_EQ(tables().rule_count(0), in_first);
    ASSERT_EQ(tables().CountWithCookie(0, 1), with_cookie);
    ASSERT_EQ(tables().CountUsersOfGroup(1), of_group);
  }

  Random random_{RandomSeed()};
  RandomMatch draw_{&random_};
  RowTables model_;
  size_t compared_ = 0;
};

TEST_F(TableSetModel, DoesWhatAListOfRowsDoes) {
  model_.is_gone = [this](const Row& row) { return FindRule(row) == nullptr; };
  tables().SetMaxRules(1, kMaxRules);
  tables().config(1).eviction = true;
  for (int i = 0; i < 3000; ++i) {
    control().now_ns += 1000;
    Transaction();
    if (random_.OneIn(3)) Use();
    if (random_.OneIn(3)) PassTime();
    Compare();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared_, 3000u * 10) << "the tables were hardly ever filled";
  Reclaim();
  EXPECT_EQ(control().stats.size(), model_.rows.size()) << "counters were lost or left";
}

}  // namespace
}  // namespace vsw
