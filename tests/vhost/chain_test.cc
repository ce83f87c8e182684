// SPDX-License-Identifier: Apache-2.0
#include "vhost/chain.h"

#include <gtest/gtest.h>

namespace vsw::vhost {
namespace {

class ChainTest : public ::testing::Test {
 protected:
  ChainTest() : memory_({{0x1000, sizeof(bytes_), bytes_}}) { chain_.Clear(); }
  bool Append(uint64_t address, uint32_t size) {
    return chain_.Append(memory_, address, size, false, Direction::kFromGuest);
  }
  uint8_t bytes_[256];
  GuestMemory memory_;
  Chain chain_;
};

TEST_F(ChainTest, HoldsNoMoreThanItsPieces) {
  for (int i = 0; i < kMaxPieces; ++i) EXPECT_TRUE(Append(0x1000, 1));
  EXPECT_FALSE(Append(0x1000, 1));
}

// They hold nothing, but reading them takes time.
TEST_F(ChainTest, EmptyBuffersCount) {
  for (int i = 0; i < kMaxPieces; ++i) EXPECT_TRUE(Append(0x1000, 0));
  EXPECT_FALSE(Append(0x1000, 0));
  EXPECT_EQ(chain_.pieces, 0);
}

TEST_F(ChainTest, ABufferThatWrapsAroundIsOutside) {
  EXPECT_FALSE(Append(~uint64_t{0} - 3, 8));
  chain_.Clear();
  EXPECT_FALSE(Append(0x1000 + 250, 8));
}

}  // namespace
}  // namespace vsw::vhost
