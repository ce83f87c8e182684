// SPDX-License-Identifier: Apache-2.0
// The invariant: any packet that matches a megaflow gets exactly what the slow path would give it.
// Random switches, packets and changes, against a plain evaluator and against the switch itself.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tests/ofproto/switch_fixture.h"
#include "tests/support/normal_oracle.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {
namespace {

constexpr uint16_t kVlans[] = {0, 10, 20, 30};
constexpr uint16_t kTpids[] = {0x8100, 0x8100, 0x88a8};

// Draws small worlds, where ports, VLANs and addresses meet often.
class World {
 public:
  explicit World(uint64_t seed) : random(seed) {}

  std::vector<uint16_t> VlanList() {
    std::vector<uint16_t> list;
    while (random.OneIn(2)) list.push_back(random.Pick(kVlans));
    return list;
  }
  SlowPathPort Port(uint32_t number) {
    const auto mode = static_cast<VlanMode>(random.Below(5));
    PortBuilder port(number, mode, mode == VlanMode::kTrunk ? uint16_t{0} : random.Pick(kVlans));
    port.Allowing(VlanList()).Customers(VlanList()).ServiceType(random.Pick(kTpids));
    port.Priority(static_cast<PriorityTags>(random.Below(3)));
    if (random.OneIn(8)) port.Down();
    return port;
  }
  // Ports 1..9, bridge by bridge; some of 10..15 are patch ports, 10-11, 12-13, 14-15 being pairs.
  SlowPathConfig Switch() {
    SlowPathConfig config;
    for (uint32_t i = 0; i < 3; ++i) config.bridges.push_back(BridgeBuilder(i));
    for (uint32_t number = 1; number <= 15; ++number) {
      if (random.OneIn(6)) continue;
      SlowPathPort port = Port(number);
      if (number >= 10) {
        port.is_patch = true;
        port.patch_peer = PortNo{number ^ 1};
      }
      config.bridges[random.Below(3)].ports.push_back(port);
    }
    for (SlowPathBridge& bridge : config.bridges) {
      if (bridge.ports.empty() || random.OneIn(2)) continue;
      bridge.static_fdb.push_back(
          {VlanId{random.Pick(kVlans)}, Mac(random.Below(4)), random.Pick(bridge.ports).number});
    }
    return config;
  }
  // The same with one thing changed.
  SlowPathConfig Changed(SlowPathConfig config) {
    SlowPathBridge& bridge = config.bridges[random.Below(3)];
    if (bridge.ports.empty()) return Switch();
    SlowPathPort& port = bridge.ports[random.Below(static_cast<uint32_t>(bridge.ports.size()))];
    const SlowPathPort fresh = Port(ToInt(port.number));
    switch (random.Below(6)) {
      case 0:
        port.usable = !port.usable;
        break;
      case 1:
        port.trunks = fresh.trunks;
        break;
      case 2:
        port.vlan_mode = fresh.vlan_mode;
        port.tag = fresh.tag;
        break;
      case 3:
        port.patch_peer = port.patch_peer == kNoPort ? PortNo{ToInt(port.number) ^ 1} : kNoPort;
        break;
      case 4:
        bridge.static_fdb.clear();
        break;
      case 5: {  // to another bridge
        const SlowPathPort moved = port;
        std::erase(bridge.ports, moved);
        config.bridges[random.Below(3)].ports.push_back(moved);
        break;
      }
    }
    // A static address of a port that is gone is not a configuration that the switch is given.
    for (SlowPathBridge& any : config.bridges) {
      std::erase_if(any.static_fdb, [&any](const StaticFdbEntry& entry) {
        return std::none_of(any.ports.begin(), any.ports.end(),
                            [&](const SlowPathPort& p) { return p.number == entry.port; });
      });
    }
    return config;
  }
  MacAddress Address() {
    constexpr uint64_t kSpecial[] = {0xffffffffffff, 0x0180c2000000, 0x0180c2000010,
                                     0x01005e000001, 0x333300000001, 0};
    return random.OneIn(5) ? MacAddress::FromU64(random.Pick(kSpecial)) : Mac(random.Below(4));
  }
  FlowKey Packet() {
    KeyBuilder key;
    key.In(random.OneIn(20) ? 99 : 1 + random.Below(9)).Src(Address()).Dst(Address());
    for (uint32_t i = random.Below(4); i > 0; --i) {
      key.Vlan(random.Pick(kVlans), static_cast<uint16_t>(random.Below(8)), random.Pick(kTpids));
    }
    return key;
  }
  // The same as far as `mask` looks; anything else elsewhere.
  FlowKey Mutated(const FlowKey& key, const FlowMask& mask) {
    FlowKey result = key;
    const bool everywhere = random.OneIn(2);
    for (size_t i = 0; i < kFlowKeyLines; ++i) {
      for (size_t j = 0; j < kLineBytes; ++j) {
        if (!everywhere && !random.OneIn(8)) continue;
        const auto noise = static_cast<uint8_t>(random.Bits());
        result.line(i)[j] ^= noise & static_cast<uint8_t>(~mask.bits.line(i)[j]);
      }
    }
    result.in_port = key.in_port;
    result.recirc_id = key.recirc_id;
    result.lines = key.lines;
    return result;
  }

  Random random;
};

// A translation, small enough to keep many of.
struct Record {
  FlowKey key;
  FlowMask mask;
  std::vector<Action> actions;
  DropReason drop_reason;
  std::vector<Tag> tags;
  std::vector<StatId> stats;
  std::vector<std::string> learn;
};

template <typename Range>
auto ToVector(const Range& range) {
  return std::vector<std::decay_t<decltype(*range.begin())>>(range.begin(), range.end());
}

Record RecordOf(const FlowKey& key, const Translation& translation) {
  Record record = {key,
                   translation.mask,
                   ToVector(translation.actions.span()),
                   translation.drop_reason,
                   ToVector(translation.tags.span()),
                   ToVector(translation.stats.span()),
                   {}};
  for (const LearnEvent& event : translation.learn.span()) {
    record.learn.push_back(fmt::format("{}/{} {} {}", ToInt(event.bridge), ToInt(event.vlan),
                                       event.mac.ToString(), ToInt(event.port)));
  }
  return record;
}

std::string Difference(const Record& a, const Record& b) {
  if (a.actions != b.actions) return "actions";
  if (a.drop_reason != b.drop_reason) return "drop reason";
  if (std::memcmp(&a.mask, &b.mask, sizeof(a.mask)) != 0) return "mask";
  if (a.tags != b.tags) return "tags";
  if (a.stats != b.stats) return "counters";
  if (a.learn != b.learn) return "learning";
  return "";
}

std::string Describe(const FlowKey& key) {
  return ToString({ToInt(key.in_port), TagsOf(key)}) + " " + key.eth_src.ToString() + " > " +
         key.eth_dst.ToString();
}

class Oracle : public SwitchTest {
 protected:
  void LearnSome(World& world) {
    for (int i = 0; i < 10; ++i) Pass(world.Packet());
  }
};

TEST_F(Oracle, AgreesWithThePlainEvaluator) {
  World world(RandomSeed());
  size_t forwarded = 0, over_patches = 0, again = 0;
  for (int round = 0; round < 2000; ++round) {
    const SlowPathConfig config = world.Switch();
    switch_.Configure(config);
    LearnSome(world);
    const std::vector<FdbRow> fdb = switch_.ListFdb();
    for (int i = 0; i < 40; ++i) {
      const FlowKey key = world.Packet();
      SCOPED_TRACE(Describe(key));
      const OracleVerdict verdict = NormalOracle(config, fdb, key);
      // Beyond that many visits the switch cuts meshes of patch ports, the evaluator does not.
      if (verdict.bridges_visited > 200) continue;
      const Fate fate = Follow(key);
      ASSERT_EQ(fate.sent, verdict.sent);
      ASSERT_TRUE(!fate.sent.empty() || !fate.drops.empty());
      for (const DropReason drop : fate.drops) {
        ASSERT_TRUE(verdict.refusals.contains(drop)) << vsw::Describe(drop).name;
      }
      if (!fate.learn_overflowed) {
        decltype(verdict.learn) learn;
        for (const LearnEvent& event : fate.learn) {
          learn.insert(
              {ToInt(event.bridge), ToInt(event.vlan), event.mac.ToU64(), ToInt(event.port)});
        }
        ASSERT_EQ(learn, verdict.learn);
      }
      again += fate.lookups > 1 ? 1 : 0;
      forwarded += verdict.sent.empty() ? 0 : 1;
      over_patches += verdict.bridges_visited > 1 ? 1 : 0;
    }
  }
  EXPECT_GT(forwarded, 4000u) << "too few packets went anywhere for this to mean much";
  EXPECT_GT(over_patches, 1000u);
  EXPECT_GT(again, 100u) << "too few packets were looked up again";
}

TEST_F(Oracle, EveryPacketThatAMegaflowMatchesIsTranslatedAlike) {
  World world(RandomSeed());
  for (int round = 0; round < 2000; ++round) {
    switch_.Configure(world.Switch());
    LearnSome(world);
    for (int i = 0; i < 10; ++i) {
      const FlowKey key = world.Packet();
      const Record original = RecordOf(key, Translate(key));
      for (int j = 0; j < 8; ++j) {
        const FlowKey mutated = world.Mutated(key, original.mask);
        const Record other = RecordOf(mutated, Translate(mutated));
        ASSERT_EQ(Difference(original, other), "") << Describe(key) << " and " << Describe(mutated);
      }
    }
  }
}

TEST_F(Oracle, WhatWasNotInvalidatedStillHolds) {
  World world(RandomSeed());
  size_t kept = 0, taken_back = 0;
  for (int round = 0; round < 300; ++round) {
    SlowPathConfig config = world.Switch();
    switch_.Configure(config);
    std::vector<Record> records;
    for (int step = 0; step < 20; ++step) {
      while (records.size() < 40) {
        const FlowKey key = world.Packet();
        records.push_back(RecordOf(key, Translate(key)));
      }
      datapath_.Reset();
      switch (world.random.Below(8)) {
        case 0:
        case 1:
          config = world.Changed(config);
          switch_.Configure(config);
          break;
        case 2:
          switch_.FlushFdb(nullptr, PortNo{world.random.Below(10)});
          break;
        case 3:
          datapath_.StepSeconds(100);
          switch_.OnTimer();
          break;
        default:
          Pass(world.Packet());
      }
      std::erase_if(records, [&](const Record& r) {
        taken_back += datapath_.Hits(r.tags) ? 1 : 0;
        return datapath_.Hits(r.tags);
      });
      for (const Record& record : records) {
        ++kept;
        const Record fresh = RecordOf(record.key, Translate(record.key));
        ASSERT_EQ(Difference(record, fresh), "") << Describe(record.key);
      }
    }
  }
  EXPECT_GT(kept, taken_back) << "changes disturb nearly everything";
  EXPECT_GT(taken_back, 1000u);
}

}  // namespace
}  // namespace vsw::testing
