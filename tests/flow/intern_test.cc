// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/intern.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/random_seed.h"

namespace vsw {
namespace {

std::unique_ptr<Arena> MakeArena(size_t bytes = size_t{16} << 20) {
  auto arena = Arena::Create(bytes);
  EXPECT_TRUE(arena.ok());
  return *std::move(arena);
}

TEST(ActionStore, KeepsOneListForEqualOnes) {
  const auto arena = MakeArena();
  ActionStore store(arena.get());
  const std::vector<Action> list = {Action::PushVlan(0x8100, 10), Action::Output(PortNo{2})};
  const std::vector<Action> same = list;
  const CompiledActions* first = store.Acquire(list, DropReason::kNone);
  const CompiledActions* second = store.Acquire(same, DropReason::kNone);
  EXPECT_EQ(first, second);
  EXPECT_EQ(first->references, 2u);
  EXPECT_TRUE(std::ranges::equal(first->span(), list));
  store.Release(first);
  EXPECT_GT(arena->used_bytes(), 0u);
  store.Release(second);
  EXPECT_EQ(arena->used_bytes(), 0u);
}

TEST(ActionStore, TellsDropsApartByTheirReason) {
  const auto arena = MakeArena();
  ActionStore store(arena.get());
  const CompiledActions* hairpin = store.Acquire({}, DropReason::kHairpin);
  const CompiledActions* nowhere = store.Acquire({}, DropReason::kNoDestination);
  EXPECT_NE(hairpin, nowhere);
  EXPECT_EQ(hairpin->drop_reason, DropReason::kHairpin);
  EXPECT_EQ(nowhere->drop_reason, DropReason::kNoDestination);
  store.Release(hairpin);
  store.Release(nowhere);
  EXPECT_EQ(arena->used_bytes(), 0u);
}

TEST(ActionStore, MarksASingleOutputOnly) {
  const auto arena = MakeArena();
  ActionStore store(arena.get());
  const std::vector<Action> output = {Action::Output(PortNo{9})};
  const std::vector<Action> two = {Action::Output(PortNo{9}), Action::Output(PortNo{8})};
  const std::vector<Action> edit = {Action::PopVlan()};
  EXPECT_EQ(store.Acquire(output, DropReason::kNone)->single_output, PortNo{9});
  EXPECT_EQ(store.Acquire(two, DropReason::kNone)->single_output, kNoPort);
  EXPECT_EQ(store.Acquire(edit, DropReason::kNone)->single_output, kNoPort);
}

TEST(ActionStore, SaysSoWhenMemoryIsUsedUp) {
  const auto arena = MakeArena(4096);
  ActionStore store(arena.get());
  std::vector<const CompiledActions*> held;
  for (uint32_t port = 1;; ++port) {
    const std::vector<Action> list = {Action::Output(PortNo{port})};
    const CompiledActions* actions = store.Acquire(list, DropReason::kNone);
    if (actions == nullptr) break;
    held.push_back(actions);
    ASSERT_LE(held.size(), 64u);
  }
  EXPECT_FALSE(held.empty());
  for (const CompiledActions* actions : held) store.Release(actions);
  EXPECT_EQ(arena->used_bytes(), 0u);
}

TEST(ActionStore, GivesAllBackAfterRandomUse) {
  const auto arena = MakeArena();
  ActionStore store(arena.get());
  testing::Random random(testing::RandomSeed());
  std::vector<std::pair<std::vector<Action>, const CompiledActions*>> held;
  for (int step = 0; step < 20'000; ++step) {
    if (held.empty() || random.OneIn(2)) {
      std::vector<Action> list(random.Below(40));
      for (Action& action : list) action = Action::Output(PortNo{1 + random.Below(3)});
      const CompiledActions* actions = store.Acquire(list, DropReason::kNone);
      ASSERT_NE(actions, nullptr);
      held.emplace_back(std::move(list), actions);
    } else {
      std::swap(held[random.Below(static_cast<uint32_t>(held.size()))], held.back());
      ASSERT_TRUE(std::ranges::equal(held.back().second->span(), held.back().first));
      store.Release(held.back().second);
      held.pop_back();
    }
  }
  for (const auto& [list, actions] : held) store.Release(actions);
  EXPECT_EQ(arena->used_bytes(), 0u);
}

TEST(MaskStore, KeepsOneMaskForEqualOnes) {
  const auto arena = MakeArena();
  MaskStore store(arena.get());
  FlowMask mask;
  mask.Clear();
  mask.bits.ip_proto = 0xff;
  mask.UpdateLines();
  FlowMask other = mask;
  other.bits.ip_ttl = 0xff;
  const FlowMask* first = store.Acquire(mask);
  const FlowMask* again = store.Acquire(mask);
  const FlowMask* different = store.Acquire(other);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, different);
  EXPECT_EQ(store.size(), 2u);
  store.Release(first);
  EXPECT_EQ(store.size(), 2u);
  store.Release(again);
  EXPECT_EQ(store.size(), 1u);
  store.Release(different);
  EXPECT_EQ(store.size(), 0u);
  EXPECT_EQ(arena->used_bytes(), 0u);
}

TEST(MaskStore, KeepsMasksOfOneChainApart) {
  const auto arena = MakeArena();
  MaskStore store(arena.get());
  testing::Random random(testing::RandomSeed());
  std::vector<std::pair<FlowMask, const FlowMask*>> held;
  for (int i = 0; i < 5000; ++i) {  // about five a chain
    FlowMask mask;
    mask.Clear();
    mask.bits.ipv4_src.raw = static_cast<uint32_t>(random.Bits());
    mask.bits.ipv6_dst[3] = static_cast<uint8_t>(random.Bits());
    mask.UpdateLines();
    held.emplace_back(mask, store.Acquire(mask));
  }
  for (const auto& [mask, interned] : held) {
    ASSERT_EQ(std::memcmp(&mask.bits, &interned->bits, sizeof(mask.bits)), 0);
    ASSERT_EQ(mask.lines, interned->lines);
  }
  for (const auto& [mask, interned] : held) store.Release(interned);
  EXPECT_EQ(store.size(), 0u);
  EXPECT_EQ(arena->used_bytes(), 0u);
}

}  // namespace
}  // namespace vsw
