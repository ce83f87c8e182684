// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/stat_table.h"

#include <gtest/gtest.h>

#include <thread>

namespace vsw {
namespace {

TEST(StatTable, SumsOverAllWorkers) {
  const auto table = *StatTable::Create(3);
  const StatId first = table->Allocate(), second = table->Allocate();
  EXPECT_NE(first, kNoStat);
  EXPECT_NE(first, second);
  for (uint32_t i = 0; i < 3; ++i) table->shard(WorkerId{i})->Count(first, i, 100 * i, 50 - i);
  const StatTotals totals = table->Read(first);
  EXPECT_EQ(totals.packets, 3u);
  EXPECT_EQ(totals.bytes, 300u);
  EXPECT_EQ(totals.used_ns, 50u) << "the latest use";
  EXPECT_EQ(table->Read(second).packets, 0u);
}

TEST(StatTable, ACounterBeginsAtZeroEachTimeItIsAllocated) {
  const auto table = *StatTable::Create(2);
  const StatId stat = table->Allocate();
  table->shard(WorkerId{1})->Count(stat, 7, 700, 90);
  table->Release(stat);
  ASSERT_EQ(table->Allocate(), stat);
  EXPECT_EQ(table->Read(stat).packets, 0u);
  EXPECT_EQ(table->Read(stat).bytes, 0u);
  EXPECT_EQ(table->Read(stat).used_ns, 0u);
  table->shard(WorkerId{0})->Count(stat, 1, 60, 95);
  EXPECT_EQ(table->Read(stat).packets, 1u);
  EXPECT_EQ(table->Read(stat).used_ns, 95u);
}

TEST(StatTable, SaysWhenThereAreNoMore) {
  const auto table = *StatTable::Create(1, 4);
  std::vector<StatId> all;
  for (StatId stat; (stat = table->Allocate()) != kNoStat;) all.push_back(stat);
  EXPECT_EQ(all.size(), 3u);
  EXPECT_EQ(table->allocated(), 3u);
  table->Release(all[1]);
  EXPECT_EQ(table->Allocate(), all[1]);
  EXPECT_EQ(table->Allocate(), kNoStat);
}

TEST(StatTable, NothingIsCountedForNone) {
  const auto table = *StatTable::Create(1);
  EXPECT_EQ(table->Read(kNoStat).packets, 0u);
  EXPECT_EQ(table->Read(StatId{5}).packets, 0u);
}

TEST(StatTable, MayBeReadWhileWorkersCount) {
  constexpr uint64_t kPackets = 200'000;
  const auto table = *StatTable::Create(2);
  const StatId stat = table->Allocate();
  std::vector<std::thread> workers;
  for (uint32_t i = 0; i < 2; ++i) {
    workers.emplace_back([&, i] {
      for (uint64_t n = 1; n <= kPackets; ++n) table->shard(WorkerId{i})->Count(stat, 1, 60, n);
    });
  }
  uint64_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t now = table->Read(stat).packets;
    EXPECT_GE(now, before);
    before = now;
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(table->Read(stat).packets, 2 * kPackets);
  EXPECT_EQ(table->Read(stat).bytes, 2 * kPackets * 60);
  EXPECT_EQ(table->Read(stat).used_ns, kPackets);
}

}  // namespace
}  // namespace vsw
