// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/rule_classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/ofproto/table/linear_tables.h"
#include "tests/ofproto/table/match_builder.h"
#include "tests/ofproto/table/random_match.h"

namespace vsw {
namespace {

using ::testing::Contains;
using testing::Ip;
using ::testing::IsNull;
using testing::LinearClassifier;
using testing::MakeRule;
using testing::MatchBuilder;
using testing::Random;
using testing::RandomMatch;
using testing::RandomSeed;
using ::testing::UnorderedElementsAre;

class RuleClassifierTest : public ::testing::Test {
 protected:
  Rule* Insert(const Match& match, uint16_t priority,
               std::vector<act::Conjunction> conjunctions = {}) {
    rules_.push_back(MakeRule(match, priority, std::move(conjunctions)));
    classifier_.Insert(rules_.back().get());
    return rules_.back().get();
  }
  const Rule* Lookup(const MatchKey& key, TableVersion version = 0) {
    mask_ = MatchKey();
    return classifier_.Lookup(version, key, &mask_);
  }
  bool MarksNoPacketBits() const {
    const FlowKey none{};
    return std::memcmp(&mask_.packet, &none, sizeof(none)) == 0;
  }
  uint32_t DstMask() const { return mask_.packet.ipv4_dst.Get(); }

  RuleClassifier classifier_;
  std::vector<std::unique_ptr<Rule>> rules_;
  MatchKey mask_;
};

TEST_F(RuleClassifierTest, FindsNothingInAnEmptyTableAndMarksNothing) {
  EXPECT_THAT(Lookup(MatchBuilder().InPort(1).Key()), IsNull());
  EXPECT_EQ(mask_, MatchKey());
}

TEST_F(RuleClassifierTest, PrefersTheHigherPriority) {
  const Rule* wide = Insert(MatchBuilder().Dst(Ip(10, 0, 0, 0), 8), 10);
  const Rule* narrow = Insert(MatchBuilder().Dst(Ip(10, 1, 0, 0), 16), 20);
  EXPECT_EQ(Lookup(MatchBuilder().Dst(Ip(10, 1, 2, 3)).Key()), narrow);
  EXPECT_EQ(Lookup(MatchBuilder().Dst(Ip(10, 2, 2, 3)).Key()), wide);
  EXPECT_THAT(Lookup(MatchBuilder().Dst(Ip(11, 2, 2, 3)).Key()), IsNull());
}

TEST_F(RuleClassifierTest, PrefersTheHigherPriorityOfTheSameMatch) {
  const MatchBuilder match = MatchBuilder().InPort(1);
  Insert(match, 10);
  Rule* high = Insert(match, 30);
  Insert(match, 20);
  EXPECT_EQ(Lookup(match.Key()), high);
  classifier_.Remove(high);
  EXPECT_EQ(Lookup(match.Key())->priority, 20);
}

TEST_F(RuleClassifierTest, StopsAtWhatCannotBeBetter) {
  Insert(MatchBuilder().InPort(1), 20);
  Insert(MatchBuilder().EthDst(7), 10);
  Lookup(MatchBuilder().InPort(1).Key());
  EXPECT_TRUE(MarksNoPacketBits()) << "the lower mask was looked at";
}

TEST_F(RuleClassifierTest, LooksNoFurtherThanTheStageThatFails) {
  Insert(MatchBuilder().Reg0(5).EthDst(7).Dst(Ip(10, 0, 0, 1)).L4Dst(80), 10);
  EXPECT_THAT(Lookup(MatchBuilder().Reg0(6).Key()), IsNull());
  EXPECT_TRUE(MarksNoPacketBits());
  EXPECT_THAT(Lookup(MatchBuilder().Reg0(5).EthDst(8).Key()), IsNull());
  EXPECT_TRUE(mask_.packet.eth_dst != MacAddress());
  EXPECT_EQ(DstMask(), 0u);
}

TEST_F(RuleClassifierTest, MarksOnlyAsMuchOfAnAddressAsTellsRoutesApart) {
  for (uint32_t i = 0; i < 256; ++i) Insert(MatchBuilder().Dst(Ip(10, 0, i, 0), 24), 24);
  Insert(MatchBuilder(), 0);
  EXPECT_EQ(Lookup(MatchBuilder().Dst(Ip(10, 0, 7, 1)).Key())->priority, 24);
  EXPECT_EQ(DstMask(), 0xffffff00u);
  EXPECT_EQ(Lookup(MatchBuilder().Dst(Ip(192, 0, 7, 1)).Key())->priority, 0);
  EXPECT_EQ(DstMask(), 0x80000000u);
  EXPECT_EQ(Lookup(MatchBuilder().Dst(Ip(10, 3, 7, 1)).Key())->priority, 0);
  EXPECT_EQ(DstMask(), 0xfffe0000u);
}

TEST_F(RuleClassifierTest, MarksOnlyAsMuchOfAPortAsTellsRulesApart) {
  Insert(MatchBuilder().Type(0x0800).Proto(6).L4Dst(80), 10);
  EXPECT_THAT(Lookup(MatchBuilder().Type(0x0800).Proto(6).L4Dst(0x8000).Key()), IsNull());
  EXPECT_EQ(mask_.packet.l4_dst.Get(), 0x8000);
}

TEST_F(RuleClassifierTest, TellsPrefixesOfIpv6Apart) {
  auto prefix = [](uint8_t last, unsigned length) {
    FieldValue value, mask;
    value.octets[0] = 0x20;
    value.octets[10] = last;
    for (unsigned i = 0; i < length; ++i) mask.octets[i / 8] |= uint8_t(0x80u >> i % 8);
    Match match;
    match.SetMasked(FieldId::kIpv6Dst, value, mask);
    return match;
  };
  const Rule* first = Insert(prefix(1, 96), 96);
  const Rule* second = Insert(prefix(2, 96), 96);
  EXPECT_EQ(Lookup(prefix(1, 128).value), first);
  EXPECT_EQ(Lookup(prefix(2, 128).value), second);
  EXPECT_THAT(Lookup(prefix(4, 128).value), IsNull());
  EXPECT_EQ(mask_.packet.ipv6_dst[10], 0xfc);
  EXPECT_EQ(mask_.packet.ipv6_dst[11], 0);
}

TEST_F(RuleClassifierTest, ShowsEachVersionItsOwnRules) {
  const MatchBuilder match = MatchBuilder().InPort(1);
  Rule* old_one = Insert(match, 10);
  old_one->removed_version = 5;
  rules_.push_back(MakeRule(match, 10));
  Rule* new_one = rules_.back().get();
  new_one->added_version = 5;
  classifier_.Insert(new_one);
  EXPECT_EQ(Lookup(match.Key(), 4), old_one);
  EXPECT_EQ(Lookup(match.Key(), 5), new_one);
  EXPECT_EQ(classifier_.Find(match, 10, 4), old_one);
  EXPECT_EQ(classifier_.Find(match, 10, 5), new_one);
  classifier_.Remove(old_one);
  EXPECT_EQ(Lookup(match.Key(), 5), new_one);
}

TEST_F(RuleClassifierTest, DecidesTiesBySomethingThatOtherRulesDoNotChange) {
  const Rule* first = Insert(MatchBuilder().InPort(1), 10);
  Insert(MatchBuilder().EthDst(7), 10);
  const MatchKey both = MatchBuilder().InPort(1).EthDst(7).Key();
  EXPECT_EQ(Lookup(both), first);
  Rule* other = Insert(MatchBuilder().EthDst(8), 100);
  EXPECT_EQ(Lookup(both), first);
  classifier_.Remove(other);
  classifier_.Reclaim();
  classifier_.Reclaim();
  EXPECT_EQ(Lookup(both), first);
}

// --- Conjunctions --------------------------------------------------------------------------------

class ConjunctionTest : public RuleClassifierTest {
 protected:
  ConjunctionTest() {
    for (const uint32_t src : {Ip(10, 0, 0, 1), Ip(10, 0, 0, 2)}) {
      Insert(MatchBuilder().Src(src), 100, {{7, 0, 2}});
    }
    for (const uint32_t dst : {Ip(20, 0, 0, 1), Ip(20, 0, 0, 2)}) {
      Insert(MatchBuilder().Dst(dst), 100, {{7, 1, 2}});
    }
  }
  static MatchKey Key(uint8_t src, uint8_t dst) {
    return MatchBuilder().Src(Ip(10, 0, 0, src)).Dst(Ip(20, 0, 0, dst)).Key();
  }
};

TEST_F(ConjunctionTest, MatchesWhenEveryClauseIsMet) {
  const Rule* whole = Insert(MatchBuilder().ConjId(7), 100);
  EXPECT_EQ(Lookup(Key(1, 2)), whole);
  EXPECT_EQ(Lookup(Key(2, 1)), whole);
  EXPECT_EQ(DstMask(), 0xffffffffu);
  EXPECT_THAT(Lookup(Key(1, 3)), IsNull());
  EXPECT_THAT(Lookup(Key(3, 2)), IsNull());
}

TEST_F(ConjunctionTest, FallsBackToALowerPriorityWhenAClauseIsMissing) {
  Insert(MatchBuilder().ConjId(7), 100);
  const Rule* fallback = Insert(MatchBuilder(), 1);
  EXPECT_EQ(Lookup(Key(1, 3)), fallback);
}

TEST_F(ConjunctionTest, GivesWayToAHigherPriority) {
  Insert(MatchBuilder().ConjId(7), 100);
  const Rule* higher = Insert(MatchBuilder().Src(Ip(10, 0, 0, 1)), 200);
  EXPECT_EQ(Lookup(Key(1, 1)), higher);
}

TEST_F(ConjunctionTest, FindsARuleHiddenBehindAConjunctiveOneOfTheSameMatch) {
  const Rule* hidden = Insert(MatchBuilder().Src(Ip(10, 0, 0, 1)), 50);
  EXPECT_EQ(Lookup(Key(1, 9)), hidden);
}

TEST_F(ConjunctionTest, TellsManyConjunctionsApart) {
  constexpr uint32_t kMany = 500;
  std::vector<act::Conjunction> firsts, seconds;
  for (uint32_t id = 1000; id < 1000 + kMany; ++id) {
    firsts.push_back({id, 0, 2});
    if (id == 1000 + kMany - 1) seconds.push_back({id, 1, 2});
  }
  Insert(MatchBuilder().Src(Ip(10, 0, 0, 9)), 100, firsts);
  Insert(MatchBuilder().Dst(Ip(20, 0, 0, 9)), 100, seconds);
  const Rule* last = Insert(MatchBuilder().ConjId(1000 + kMany - 1), 100);
  EXPECT_EQ(Lookup(Key(9, 9)), last);
}

TEST_F(ConjunctionTest, TriesLowerPrioritiesUntilOneIsWhole) {
  Insert(MatchBuilder().Src(Ip(10, 0, 0, 1)), 90, {{8, 0, 2}});
  Insert(MatchBuilder().Dst(Ip(20, 0, 0, 3)), 90, {{8, 1, 2}});
  const Rule* lower = Insert(MatchBuilder().ConjId(8), 90);
  Insert(MatchBuilder().ConjId(7), 100);
  EXPECT_EQ(Lookup(Key(1, 3)), lower);
}

// --- The writer's questions ----------------------------------------------------------------------

TEST_F(RuleClassifierTest, VisitsWhatIsWithinASelector) {
  Rule* a = Insert(MatchBuilder().InPort(1), 10);
  Rule* b = Insert(MatchBuilder().InPort(1).EthDst(7), 20);
  Insert(MatchBuilder().InPort(2).EthDst(7), 20);
  Insert(MatchBuilder(), 0);
  std::vector<Rule*> seen;
  auto collect = [&](Rule* rule) {
    seen.push_back(rule);
    return true;
  };
  classifier_.ForEachWithin(MatchBuilder().InPort(1), 0, collect);
  EXPECT_THAT(seen, UnorderedElementsAre(a, b));
}

TEST_F(RuleClassifierTest, GivesUpLookingForOverlapsBeyondTheLimit) {
  for (uint32_t i = 0; i < 100; ++i) Insert(MatchBuilder().InPort(i), 10);
  const Match match = MatchBuilder().EthDst(1);
  EXPECT_FALSE(classifier_.ForEachOverlapping(match, 0, 10, 0, 99, [](Rule*) {}));
  EXPECT_TRUE(classifier_.ForEachOverlapping(match, 0, 10, 0, 100, [](Rule*) {}));
  EXPECT_TRUE(classifier_.ForEachOverlapping(match, 11, 20, 0, 1, [](Rule*) {}));
}

TEST_F(RuleClassifierTest, HasNothingRetiredAfterAFewReclaims) {
  for (uint32_t i = 0; i < 100; ++i) Insert(MatchBuilder().InPort(i).EthDst(i), 10 + i % 3);
  for (auto& rule : rules_) classifier_.Remove(rule.get());
  EXPECT_TRUE(classifier_.has_retired());
  for (int i = 0; i < 2; ++i) classifier_.Reclaim();
  EXPECT_FALSE(classifier_.has_retired());
  EXPECT_EQ(classifier_.size(), 0u);
  EXPECT_EQ(classifier_.mask_count(), 0u);
}

// Prefixes of every two lengths, all ones. Which rule is best, and how many bits tell, is plain.
TEST_F(RuleClassifierTest, PassesOverManyMasksWithoutMissingAny) {
  constexpr unsigned kMost = 20;
  constexpr uint32_t kOnes = 0xffffffff;
  for (unsigned src = 1; src <= kMost; ++src) {
    for (unsigned dst = 1; dst <= kMost; ++dst) {
      Insert(MatchBuilder().Src(kOnes, src).Dst(kOnes, dst),
             static_cast<uint16_t>(src * 100 + dst));
    }
  }
  const auto check = [&] {
    for (unsigned src = 0; src <= kMost + 1; ++src) {
      for (unsigned dst = 0; dst <= kMost + 1; ++dst) {
        const MatchKey key = MatchBuilder().Src(~(kOnes >> src), 32).Dst(~(kOnes >> dst), 32).Key();
        const Rule* found = Lookup(key);
        const unsigned best_src = std::min(src, kMost), best_dst = std::min(dst, kMost);
        if (src == 0 || dst == 0) {
          ASSERT_THAT(found, IsNull());
          continue;
        }
        ASSERT_THAT(found, ::testing::NotNull()) << src << " " << dst;
        ASSERT_EQ(found->priority, best_src * 100 + best_dst);
        ASSERT_EQ(mask_.packet.ipv4_src.Get(), ~(kOnes >> std::min(src + 1, kMost)));
        ASSERT_EQ(DstMask(), ~(kOnes >> std::min(dst + 1, kMost)));
      }
    }
  };
  check();
  // Again once lists and numbers were made anew.
  for (uint32_t i = 0; i < 50; ++i) {
    Rule* passing = Insert(MatchBuilder().EthDst(i), static_cast<uint16_t>(5000 + i));
    classifier_.Remove(passing);
    classifier_.Reclaim();
  }
  check();
}

// --- Against the model ---------------------------------------------------------------------------

class RandomTable {
 public:
  RandomTable(Random* random, bool conjunctions)
      : random_(*random), draw_(random), conjunctions_(conjunctions) {}

  void Change() {
    if (linear_.rules.size() < 20 || !random_.OneIn(3)) {
      InsertOne();
    } else {
      RemoveOne();
    }
    if (random_.OneIn(10)) classifier_.Reclaim();
    if (random_.OneIn(8)) ++version_;
  }

  void CheckLookup() {
    const auto& rules = linear_.rules;
    const MatchKey key = random_.OneIn(3) || rules.empty()
                             ? draw_.Key()
                             : draw_.KeyWithin(random_.Pick(rules)->match);
    const TableVersion version = version_ - random_.Below(3);
    MatchKey mask;
    const Rule* found = classifier_.Lookup(version, key, &mask);
    const std::vector<const Rule*> answers = linear_.Answers(version, key);
    if (found == nullptr) {
      ASSERT_TRUE(answers.empty()) << "missed a rule of priority " << answers[0]->priority;
    } else {
      ASSERT_THAT(answers, Contains(found));
    }
    for (int i = 0; i < 4; ++i) {
      const MatchKey other = draw_.Disturb(key, mask);
      MatchKey ignored;
      ASSERT_EQ(classifier_.Lookup(version, other, &ignored), found)
          << "keys that agree in the marked bits got different answers";
    }
  }

  void CheckWriterQuestions() {
    const Match match = draw_.Draw(3);
    const auto from = static_cast<uint16_t>(random_.Below(6));
    const auto to = static_cast<uint16_t>(from + random_.Below(6));
    std::vector<const Rule*> within, overlapping, found;
    for (const Rule* rule : linear_.rules) {
      if (!rule->VisibleAt(version_)) continue;
      if (rule->match.IsWithin(match)) within.push_back(rule);
      const bool in_range = rule->priority >= from && rule->priority <= to;
      if (in_range && rule->match.Overlaps(match)) overlapping.push_back(rule);
    }
    classifier_.ForEachWithin(match, version_, [&](Rule* rule) {
      found.push_back(rule);
      return true;
    });
    ASSERT_THAT(found, ::testing::UnorderedElementsAreArray(within));
    found.clear();
    ASSERT_TRUE(classifier_.ForEachOverlapping(match, from, to, version_, ~size_t{0},
                                               [&](Rule* rule) { found.push_back(rule); }));
    ASSERT_THAT(found, ::testing::UnorderedElementsAreArray(overlapping));
    ASSERT_EQ(classifier_.size(), linear_.rules.size());
  }

 private:
  void InsertOne() {
    Match match = draw_.Draw(4);
    const auto& rules = linear_.rules;
    if (!rules.empty() && random_.OneIn(4)) match = random_.Pick(rules)->match;
    const auto priority = static_cast<uint16_t>(random_.Below(10));
    std::vector<act::Conjunction> parts;
    if (conjunctions_) {
      const uint32_t id = 1 + random_.Below(3);
      const auto clauses = static_cast<uint8_t>(2 + id % 2);
      if (random_.OneIn(2)) {
        parts.push_back({id, static_cast<uint8_t>(random_.Below(clauses)), clauses});
        if (random_.OneIn(4)) parts.push_back({5, 0, 1});
      } else if (random_.OneIn(2)) {
        match.Set(FieldId::kConjId, FieldValue::OfU64(id));
      }
    }
    Rule* former = classifier_.Find(match, priority, version_);
    if (former != nullptr) {
      if (former->added_version == version_) return;
      former->removed_version = version_;
    }
    owned_.push_back(testing::MakeRule(match, priority, std::move(parts)));
    owned_.back()->added_version = version_;
    classifier_.Insert(owned_.back().get());
    linear_.rules.push_back(owned_.back().get());
  }
  void RemoveOne() {
    const auto at =
        linear_.rules.begin() + random_.Below(static_cast<uint32_t>(linear_.rules.size()));
    auto* rule = const_cast<Rule*>(*at);
    linear_.rules.erase(at);
    classifier_.Remove(rule);
  }

  Random& random_;
  RandomMatch draw_;
  const bool conjunctions_;
  TableVersion version_ = 10;
  std::vector<std::unique_ptr<Rule>> owned_;
  RuleClassifier classifier_;
  LinearClassifier linear_;
};

void CompareWithModel(bool conjunctions, int tables, int changes) {
  Random random(RandomSeed());
  for (int t = 0; t < tables; ++t) {
    RandomTable table(&random, conjunctions);
    for (int i = 0; i < changes; ++i) {
      table.Change();
      for (int n = 0; n < 3; ++n) table.CheckLookup();
      if (i % 16 == 0) table.CheckWriterQuestions();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(RuleClassifierModel, AnswersAsALinearSearchDoes) { CompareWithModel(false, 40, 300); }
TEST(RuleClassifierModel, AnswersAsALinearSearchDoesWithConjunctions) {
  CompareWithModel(true, 40, 300);
}

}  // namespace
}  // namespace vsw
