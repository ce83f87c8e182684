// SPDX-License-Identifier: Apache-2.0
// Random rules, groups and frames: translations against the plain evaluator, against themselves on
// packets that the same megaflows match, and under rule changes.
#include "tests/support/pipeline_oracle.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "tests/ofproto/translate/pipeline_fixture.h"
#include "tests/ofproto/translate/random_pipeline.h"

namespace vsw::testing {
namespace {

struct Record {
  FlowKey key;
  FlowMask mask;
  std::vector<Action> actions;
  std::vector<Tag> tags;
  std::vector<StatId> stats;
  DropReason drop_reason;
};

Record RecordOf(const FlowKey& key, const Translation& t) {
  return {key,
          t.mask,
          {t.actions.begin(), t.actions.end()},
          {t.tags.begin(), t.tags.end()},
          {t.stats.begin(), t.stats.end()},
          t.drop_reason};
}

// A packet on its way through a list.
struct PacketState {
  FlowKey key;  // but for tags and labels
  // Outermost last, with the type in front of it; those that only the packet knows are below.
  std::vector<std::string> tags, labels;
  uint32_t unknown_tags = 0, unknown_labels = 0;  // of those, taken off
  std::string type;                               // what the last change of labels left

  explicit PacketState(const FlowKey& from) : key(from) {
    for (size_t i = from.vlan.size(); i-- > 0;) {
      if (from.vlan[i].tpid.is_zero()) continue;
      tags.push_back(Tag(from.vlan[i].tpid.Get(), from.vlan[i].tci.Get()));
    }
    for (size_t i = from.mpls.size(); i-- > 0;) labels.push_back(Label(from.mpls[i].Get()));
  }
  static std::string Tag(uint32_t tpid, uint32_t tci) {
    return fmt::format("{:x}:{:x}", tpid, tci | kVlanPresent);
  }
  static std::string Label(uint32_t entry) { return fmt::format("{:08x}", entry); }
  static void Pop(std::vector<std::string>* stack, uint32_t* unknown) {
    stack->empty() ? void(++*unknown) : stack->pop_back();
  }
  std::string ToString() const {
    FlowKey rest = key;
    rest.vlan = {};
    rest.mpls = {};
    std::string text = fmt::format("{} {} {} {} {} ", fmt::join(tags, ","), unknown_tags,
                                   fmt::join(labels, ","), unknown_labels, type);
    for (size_t n = 0; n < 3 * kLineBytes; ++n) text += fmt::format("{:02x}", rest.line(0)[n]);
    return text;
  }
};

// What a list does with the packet, as text. Lists may differ and do the same: what was read on the
// way decides which writes are needless, whether any is left to keep a clone of the packet for, and
// under which ids packets come back.
void Effects(std::span<const Action> actions, PacketState state, std::string* text) {
  FlowKey& key = state.key;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& a = actions[i];
    switch (a.type) {
      case ActionType::kSetWord: {
        uint32_t word;
        std::memcpy(&word, key.line(0) + a.index * size_t{4}, sizeof(word));
        word = (word & ~a.mask) | a.value;
        std::memcpy(key.line(0) + a.index * size_t{4}, &word, sizeof(word));
        break;
      }
      case ActionType::kSetMpls: {
        ASSERT_FALSE(state.labels.empty());
        const auto before = static_cast<uint32_t>(std::stoul(state.labels.back(), nullptr, 16));
        state.labels.back() = PacketState::Label((before & ~a.mask) | a.value);
        break;
      }
      case ActionType::kPushMpls:
        state.labels.push_back(PacketState::Label(a.value));
        state.type = fmt::format("{:x}", a.small);
        break;
      case ActionType::kPopMpls:
        PacketState::Pop(&state.labels, &state.unknown_labels);
        state.type = fmt::format("{:x}", a.small);
        break;
      case ActionType::kClone:
        Effects(actions.subspan(i + 1, a.value), state, text);
        i += a.value;
        break;
      case ActionType::kPushVlan:
        state.tags.push_back(PacketState::Tag(a.small, a.tci()));
        break;
      case ActionType::kPopVlan:
        PacketState::Pop(&state.tags, &state.unknown_tags);
        break;
      case ActionType::kSetVlanTci:
        if (state.tags.empty()) {
          ++state.unknown_tags;
          state.tags.push_back("0");
        }
        state.tags.back() = PacketState::Tag(
            static_cast<uint32_t>(std::stoul(state.tags.back(), nullptr, 16)), a.tci());
        break;
      default: {
        const bool is_id =
            a.type >= ActionType::kRecirculate && a.type <= ActionType::kRecirculateByHash;
        *text += fmt::format("{} {} {}: {}\n", static_cast<int>(a.type), a.small,
                             is_id ? 0 : a.value, state.ToString());
        i += DataSlots(a);
      }
    }
  }
}

std::string EffectsOf(std::span<const Action> actions, const FlowKey& key) {
  std::string text;
  Effects(actions, PacketState(key), &text);
  return text;
}

// As far as packets with b's key can tell. Not the masks and tags: that a rule does not match may
// be seen by one field or by another.
std::string Difference(const Record& a, const Record& b) {
  if (EffectsOf(a.actions, b.key) != EffectsOf(b.actions, b.key)) {
    return "actions: " + FormatDatapathActions(a.actions) + " and " +
           FormatDatapathActions(b.actions);
  }
  if (a.drop_reason != b.drop_reason) return "drop reason";
  if (a.stats != b.stats) return "statistics";
  return "";
}

class PipelineOracleTest : public PipelineTest {
 protected:
  void MakeWorld(RandomPipeline& world, size_t rules) {
    pipelines_.clear();
    control_.Reset();
    // Frames of port 4 have come through a tunnel.
    SlowPathPort tunnel = Trunk(4);
    tunnel.tunnel = {.kind = TunnelKind::kVxlan, .remotes = {*IpAddress::Parse("192.0.2.2")}};
    Configure(Config(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Trunk(3)).With(tunnel)));
    oracle_ = {};
    oracle_.ports = {1, 2, 3, 4};
    for (uint32_t group = 1; group <= 4; ++group) {
      const GroupMod mod = world.RandomGroup(group);
      bridge().AddGroup(mod);
      oracle_.groups[group] = bridge().group(group).desc;
    }
    for (size_t i = 0; i < rules; ++i) AddRule(world.RandomRule());
  }
  void AddRule(const FlowMod& rule) {
    oracle_.rules.push_back(rule);
    bridge().Change(rule);
  }
  std::string Describe() const {
    std::string text;
    for (const FlowMod& rule : oracle_.rules) text += FormatFlow(rule) + "\n";
    for (const auto& [number, group] : oracle_.groups) text += FormatGroup(group) + "\n";
    return text;
  }
  static constexpr size_t kFirstTunnelLine = offsetof(FlowKey, tun_id) / kLineBytes;
  FlowKey Mutated(Random& random, const FlowKey& key, const FlowMask& mask) {
    FlowKey result = key;
    const bool everywhere = random.OneIn(2);
    const size_t lines = key.in_port == PortNo{4} ? kFlowKeyLines : kFirstTunnelLine;
    for (size_t i = 0; i < lines; ++i) {
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

  PipelineOracle oracle_;
};

TEST_F(PipelineOracleTest, AgreesWithThePlainEvaluator) {
  RandomPipeline world(RandomSeed());
  size_t compared = 0, sent = 0, recirculated = 0;
  for (int round = 0; round < 1500; ++round) {
    MakeWorld(world, 12);
    for (int i = 0; i < 20; ++i) {
      const Frame frame = world.RandomFrame(round % 4 == 0);
      const uint32_t in_port = 1 + world.random.Below(4);
      oracle_.hash = runner_.hash = world.random.Below(1000);
      const OracleOutcome expected = oracle_.Run(frame, in_port);
      if (expected.beyond_bounds) continue;
      bool bounded = false;
      runner_.on_pass = [&](const FlowKey&, const Translation& t) {
        bounded = bounded || t.drop_reason == DropReason::kTooManySteps ||
                  t.drop_reason == DropReason::kResubmitDepth;
      };
      Outcome outcome = runner_.Run(frame, PortNo{in_port});
      if (bounded) continue;
      std::sort(outcome.sent.begin(), outcome.sent.end());
      ASSERT_EQ(outcome.sent.size(), expected.sent.size())
          << Describe() << "in_port " << in_port << " " << frame.ToString();
      for (size_t n = 0; n < expected.sent.size(); ++n) {
        ASSERT_EQ(outcome.sent[n].first, expected.sent[n].first) << Describe();
        ASSERT_EQ(outcome.sent[n].second.ToString(), expected.sent[n].second.ToString())
            << Describe() << "in_port " << in_port << " " << frame.ToString() << " to "
            << expected.sent[n].first;
      }
      ASSERT_EQ(outcome.upcalls.size(), expected.upcalls)
          << Describe() << "in_port " << in_port << " " << frame.ToString();
      for (const auto& [group, hits] : expected.group_hits) {
        ASSERT_EQ(outcome.counted[ToInt(bridge().group(group).stat)], hits)
            << "group " << group << "\n"
            << Describe() << "in_port " << in_port << " " << frame.ToString();
      }
      ++compared;
      sent += expected.sent.size();
      recirculated += outcome.passes > 1 ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 10000u);
  EXPECT_GT(sent, 10000u) << "too few packets went anywhere for this to mean much";
  EXPECT_GT(recirculated, 1000u);
}

TEST_F(PipelineOracleTest, EveryPacketThatAMegaflowMatchesIsTranslatedAlike) {
  RandomPipeline world(RandomSeed());
  size_t recirculated = 0;
  for (int round = 0; round < 500; ++round) {
    MakeWorld(world, 12);
    std::vector<Record> records;
    runner_.on_pass = [&](const FlowKey& key, const Translation& t) {
      if (!t.uncacheable) records.push_back(RecordOf(key, t));
      recirculated += key.recirc_id != 0 ? 1 : 0;
    };
    for (int i = 0; i < 10; ++i) {
      runner_.hash = world.random.Below(1000);
      runner_.Run(world.RandomFrame(round % 4 == 0), PortNo{1 + world.random.Below(4)});
    }
    runner_.on_pass = nullptr;
    for (const Record& record : records) {
      for (int j = 0; j < 4; ++j) {
        const FlowKey mutated = Mutated(world.random, record.key, record.mask);
        const Record other = RecordOf(mutated, Translate(mutated));
        ASSERT_EQ(Difference(record, other), "") << Describe();
      }
    }
  }
  EXPECT_GT(recirculated, 500u);
}

TEST_F(PipelineOracleTest, WhatWasNotInvalidatedStillHolds) {
  RandomPipeline world(RandomSeed());
  size_t kept = 0, taken_back = 0;
  for (int round = 0; round < 150; ++round) {
    MakeWorld(world, 8);
    std::vector<Record> records;
    for (int step = 0; step < 12; ++step) {
      runner_.on_pass = [&](const FlowKey& key, const Translation& t) {
        if (!t.uncacheable) records.push_back(RecordOf(key, t));
      };
      for (int i = 0; i < 4; ++i) {
        runner_.hash = world.random.Below(1000);
        runner_.Run(world.RandomFrame(false), PortNo{1 + world.random.Below(4)});
      }
      runner_.on_pass = nullptr;
      control_.Reset();
      if (world.random.OneIn(2) || oracle_.rules.empty()) {
        AddRule(world.RandomRule());
      } else {
        const size_t victim = world.random.Below(static_cast<uint32_t>(oracle_.rules.size()));
        FlowMod mod = oracle_.rules[victim];
        mod.command = FlowMod::Command::kDeleteStrict;
        bridge().Change(mod);
        oracle_.rules.erase(oracle_.rules.begin() + static_cast<ptrdiff_t>(victim));
      }
      std::erase_if(records, [&](const Record& r) {
        taken_back += control_.Hits(r.tags) ? 1 : 0;
        return control_.Hits(r.tags);
      });
      for (const Record& record : records) {
        ++kept;
        // Not its tags and counters: a rule may have been replaced by an equal decision.
        const Translation& fresh = Translate(record.key);
        ASSERT_EQ(EffectsOf(record.actions, record.key),
                  EffectsOf(fresh.actions.span(), record.key))
            << Describe() << FormatMegaflow(record.key, record.mask) << "\n"
            << RenderTrace(Trace(*config_, &frozen_, record.key, {}));
      }
    }
  }
  EXPECT_GT(kept, 5000u);
  EXPECT_GT(taken_back, 500u);
}

}  // namespace
}  // namespace vsw::testing
