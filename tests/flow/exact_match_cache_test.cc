// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/exact_match_cache.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "tests/support/random_seed.h"

namespace vsw {
namespace {

uint32_t FindAny(const ExactMatchCache& cache, uint64_t hash) {
  return cache.Find(hash, [](uint32_t) { return true; });
}

TEST(ExactMatchCache, IsEmptyAtFirst) {
  auto cache = ExactMatchCache::Create(1024);
  ASSERT_TRUE(cache.ok());
  testing::Random random(testing::RandomSeed());
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(FindAny(*cache, random.Bits()), ExactMatchCache::kNone);
}

TEST(ExactMatchCache, HoldsEightFlowsInABucketAndThenForgetsOne) {
  auto cache = ExactMatchCache::Create(64);  // eight buckets
  ASSERT_TRUE(cache.ok());
  const auto hash_of = [](uint64_t i) { return (2 * i + 1) << 32 | 3; };
  for (uint32_t i = 0; i < 8; ++i) cache->Insert(hash_of(i), i);
  for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(FindAny(*cache, hash_of(i)), i);
  cache->Insert(hash_of(8), 8);
  EXPECT_EQ(FindAny(*cache, hash_of(8)), 8u);
  int left = 0;
  for (uint32_t i = 0; i < 8; ++i) left += FindAny(*cache, hash_of(i)) == i;
  EXPECT_EQ(left, 7);
}

TEST(ExactMatchCache, ReplacesTheSlotOfAFlowInItsPlace) {
  auto cache = ExactMatchCache::Create(64);
  ASSERT_TRUE(cache.ok());
  for (uint32_t slot = 0; slot < 100; ++slot) cache->Insert(0x1234567800000001, slot);
  EXPECT_EQ(FindAny(*cache, 0x1234567800000001), 99u);
  int visits = 0;
  cache->Find(0x1234567800000001, [&](uint32_t) { return ++visits, false; });
  EXPECT_EQ(visits, 1);
}

TEST(ExactMatchCache, ReturnsNothingThatItsCallerRefuses) {
  auto cache = ExactMatchCache::Create(64);
  ASSERT_TRUE(cache.ok());
  cache->Insert(5, 1);
  EXPECT_EQ(cache->Find(5, [](uint32_t) { return false; }), ExactMatchCache::kNone);
}

TEST(ExactMatchCache, FindsEitherTheLatestSlotOfAFlowOrNone) {
  auto cache = ExactMatchCache::Create(4096);
  ASSERT_TRUE(cache.ok());
  testing::Random random(testing::RandomSeed());
  std::unordered_map<uint64_t, uint32_t> model;
  std::vector<uint64_t> hashes(2000);
  for (uint64_t& hash : hashes) hash = random.Bits();
  uint32_t hits = 0, asked = 0;
  for (uint32_t step = 0; step < 100'000; ++step) {
    const uint64_t hash = random.Pick(hashes);
    if (random.OneIn(3)) {
      cache->Insert(hash, step);
      model[hash] = step;
    } else if (model.contains(hash)) {
      const uint32_t found = FindAny(*cache, hash);
      ASSERT_TRUE(found == ExactMatchCache::kNone || found == model[hash]);
      ++asked;
      hits += found != ExactMatchCache::kNone;
    }
  }
  // Half full: few buckets overflow.
  EXPECT_GT(hits, asked * 9 / 10);
}

TEST(ExactMatchCache, RoundsItsSizeUp) {
  auto cache = ExactMatchCache::Create(1000);  // 1024 entries
  ASSERT_TRUE(cache.ok());
  for (uint64_t i = 0; i < 1024; ++i)
    cache->Insert((i / 128 * 2 + 1) << 32 | i % 128, static_cast<uint32_t>(i));
  for (uint64_t i = 0; i < 1024; ++i) {
    ASSERT_EQ(FindAny(*cache, (i / 128 * 2 + 1) << 32 | i % 128), i);
  }
}

}  // namespace
}  // namespace vsw
