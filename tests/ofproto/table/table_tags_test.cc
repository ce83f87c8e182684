// SPDX-License-Identifier: Apache-2.0
//
// The exactness of the tables: a decision that a change leaves in place would be the same if it
// were made anew. Decisions are kept as a worker keeps them, by key and mask, with the tags that
// the translator gives them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/ofproto/table/match_builder.h"
#include "tests/ofproto/table/random_match.h"
#include "tests/ofproto/table/table_set_fixture.h"

namespace vsw {
namespace {

using testing::Add;
using testing::Delete;
using testing::Ip;
using testing::MatchBuilder;
using testing::Random;
using testing::RandomMatch;
using testing::RandomSeed;

// A lookup in one table of one key, as a megaflow remembers it.
struct Decision {
  MatchKey key, mask;
  uint64_t rule_id = 0;  // 0: none
  bool pristine = true;
  std::vector<Tag> tags;
};

class Decisions {
 public:
  explicit Decisions(TableSet* tables) : tables_(*tables) {}

  void Make(const MatchKey& key, bool pristine) {
    Decision decision;
    decision.key = key;
    decision.pristine = pristine;
    const Rule* rule = tables_.Lookup(0, version_, key, &decision.mask);
    decision.rule_id = rule == nullptr ? 0 : rule->id;
    decision.tags = {TableSet::TableTag(tables_.id(), 0),
                     rule == nullptr ? TableSet::MissTag(tables_.id(), 0, pristine)
                                     : TableSet::RuleTag(rule->id, pristine)};
    kept_.push_back(decision);
  }

  /// Ends the change that was begun; forgets what it says is to be forgotten.
  void Apply() {
    std::vector<Tag> tags;
    std::vector<DatapathControl::TagFilter> filters;
    bool everything = false;
    ++version_;
    tables_.Apply(&tags, &filters, &everything);
    const std::set<Tag> whole(tags.begin(), tags.end());
    std::erase_if(kept_, [&](const Decision& decision) {
      if (everything) return true;
      for (const Tag tag : decision.tags) {
        if (whole.contains(tag)) return true;
      }
      return std::ranges::any_of(filters, [&](const auto& filter) {
        return std::ranges::find(decision.tags, filter.tag) != decision.tags.end() &&
               CouldMatch(decision, filter);
      });
    });
    tables_.Reclaim();
  }

  const std::vector<Decision>& kept() const { return kept_; }
  uint64_t RuleFor(const MatchKey& key) const {
    MatchKey ignored;
    const Rule* rule = tables_.Lookup(0, version_, key, &ignored);
    return rule == nullptr ? 0 : rule->id;
  }

 private:
  // Some packet of the megaflow matches the filter; a megaflow has the packet's part alone.
  static bool CouldMatch(const Decision& decision, const DatapathControl::TagFilter& filter) {
    Match megaflow, wanted;
    for (size_t i = 0; i < sizeof(FlowKey) / 8; ++i) {
      megaflow.mask.words()[i] = decision.mask.words()[i];
      megaflow.value.words()[i] = decision.key.words()[i] & decision.mask.words()[i];
    }
    wanted.value.packet = *filter.key;
    wanted.mask.packet = *filter.mask;
    return megaflow.Overlaps(wanted);
  }

  TableSet& tables_;
  TableVersion version_ = 0;
  std::vector<Decision> kept_;
};

class RandomChanges {
 public:
  RandomChanges(Random* random, TableSet* tables, bool conjunctions)
      : random_(*random), draw_(random), tables_(*tables), conjunctions_(conjunctions) {}

  void Change() {
    for (uint32_t n = 1 + random_.Below(3); n > 0; --n) {
      const FlowMod mod = Draw();
      // The switch's own rules are no part of conjunctions.
      const bool plain =
          mod.instructions.apply.empty() && mod.match.mask.pipeline.conj_id == Be32::From(0);
      const TableSet::ModOptions options{.hidden = plain && random_.OneIn(30)};
      ASSERT_TRUE(tables_.Modify(mod, options).ok());
    }
  }
  MatchKey Key() {
    if (matches_.empty() || random_.OneIn(4)) return draw_.Key();
    return draw_.KeyWithin(random_.Pick(matches_));
  }
  MatchKey Disturb(const Decision& decision) { return draw_.Disturb(decision.key, decision.mask); }

 private:
  FlowMod Draw() {
    FlowMod mod;
    mod.priority = static_cast<uint16_t>(random_.Below(8));
    mod.set_cookie = random_.OneIn(2);
    const uint32_t dice = random_.Below(20);
    if (dice < 12) {
      mod.command = FlowMod::Command::kAdd;
    } else if (dice < 14) {
      mod.command = FlowMod::Command::kModifyStrict;
    } else if (dice < 15) {
      mod.command = FlowMod::Command::kModify;
    } else if (dice < 19) {
      mod.command = FlowMod::Command::kDeleteStrict;
    } else {
      mod.command = FlowMod::Command::kDelete;
    }
    mod.match = mod.command == FlowMod::Command::kDelete ? draw_.Draw(6) : draw_.Draw(3);
    if (!matches_.empty() && random_.OneIn(3)) mod.match = random_.Pick(matches_);
    const uint32_t id = 1 + random_.Below(3);
    if (conjunctions_ && mod.command != FlowMod::Command::kDelete && random_.OneIn(2)) {
      if (random_.OneIn(2)) {
        mod.match.Set(FieldId::kConjId, FieldValue::OfU64(id));
      } else {
        const auto clause = static_cast<uint8_t>(random_.Below(2));
        mod.instructions.apply = {act::Conjunction{id, clause, 2}};
      }
    }
    matches_.push_back(mod.match);
    if (matches_.size() > 60) matches_.erase(matches_.begin());
    return mod;
  }

  Random& random_;
  RandomMatch draw_;
  TableSet& tables_;
  const bool conjunctions_;
  std::vector<Match> matches_;
};

void CheckExactness(bool conjunctions) {
  Random random(RandomSeed());
  size_t before = 0, kept = 0;
  for (int round = 0; round < 60; ++round) {
    testing::FakeDatapathControl control;
    TableSet tables(&control);
    Decisions decisions(&tables);
    RandomChanges changes(&random, &tables, conjunctions);
    for (int step = 0; step < 60; ++step) {
      for (int i = 0; i < 20; ++i) decisions.Make(changes.Key(), !random.OneIn(4));
      tables.Begin();
      changes.Change();
      if (random.OneIn(6)) {
        tables.Rollback();
        tables.Begin();
      }
      before += decisions.kept().size();
      decisions.Apply();
      kept += decisions.kept().size();
      for (const Decision& decision : decisions.kept()) {
        ASSERT_EQ(decisions.RuleFor(decision.key), decision.rule_id)
            << "a decision that is no longer right was kept";
        ASSERT_EQ(decisions.RuleFor(changes.Disturb(decision)), decision.rule_id)
            << "a decision was kept that is no longer right for all of its packets";
      }
    }
  }
  if (!conjunctions) {
    EXPECT_GT(kept * 2, before) << "hardly anything survives: not narrow enough";
  }
}

TEST(TableTags, LeaveNoDecisionThatIsNoLongerRight) { CheckExactness(false); }
TEST(TableTags, LeaveNoDecisionThatIsNoLongerRightWithConjunctions) { CheckExactness(true); }

class TableTagsTest : public testing::TableSetFixture {
 protected:
  void Change(const FlowMod& mod) {
    tables().Begin();
    ASSERT_TRUE(tables().Modify(mod, {}).ok());
    decisions.Apply();
  }
  Decisions decisions{&tables()};
};

TEST_F(TableTagsTest, KeepDecisionsThatANewRouteDoesNotTouch) {
  Change(Add().On(MatchBuilder()).Priority(0));
  for (uint32_t i = 0; i < 100; ++i) {
    Change(Add().On(MatchBuilder().Dst(Ip(10, 0, i, 0), 24)).Priority(24));
  }
  for (uint32_t i = 0; i < 200; ++i)
    decisions.Make(MatchBuilder().Dst(Ip(10, 0, i, 1)).Key(), true);
  Change(Add().On(MatchBuilder().Dst(Ip(10, 0, 50, 0), 28)).Priority(28));
  EXPECT_EQ(decisions.kept().size(), 199u);
  Change(Delete().On(MatchBuilder().Dst(Ip(10, 0, 50, 0), 28)));
  EXPECT_EQ(decisions.kept().size(), 199u);
}

TEST_F(TableTagsTest, AskTheWholeTableAgainAfterManyChanges) {
  decisions.Make(MatchBuilder().InPort(1).Key(), true);
  tables().Begin();
  for (uint32_t i = 2; i < 2000; ++i) {
    ASSERT_TRUE(tables().Modify(Add().On(MatchBuilder().InPort(i)), {}).ok());
  }
  std::vector<Tag> tags;
  std::vector<DatapathControl::TagFilter> filters;
  bool everything = false;
  tables().Apply(&tags, &filters, &everything);
  EXPECT_THAT(tags, ::testing::ElementsAre(TableSet::TableTag(tables().id(), 0)));
  EXPECT_TRUE(filters.empty());
}

TEST_F(TableTagsTest, TellPristineLookupsAndTableSetsApart) {
  TableSet other(&control());
  EXPECT_NE(other.id(), tables().id());
  std::set<Tag> tags;
  for (const uint64_t id : {other.id(), tables().id()}) {
    for (const uint8_t table : {0, 1}) {
      tags.insert(TableSet::TableTag(id, table));
      for (const bool pristine : {false, true}) tags.insert(TableSet::MissTag(id, table, pristine));
    }
  }
  for (const bool pristine : {false, true}) tags.insert(TableSet::RuleTag(1, pristine));
  EXPECT_EQ(tags.size(), 14u);
}

}  // namespace
}  // namespace vsw
