// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/flow_table.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/flow/flow_table_fixture.h"
#include "tests/support/packet_builder.h"
#include "tests/support/random_seed.h"
#include "tests/support/stack_mbuf.h"

namespace vsw {
namespace {

using namespace testing;
constexpr size_t kMaxTags = 512, kMaxStats = 512;  // of a Translation

TEST_F(FlowTableTest, FindsEveryPacketThatAgreesInTheMask) {
  Make();
  Megaflow* flow = InstallOutput(Ipv4Key(1, 10), kMaskSource, 2);
  ASSERT_NE(flow, nullptr);
  FlowKey other = Ipv4Key(1, 10);
  other.ip_ttl = 64;
  other.l4_dst = Be16::From(80);
  EXPECT_EQ(Lookup(other).flow, flow);
  EXPECT_EQ(Lookup(Ipv4Key(1, 11)).flow, nullptr);
  EXPECT_EQ(flow->actions->single_output, PortNo{2});
}

TEST_F(FlowTableTest, RemembersAFlowInTheExactMatchCache) {
  Make();
  Megaflow* flow = InstallOutput(Ipv4Key(1, 10), kMaskSource, 2);
  InstallOutput(Ipv4Key(1, 11), kMaskDestination, 2);  // so that there is more than one mask
  FlowLookup lookup;
  lookup.key = Ipv4Key(1, 10);
  lookup.key.ip_ttl = 3;
  // A flow that is new: only the classifier knows, the first time.
  LookupQuick(&lookup);
  EXPECT_EQ(lookup.flow, nullptr);
  table_->LookupMegaflow(&lookup);
  EXPECT_EQ(lookup.flow, flow);
  LookupQuick(&lookup);
  EXPECT_EQ(lookup.flow, flow);
}

TEST_F(FlowTableTest, FindsEveryFlowQuicklyWhileAPortHasOneMask) {
  Make();
  Megaflow* flow = InstallOutput(Ipv4Key(1, 10), kMaskSource, 2);
  Megaflow* other = InstallOutput(Ipv4Key(1, 11), kMaskSource, 2);
  InstallOutput(Ipv4Key(2, 10), kMaskDestination, 2);
  FlowLookup lookup;
  for (uint8_t ttl = 1; ttl < 100; ++ttl) {
    lookup.key = Ipv4Key(1, 10);
    lookup.key.ip_ttl = ttl;
    LookupQuick(&lookup);
    EXPECT_EQ(lookup.flow, flow);
  }
  lookup.key = Ipv4Key(1, 11);
  LookupQuick(&lookup);
  EXPECT_EQ(lookup.flow, other);
  // Invalidated: not to be used, but known.
  table_->SetEpoch(2);
  LookupQuick(&lookup);
  EXPECT_EQ(lookup.flow, nullptr);
  EXPECT_EQ(lookup.stale, other);
}

TEST_F(FlowTableTest, FindsWhatReadsNothingButThePort) {
  Make();
  EXPECT_EQ(table_->FindForPort(PortNo{1}), nullptr);
  Megaflow* flow = InstallOutput(Ipv4Key(1, 10), kMaskNothing, 2);
  InstallOutput(Ipv4Key(2, 10), kMaskSource, 2);
  EXPECT_EQ(table_->FindForPort(PortNo{1}), flow);
  EXPECT_EQ(table_->FindForPort(PortNo{2}), nullptr);
  EXPECT_EQ(table_->FindForPort(PortNo{3}), nullptr);
  FlowKey recirculated = Ipv4Key(4, 10);
  recirculated.recirc_id = 1;
  InstallOutput(recirculated, kMaskNothing, 2);
  EXPECT_EQ(table_->FindForPort(PortNo{4}), nullptr) << "no packet that is just received";
  table_->SetEpoch(2);
  EXPECT_EQ(table_->FindForPort(PortNo{1}), nullptr) << "it is stale";
}

TEST_F(FlowTableTest, NeverUsesADecisionOfAnotherPort) {
  Make();
  InstallOutput(Ipv4Key(1, 10), kMaskNothing, 2);
  EXPECT_NE(Lookup(Ipv4Key(1, 99)).flow, nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(2, 10)).flow, nullptr);
  FlowKey recirculated = Ipv4Key(1, 10);
  recirculated.recirc_id = 1;
  EXPECT_EQ(Lookup(recirculated).flow, nullptr);
}

TEST_F(FlowTableTest, TakesALineThatThePacketDoesNotHaveAsZeros) {
  Make();
  const FlowMask mask = MaskOf([](FlowKey* bits) { bits->ipv6_src.fill(0xff); });
  Megaflow* without = InstallOutput(MakeKey(1), mask, 2);
  ASSERT_NE(without, nullptr);
  FlowKey with = MakeKey(1, kLineBase | kLineIpv6);
  with.ipv6_src[0] = 0xfe;
  EXPECT_EQ(Lookup(with).flow, nullptr);
  Megaflow* flow = InstallOutput(with, mask, 3);
  EXPECT_EQ(Lookup(with).flow, flow);
  with.ipv6_src[15] = 1;
  EXPECT_EQ(Lookup(with).flow, nullptr);
  FlowKey zeros = MakeKey(1, kLineBase | kLineIpv6 | kLineExtra);
  EXPECT_EQ(Lookup(zeros).flow, without);
}

TEST_F(FlowTableTest, ForgetsByTag) {
  Make();
  Megaflow* first = InstallOutput(Ipv4Key(1, 10), kMaskSource, 2, {100, 200});
  Megaflow* second = InstallOutput(Ipv4Key(1, 11), kMaskSource, 2, {200, 200});
  Megaflow* third = InstallOutput(Ipv4Key(1, 12), kMaskSource, 2, {300});
  table_->Invalidate(100, report_);
  FlowLookup stale = Lookup(Ipv4Key(1, 10));
  EXPECT_EQ(stale.flow, nullptr);
  EXPECT_NE(stale.stale, nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(1, 11)).flow, second);
  table_->Invalidate(200, report_);
  EXPECT_EQ(Lookup(Ipv4Key(1, 11)).flow, nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(1, 12)).flow, third);
  EXPECT_EQ(Lookup(Ipv4Key(1, 13)).stale, nullptr);
  // Translated again, in the place of the stale one.
  EXPECT_EQ(InstallOutput(Ipv4Key(1, 10), kMaskSource, 5, {400}), first);
  EXPECT_EQ(Lookup(Ipv4Key(1, 10)).flow->actions->single_output, PortNo{5});
  EXPECT_EQ(table_->megaflow_count(), 3u);
  table_->Invalidate(100, report_);  // the former decision's tag
  EXPECT_NE(Lookup(Ipv4Key(1, 10)).flow, nullptr);
}

TEST_F(FlowTableTest, ForgetsAllOfAnEarlierEpoch) {
  Make();
  for (uint32_t i = 0; i < 100; ++i) InstallOutput(Ipv4Key(1, i), kMaskSource, 2);
  table_->SetEpoch(2);
  for (uint32_t i = 0; i < 100; ++i) {
    const FlowLookup lookup = Lookup(Ipv4Key(1, i));
    EXPECT_EQ(lookup.flow, nullptr);
    EXPECT_NE(lookup.stale, nullptr);
  }
  ASSERT_NE(InstallOutput(Ipv4Key(1, 7), kMaskSource, 3), nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(1, 7)).flow->actions->single_output, PortNo{3});
  table_->Sweep(kAll, 0, report_);
  EXPECT_EQ(table_->megaflow_count(), 1u);
}

TEST_F(FlowTableTest, SweepsAwayWhatIsIdle) {
  Make();
  Decide(kMaskSource, {Action::Output(PortNo{2})});
  Megaflow* old = Install(Ipv4Key(1, 1), 100);
  Install(Ipv4Key(1, 2), 200);
  EXPECT_NE(old, nullptr);
  table_->Sweep(kAll, 150, report_);
  EXPECT_EQ(table_->megaflow_count(), 1u);
  EXPECT_EQ(Lookup(Ipv4Key(1, 1)).flow, nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(1, 1)).stale, nullptr);
  EXPECT_NE(Lookup(Ipv4Key(1, 2)).flow, nullptr);
}

TEST_F(FlowTableTest, SweepsAtMostAsManySlotsAsItIsTold) {
  Make();
  for (uint32_t i = 0; i < 100; ++i) InstallOutput(Ipv4Key(1, i), kMaskSource, 2);
  for (uint32_t left = 100; left > 0; left -= 20) {
    EXPECT_EQ(table_->megaflow_count(), left);
    table_->Sweep(20, 1, report_);
  }
  EXPECT_EQ(table_->megaflow_count(), 0u);
  EXPECT_EQ(table_->mask_count(), 0u);
}

TEST_F(FlowTableTest, ReportsUseOnceAndToEveryCounter) {
  Make();
  Decide(kMaskSource, {Action::Output(PortNo{2})}, {1}, {StatId{71}, StatId{72}});
  Megaflow* flow = Install(Ipv4Key(1, 1));
  flow->packets = 3, flow->bytes = 300, flow->used_tsc = 5;
  table_->Sweep(kAll, 0, report_);
  table_->Sweep(kAll, 0, report_);
  const FlowTableModel::Use three = {.packets = 3, .bytes = 300};
  EXPECT_EQ(reported_[StatId{71}], three);
  EXPECT_EQ(reported_[StatId{72}], three);
  EXPECT_EQ(last_used_[StatId{72}], 5u);
  // What was forwarded since is reported when the decision is replaced.
  flow->packets = 4, flow->bytes = 400;
  table_->Invalidate(1, report_);
  Decide(kMaskSource, {}, {1}, {StatId{73}});
  ASSERT_NE(Install(Ipv4Key(1, 1)), nullptr);
  EXPECT_EQ(reported_[StatId{71}], (FlowTableModel::Use{.packets = 4, .bytes = 400}));
  EXPECT_FALSE(reported_.contains(StatId{73}));
}

TEST_F(FlowTableTest, InstallsExactEntriesBeyondTheBoundOfMasks) {
  Make({.exact_match_entries = 1024, .max_megaflows = 4096, .max_masks_per_port = 4});
  const auto mask_of = [](uint32_t i) {
    return MaskOf([i](FlowKey* bits) {
      bits->ipv4_src.raw = kAll;
      bits->ipv4_dst = Be32::From(kAll << i);
    });
  };
  for (uint32_t i = 0; i < 20; ++i) {
    ASSERT_NE(InstallOutput(Ipv4Key(1, i), mask_of(i), 2), nullptr) << i;
    FlowKey alike = Ipv4Key(1, i);
    alike.ip_ttl = 1;
    EXPECT_NE(Lookup(Ipv4Key(1, i)).flow, nullptr);
    EXPECT_EQ(Lookup(alike).flow == nullptr, i >= 4) << "beyond the bound only this very flow";
  }
  EXPECT_EQ(table_->mask_count(), 5u);
  EXPECT_EQ(table_->mask_count(PortNo{1}), 5u);
  // Another port has all its masks.
  Megaflow* wide = InstallOutput(Ipv4Key(2, 1), mask_of(9), 2);
  FlowKey alike = Ipv4Key(2, 1);
  alike.ip_ttl = 1;
  EXPECT_EQ(Lookup(alike).flow, wide);
  EXPECT_EQ(table_->mask_count(PortNo{2}), 1u);
}

TEST_F(FlowTableTest, AStaleDecisionGivesWayToANarrowerOne) {
  Make();
  Megaflow* wide = InstallOutput(Ipv4Key(1, 1), kMaskNothing, 2, {100});
  table_->Invalidate(100, report_);
  const FlowLookup same_burst = Lookup(Ipv4Key(1, 2));
  EXPECT_EQ(same_burst.stale, wide);
  EXPECT_TRUE(table_->Renews(same_burst));
  ASSERT_NE(InstallOutput(Ipv4Key(1, 1), kMaskSource, 2), nullptr);
  EXPECT_FALSE(table_->Renews(same_burst)) << "it has been renewed meanwhile";
  EXPECT_EQ(Lookup(Ipv4Key(1, 2)).stale, nullptr) << "others pay for their translation again";
  EXPECT_EQ(table_->megaflow_count(), 1u);
  // Also when the new decision is not kept.
  table_->SetEpoch(2);
  Decide(kMaskSource, {Action::Output(PortNo{2})});
  translation_->uncacheable = true;
  EXPECT_EQ(Install(Ipv4Key(1, 1)), nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(1, 1)).stale, nullptr);
  EXPECT_EQ(table_->megaflow_count(), 0u);
}

TEST_F(FlowTableTest, InvalidatesOnlyWhatSomePacketOfTheFilterCouldMatch) {
  Make();
  const FlowMask both = MaskOf([](FlowKey* bits) {
    bits->ipv4_src = Be32::From(0xffffff00);
    bits->ipv6_dst.fill(0xff);
  });
  std::map<uint32_t, Megaflow*> flows;
  for (uint32_t source = 0; source < 0x400; source += 0x100) {
    FlowKey key = Ipv4Key(1, source);
    DefineLines(&key, 0xff);
    key.lines = kLineBase | kLineIpv6;
    key.ipv6_dst[15] = 9;
    Decide(both, {Action::Output(PortNo{2})}, {5});
    flows[source] = Install(key);
    flows[source]->packets = 1;
  }
  FlowKey key = MakeKey(0, 0xff), mask = MakeKey(0, 0xff);
  const DatapathControl::TagFilter filter = {.tag = 5, .key = &key, .mask = &mask};
  const auto invalidate = [&] {
    uint32_t budget = 100;
    table_->BeginInvalidation(5);
    EXPECT_TRUE(table_->ContinueInvalidation(&filter, &budget, report_));
  };
  const auto live = [&] {
    std::vector<uint32_t> sources;
    for (const auto& [source, flow] : flows) {
      if (flow->epoch == table_->epoch()) sources.push_back(source);
    }
    return sources;
  };
  mask.ipv4_src = Be32::From(kAll);
  key.ipv4_src = Be32::From(0x107);  // within one of them: the last byte is not read there
  invalidate();
  EXPECT_EQ(live(), (std::vector<uint32_t>{0, 0x200, 0x300}));
  mask.ipv4_src = Be32::From(0x200);
  key.ipv4_src = Be32::From(0x200);
  mask.ipv6_dst[15] = 0xff;
  invalidate();  // another line says no
  EXPECT_EQ(live(), (std::vector<uint32_t>{0, 0x200, 0x300}));
  key.ipv6_dst[15] = 9;
  mask.l4_dst.raw = 0xffff;  // nobody read this
  invalidate();
  EXPECT_EQ(live(), (std::vector<uint32_t>{0}));
}

TEST_F(FlowTableTest, AnInvalidationInStepsMissesNothingWhileMegaflowsComeAndGo) {
  Make();
  Random random(RandomSeed());
  for (int round = 0; round < 50; ++round) {
    std::map<uint32_t, Megaflow*> before;
    for (uint32_t i = 0; i < 200; ++i) {
      Decide(kMaskSource, {Action::Output(PortNo{2})}, {5}, {StatId{1}});
      before[i] = Install(Ipv4Key(1, i));
      before[i]->packets = 1;
    }
    reported_.clear();
    table_->BeginInvalidation(5);
    for (bool done = false; !done;) {
      uint32_t budget = 1 + random.Below(9);
      done = table_->ContinueInvalidation(nullptr, &budget, report_);
      // Somebody's packet has a stale one translated again, or the sweep takes some.
      const uint32_t source = random.Below(200);
      if (Lookup(Ipv4Key(1, source)).flow == nullptr) {
        Decide(kMaskSource, {}, {6});
        Install(Ipv4Key(1, source));
      }
      if (random.OneIn(8)) table_->Sweep(random.Below(50), 0, report_);
    }
    EXPECT_EQ(reported_[StatId{1}].packets, 200u);
    for (uint32_t i = 0; i < 200; ++i) {
      const Megaflow* flow = Lookup(Ipv4Key(1, i)).flow;
      EXPECT_TRUE(flow == nullptr || flow->actions->count == 0) << "an old decision";
    }
    table_->SetEpoch(table_->epoch() + 1);
    table_->Sweep(kAll, 0, report_);
  }
}

TEST_F(FlowTableTest, ShowsItsLiveMegaflowsInSteps) {
  Make();
  for (uint32_t i = 0; i < 100; ++i) InstallOutput(Ipv4Key(1, i), kMaskSource, 2, {i});
  table_->Invalidate(7, report_);
  std::map<uint32_t, int> seen;
  uint32_t cursor = 0;
  for (bool done = false; !done;) {
    int room = 5;
    done = table_->VisitSome(&cursor, 16, [&](const Megaflow& flow, const FlowKey& key) {
      if (--room < 0) return false;
      EXPECT_EQ(key.in_port, PortNo{1});
      EXPECT_EQ(flow.mask->bits.ipv4_src.raw, kAll);
      ++seen[key.ipv4_src.Get()];
      return true;
    });
  }
  EXPECT_EQ(seen.size(), 99u);
  for (const auto& [source, times] : seen) EXPECT_EQ(times, 1) << source;
}

TEST_F(FlowTableTest, KeepsExactEntriesForEveryKindOfKeyBeyondTheBound) {
  Make({.exact_match_entries = 1024, .max_megaflows = 4096, .max_masks_per_port = 1});
  ASSERT_NE(InstallOutput(Ipv4Key(1, 0), kMaskSource, 2), nullptr);
  // Decisions that read a few bits of lines which the packet does not have.
  for (uint32_t i = 1; i < 40; ++i) {
    const FlowMask mask = MaskOf([i](FlowKey* bits) {
      if (i % 3 != 0) bits->ipv6_src[i % 16] = 0xff;
      if (i % 3 != 1) bits->arp_sha.octets[i % 6] = 0xff;
      bits->tun_ttl = i % 2;
    });
    ASSERT_NE(InstallOutput(Ipv4Key(1, i), mask, 2), nullptr) << i;
    EXPECT_NE(Lookup(Ipv4Key(1, i)).flow, nullptr) << i;
  }
  EXPECT_LE(table_->mask_count(), 1u + 8u);
}

TEST_F(FlowTableTest, MasksNeverCoverTheSetOfLines) {
  Make({.exact_match_entries = 1024, .max_megaflows = 64, .max_masks_per_port = 1});
  EXPECT_EQ(InstallOutput(Ipv4Key(1, 1), kMaskSource, 2)->mask->bits.lines, 0);
  EXPECT_EQ(InstallOutput(Ipv4Key(1, 2), kMaskNothing, 2)->mask->bits.lines, 0);
}

TEST_F(FlowTableTest, KeepsNothingWhenItIsFullAndRecovers) {
  Make({.exact_match_entries = 1024, .max_megaflows = 64});
  for (uint32_t i = 0; i < 64; ++i)
    ASSERT_NE(InstallOutput(Ipv4Key(1 + i % 2, i), kMaskSource, 2), nullptr);
  EXPECT_EQ(InstallOutput(Ipv4Key(1, 64), kMaskSource, 2), nullptr);
  EXPECT_EQ(InstallOutput(Ipv4Key(1, 65), kMaskNothing, 2), nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(1, 64)).flow, nullptr);
  EXPECT_EQ(table_->megaflow_count(), 64u);
  EXPECT_EQ(table_->mask_count(), 2u);
  for (uint32_t i = 0; i < 64; ++i) EXPECT_NE(Lookup(Ipv4Key(1 + i % 2, i)).flow, nullptr);
  table_->SetEpoch(9);
  // A stale one gives its place to its successor even so.
  EXPECT_NE(InstallOutput(Ipv4Key(2, 3), kMaskSource, 2), nullptr);
  table_->Sweep(kAll, 0, report_);
  EXPECT_NE(InstallOutput(Ipv4Key(1, 64), kMaskSource, 2), nullptr);
  EXPECT_EQ(table_->megaflow_count(), 2u);
}

TEST_F(FlowTableTest, DoesNotKeepADecisionWithMoreTagsOrCountersThanFit) {
  Make();
  Decide(kMaskSource, {Action::Output(PortNo{2})}, std::vector<Tag>(kMaxTags + 1, 1));
  EXPECT_EQ(Install(Ipv4Key(1, 1)), nullptr);
  Decide(kMaskSource, {Action::Output(PortNo{2})}, {},
         std::vector<StatId>(kMaxStats + 1, StatId{1}));
  EXPECT_EQ(Install(Ipv4Key(1, 1)), nullptr);
  EXPECT_EQ(table_->megaflow_count(), 0u);
  Decide(kMaskSource, {Action::Output(PortNo{2})}, std::vector<Tag>(kMaxTags, 1),
         std::vector<StatId>(kMaxStats, StatId{1}));
  EXPECT_NE(Install(Ipv4Key(1, 1)), nullptr);
  table_->Invalidate(1, report_);
  EXPECT_NE(Lookup(Ipv4Key(1, 1)).stale, nullptr);
}

TEST_F(FlowTableTest, TakesAtMostAFewCacheLinesForAnExactFlow) {
  constexpr uint32_t kFlows = 100'000;
  Make({.exact_match_entries = 1u << 17, .max_megaflows = kFlows + kFlows / 16});
  FlowMask mask = MaskOf([](FlowKey* bits) { std::memset(bits->line(0), 0xff, kLineBytes); });
  Decide(mask, {Action::Output(PortNo{2})}, {7, 8});
  for (uint32_t i = 0; i < kFlows; ++i) ASSERT_NE(Install(Ipv4Key(1, i)), nullptr);
  const double bytes = static_cast<double>(table_->memory_bytes()) / kFlows;
  std::printf("megaflow memory: %.1f bytes per flow for %u exact flows\n", bytes, kFlows);
  EXPECT_LE(bytes, 6 * 64);
  table_->SetEpoch(2);
  table_->Sweep(kAll, 0, report_);
  EXPECT_EQ(table_->megaflow_count(), 0u);
  EXPECT_LE(table_->memory_bytes(), 4096u);
}

TEST_F(FlowTableTest, ADecisionThatWasNotLookedForIsTheOneThatIsThere) {
  Make();
  Megaflow* flow = InstallOutput(Ipv4Key(1, 1), kMaskSource, 2);
  flow->packets = 5;
  FlowLookup lookup;
  lookup.key = Ipv4Key(1, 1);
  LookupQuick(&lookup);
  lookup.flow = nullptr;
  DefineLines(&lookup.key, 0xff);
  Decide(kMaskSource, {Action::Output(PortNo{2})});
  EXPECT_EQ(table_->Install(&lookup, *translation_, 0, report_), flow);
  EXPECT_EQ(lookup.flow, flow);
  EXPECT_EQ(flow->packets, 5u);
  // One that says something else serves once; packets of the same burst may go by what is there.
  lookup.flow = nullptr;
  Decide(kMaskSource, {Action::Output(PortNo{3})});
  EXPECT_EQ(table_->Install(&lookup, *translation_, 0, report_), nullptr);
  EXPECT_EQ(Lookup(Ipv4Key(1, 1)).flow, flow);
  EXPECT_EQ(flow->actions->single_output, PortNo{2});
  EXPECT_EQ(table_->megaflow_count(), 1u);
}

TEST_F(FlowTableTest, LooksIntoAsManyMasksAsItIsTold) {
  Make();
  InstallOutput(Ipv4Key(1, 1), kMaskSource, 2);
  Megaflow* second = InstallOutput(Ipv4Key(1, 2), kMaskNothing, 3);
  for (const uint32_t most : {0u, 1u, 2u}) {
    FlowLookup lookup;
    lookup.key = Ipv4Key(1, 9);
    LookupQuick(&lookup);
    ASSERT_EQ(lookup.flow, nullptr);
    table_->LookupMegaflow(&lookup, most);
    EXPECT_EQ(lookup.flow, most < 2 ? nullptr : second) << most;
  }
}

TEST_F(FlowTableTest, KeepsRoomForPortsThatHaveFewMegaflows) {
  Make({.max_megaflows = 990});
  uint32_t greedy = 0;
  while (InstallOutput(Ipv4Key(1, greedy), kMaskSource, 2) != nullptr) ++greedy;
  EXPECT_EQ(greedy, 960u);
  EXPECT_NE(InstallOutput(Ipv4Key(2, 1), kMaskSource, 2), nullptr);
  // What it gives up it may have again.
  table_->SetEpoch(2);
  table_->Sweep(kAll, 0, report_);
  EXPECT_EQ(table_->megaflow_count(), 0u);
  EXPECT_NE(InstallOutput(Ipv4Key(1, greedy), kMaskSource, 2), nullptr);
}

// A slot that the frame cache was told of holds no other megaflow before the cache has forgotten.
TEST_F(FlowTableTest, LetsSlotsRestThatTheFrameCacheKnows) {
  Make({.exact_match_entries = 64, .max_megaflows = 64});
  testing::StackMbuf packet(
      testing::PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(1, 2).Payload(40).Build());
  const auto remember = [&](uint32_t source) {
    Megaflow* const flow = InstallOutput(Ipv4Key(1, source), kMaskSource, 2);
    if (flow != nullptr) table_->Remember(PortNo{1}, packet.get(), *flow);
    return flow;
  };
  const auto knows = [&] { return table_->mutable_frames()->Ask(PortNo{1}, 1) != nullptr; };
  Megaflow* const first = remember(1);
  ASSERT_NE(first, nullptr);
  EXPECT_TRUE(knows());
  table_->Sweep(64, 1, report_);
  ASSERT_EQ(table_->megaflow_count(), 0u);
  std::set<Megaflow*> others;
  for (uint32_t source = 2; source < 65; ++source) {
    others.insert(InstallOutput(Ipv4Key(1, source), kMaskSource, 2));
    ASSERT_FALSE(others.contains(first)) << source;
    ASSERT_TRUE(knows());
  }
  EXPECT_EQ(others.size(), 63u);
  EXPECT_FALSE(others.contains(nullptr));
  // Nothing else is left: then it is used, and the cache has forgotten.
  EXPECT_EQ(InstallOutput(Ipv4Key(2, 65), kMaskSource, 2), first);
  EXPECT_FALSE(knows());
  // What it was not told of since is used again at once.
  table_->Sweep(64, 1, report_);
  ASSERT_EQ(table_->megaflow_count(), 0u);
  for (uint32_t source = 2; source < 65; ++source) {
    EXPECT_NE(InstallOutput(Ipv4Key(1, source), kMaskSource, 2), nullptr);
  }
}

TEST_F(FlowTableTest, UsesRestingSlotsAgainBeforeThereAreTooMany) {
  Make({.exact_match_entries = 64, .max_megaflows = 1u << 16});
  testing::StackMbuf packet(
      testing::PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(1, 2).Payload(40).Build());
  std::set<Megaflow*> slots;
  for (uint32_t round = 0; round < 20'000; ++round) {
    Megaflow* const flow = InstallOutput(Ipv4Key(1, round), kMaskSource, 2);
    ASSERT_NE(flow, nullptr);
    slots.insert(flow);
    table_->Remember(PortNo{1}, packet.get(), *flow);
    table_->Sweep(1u << 16, 1, report_);
    ASSERT_EQ(table_->megaflow_count(), 0u);
  }
  EXPECT_GT(slots.size(), 1000u);
  EXPECT_LT(slots.size(), 1100u);
}

}  // namespace
}  // namespace vsw
