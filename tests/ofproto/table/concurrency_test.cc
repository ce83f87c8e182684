// SPDX-License-Identifier: Apache-2.0
//
// Readers without locks while the one writer changes the tables: every lookup sees just the rules
// of the version that it was made at. Under ThreadSanitizer and AddressSanitizer this also shows
// that nothing is read while it is written or after it was freed.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/ofproto/table/match_builder.h"
#include "tests/ofproto/table/table_set_fixture.h"
#include "tests/support/random_seed.h"

namespace vsw {
namespace {

using testing::Add;
using testing::DeleteStrict;
using testing::Ip;
using testing::MatchBuilder;
using testing::Random;

constexpr uint32_t kReaders = 2;
constexpr uint32_t kStable = 64;        // routes that stay
constexpr uint32_t kMarkerPort = 9999;  // the rule that each version has its own of
constexpr int kTransactions = 2000;
constexpr int kPerGracePeriod = 6;

Match StableRoute(uint32_t i) { return MatchBuilder().Type(0x0800).Dst(Ip(10, 0, i, 0), 24); }

class ConcurrentTables {
 public:
  ConcurrentTables() {
    Transaction([&] {
      for (uint32_t i = 0; i < kStable; ++i) Enter(Add().On(StableRoute(i)).Priority(24).Cookie(i));
    });
  }

  /// Makes changes and publishes them; now and then waits until no reader can know what was before,
  /// and has that freed.
  template <typename Changes>
  void Transaction(Changes&& changes) {
    const TableVersion version = tables_.Begin();
    changes();
    Enter(Add().On(MatchBuilder().InPort(kMarkerPort)).Priority(50).Cookie(version));
    published_.store(version, std::memory_order_release);
    std::vector<Tag> tags;
    std::vector<DatapathControl::TagFilter> filters;
    bool everything = false;
    tables_.Apply(&tags, &filters, &everything);
    if (version % kPerGracePeriod != 0) return;
    WaitForReaders();
    tables_.Reclaim();
  }
  void Enter(const FlowMod& mod) { ASSERT_TRUE(tables_.Modify(mod, {}).ok()); }

  void Read(uint32_t reader, uint64_t seed) {
    Random random(seed);
    readers_[reader].online.store(true);
    while (!stop_.load(std::memory_order_relaxed)) {
      const TableVersion version = published_.load(std::memory_order_acquire);
      MatchKey mask;
      const MatchKey marker = MatchBuilder().InPort(kMarkerPort).Key();
      const Rule* rule = tables_.Lookup(0, version, marker, &mask);
      if (rule == nullptr || rule->cookie != version) failures_.fetch_add(1);
      const uint32_t route = random.Below(kStable);
      const MatchKey key = MatchBuilder()
                               .InPort(random.Below(4))
                               .Type(0x0800)
                               .Dst(Ip(10, 0, route, random.Below(8)))
                               .L4Dst(static_cast<uint16_t>(random.Below(4)))
                               .Key();
      rule = tables_.Lookup(0, version, key, &mask);
      if (rule == nullptr || rule->priority < 24 || !rule->VisibleAt(version) ||
          !rule->match.Matches(key) || (rule->priority == 24 && rule->cookie != route)) {
        failures_.fetch_add(1);
      }
      lookups_.fetch_add(1, std::memory_order_relaxed);
      readers_[reader].passed.fetch_add(1, std::memory_order_release);
      if (random.OneIn(16)) std::this_thread::yield();
    }
    readers_[reader].online.store(false);
  }
  void Stop() { stop_.store(true); }
  uint64_t failures() const { return failures_.load(); }
  uint64_t lookups() const { return lookups_.load(); }

 private:
  // A grace period: every reader has begun anew.
  void WaitForReaders() {
    for (Reader& reader : readers_) {
      const uint64_t before = reader.passed.load(std::memory_order_acquire);
      while (reader.online.load() && reader.passed.load(std::memory_order_acquire) == before) {
        std::this_thread::yield();
      }
    }
  }

  struct alignas(64) Reader {
    std::atomic<uint64_t> passed{0};
    std::atomic<bool> online{false};
  };
  testing::LimitedControl control_;
  TableSet tables_{&control_};
  std::atomic<TableVersion> published_{0};
  std::array<Reader, kReaders> readers_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> failures_{0}, lookups_{0};
};

// Rules above and below the routes, of few masks that come and go.
FlowMod Noise(Random* random, bool add) {
  MatchBuilder match;
  if (random->OneIn(2)) match.InPort(random->Below(4));
  const uint32_t net = random->Below(kStable);
  match.Type(0x0800).Dst(Ip(10, 0, net, random->Below(8)), 25 + random->Below(8));
  if (random->OneIn(2)) match.L4Dst(static_cast<uint16_t>(random->Below(4)));
  const auto priority = static_cast<uint16_t>(random->OneIn(2) ? 30 + random->Below(200) : 10);
  return add ? FlowMod(Add().On(match).Priority(priority))
             : FlowMod(DeleteStrict().On(match).Priority(priority));
}

TEST(TableConcurrency, ShowsReadersJustTheRulesOfTheirVersion) {
  const uint64_t seed = testing::RandomSeed();
  Random random(seed);
  ConcurrentTables tables;
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kReaders; ++i) {
    threads.emplace_back([&tables, i, seed] { tables.Read(i, seed + 1 + i); });
  }
  // All of them are at it before the first change.
  while (tables.lookups() < 1000) std::this_thread::yield();
  std::vector<FlowMod> added;
  for (int t = 0; t < kTransactions; ++t) {
    tables.Transaction([&] {
      for (uint32_t n = random.Below(8); n > 0; --n) {
        added.push_back(Noise(&random, true));
        tables.Enter(added.back());
      }
      // Now and then everything goes, so that tables shrink to nothing and grow again.
      const bool all = random.OneIn(50);
      while (!added.empty() && (all || random.OneIn(2) || added.size() > 500)) {
        const size_t at = random.Below(static_cast<uint32_t>(added.size()));
        FlowMod gone = added[at];
        gone.command = FlowMod::Command::kDeleteStrict;
        tables.Enter(gone);
        added.erase(added.begin() + static_cast<long>(at));
      }
    });
  }
  tables.Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tables.failures(), 0u);
}

}  // namespace
}  // namespace vsw
