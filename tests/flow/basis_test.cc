// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/basis.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace vsw {
namespace {

class BasisTest : public ::testing::Test {
 protected:
  void Make(size_t arena_bytes = 1 << 20) {
    arena_ = *Arena::Create(arena_bytes);
    store_ = *BasisStore::Create(arena_.get());
  }
  void SetUp() override { Make(); }
  Basis* Acquire(std::vector<Tag> tags, std::vector<StatId> stats = {}) {
    return store_->Acquire(tags, stats);
  }
  // All that have the tag, by one visit.
  std::multiset<Basis*> With(Tag tag) {
    std::multiset<Basis*> all;
    store_->BeginVisit(tag);
    for (Basis* basis; store_->Visit(&basis);) {
      if (basis != nullptr) all.insert(basis);
    }
    return all;
  }

  std::unique_ptr<Arena> arena_;
  std::unique_ptr<BasisStore> store_;
};

TEST_F(BasisTest, IsSharedByThoseThatRestOnTheSame) {
  Basis* const basis = Acquire({1, 2}, {StatId{3}});
  EXPECT_EQ(Acquire({1, 2}, {StatId{3}}), basis);
  EXPECT_EQ(basis->flows, 2u);
  for (Basis* other : {Acquire({1, 2}), Acquire({1, 2}, {StatId{4}}), Acquire({2, 1}, {StatId{3}}),
                       Acquire({1}, {StatId{3}}), Acquire({})}) {
    EXPECT_NE(other, basis);
    EXPECT_EQ(other->flows, 1u);
  }
  EXPECT_EQ(basis->tags()[1].tag, 2u);
  EXPECT_EQ(basis->stats()[0], StatId{3});
}

TEST_F(BasisTest, IsFoundByEachOfItsTags) {
  Basis* const a = Acquire({1, 2});
  Basis* const b = Acquire({2, 3});
  EXPECT_EQ(With(1), (std::multiset{a}));
  EXPECT_EQ(With(2), (std::multiset{a, b}));
  EXPECT_EQ(With(4), (std::multiset<Basis*>{}));
  store_->Release(a);
  EXPECT_EQ(With(2), (std::multiset{b}));
  store_->Release(b);
  EXPECT_EQ(With(2), (std::multiset<Basis*>{}));
}

TEST_F(BasisTest, StaysUntilTheLastFlowGoes) {
  Basis* const basis = Acquire({1});
  Acquire({1});
  store_->Release(basis);
  EXPECT_EQ(With(1), (std::multiset{basis}));
  const size_t used = arena_->used_bytes();
  store_->Release(basis);
  EXPECT_LT(arena_->used_bytes(), used);
  EXPECT_EQ(Acquire({1})->flows, 1u);
}

TEST_F(BasisTest, KeepsMoreThanItCanShare) {
  Make(/*arena_bytes=*/4 << 20);
  std::vector<Basis*> all;
  for (Tag tag = 0; tag < 20'000; ++tag) all.push_back(Acquire({1000 + tag, 77}));
  EXPECT_EQ(With(77).size(), all.size());
  for (Tag tag = 0; tag < 20'000; tag += 997) EXPECT_EQ(With(1000 + tag).count(all[tag]), 1u);
  for (Basis* basis : all) store_->Release(basis);
  EXPECT_EQ(arena_->used_bytes(), 0u);
  EXPECT_TRUE(With(77).empty());
}

TEST_F(BasisTest, GoesOnVisitingWhereSomeGoAway) {
  std::vector<Basis*> all;
  for (Tag other = 100; other < 110; ++other) all.push_back(Acquire({1, other}));
  std::set<Basis*> seen;
  store_->BeginVisit(1);
  Basis* found = nullptr;
  while (seen.size() < 3 && store_->Visit(&found)) {
    if (found != nullptr) seen.insert(found);
  }
  // All of those that are left but one, the next one among them; and the present one.
  size_t released = 0;
  for (Basis* basis : all) {
    if (seen.contains(basis) && basis != found) continue;
    if (basis == all.front()) continue;
    store_->Release(basis);
    ++released;
  }
  EXPECT_EQ(released, 7u);
  size_t left = 0;
  while (store_->Visit(&found)) {
    if (found == nullptr) continue;
    EXPECT_EQ(found, all.front());
    ++left;
  }
  EXPECT_EQ(left, 1u);
}

TEST_F(BasisTest, SaysWhenThereIsNoRoom) {
  Make(/*arena_bytes=*/4096);
  std::vector<Basis*> all;
  while (Basis* basis = Acquire({1000 + all.size(), 5})) all.push_back(basis);
  EXPECT_GT(all.size(), 10u);
  EXPECT_EQ(With(5).size(), all.size());
  store_->Release(all.back());
  EXPECT_NE(Acquire({1, 5}), nullptr);
}

}  // namespace
}  // namespace vsw
