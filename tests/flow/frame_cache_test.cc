// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/frame_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "datapath/flow/flow_hash.h"
#include "tests/support/random_seed.h"

namespace vsw {
namespace {

constexpr PortNo kPort{3}, kOther{4};

FlowMask NoMask() {
  FlowMask mask;
  mask.Clear();
  mask.lines = kLineBase;
  return mask;
}

// An image as the port's look would give it for frame number `frame`.
FrameImage ImageOf(FrameCache* cache, PortNo port, uint32_t frame) {
  FrameImage image;
  std::memset(&image, 0, sizeof(image));
  image.part[1] = _mm_set1_epi32(static_cast<int>(frame));
  image.part[3] = cache->LookFor(port, NoMask()).stamp();
  return image;
}

std::optional<uint32_t> Find(const FrameCache& cache, const FrameImage& image, uint64_t hash) {
  for (const FrameCache::Place place : {cache.First(hash), cache.First(hash).Beside(),
                                        cache.Second(hash), cache.Second(hash).Beside()}) {
    if (LookSame(cache[place], image)) return FrameCache::SlotOf(cache[place]);
  }
  return std::nullopt;
}

class FrameCacheTest : public ::testing::Test {
 protected:
  void Make(uint32_t entries) { cache_ = *FrameCache::Create(entries); }
  void Remember(PortNo port, uint32_t frame, uint32_t slot) {
    const FrameImage image = ImageOf(&cache_, port, frame);
    cache_.Remember(image, hash_.Frame(image), slot);
  }
  std::optional<uint32_t> Recall(PortNo port, uint32_t frame) {
    const FrameImage image = ImageOf(&cache_, port, frame);
    return Find(cache_, image, hash_.Frame(image));
  }
  // So many bursts of 32, of which `near` each are known.
  void Ask(uint32_t bursts, uint32_t near) {
    for (; bursts > 0; --bursts) {
      (void)cache_.Ask(kPort, 32);
      if (!cache_.IsResting(kPort)) cache_.Count(kPort, near, 0);
    }
  }

  FrameCache cache_ = *FrameCache::Create(1024);
  FlowHash hash_{1};
};

TEST_F(FrameCacheTest, KnowsWhatItWasToldLast) {
  EXPECT_EQ(Recall(kPort, 1), std::nullopt);
  Remember(kPort, 1, 7);
  EXPECT_EQ(Recall(kPort, 1), 7u);
  EXPECT_EQ(Recall(kPort, 2), std::nullopt);
  EXPECT_EQ(Recall(kOther, 1), std::nullopt) << "ports are told apart";
  Remember(kPort, 1, FrameCache::kMaxSlots - 1);
  EXPECT_EQ(Recall(kPort, 1), FrameCache::kMaxSlots - 1);
}

TEST_F(FrameCacheTest, FindsEitherTheLatestSlotOrNone) {
  testing::Random random(testing::RandomSeed());
  std::map<uint32_t, uint32_t> model;
  uint64_t found = 0;
  for (int i = 0; i < 100'000; ++i) {
    const uint32_t frame = random.Below(2000);  // twice as many as there is room for
    const std::optional<uint32_t> slot = Recall(kPort, frame);
    if (slot.has_value()) {
      ++found;
      ASSERT_TRUE(model.contains(frame));
      ASSERT_EQ(*slot, model[frame]);
    } else {
      model[frame] = random.Below(FrameCache::kMaxSlots);
      Remember(kPort, frame, model[frame]);
    }
  }
  EXPECT_GT(found, 30'000u);
}

TEST_F(FrameCacheTest, HasRoomForNearlyAllAtHalfItsSize) {
  for (uint32_t frame = 0; frame < 512; ++frame) Remember(kPort, frame, frame);
  uint32_t known = 0;
  for (uint32_t frame = 0; frame < 512; ++frame) known += Recall(kPort, frame) == frame;
  EXPECT_GE(known, 480u);
}

TEST_F(FrameCacheTest, NeverKnowsAgainWhatItForgot) {
  Remember(kPort, 1, 7);
  // Through all eras, so that the first one comes again.
  for (int i = 0; i < 10'000; ++i) {
    cache_.Forget();
    ASSERT_EQ(cache_.Ask(kPort, 1), nullptr);
    ASSERT_EQ(Recall(kPort, 1), std::nullopt) << i;
  }
}

TEST_F(FrameCacheTest, ReadsForEachMaskUntilItForgets) {
  FlowMask mask = NoMask();
  mask.bits.l4_dst.raw = 0xffff;
  EXPECT_EQ(cache_.Ask(kPort, 1), nullptr) << "nothing was remembered";
  EXPECT_FALSE(cache_.LookFor(kPort, NoMask()).Covers(mask));
  EXPECT_TRUE(cache_.LookFor(kPort, mask).Covers(mask));
  EXPECT_TRUE(cache_.LookFor(kPort, NoMask()).Covers(mask));
  ASSERT_NE(cache_.Ask(kPort, 1), nullptr);
  EXPECT_TRUE(cache_.Ask(kPort, 1)->Covers(mask));
  cache_.Forget();
  EXPECT_FALSE(cache_.LookFor(kPort, NoMask()).Covers(mask));
}

TEST_F(FrameCacheTest, LetsAPortRestWhoseFramesItDoesNotKnow) {
  Remember(kPort, 1, 7);
  Ask(256, 31);
  EXPECT_FALSE(cache_.IsResting(kPort));
  EXPECT_NE(cache_.Ask(kPort, 32), nullptr);
  Ask(256, 20);
  EXPECT_TRUE(cache_.IsResting(kPort));
  EXPECT_EQ(cache_.Ask(kPort, 32), nullptr);
  EXPECT_FALSE(cache_.IsResting(kOther));
  Ask(1024, 0);
  EXPECT_FALSE(cache_.IsResting(kPort)) << "some ten thousand frames later it is tried again";
  // In vain: for longer.
  Ask(257, 0);
  EXPECT_TRUE(cache_.IsResting(kPort));
  Ask(1024, 0);
  EXPECT_TRUE(cache_.IsResting(kPort));
  Ask(1024, 0);
  EXPECT_FALSE(cache_.IsResting(kPort));
}

TEST_F(FrameCacheTest, DoesNotHoldAgainstAPortWhatCannotBeRead) {
  Remember(kPort, 1, 7);
  for (int i = 0; i < 20'000; ++i) {
    (void)cache_.Ask(kPort, 32);
    cache_.Count(kPort, 8, 24);
  }
  EXPECT_FALSE(cache_.IsResting(kPort));
}

// Both ways of hashing, where there are two.
TEST(FrameHash, TellsImagesApartByEachBit) {
  const FlowHash wide(5), narrow(5, InstructionSet::kBaseline);
  EXPECT_FALSE(narrow.wide());
  for (const FlowHash* hash : {&wide, &narrow}) {
    std::set<uint64_t> low, high;
    FrameImage image;
    std::memset(&image, 0, sizeof(image));
    for (size_t bit = 0; bit < 8 * sizeof(image); ++bit) {
      FrameImage other = image;
      reinterpret_cast<uint8_t*>(&other)[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      low.insert(hash->Frame(other) & 0xffffffff);
      high.insert(hash->Frame(other) >> 32);
    }
    EXPECT_GE(low.size(), 511u);
    EXPECT_GE(high.size(), 511u);
    EXPECT_EQ(hash->Frame(image), hash->Frame(image));
  }
}

TEST(FrameHash, SpreadsFramesThatDifferInAFewBitsOverAllPlaces) {
  for (const InstructionSet instructions : {InstructionSet::kAll, InstructionSet::kBaseline}) {
    const FlowHash hash(testing::RandomSeed(), instructions);
    constexpr uint32_t kPlaces = 1024, kFrames = 64 * kPlaces;
    std::vector<uint32_t> count(kPlaces);
    FrameImage image;
    std::memset(&image, 0, sizeof(image));
    for (uint32_t i = 0; i < kFrames; ++i) {
      // An address in the second part, and a port in the last.
      image.part[1] = _mm_cvtsi32_si128(static_cast<int>(i >> 8));
      image.part[3] = _mm_set_epi32(static_cast<int>(i & 0xff), 0, 0, 0);
      ++count[hash.Frame(image) % kPlaces];
    }
    for (const uint32_t n : count) {
      EXPECT_GT(n, 16u);  // six times the standard deviation
      EXPECT_LT(n, 112u);
    }
  }
}

}  // namespace
}  // namespace vsw
