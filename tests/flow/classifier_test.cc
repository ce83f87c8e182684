// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/classifier.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace vsw {
namespace {

constexpr uint32_t kMaxMasks = 20;
// One for each set of lines that a key can have: the first is always there.
constexpr uint32_t kExactRoom = 1u << (kFlowKeyLines - 1);

class ClassifierTest : public ::testing::Test {
 protected:
  ClassifierTest()
      : arena_(*Arena::Create(1 << 20)),
        masks_(64),
        classifier_(hash_, arena_.get(), 16, kMaxMasks) {}

  const FlowHash hash_{1};
  std::unique_ptr<Arena> arena_;
  std::vector<FlowMask> masks_;  // told apart by their address
  Classifier classifier_;
};

TEST_F(ClassifierTest, KeepsThePortsApart) {
  Subtable* first = classifier_.Add(PortNo{1}, &masks_[0], false);
  Subtable* second = classifier_.Add(PortNo{2}, &masks_[0], false);
  ASSERT_NE(first, nullptr);
  ASSERT_NE(second, nullptr);
  EXPECT_NE(first, second);
  EXPECT_EQ(classifier_.Find(PortNo{1}, &masks_[0]), first);
  EXPECT_EQ(classifier_.Find(PortNo{2}, &masks_[0]), second);
  EXPECT_EQ(classifier_.Find(PortNo{3}, &masks_[0]), nullptr);
  EXPECT_EQ(classifier_.Find(PortNo{1}, &masks_[1]), nullptr);
  EXPECT_EQ(classifier_.Tuples(PortNo{1}).size(), 1u);
  EXPECT_TRUE(classifier_.Tuples(PortNo{3}).empty());
  EXPECT_EQ(classifier_.subtable_count(), 2u);
}

TEST_F(ClassifierTest, BoundsTheMasksOfOnePortAlone) {
  for (uint32_t i = 0; i < kMaxMasks; ++i) {
    EXPECT_TRUE(classifier_.HasRoom(PortNo{1}));
    ASSERT_NE(classifier_.Add(PortNo{1}, &masks_[i], false), nullptr);
  }
  EXPECT_FALSE(classifier_.HasRoom(PortNo{1}));
  EXPECT_EQ(classifier_.Add(PortNo{1}, &masks_[kMaxMasks], false), nullptr);
  EXPECT_TRUE(classifier_.HasRoom(PortNo{2}));
  EXPECT_NE(classifier_.Add(PortNo{2}, &masks_[kMaxMasks], false), nullptr);
}

TEST_F(ClassifierTest, HasPlacesForExactSubtablesBeyondTheBound) {
  for (uint32_t i = 0; i < kMaxMasks; ++i) classifier_.Add(PortNo{1}, &masks_[i], false);
  const FlowMask* next = &masks_[kMaxMasks];
  Subtable* exact = classifier_.Add(PortNo{1}, next++, true);
  ASSERT_NE(exact, nullptr);
  EXPECT_TRUE(exact->exact);
  for (uint32_t i = 1; i < kExactRoom; ++i) {
    EXPECT_NE(classifier_.Add(PortNo{1}, next++, true), nullptr);
  }
  EXPECT_EQ(classifier_.Add(PortNo{1}, next, true), nullptr);
  classifier_.Remove(exact);
  EXPECT_NE(classifier_.Add(PortNo{1}, next, true), nullptr);
  EXPECT_FALSE(classifier_.HasRoom(PortNo{1}));
}

TEST_F(ClassifierTest, GivesAMasksPlaceBackWhenItGoes) {
  const size_t before = arena_->used_bytes();
  std::vector<Subtable*> made;
  for (uint32_t i = 0; i < kMaxMasks; ++i) {
    made.push_back(classifier_.Add(PortNo{1}, &masks_[i], false));
  }
  classifier_.Remove(made[3]);
  EXPECT_EQ(classifier_.Find(PortNo{1}, &masks_[3]), nullptr);
  EXPECT_TRUE(classifier_.HasRoom(PortNo{1}));
  made[3] = classifier_.Add(PortNo{1}, &masks_[30], false);
  ASSERT_NE(made[3], nullptr);
  for (Subtable* subtable : made) classifier_.Remove(subtable);
  EXPECT_EQ(classifier_.subtable_count(), 0u);
  // The lists themselves stay for the next time: 32 places of a subtable and its mask.
  EXPECT_EQ(arena_->used_bytes() - before, 32 * (sizeof(Subtable*) + sizeof(FlowMask*)));
}

TEST_F(ClassifierTest, PutsTheMostUsedFirstAndForgetsOldUse) {
  Subtable* quiet = classifier_.Add(PortNo{1}, &masks_[0], false);
  Subtable* busy = classifier_.Add(PortNo{1}, &masks_[1], false);
  Subtable* busiest = classifier_.Add(PortNo{1}, &masks_[2], false);
  quiet->hits = 1, busy->hits = 50, busiest->hits = 100;
  classifier_.Reorder(PortNo{1});
  const auto tuples = classifier_.Tuples(PortNo{1});
  EXPECT_EQ(std::vector(tuples.begin(), tuples.end()), (std::vector{busiest, busy, quiet}));
  EXPECT_EQ(busiest->hits, 50u);
  busy->hits += 60;
  classifier_.Reorder(PortNo{1});
  EXPECT_EQ(classifier_.Tuples(PortNo{1})[0], busy);
}

TEST(Classifier, RefusesAMaskWhenMemoryIsUsedUp) {
  const auto arena = *Arena::Create(4096);
  const FlowHash hash(1);
  Classifier classifier(hash, arena.get(), 2, 1000);
  std::vector<FlowMask> masks(100);
  uint32_t made = 0;
  while (made < 100 && classifier.Add(PortNo{1}, &masks[made], false) != nullptr) ++made;
  EXPECT_GT(made, 3u);
  EXPECT_LT(made, 100u);
  EXPECT_EQ(classifier.subtable_count(), made);
  EXPECT_EQ(classifier.Tuples(PortNo{1}).size(), made);
}

}  // namespace
}  // namespace vsw
