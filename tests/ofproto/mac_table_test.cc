// SPDX-License-Identifier: Apache-2.0
#include "ofproto/fdb/mac_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "tests/support/fake_datapath_control.h"
#include "tests/support/key_builder.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
const auto kAny = [](VlanId) { return true; };

VlanMac At(uint16_t vlan, uint64_t mac) { return {VlanId{vlan}, Mac(mac)}; }
PortNo PortOf(const MacTable& table, const VlanMac& address) {
  return table.Lookup(address.vlan, address.mac).port;
}

TEST(MacTable, AnswersForEachVlanByItself) {
  FakeDatapathControl datapath;
  MacTable table(300 * kSecond, 10, &datapath);
  MacTable::Changes changed;
  table.Learn(At(1, 0xa), PortNo{1}, 0, &changed);
  table.Learn(At(2, 0xa), PortNo{2}, 0, &changed);
  EXPECT_EQ(PortOf(table, At(1, 0xa)), PortNo{1});
  EXPECT_EQ(PortOf(table, At(2, 0xa)), PortNo{2});
  EXPECT_EQ(PortOf(table, At(3, 0xa)), kNoPort);
  EXPECT_THAT(changed, ::testing::ElementsAre(At(1, 0xa), At(2, 0xa)));
}

TEST(MacTable, ThePortWithMostLosesItsOldest) {
  FakeDatapathControl datapath;
  MacTable table(300 * kSecond, 5, &datapath);
  MacTable::Changes changed;
  for (uint64_t mac = 1; mac <= 3; ++mac) table.Learn(At(0, mac), PortNo{1}, mac, &changed);
  for (uint64_t mac = 4; mac <= 5; ++mac) table.Learn(At(0, mac), PortNo{2}, mac, &changed);
  datapath.now_ns = 10;
  datapath.CountFor(table.Lookup(kNoVlan, Mac(1)).stat);
  changed.clear();
  table.Learn(At(0, 6), PortNo{2}, 11, &changed);
  EXPECT_THAT(changed, ::testing::ElementsAre(At(0, 2), At(0, 6)));
}

TEST(MacTable, AmongEqualsTheOneThatWantsMorePays) {
  FakeDatapathControl datapath;
  MacTable table(300 * kSecond, 4, &datapath);
  MacTable::Changes changed;
  for (uint64_t mac = 1; mac <= 2; ++mac) table.Learn(At(0, mac), PortNo{1}, mac, &changed);
  for (uint64_t mac = 3; mac <= 4; ++mac) table.Learn(At(0, mac), PortNo{2}, mac, &changed);
  changed.clear();
  table.Learn(At(0, 5), PortNo{1}, 5, &changed);
  table.Learn(At(0, 6), PortNo{2}, 6, &changed);
  EXPECT_THAT(changed, ::testing::ElementsAre(At(0, 1), At(0, 5), At(0, 3), At(0, 6)));
}

TEST(MacTable, AgesNoMoreThanItsBoundAtATime) {
  FakeDatapathControl datapath;
  MacTable table(kSecond, 100, &datapath);
  MacTable::Changes changed;
  for (uint64_t mac = 1; mac <= 10; ++mac) table.Learn(At(0, mac), PortNo{1}, 0, &changed);
  table.Age(kSecond, 3, &changed);
  EXPECT_EQ(table.learned(), 7u);
}

TEST(MacTable, TheCounterOfARemovedEntryRefreshesNothing) {
  FakeDatapathControl datapath;
  MacTable table(10, 100, &datapath);
  MacTable::Changes changed;
  table.Learn(At(0, 1), PortNo{1}, 0, &changed);
  const StatId old = table.Lookup(kNoVlan, Mac(1)).stat;
  table.FlushPort(PortNo{1}, kAny, &changed);
  table.Learn(At(0, 2), PortNo{1}, 0, &changed);  // takes the place
  datapath.now_ns = 5;
  datapath.CountFor(old);
  EXPECT_NE(table.Lookup(kNoVlan, Mac(2)).stat, old) << "megaflows may still count for it";
  table.Age(10, 100, &changed);
  EXPECT_EQ(table.learned(), 0u);
  EXPECT_EQ(datapath.stats.size(), 2u);
  table.ReleaseStats();
  EXPECT_TRUE(datapath.stats.empty());
}

TEST(MacTable, GivesAllItsCountersBackWhenItGoes) {
  FakeDatapathControl datapath;
  MacTable table(10, 100, &datapath);
  MacTable::Changes changed;
  for (uint64_t mac = 1; mac <= 9; ++mac) table.Learn(At(0, mac), PortNo{1}, 0, &changed);
  table.SetStatic(At(0, 10), PortNo{1}, &changed);
  table.ReleaseAllStats();
  EXPECT_TRUE(datapath.stats.empty());
}

TEST(MacTable, SparesTheAddressThatIsInUseThoughItWasLearnedFirst) {
  FakeDatapathControl datapath;
  MacTable table(300 * kSecond, 3, &datapath);
  MacTable::Changes changed;
  for (uint64_t mac = 1; mac <= 3; ++mac) table.Learn(At(0, mac), PortNo{1}, mac, &changed);
  datapath.now_ns = 100;
  datapath.CountFor(table.Lookup(kNoVlan, Mac(1)).stat);
  changed.clear();
  table.Learn(At(0, 4), PortNo{1}, 101, &changed);
  EXPECT_THAT(changed, ::testing::ElementsAre(At(0, 2), At(0, 4)));
}

TEST(MacTable, HoldsHundredsOfThousands) {
  FakeDatapathControl datapath;
  MacTable table(300 * kSecond, 300'000, &datapath);
  MacTable::Changes changed;
  for (uint64_t mac = 1; mac <= 300'000; ++mac) table.Learn(At(0, mac), PortNo{7}, 0, &changed);
  for (uint64_t mac = 1; mac <= 300'000; ++mac) ASSERT_EQ(PortOf(table, At(0, mac)), PortNo{7});
  EXPECT_EQ(PortOf(table, At(0, 300'001)), kNoPort);
  EXPECT_TRUE(table.has_retired());
  table.ReleaseRetired();
  EXPECT_EQ(PortOf(table, At(0, 1)), PortNo{7});
}

// The table as a map that is searched whole for everything.
class Model {
 public:
  struct Entry {
    PortNo port;
    bool is_static;
    uint64_t seen;
    uint64_t order;  // of the last refresh
  };
  explicit Model(size_t limit) : limit_(limit) {}

  void Learn(const VlanMac& address, PortNo port, uint64_t now) {
    auto found = entries.find(address);
    if (found != entries.end()) {
      if (found->second.is_static) return;
      if (found->second.port == port && now <= found->second.seen) return;
      found->second = {port, false, std::max(now, found->second.seen), ++order_};
      return;
    }
    if (Count(kNoPort) >= limit_) Evict(port);
    entries[address] = {port, false, now, ++order_};
  }
  void Refresh(const VlanMac& address, uint64_t now) {
    const auto found = entries.find(address);
    if (found == entries.end() || found->second.is_static || now <= found->second.seen) return;
    found->second.seen = now;
    found->second.order = ++order_;
  }
  void Age(uint64_t now, uint64_t ageing) {
    std::erase_if(entries, [&](const auto& e) {
      return !e.second.is_static && e.second.seen + ageing <= now;
    });
  }
  void Flush(PortNo port) {
    std::erase_if(entries,
                  [&](const auto& e) { return !e.second.is_static && e.second.port == port; });
  }

  std::map<VlanMac, Entry> entries;

 private:
  size_t Count(PortNo port) const {
    return static_cast<size_t>(std::count_if(entries.begin(), entries.end(), [&](const auto& e) {
      return !e.second.is_static && (port == kNoPort || e.second.port == port);
    }));
  }
  void Evict(PortNo wanting) {
    PortNo richest = wanting;
    for (const auto& [address, entry] : entries) {
      if (entry.is_static) continue;
      const size_t count = Count(entry.port), most = Count(richest);
      const bool tie = count == most && richest != wanting && entry.port > richest;
      if (count > most || tie) richest = entry.port;
    }
    auto oldest = entries.end();
    for (auto it = entries.begin(); it != entries.end(); ++it) {
      if (it->second.is_static || it->second.port != richest) continue;
      if (oldest == entries.end() || it->second.order < oldest->second.order) oldest = it;
    }
    entries.erase(oldest);
  }

  size_t limit_;
  uint64_t order_ = 0;
};

TEST(MacTable, BehavesAsAMapThatIsSearchedWhole) {
  Random random(RandomSeed());
  constexpr uint64_t kAgeing = 400;
  FakeDatapathControl datapath;
  MacTable table(kAgeing, 24, &datapath);
  Model model(24);
  uint64_t now = 1000;
  for (int step = 0; step < 30'000; ++step) {
    const VlanMac address = At(static_cast<uint16_t>(random.Below(2)), 1 + random.Below(40));
    const PortNo port{1 + random.Below(4)};
    MacTable::Changes changed;
    const auto before = model.entries;
    now += 1 + random.Below(3);
    switch (random.Below(random.OneIn(50) ? 6 : 4)) {
      case 0:
      case 1:
        table.Learn(address, port, now, &changed);
        model.Learn(address, port, now);
        break;
      case 2:
        if (!model.entries.contains(address)) break;
        datapath.now_ns = now;
        datapath.CountFor(table.Lookup(address.vlan, address.mac).stat);
        model.Refresh(address, now);
        break;
      case 3:
        table.Age(now, 1000, &changed);
        model.Age(now, kAgeing);
        break;
      case 4:
        table.FlushPort(port, kAny, &changed);
        model.Flush(port);
        break;
      case 5:
        if (random.OneIn(2)) {
          table.SetStatic(address, port, &changed);
          model.entries[address] = {port, true, 0, 0};
        } else if (table.Lookup(address.vlan, address.mac).is_static) {
          table.EraseStatic(address, &changed);
          model.entries.erase(address);
        }
        break;
    }
    table.ReleaseRetired();
    table.ReleaseStats();
    ASSERT_EQ(datapath.stats.size(), table.learned()) << "a counter for each learned address";
    for (uint16_t vlan = 0; vlan < 2; ++vlan) {
      for (uint64_t mac = 1; mac <= 40; ++mac) {
        const VlanMac each = At(vlan, mac);
        const auto expected = model.entries.find(each);
        const MacTable::Hit hit = table.Lookup(each.vlan, each.mac);
        const PortNo wanted = expected == model.entries.end() ? kNoPort : expected->second.port;
        ASSERT_EQ(hit.port, wanted) << "step " << step << " mac " << mac;
        const auto old = before.find(each);
        const PortNo was = old == before.end() ? kNoPort : old->second.port;
        if (was != wanted) {
          ASSERT_THAT(changed, ::testing::Contains(each)) << "step " << step;
        }
      }
    }
  }
}

TEST(MacTable, ReadersNeverSeeAWrongAnswerWhileItIsRewritten) {
  // Each address only ever is behind the two ports that its number says; the writer learns, moves,
  // forgets and rebuilds as fast as it can.
  const auto even_port = [](uint64_t mac) { return PortNo{static_cast<uint32_t>(2 * mac)}; };
  FakeDatapathControl datapath;
  MacTable table(300 * kSecond, 600, &datapath);
  std::atomic<bool> done{false};
  std::atomic<uint64_t> laps{0};  // a reader between two laps holds nothing
  std::atomic<uint64_t> wrong{0}, found{0};
  std::thread reader([&] {
    while (!done.load(std::memory_order_acquire)) {
      for (uint64_t mac = 1; mac <= 1000; mac += 7) {
        const PortNo port = PortOf(table, At(0, mac));
        if (port == kNoPort) continue;
        found.fetch_add(1, std::memory_order_relaxed);
        if (ToInt(port) / 2 != mac) wrong.fetch_add(1, std::memory_order_relaxed);
      }
      laps.fetch_add(1, std::memory_order_acq_rel);
    }
  });
  Random random(RandomSeed());
  MacTable::Changes changed;
  for (int step = 0; step < 200'000 || found.load() == 0; ++step) {
    const uint64_t mac = 1 + random.Below(1000);
    const auto port = PortNo{ToInt(even_port(mac)) + random.Below(2)};
    table.Learn(At(0, mac), port, static_cast<uint64_t>(step), &changed);
    // Addresses that come once, for the slots that they leave behind.
    table.Learn(At(1, 0x10000 + static_cast<uint64_t>(step)), PortNo{1}, 0, &changed);
    if (random.OneIn(16)) table.FlushPort(port, kAny, &changed);
    changed.clear();
    if (table.has_retired()) {
      const uint64_t lap = laps.load(std::memory_order_acquire);
      while (laps.load(std::memory_order_acquire) < lap + 2) std::this_thread::yield();
      table.ReleaseRetired();
    }
  }
  done.store(true, std::memory_order_release);
  reader.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_GT(found.load(), 0u);
}

}  // namespace
}  // namespace vsw::testing
