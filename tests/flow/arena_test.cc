// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/random_seed.h"

namespace vsw {
namespace {

TEST(Arena, GivesAlignedBlocksThatDoNotOverlap) {
  testing::Random random(testing::RandomSeed());
  auto arena = Arena::Create(16 << 20);
  ASSERT_TRUE(arena.ok());
  struct Block {
    uint8_t* at;
    size_t bytes;
    uint8_t fill;
  };
  std::vector<Block> held;
  for (int step = 0; step < 20'000; ++step) {
    if (held.size() < 200 || random.OneIn(2)) {
      const size_t bytes = 1 + random.Below(random.OneIn(8) ? 20'000 : 700);
      auto* at = static_cast<uint8_t*>((*arena)->Allocate(bytes));
      if (at == nullptr) continue;
      ASSERT_EQ(reinterpret_cast<uintptr_t>(at) % 64, 0u);
      const auto fill = static_cast<uint8_t>(random.Bits());
      std::memset(at, fill, bytes);
      held.push_back({at, bytes, fill});
    } else {
      std::swap(held[random.Below(static_cast<uint32_t>(held.size()))], held.back());
      const Block block = held.back();
      for (size_t i = 0; i < block.bytes; ++i) ASSERT_EQ(block.at[i], block.fill);
      (*arena)->Free(block.at, block.bytes);
      held.pop_back();
    }
  }
  for (const Block& block : held) (*arena)->Free(block.at, block.bytes);
  EXPECT_EQ((*arena)->used_bytes(), 0u);
}

TEST(Arena, SaysSoWhenItIsUsedUpAndRecoversWhatIsGivenBack) {
  auto arena = Arena::Create(1 << 20);
  ASSERT_TRUE(arena.ok());
  std::vector<void*> blocks;
  while (void* block = (*arena)->Allocate(4096)) blocks.push_back(block);
  EXPECT_EQ(blocks.size(), (size_t{1} << 20) / 4096);
  EXPECT_EQ((*arena)->Allocate(4096), nullptr);
  (*arena)->Free(blocks.back(), 4096);
  EXPECT_EQ((*arena)->Allocate(4096), blocks.back());
  EXPECT_EQ((*arena)->used_bytes(), size_t{1} << 20);
}

TEST(Arena, CountsWhatABlockReallyTakes) {
  auto arena = Arena::Create(1 << 20);
  ASSERT_TRUE(arena.ok());
  void* small = (*arena)->Allocate(1);
  EXPECT_EQ((*arena)->used_bytes(), 64u);
  void* odd = (*arena)->Allocate(65);
  EXPECT_EQ((*arena)->used_bytes(), 64u + 128u);
  void* large = (*arena)->Allocate(64 * 9);  // behind 8 units: powers of two
  EXPECT_EQ((*arena)->used_bytes(), 64u + 128u + 1024u);
  (*arena)->Free(odd, 65);
  (*arena)->Free(large, 64 * 9);
  (*arena)->Free(small, 1);
  EXPECT_EQ((*arena)->used_bytes(), 0u);
}

TEST(Arena, RefusesAnAddressRangeThatCannotBeHad) {
  const auto arena = Arena::Create(size_t{1} << 60);
  ASSERT_FALSE(arena.ok());
  EXPECT_EQ(arena.status().code(), absl::StatusCode::kResourceExhausted) << arena.status();
}

}  // namespace
}  // namespace vsw
