// SPDX-License-Identifier: Apache-2.0
// Random rules, groups and frames: translations against the plain evaluator, against themselves on
// packets that the same megaflows match, and under rule changes.
#include "tests/support/pipeline_oracle.h"

#include <algorithm>
#include <cstring>
#include <regex>
#include <span>
#include <string>
#include <vector>

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

std::string Difference(const Record& a, const Record& b) {
  if (a.actions != b.actions) {
    return "actions: " + FormatDatapathActions(a.actions) + " and " +
           FormatDatapathActions(b.actions);
  }
  if (a.drop_reason != b.drop_reason) return "drop reason";
  if (std::memcmp(&a.mask, &b.mask, sizeof(a.mask)) != 0) {
    return "mask: " + FormatMegaflow(a.key, a.mask) + " and " + FormatMegaflow(b.key, b.mask);
  }
  if (a.tags != b.tags) return "tags";
  if (a.stats != b.stats) return "statistics";
  return "";
}

// Equal decisions may recirculate under other ids: more may have been read on the way to them.
std::string WithoutIds(std::span<const Action> actions) {
  return std::regex_replace(FormatDatapathActions(actions), std::regex("recirc\\(0x[0-9a-f]+\\)"),
                            "recirc");
}

class PipelineOracleTest : public PipelineTest {
 protected:
  void MakeWorld(RandomPipeline& world, size_t rules) {
    pipelines_.clear();
    control_.Reset();
    Configure(Config(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Trunk(3)).With(Trunk(4))));
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
  FlowKey Mutated(Random& random, const FlowKey& key, const FlowMask& mask) {
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
        ASSERT_EQ(WithoutIds(record.actions), WithoutIds(fresh.actions.span()))
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
