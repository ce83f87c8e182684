// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/table_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/ofproto/table/match_builder.h"
#include "tests/ofproto/table/table_set_fixture.h"

namespace vsw {
namespace {

using testing::Add;
using testing::Delete;
using testing::DeleteStrict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MatchBuilder;
using testing::Modify;
using testing::ModifyStrict;
using testing::TableSetFixture;
using ::testing::UnorderedElementsAre;

class TableSetTest : public TableSetFixture {};

// --- Add -----------------------------------------------------------------------------------------

TEST_F(TableSetTest, ShowsARuleOnlyFromItsVersionOn) {
  const TableVersion version = tables().Begin();
  ASSERT_TRUE(tables().Modify(Add().On(MatchBuilder().InPort(1)), {}).ok());
  EXPECT_EQ(LookupAt(version - 1, MatchBuilder().InPort(1).Key()), nullptr);
  EXPECT_NE(LookupAt(version, MatchBuilder().InPort(1).Key()), nullptr);
  ApplyAndReclaim();
  EXPECT_EQ(tables().rule_count(0), 1u);
}

TEST_F(TableSetTest, RefusesATableThatIsNotThere) {
  EXPECT_EQ(Fails(Add().Table(254)), OfErrorId::kFlowModBadTable);
  EXPECT_EQ(Fails(Delete().Table(254)), OfErrorId::kFlowModBadTable);
}

TEST_F(TableSetTest, PutsARuleForAnyTableIntoTheFirst) {
  Do(Add().Table(kTableAll).On(MatchBuilder().InPort(1)));
  EXPECT_EQ(tables().rule_count(0), 1u);
}

TEST_F(TableSetTest, ReplacesARuleOfTheSameMatchAndPriority) {
  Do(Add().On(MatchBuilder().InPort(1)).Output(1).Cookie(5).Idle(10));
  Count(One(), 7);
  control().StepSeconds(3);
  Do(Add().On(MatchBuilder().InPort(1)).Output(2).Cookie(6).Hard(20));
  EXPECT_THAT(Events(), ElementsAre(FlowUpdate::Event::kModified));
  const FlowStats stats = tables().StatsOf(One(), control().NowNs());
  EXPECT_EQ(stats.cookie, 6u);
  EXPECT_EQ(stats.idle_timeout, 0);
  EXPECT_EQ(stats.hard_timeout, 20);
  EXPECT_EQ(stats.packets, 7u) << "counters go on without RESET_COUNTS";
  EXPECT_EQ(stats.duration_ns, 0u);
  EXPECT_EQ(stats.instructions, testing::OutputTo(2));
}

TEST_F(TableSetTest, StartsCountersAnewIfAsked) {
  Do(Add().On(MatchBuilder().InPort(1)));
  Count(One(), 7);
  Do(Add().On(MatchBuilder().InPort(1)).Flags(flow_flags::kResetCounts));
  EXPECT_EQ(tables().CountersOf(One()).packets, 0u);
  Reclaim();
  EXPECT_EQ(control().stats.size(), 1u) << "the former counter was given back";
  EXPECT_EQ(tables().matched(0), 7u) << "the table has matched them all the same";
}

TEST_F(TableSetTest, TellsATableMissRule) {
  Do(Add().On(MatchBuilder()).Priority(0));
  EXPECT_TRUE(One().is_table_miss);
  Do(Add().Table(1).On(MatchBuilder()).Priority(1));
  EXPECT_FALSE(LookupAt(kLatest, MatchKey(), 1)->is_table_miss);
}

TEST_F(TableSetTest, RefusesAnOverlapIfAsked) {
  Do(Add().On(MatchBuilder().InPort(1)).Priority(10));
  const auto check = flow_flags::kCheckOverlap;
  EXPECT_EQ(Fails(Add().On(MatchBuilder().EthDst(5)).Priority(10).Flags(check)),
            OfErrorId::kOverlap);
  Do(Add().On(MatchBuilder().EthDst(5)).Priority(11).Flags(check));
  Do(Add().On(MatchBuilder().InPort(2)).Priority(10).Flags(check));
  Do(Add().On(MatchBuilder().InPort(1)).Priority(10).Flags(check));  // replaces
  EXPECT_EQ(tables().rule_count(0), 3u);
}

// --- A full table --------------------------------------------------------------------------------

TEST_F(TableSetTest, RefusesARuleForAFullTable) {
  tables().SetMaxRules(0, 2);
  Do(Add().On(MatchBuilder().InPort(1)));
  Do(Add().On(MatchBuilder().InPort(2)));
  EXPECT_EQ(Fails(Add().On(MatchBuilder().InPort(3))), OfErrorId::kTableFull);
  Do(Add().On(MatchBuilder().InPort(2)).Output(9));  // takes no room
  Do(Add().Table(1).On(MatchBuilder().InPort(3)));
}

TEST_F(TableSetTest, EvictsTheLeastImportantThenTheSoonestOver) {
  tables().config(0).eviction = true;
  tables().SetMaxRules(0, 4);
  Do(Add().On(MatchBuilder().InPort(1)).Importance(2).Hard(5));
  Do(Add().On(MatchBuilder().InPort(2)).Importance(1).Hard(50));
  Do(Add().On(MatchBuilder().InPort(3)).Importance(1).Hard(40));
  Do(Add().On(MatchBuilder().InPort(4)));  // nothing makes it go
  std::vector<uint32_t> gone;
  for (uint32_t port = 10; port < 13; ++port) {
    Do(Add().On(MatchBuilder().InPort(port)).Importance(9).Hard(60));
    for (const auto& change : tables().changes()) {
      if (change.event != FlowUpdate::Event::kDeleted) continue;
      EXPECT_EQ(change.reason, FlowRemovedReason::kEviction);
      gone.push_back(change.former->match.value.pipeline.in_port.Get());
    }
  }
  EXPECT_THAT(gone, ElementsAre(3, 2, 1));
  EXPECT_EQ(tables().rule_count(0), 4u);
}

TEST_F(TableSetTest, EvictsByLastUseWhereTimeoutsAreIdle) {
  tables().config(0).eviction = true;
  tables().SetMaxRules(0, 2);
  Do(Add().On(MatchBuilder().InPort(1)).Idle(10));
  Do(Add().On(MatchBuilder().InPort(2)).Idle(10));
  Do(Add().Table(0).On(MatchBuilder().InPort(2)).Idle(10));
  control().StepSeconds(4);
  Count(*LookupAt(kLatest, MatchBuilder().InPort(1).Key()), 1);
  Do(Add().On(MatchBuilder().InPort(3)).Idle(10));
  EXPECT_NE(LookupAt(kLatest, MatchBuilder().InPort(1).Key()), nullptr);
  EXPECT_EQ(LookupAt(kLatest, MatchBuilder().InPort(2).Key()), nullptr);
}

TEST_F(TableSetTest, EvictsNothingWithoutTimeoutOrImportance) {
  tables().config(0).eviction = true;
  tables().SetMaxRules(0, 1);
  Do(Add().On(MatchBuilder().InPort(1)));
  EXPECT_EQ(Fails(Add().On(MatchBuilder().InPort(2))), OfErrorId::kTableFull);
}

// --- Modify --------------------------------------------------------------------------------------

TEST_F(TableSetTest, ModifiesWhatIsWithinTheMatch) {
  Do(Add().On(MatchBuilder().InPort(1)).Priority(1).Output(1).Idle(9).Importance(3).Cookie(1));
  Do(Add().On(MatchBuilder().InPort(1).EthDst(5)).Priority(2).Output(1).Cookie(2));
  Do(Add().On(MatchBuilder().InPort(2)).Priority(3).Output(1).Cookie(3));
  Count(*LookupAt(kLatest, MatchBuilder().InPort(1).Key()), 5);
  control().StepSeconds(2);
  Do(Modify().On(MatchBuilder().InPort(1)).Output(8).Idle(99).KeepCookie());
  const Rule* wide = LookupAt(kLatest, MatchBuilder().InPort(1).Key());
  const FlowStats stats = tables().StatsOf(*wide, control().NowNs());
  EXPECT_EQ(stats.instructions, testing::OutputTo(8));
  EXPECT_EQ(stats.idle_timeout, 9);
  EXPECT_EQ(stats.importance, 3);
  EXPECT_EQ(stats.cookie, 1u);
  EXPECT_EQ(stats.packets, 5u);
  EXPECT_EQ(stats.duration_ns, 2'000'000'000u);
  EXPECT_EQ(stats.hard_ns, 0u) << "a hard timeout runs from the change on";
  EXPECT_EQ(LookupAt(kLatest, MatchBuilder().InPort(2).Key())->instructions, testing::OutputTo(1));
  EXPECT_EQ(tables().changes().size(), 2u);
}

TEST_F(TableSetTest, ModifiesOneRuleStrictly) {
  Do(Add().On(MatchBuilder().InPort(1)).Priority(1).Output(1));
  Do(Add().On(MatchBuilder().InPort(1)).Priority(2).Output(1));
  Do(ModifyStrict().On(MatchBuilder().InPort(1)).Priority(1).Output(8).KeepCookie());
  EXPECT_EQ(tables().changes().size(), 1u);
  EXPECT_EQ(LookupAt(kLatest, MatchBuilder().InPort(1).Key())->instructions, testing::OutputTo(1));
}

TEST_F(TableSetTest, AddsWhatOpenFlow10ModifiesWhereNothingIs) {
  Do(Modify().On(MatchBuilder().InPort(1)).Output(1).KeepCookie());
  EXPECT_EQ(tables().rule_count(0), 0u);
  Do(Modify().On(MatchBuilder().InPort(1)).Output(1).Cookie(4).WithCookie(0, 1));
  EXPECT_EQ(tables().rule_count(0), 0u);
  Do(Modify().On(MatchBuilder().InPort(1)).Output(1).Cookie(4));
  EXPECT_EQ(One().cookie, 4u);
  EXPECT_THAT(Events(), ElementsAre(FlowUpdate::Event::kAdded));
}

// --- Delete --------------------------------------------------------------------------------------

TEST_F(TableSetTest, DeletesByCookieMatchPortAndGroup) {
  Do(Add().On(MatchBuilder().InPort(1)).Cookie(0x11).Output(7));
  Do(Add().On(MatchBuilder().InPort(2)).Cookie(0x12).Action(act::Group{4}));
  Do(Add().Table(5).On(MatchBuilder().InPort(3)).Cookie(0x21).Output(8));
  Do(Delete().Table(kTableAll).WithCookie(0x12, ~0ull).OutPort(7));
  EXPECT_THAT(Events(), IsEmpty());
  Do(Delete().Table(kTableAll).WithCookie(0x20, 0xf0));
  EXPECT_EQ(tables().rule_count(5), 0u);
  Do(Delete().OutPort(7));
  EXPECT_EQ(tables().rule_count(0), 1u);
  Do(Delete().OutGroup(4).WithCookie(0x12, ~0ull));
  EXPECT_EQ(tables().rule_count(0), 0u);
}

TEST_F(TableSetTest, DeletesStrictlyOneRule) {
  Do(Add().On(MatchBuilder().InPort(1)).Priority(5));
  Do(Add().On(MatchBuilder().InPort(1).EthDst(2)).Priority(5));
  Do(DeleteStrict().On(MatchBuilder().InPort(1)).Priority(6));
  EXPECT_EQ(tables().rule_count(0), 2u);
  Do(DeleteStrict().On(MatchBuilder().InPort(1)).Priority(5));
  EXPECT_EQ(tables().rule_count(0), 1u);
  EXPECT_EQ(tables().changes()[0].reason, FlowRemovedReason::kDelete);
}

TEST_F(TableSetTest, DeletesTheUsersOfGroupsAndMetersWhereverTheyAre) {
  Instructions in_set;
  in_set.write.push_back(act::Group{4});
  Do(Add().On(MatchBuilder().InPort(1)).Do(in_set));
  Do(Add().On(MatchBuilder().InPort(2)).Action(act::Clone{{act::Group{4}}}));
  Instructions metered;
  metered.meter = 9;
  Do(Add().On(MatchBuilder().InPort(3)).Do(metered));
  Do(Add().On(MatchBuilder().InPort(4)).Action(act::Meter{9}));
  EXPECT_EQ(tables().CountUsersOfGroup(4), 2u);
  EXPECT_EQ(tables().CountUsersOfMeter(9), 2u);
  tables().Begin();
  tables().DeleteUsersOfGroup(4);
  ApplyAndReclaim();
  EXPECT_EQ(tables().rule_count(0), 2u);
  EXPECT_EQ(tables().changes()[1].reason, FlowRemovedReason::kGroupDelete);
  tables().Begin();
  tables().DeleteUsersOfMeter(9);
  ApplyAndReclaim();
  EXPECT_EQ(tables().rule_count(0), 0u);
  EXPECT_EQ(tables().changes()[1].reason, FlowRemovedReason::kMeterDelete);
  EXPECT_EQ(tables().CountUsersOfMeter(9), 0u);
}

TEST_F(TableSetTest, GivesBackEveryCounter) {
  for (uint32_t i = 0; i < 100; ++i) Do(Add().On(MatchBuilder().InPort(i)));
  Do(Delete().Table(kTableAll));
  Reclaim();
  EXPECT_TRUE(control().stats.empty());
  EXPECT_FALSE(tables().has_retired());
}

// --- Hidden rules --------------------------------------------------------------------------------

TEST_F(TableSetTest, KeepsHiddenRulesAboveAllAndOutOfSight) {
  Do(Add().On(MatchBuilder()).Priority(0xffff).Output(1));
  Do(Add().On(MatchBuilder()).Priority(0).Output(2), {.hidden = true});
  EXPECT_EQ(LookupAt(kLatest, MatchKey())->instructions, testing::OutputTo(2));
  EXPECT_EQ(tables().rule_count(0), 1u);
  EXPECT_EQ(Rules().size(), 1u);
  Do(Delete().Table(kTableAll));
  EXPECT_EQ(LookupAt(kLatest, MatchKey())->instructions, testing::OutputTo(2));
  Do(DeleteStrict().On(MatchBuilder()).Priority(0), {.hidden = true});
  EXPECT_EQ(LookupAt(kLatest, MatchKey()), nullptr);
}

// --- Timeouts ------------------------------------------------------------------------------------

TEST_F(TableSetTest, ExpiresHardTimeoutsFromTheLastChange) {
  Do(Add().On(MatchBuilder().InPort(1)).Hard(10));
  control().StepSeconds(6);
  Do(Modify().On(MatchBuilder()).Output(1).KeepCookie());
  EXPECT_THAT(Expire(9.9), IsEmpty());
  EXPECT_THAT(Expire(0.1), ElementsAre(FlowRemovedReason::kHardTimeout));
  EXPECT_EQ(tables().rule_count(0), 0u);
}

TEST_F(TableSetTest, ExpiresIdleTimeoutsFromTheLastUse) {
  Do(Add().On(MatchBuilder().InPort(1)).Idle(10));
  control().StepSeconds(6);
  Count(One(), 1);
  EXPECT_THAT(Expire(9.9), IsEmpty());
  EXPECT_THAT(Expire(0.1), ElementsAre(FlowRemovedReason::kIdleTimeout));
}

TEST_F(TableSetTest, DoesNotTakeResetCountersForIdleness) {
  Do(Add().On(MatchBuilder().InPort(1)).Idle(10));
  control().StepSeconds(8);
  Count(One(), 1);
  Do(Modify().On(MatchBuilder()).Output(1).KeepCookie().Flags(flow_flags::kResetCounts));
  EXPECT_THAT(Expire(9.9), IsEmpty());
  EXPECT_THAT(Expire(0.1), ElementsAre(FlowRemovedReason::kIdleTimeout));
}

TEST_F(TableSetTest, ExpiresNoMoreThanItsLimitAtOnce) {
  for (uint32_t i = 0; i < 10; ++i) Do(Add().On(MatchBuilder().InPort(i)).Hard(1));
  EXPECT_EQ(Expire(2, 4).size(), 4u);
  EXPECT_EQ(Expire(0, 100).size(), 6u);
}

TEST_F(TableSetTest, ShortensTimeoutsOfARuleWithFinTimeout) {
  Do(Add().On(MatchBuilder().InPort(1)).Action(act::FinTimeout{5, 0}).Idle(100));
  tables().ReduceTimeouts(One().id, 5, 0);
  EXPECT_THAT(Expire(4.9), IsEmpty());
  EXPECT_THAT(Expire(0.1), ElementsAre(FlowRemovedReason::kIdleTimeout));
  tables().ReduceTimeouts(1, 5, 5);  // gone
}

// --- Learned rules -------------------------------------------------------------------------------

TEST_F(TableSetTest, RefreshesAnEqualLearnedRule) {
  const auto learned = Add().On(MatchBuilder().InPort(1)).Output(1).Hard(10).Cookie(3);
  Do(learned, {.learner = 77, .from_learn = true});
  const uint64_t id = One().id;
  control().StepSeconds(6);
  Do(learned, {.learner = 77, .from_learn = true});
  EXPECT_THAT(Events(), IsEmpty());
  EXPECT_EQ(One().id, id);
  EXPECT_THAT(Expire(9.9), IsEmpty());
  EXPECT_THAT(Expire(0.1), ElementsAre(FlowRemovedReason::kHardTimeout));
  EXPECT_TRUE(control().invalidated.contains(77)) << "who learned it is to learn it again";
}

TEST_F(TableSetTest, LearnsNoMoreThanItsLimitOfACookie) {
  const TableSet::ModOptions options{.from_learn = true, .learn_limit = 2};
  for (uint32_t i = 0; i < 5; ++i) Do(Add().On(MatchBuilder().InPort(i)).Cookie(3), options);
  EXPECT_EQ(tables().rule_count(0), 2u);
  EXPECT_EQ(tables().CountWithCookie(0, 3), 2u);
}

// --- Transactions --------------------------------------------------------------------------------

TEST_F(TableSetTest, UndoesAWholeTransaction) {
  Do(Add().On(MatchBuilder().InPort(1)).Output(1).Cookie(1).Hard(10));
  Do(Add().On(MatchBuilder().InPort(2)).Output(2).Cookie(2));
  Count(*LookupAt(kLatest, MatchBuilder().InPort(1).Key()), 3);
  const TableVersion version = tables().Begin();
  ASSERT_TRUE(tables().Modify(Delete().On(MatchBuilder().InPort(1)), {}).ok());
  ASSERT_TRUE(tables().Modify(Modify().On(MatchBuilder()).Output(9), {}).ok());
  ASSERT_TRUE(tables().Modify(Add().On(MatchBuilder().InPort(3)), {}).ok());
  tables().Rollback();
  EXPECT_THAT(tables().changes(), IsEmpty());
  EXPECT_EQ(LookupAt(version, MatchBuilder().InPort(3).Key()), nullptr);
  const Rule* first = LookupAt(version, MatchBuilder().InPort(1).Key());
  EXPECT_EQ(first->instructions, testing::OutputTo(1));
  EXPECT_EQ(tables().CountersOf(*first).packets, 3u);
  EXPECT_EQ(LookupAt(version, MatchBuilder().InPort(2).Key())->cookie, 2u);
  EXPECT_EQ(tables().CountWithCookie(0, 1), 1u);
  Reclaim();
  EXPECT_EQ(control().stats.size(), 2u);
  EXPECT_THAT(Expire(10), ElementsAre(FlowRemovedReason::kHardTimeout));
}

TEST_F(TableSetTest, UndoesOnlyTheFlowModThatFails) {
  Do(Add().On(MatchBuilder().InPort(1)).Output(1));
  Do(Add().On(MatchBuilder().InPort(2)).Output(1));
  tables().Begin();
  ASSERT_TRUE(tables().Modify(Add().On(MatchBuilder().InPort(3)), {}).ok());
  control().stats_left = 1;
  const auto reset = Modify().On(MatchBuilder()).Output(9).Flags(flow_flags::kResetCounts);
  EXPECT_EQ(tables().Modify(reset, {}).id(), OfErrorId::kTableFull);
  ApplyAndReclaim();
  EXPECT_THAT(Events(), ElementsAre(FlowUpdate::Event::kAdded));
  for (const Rule* rule : Rules()) EXPECT_NE(rule->instructions, testing::OutputTo(9));
  EXPECT_EQ(tables().rule_count(0), 3u);
}

TEST_F(TableSetTest, KeepsFormerRulesForReadersOfTheFormerVersion) {
  Do(Add().On(MatchBuilder().InPort(1)).Output(1));
  const TableVersion version = tables().Begin();
  ASSERT_TRUE(tables().Modify(Delete(), {}).ok());
  std::vector<Tag> tags;
  std::vector<DatapathControl::TagFilter> filters;
  bool everything = false;
  tables().Apply(&tags, &filters, &everything);
  // The new version is in force, but some worker may have loaded the one before.
  EXPECT_NE(LookupAt(version - 1, MatchBuilder().InPort(1).Key()), nullptr);
  EXPECT_EQ(LookupAt(version, MatchBuilder().InPort(1).Key()), nullptr);
  Reclaim();
}

TEST_F(TableSetTest, TellsWhatOutputsWhere) {
  Instructions instructions;
  instructions.apply = {act::Enqueue{5, 1}, act::Clone{{act::Output{6}}}, act::Controller{}};
  instructions.write = {act::Output{7}};
  for (const uint32_t port : {5u, 6u, 7u, kOfpController}) {
    EXPECT_TRUE(TableSet::OutputsTo(instructions, port)) << port;
  }
  EXPECT_FALSE(TableSet::OutputsTo(instructions, 8));
}

}  // namespace
}  // namespace vsw
