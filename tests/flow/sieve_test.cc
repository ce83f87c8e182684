// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/sieve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "tests/flow/flow_table_fixture.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {
namespace {

uint32_t Prefix(unsigned length) { return length == 0 ? 0 : kAll << (32 - length); }

FlowMask Prefixes(unsigned source, unsigned destination) {
  return MaskOf([&](FlowKey* bits) {
    bits->ipv4_src = Be32::From(Prefix(source));
    bits->ipv4_dst = Be32::From(Prefix(destination));
  });
}

FlowKey Key(uint32_t source, uint32_t destination) {
  FlowKey key = Ipv4Key(1, source);
  key.ipv4_dst = Be32::From(destination);
  return key;
}

// Subtables as a classifier numbers them, with the keys of their flows.
class SieveTest : public ::testing::Test {
 protected:
  struct Table {
    FlowMask mask;
    Sieve::Probes probes;
    std::deque<FlowKey> keys;
  };
  ~SieveTest() override {
    for (Table& table : tables_) {
      while (!table.keys.empty()) LeaveFirst(&table);
    }
    for (uint32_t i = 0; i < tables_.size(); ++i) {
      sieve_->Displace(i, tables_[i].probes);
      sieve_->Drop(tables_[i].probes, arena_.get());
    }
    Sieve::Free(sieve_, arena_.get());
    EXPECT_EQ(arena_->used_bytes(), 0u);
  }

  void Add(const FlowMask& mask) {
    tables_.push_back({.mask = mask, .probes = sieve_->Take(mask, arena_.get()), .keys = {}});
    sieve_->Place(static_cast<uint32_t>(tables_.size() - 1), tables_.back().probes);
  }
  void Enter(Table* table, const FlowKey& key) {
    table->keys.push_back(And(key, table->mask));
    WithFlow(*table, table->keys.back(),
             [&](const Megaflow& flow) { sieve_->Enter(table->probes, flow); });
  }
  void LeaveFirst(Table* table) {
    WithFlow(*table, table->keys.front(),
             [&](const Megaflow& flow) { sieve_->Leave(table->probes, flow); });
    table->keys.pop_front();
  }
  std::vector<uint32_t> Pass(FlowKey key) {
    Sieve::Set live;
    const auto count = static_cast<uint32_t>(tables_.size());
    sieve_->Pass(&key, count, &live);
    std::vector<uint32_t> numbers;
    for (uint32_t i = 0; i < (count + 63) / 64 * 64; ++i) {
      if (live[i / 64] >> (i % 64) & 1) numbers.push_back(i);
    }
    return numbers;
  }
  static bool Holds(const Table& table, const FlowKey& key) {
    const FlowKey masked = And(key, table.mask);
    return std::ranges::any_of(table.keys,
                               [&](const FlowKey& each) { return SameBits(each, masked); });
  }

  std::unique_ptr<Arena> arena_ = *Arena::Create(64 << 20);
  const FlowHash hash_{1};
  Sieve* sieve_ = Sieve::Make(hash_, arena_.get());
  std::deque<Table> tables_;

 private:
  static void WithFlow(const Table& table, const FlowKey& key,
                       const std::function<void(const Megaflow&)>& call) {
    Megaflow flow = {};
    std::vector<uint8_t> more;
    for (size_t i = 1; i < kFlowKeyLines; ++i) {
      if (table.mask.lines & (1u << i)) more.insert(more.end(), key.line(i), key.line(i) + 64);
    }
    flow.mask = &table.mask;
    flow.more_key = more.data();
    std::memcpy(flow.key_line0, key.line(0), kLineBytes);
    call(flow);
  }
};

TEST_F(SieveTest, LeavesOneOfAThousandPairsOfPrefixes) {
  for (unsigned source = 1; source <= 32; ++source) {
    for (unsigned destination = 1; destination <= 32; ++destination) {
      Add(Prefixes(source, destination));
      // All ones, then a zero: no two such prefixes have an address in common.
      Enter(&tables_.back(), Key(Prefix(source - 1), Prefix(destination - 1)));
    }
  }
  size_t passed = 0;
  for (uint32_t i = 0; i < tables_.size(); ++i) {
    const FlowKey key = Key(Prefix(i / 32) | (i / 32 < 31 ? 1u : 0u), Prefix(i % 32));
    const std::vector<uint32_t> numbers = Pass(key);
    EXPECT_TRUE(std::ranges::binary_search(numbers, i)) << i;
    passed += numbers.size();
  }
  // One value in a thousand looks like another.
  EXPECT_LT(passed, tables_.size() * 3 / 2);
}

TEST_F(SieveTest, ForgetsWhatLeft) {
  Add(Prefixes(24, 0));
  Add(Prefixes(16, 0));
  const FlowKey key = Key(0x0a000001, 1);
  Enter(&tables_[0], key);
  Enter(&tables_[0], key);
  Enter(&tables_[1], Key(0x0b000000, 1));
  EXPECT_EQ(Pass(key), (std::vector<uint32_t>{0}));
  LeaveFirst(&tables_[0]);
  EXPECT_EQ(Pass(key), (std::vector<uint32_t>{0})) << "there is another one";
  LeaveFirst(&tables_[0]);
  EXPECT_TRUE(Pass(key).empty());
}

TEST_F(SieveTest, NeverForgetsAValueThatItLostCountOf) {
  Add(Prefixes(24, 0));
  const FlowKey key = Key(0x0a000001, 1);
  constexpr int kMoreThanItCounts = 70'000;
  for (int i = 0; i < kMoreThanItCounts; ++i) Enter(&tables_[0], key);
  for (int i = 1; i < kMoreThanItCounts; ++i) LeaveFirst(&tables_[0]);
  EXPECT_EQ(Pass(key), (std::vector<uint32_t>{0})) << "one is left";
}

TEST_F(SieveTest, ReadsSourceAndDestinationPortsForThemselves) {
  const auto ports = [](uint16_t source, uint16_t destination) {
    return MaskOf([&](FlowKey* bits) {
      bits->l4_src = Be16::From(source);
      bits->l4_dst = Be16::From(destination);
    });
  };
  Add(ports(0xff00, 0xffff));
  Add(ports(0xffff, 0xff00));
  FlowKey key = Key(1, 1);
  key.l4_src = Be16::From(0x1234);
  key.l4_dst = Be16::From(0x5678);
  Enter(&tables_[0], key);
  Enter(&tables_[1], key);
  key.l4_src = Be16::From(0x1299);
  EXPECT_EQ(Pass(key), (std::vector<uint32_t>{0}));
  key.l4_dst = Be16::From(0x5699);
  EXPECT_TRUE(Pass(key).empty());
}

TEST_F(SieveTest, ReadsAddressesOfIpv6) {
  const auto mask = [](size_t bytes) {
    return MaskOf([&](FlowKey* bits) {
      std::fill_n(bits->ipv6_src.begin(), bytes, uint8_t{0xff});
      bits->arp_sha.octets[0] = 0xff;  // a third line, which does not count
    });
  };
  Add(mask(4));
  Add(mask(16));
  FlowKey key = MakeKey(1, kAllLines);
  key.ipv6_src[15] = 1;
  Enter(&tables_[1], key);
  key.ipv6_src[15] = 2;
  Enter(&tables_[0], key);
  EXPECT_EQ(Pass(key), (std::vector<uint32_t>{0}));
  // A packet without that line has zeros there.
  EXPECT_EQ(Pass(MakeKey(1)), (std::vector<uint32_t>{0}));
}

TEST_F(SieveTest, AlwaysLetsThroughWhatItHasNoRoomFor) {
  const auto mask = [](uint32_t i) {
    return MaskOf([&](FlowKey* bits) { bits->packet_mark.raw = i; });
  };
  for (uint32_t i = 0; i < 80; ++i) Add(mask(i + 1));
  const std::vector<uint32_t> passed = Pass(MakeKey(1));
  ASSERT_EQ(passed.size(), 16u);
  EXPECT_EQ(passed.front(), 64u);
}

TEST_F(SieveTest, NeverLeavesOutASubtableThatHoldsThePacket) {
  Random random{RandomSeed()};
  const auto address = [&] {
    return random.Below(8) << 29 | random.Below(4) << 12 | random.Below(3);
  };
  const auto key = [&] {
    FlowKey made = Key(address(), address());
    made.l4_src = Be16::From(static_cast<uint16_t>(random.Below(5) << 13));
    made.l4_dst = Be16::From(static_cast<uint16_t>(random.Below(5)));
    made.eth_src = MacAddress::FromU64(random.Below(3));
    return made;
  };
  const auto mask = [&] {
    return MaskOf([&](FlowKey* bits) {
      bits->ipv4_src = Be32::From(Prefix(random.Below(33)));
      if (random.OneIn(2)) bits->ipv4_dst = Be32::From(Prefix(random.Below(33)));
      if (random.OneIn(2)) bits->l4_src.raw = 0xffff;
      if (random.OneIn(3))
        bits->l4_dst = Be16::From(static_cast<uint16_t>(0xffff << random.Below(16)));
      if (random.OneIn(3)) bits->eth_src = MacAddress::FromU64(0xffffffffffff);
    });
  };
  for (int i = 0; i < 150; ++i) Add(mask());
  size_t held = 0, passed = 0;
  for (int step = 0; step < 20'000; ++step) {
    Table& table = tables_[random.Below(static_cast<uint32_t>(tables_.size()))];
    if (!table.keys.empty() && random.OneIn(2)) {
      LeaveFirst(&table);
    } else if (table.keys.size() < 4) {
      Enter(&table, key());
    }
    const FlowKey packet = key();
    const std::vector<uint32_t> numbers = Pass(packet);
    passed += numbers.size();
    for (uint32_t i = 0; i < tables_.size(); ++i) {
      if (!Holds(tables_[i], packet)) continue;
      ++held;
      ASSERT_TRUE(std::ranges::binary_search(numbers, i)) << "step " << step << ", subtable " << i;
    }
  }
  EXPECT_GT(held, 1000u) << "the case does not test much";
  EXPECT_LT(passed, 20'000u * tables_.size() / 2) << "it leaves out little";
}

}  // namespace
}  // namespace vsw::testing
