// SPDX-License-Identifier: Apache-2.0
#include "tests/exactness/versions.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "ofproto/text/text.h"

namespace vsw::testing {
namespace {

bool SameRule(const FlowMod& a, const FlowMod& b) {
  return a.table == b.table && a.priority == b.priority && a.match == b.match;
}

// Which bucket a hash selects is not for the evaluator to say: one of each group has a weight.
GroupMod WithoutChoice(GroupMod mod) {
  if (mod.type != GroupType::kSelect) return mod;
  for (size_t i = 1; i < mod.buckets.size(); ++i) mod.buckets[i].weight = 0;
  return mod;
}

}  // namespace

Versions::Entries Versions::DrawRuleSet(size_t rules) {
  oracles_.assign(1, {});
  known_.assign(1, {});
  for (uint32_t port = 1; port <= kPorts; ++port) oracles_[0].ports.push_back(port);
  Entries entries;
  FlowMod no_rules;
  no_rules.command = FlowMod::Command::kDelete;
  no_rules.table = kTableAll;
  entries.emplace_back(no_rules);
  GroupMod no_groups;
  no_groups.command = GroupMod::Command::kDelete;
  no_groups.group = kGroupAll;
  entries.emplace_back(no_groups);
  for (uint32_t port = 1; port <= kPorts; ++port) {
    entries.emplace_back(PortMod{.port = port, .mask = port_config::kNoFwd});
  }
  // A bucket leads to the next group, which is there already.
  for (uint32_t group = kGroups; group > 0; --group) {
    entries.emplace_back(WithoutChoice(world_.RandomGroup(group)));
  }
  for (size_t i = 0; i < rules; ++i) entries.push_back(DrawRule());
  return entries;
}

BridgeControl::BundleEntry Versions::DrawRule() {
  FlowMod rule = world_.RandomRule();
  // What most actions ask of a packet, so that they are not refused.
  if (world_.random.OneIn(2)) rule.match.Set(FieldId::kEthType, FieldValue::OfU64(0x0800));
  if (world_.random.OneIn(3)) rule.match.Set(FieldId::kIpProto, FieldValue::OfU64(6));
  return rule;
}

Versions::Entries Versions::DrawChange() {
  const PipelineOracle& now = oracles_.back();
  Entries entries;
  for (uint32_t count = world_.random.OneIn(3) ? 4 : 1; count > 0; --count) {
    const uint32_t kind = now.rules.empty() ? 0 : world_.random.Below(8);
    if (kind < 3) {
      entries.push_back(DrawRule());
    } else if (kind < 6) {
      FlowMod mod = world_.random.Pick(now.rules);
      mod.command = FlowMod::Command::kDeleteStrict;
      if (kind == 5) {
        mod.command = FlowMod::Command::kModifyStrict;
        // Of a rule of the same table, so that it leads on and not back.
        FlowMod other = std::get<FlowMod>(DrawRule());
        while (other.table != mod.table) other = std::get<FlowMod>(DrawRule());
        mod.instructions = other.instructions;
      }
      entries.emplace_back(mod);
    } else if (kind == 6) {
      GroupMod mod = WithoutChoice(world_.RandomGroup(1 + world_.random.Below(kGroups)));
      mod.command = GroupMod::Command::kModify;
      entries.emplace_back(mod);
    } else {
      const uint32_t port = 1 + world_.random.Below(kPorts);
      const uint32_t config = world_.random.OneIn(2) ? port_config::kNoFwd : 0;
      entries.emplace_back(PortMod{.port = port, .config = config, .mask = port_config::kNoFwd});
    }
  }
  return entries;
}

void Versions::Do(const FlowMod& mod, PipelineOracle* oracle) {
  const auto same = [&](const FlowMod& rule) { return SameRule(rule, mod); };
  switch (mod.command) {
    case FlowMod::Command::kAdd:
      std::erase_if(oracle->rules, same);
      oracle->rules.push_back(mod);
      return;
    case FlowMod::Command::kDelete:
      return oracle->rules.clear();
    case FlowMod::Command::kDeleteStrict:
      std::erase_if(oracle->rules, same);
      return;
    default:
      if (std::ranges::none_of(oracle->rules, same)) {
        // As OpenFlow 1.0 has it, for those that set a cookie.
        if (mod.set_cookie && mod.cookie_mask == 0) oracle->rules.push_back(mod);
        return;
      }
      for (FlowMod& rule : oracle->rules) {
        if (same(rule)) rule.instructions = mod.instructions;
      }
  }
}

void Versions::Add(const Entries& entries) {
  PipelineOracle next = oracles_.back();
  for (const BridgeControl::BundleEntry& entry : entries) {
    if (const auto* flow = std::get_if<FlowMod>(&entry)) {
      Do(*flow, &next);
    } else if (const auto* group = std::get_if<GroupMod>(&entry)) {
      if (group->command == GroupMod::Command::kDelete) {
        next.groups.clear();
        continue;
      }
      GroupDesc& desc = next.groups[group->group];
      desc.group = group->group;
      desc.type = group->type;
      desc.buckets = group->buckets;
    } else if (const auto* port = std::get_if<PortMod>(&entry)) {
      std::erase(next.ports, port->port);
      if (port->config == 0) next.ports.push_back(port->port);
    }
  }
  oracles_.push_back(std::move(next));
  known_.emplace_back();
}

const Versions::Expected& Versions::Of(size_t version, const std::vector<Sample>& samples,
                                       size_t sample) {
  const auto [at, fresh] = known_[version].try_emplace(sample);
  if (!fresh) return at->second;
  const Sample& which = samples[sample];
  const OracleOutcome outcome = oracles_[version].Run(which.frame(), which.in_port());
  Expected& expected = at->second;
  expected.beyond_bounds = outcome.beyond_bounds;
  expected.hits = outcome.hits;
  for (const auto& [port, frame] : outcome.sent) {
    expected.leaving.push_back(fmt::format("{}:{}", port, which.Comparable(frame.bytes())));
  }
  std::sort(expected.leaving.begin(), expected.leaving.end());
  return expected;
}

std::string Versions::Describe(size_t version) const {
  std::string text = fmt::format("version {}:\n", version);
  for (const FlowMod& rule : oracles_[version].rules) {
    FlowStats stats;
    stats.table = rule.table;
    stats.match = rule.match;
    stats.priority = rule.priority;
    stats.instructions = rule.instructions;
    text += FormatFlowStats(stats) + "\n";
  }
  for (const auto& [number, group] : oracles_[version].groups) text += FormatGroup(group) + "\n";
  for (const uint32_t port : oracles_[version].ports) text += fmt::format("port {} ", port);
  return text + "\n";
}

}  // namespace vsw::testing
