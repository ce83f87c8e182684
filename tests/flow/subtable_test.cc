// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/subtable.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/support/random_seed.h"

namespace vsw {
namespace {

class SubtableTest : public ::testing::Test {
 protected:
  void Make(size_t arena_bytes = size_t{64} << 20) {
    auto arena = Arena::Create(arena_bytes);
    ASSERT_TRUE(arena.ok());
    arena_ = *std::move(arena);
    ASSERT_TRUE(table_.Init(&mask_, PortNo{1}, arena_.get()));
  }
  std::set<uint32_t> FindAll(uint32_t hash) const {
    std::set<uint32_t> found;
    table_.Find(hash, [&](uint32_t slot) {
      EXPECT_TRUE(found.insert(slot).second) << "slot " << slot << " is there twice";
      return false;
    });
    return found;
  }

  FlowMask mask_{};
  std::unique_ptr<Arena> arena_;
  Subtable table_;
};

TEST_F(SubtableTest, FindsWhatAMultimapFindsThroughGrowthAndDecline) {
  Make();
  testing::Random random(testing::RandomSeed());
  std::multimap<uint32_t, uint32_t> model;
  std::vector<std::pair<uint32_t, uint32_t>> entries;
  uint32_t next_slot = 0;
  // Mostly inserting, then mostly removing, over and over: several doublings, some interrupted.
  for (int phase = 0; phase < 6; ++phase) {
    const bool growing = phase % 2 == 0;
    for (int step = 0; step < 12'000; ++step) {
      if (entries.empty() || random.Below(10) < (growing ? 8u : 3u)) {
        // Few low bits now and then: long chains of one bucket.
        const auto hash =
            static_cast<uint32_t>(random.OneIn(16) ? random.Below(8) << 16 : random.Bits());
        ASSERT_TRUE(table_.Insert(hash, next_slot, arena_.get()));
        model.emplace(hash, next_slot);
        entries.emplace_back(hash, next_slot++);
      } else {
        std::swap(entries[random.Below(static_cast<uint32_t>(entries.size()))], entries.back());
        const auto [hash, slot] = entries.back();
        entries.pop_back();
        table_.Remove(hash, slot, arena_.get());
        const auto [first, last] = model.equal_range(hash);
        for (auto it = first; it != last; ++it) {
          if (it->second == slot) {
            model.erase(it);
            break;
          }
        }
      }
      ASSERT_EQ(table_.flows, model.size());
      const uint32_t asked = !entries.empty() && random.OneIn(2)
                                 ? random.Pick(entries).first
                                 : static_cast<uint32_t>(random.Bits());
      std::set<uint32_t> expected;
      const auto [first, last] = model.equal_range(asked);
      for (auto it = first; it != last; ++it) expected.insert(it->second);
      ASSERT_EQ(FindAll(asked), expected) << "hash " << asked << " at step " << step;
    }
  }
  for (const auto& [hash, slot] : entries) ASSERT_TRUE(FindAll(hash).contains(slot));
  for (const auto& [hash, slot] : entries) table_.Remove(hash, slot, arena_.get());
  EXPECT_EQ(table_.flows, 0u);
  table_.Destroy(arena_.get());
  EXPECT_EQ(arena_->used_bytes(), 0u);
}

TEST_F(SubtableTest, StopsAtTheFirstSlotThatIsAccepted) {
  Make();
  for (uint32_t slot = 0; slot < 3; ++slot) ASSERT_TRUE(table_.Insert(7, slot, arena_.get()));
  int visits = 0;
  const uint32_t found = table_.Find(7, [&](uint32_t) { return ++visits == 2; });
  EXPECT_NE(found, Subtable::kFree);
  EXPECT_EQ(visits, 2);
}

TEST_F(SubtableTest, IsAsBeforeWhenMemoryIsUsedUp) {
  Make(16 * 1024);
  uint32_t slots = 0;
  // One hash: every seven entries need another bucket.
  while (table_.Insert(42, slots, arena_.get())) ASSERT_LT(++slots, 100'000u);
  EXPECT_GT(slots, 100u);
  EXPECT_EQ(table_.flows, slots);
  EXPECT_EQ(FindAll(42).size(), slots);
  table_.Remove(42, 0, arena_.get());
  EXPECT_TRUE(table_.Insert(42, slots, arena_.get()));
  EXPECT_EQ(FindAll(42).size(), slots);
}

}  // namespace
}  // namespace vsw
