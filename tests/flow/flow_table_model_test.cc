// SPDX-License-Identifier: Apache-2.0
//
// Random packets, decisions, invalidations and sweeps: a flow table against the linear model.
#include "tests/flow/flow_table_model.h"

#include "datapath/flow/flow_table.h"
#include "tests/flow/flow_table_fixture.h"
#include "tests/support/random_seed.h"

namespace vsw {
namespace {

using namespace testing;

// Few values a field, so that masks overlap and keys meet again.
FlowKey RandomKey(Random* random) {
  static constexpr uint8_t kLines[] = {kLineBase,
                                       kLineBase,
                                       kLineBase | kLineIpv6,
                                       kLineBase | kLineExtra,
                                       kLineBase | kLineIpv6 | kLineExtra,
                                       kLineBase | kLineTunnel};
  FlowKey key = MakeKey(1 + random->Below(3), random->Pick(kLines));
  key.eth_dst = MacAddress::FromU64(random->Below(4));
  key.ipv4_src = Be32::From(random->Below(3) << 16 | random->Below(4));
  key.ip_proto = static_cast<uint8_t>(random->Below(2));
  key.l4_dst = Be16::From(static_cast<uint16_t>(random->Below(4)));
  if (key.lines & kLineIpv6) key.ipv6_src[random->Below(2) * 15] = 1;
  if (key.lines & kLineExtra) key.arp_sha = MacAddress::FromU64(random->Below(2));
  if (key.lines & kLineTunnel) key.tun_id = Be64::From(random->Below(3));
  return key;
}

FlowMask RandomMask(Random* random) {
  return MaskOf([&](FlowKey* bits) {
    if (!random->OneIn(4)) bits->eth_dst = MacAddress::FromU64(0xffffffffffff);
    if (!random->OneIn(4)) bits->ipv4_src = Be32::From(random->OneIn(3) ? 0xffff0000 : kAll);
    if (random->OneIn(4)) bits->ip_proto = 0xff;
    if (!random->OneIn(3)) bits->l4_dst.raw = 0xffff;
    if (random->OneIn(4)) bits->ipv6_src.fill(0xff);
    if (random->OneIn(6)) bits->arp_sha = MacAddress::FromU64(0xffffffffffff);
    if (random->OneIn(6)) bits->tun_id.raw = ~uint64_t{0};
  });
}

class FlowTableAgainstModel : public FlowTableTest {
 protected:
  void SendPacket(uint64_t now_tsc) {
    const FlowKey key = RandomKey(&random_);
    FlowLookup lookup = Lookup(key);
    const auto live = model_.Matching(key, /*stale=*/false);
    if (lookup.flow != nullptr) return Hit(lookup.flow, live, now_tsc);
    ASSERT_TRUE(live.empty()) << "a live megaflow was not found";
    ASSERT_EQ(lookup.stale != nullptr, !model_.Matching(key, /*stale=*/true).empty());
    if (random_.OneIn(8)) return;  // over its budget, say
    Miss(&lookup, key, now_tsc);
  }

  void Hit(Megaflow* flow, const std::vector<FlowTableModel::Entry*>& live, uint64_t now_tsc) {
    ASSERT_NE(flow->mask, nullptr);
    const auto same = std::ranges::find_if(live, [&](const FlowTableModel::Entry* entry) {
      return testing::SameBits(entry->mask.bits, flow->mask->bits);
    });
    ASSERT_NE(same, live.end()) << "a decision that does not stand, or of another match";
    ASSERT_TRUE(std::ranges::equal(flow->actions->span(), (*same)->actions));
    const uint64_t bytes = 60 + random_.Below(1000);
    ++flow->packets;
    flow->bytes += bytes;
    flow->used_tsc = now_tsc;
    model_.Count(*same, bytes, now_tsc);
  }

  void Miss(FlowLookup* lookup, const FlowKey& key, uint64_t now_tsc) {
    const FlowMask mask = RandomMask(&random_);
    FlowTableModel::Entry entry;
    for (uint32_t n = random_.Below(3); n > 0; --n) {
      entry.actions.push_back(Action::Output(PortNo{1 + random_.Below(5)}));
    }
    for (uint32_t n = random_.Below(3); n > 0; --n) entry.tags.insert(random_.Below(40));
    for (uint32_t n = random_.Below(3); n > 0; --n)
      entry.stats.push_back(StatId{1 + random_.Below(10)});
    Decide(mask, entry.actions, {entry.tags.begin(), entry.tags.end()}, entry.stats);
    DefineLines(&lookup->key, 0xff);
    if (lookup->stale != nullptr) {
      model_.Remove(lookup->stale->mask->bits, testing::And(key, *lookup->stale->mask));
    }
    const Megaflow* flow = table_->Install(lookup, *translation_, now_tsc, report_);
    if (flow == nullptr) {
      ASSERT_GE(model_.size(key.in_port), 32 * (kMaxMegaflows - model_.size()))
          << "refused though there is room";
      ++refused_;
      return;
    }
    for (size_t i = 0; i < sizeof(FlowKey); ++i) {
      ASSERT_EQ(mask.bits.line(0)[i] & ~flow->mask->bits.line(0)[i], 0) << "byte " << i;
    }
    ASSERT_EQ(flow->mask->bits.in_port, PortNo{kAll});
    entry.mask = *flow->mask;
    entry.key = testing::And(key, entry.mask);
    entry.used_tsc = now_tsc;
    model_.Install(std::move(entry));
  }

  void SomethingElse(uint64_t now_tsc) {
    switch (random_.Below(4)) {
      case 0:
      case 1: {
        const Tag tag = random_.Below(40);
        table_->Invalidate(tag, report_);
        return model_.Invalidate(tag);
      }
      case 2:
        if (!random_.OneIn(4)) return;
        table_->SetEpoch(table_->epoch() + 1);
        return model_.InvalidateAll();
      default: {
        const uint64_t idle_before = now_tsc > 2000 ? now_tsc - random_.Below(2000) : 0;
        table_->Sweep(kAll, idle_before, report_);
        return model_.Sweep(idle_before);
      }
    }
  }

  static constexpr uint32_t kMaxMegaflows = 100;
  Random random_{RandomSeed()};
  FlowTableModel model_;
  uint64_t refused_ = 0;
};

TEST_F(FlowTableAgainstModel, AgreesInEveryStep) {
  Make({.exact_match_entries = 256,
        .max_megaflows = kMaxMegaflows,
        .max_ports = 8,
        .max_masks_per_port = 24});
  uint64_t now_tsc = 0;
  for (int step = 0; step < 100'000; ++step) {
    ++now_tsc;
    ASSERT_NO_FATAL_FAILURE(SendPacket(now_tsc)) << "step " << step;
    if (random_.OneIn(300)) SomethingElse(now_tsc);
    ASSERT_EQ(table_->megaflow_count(), model_.size()) << "step " << step;
    if (step % 16 == 0) {
      ASSERT_EQ(table_->mask_count(), model_.PortMasks().size());
    }
  }
  EXPECT_GT(refused_, 0u) << "the table was never full: this run proved less than it should";
  table_->SetEpoch(table_->epoch() + 1);
  table_->Sweep(kAll, 0, report_);
  EXPECT_EQ(table_->megaflow_count(), 0u);
  EXPECT_EQ(table_->mask_count(), 0u);
  EXPECT_LE(table_->memory_bytes(), 4096u);  // the ports' lists of masks
  EXPECT_EQ(reported_, model_.owed());
}

}  // namespace
}  // namespace vsw
