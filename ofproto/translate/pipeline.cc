// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/pipeline.h"

#include <optional>
#include <utility>

#include "ofproto/table/table_set.h"
#include "ofproto/translate/action_set.h"
#include "ofproto/translate/execute_actions.h"
#include "ofproto/translate/liveness.h"
#include "ofproto/translate/meter.h"
#include "ofproto/translate/normal.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/send_to_controller.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

// Stands in a way's hash for "no rule", next to rule ids.
constexpr uint64_t kMissed = ~uint64_t{0};

const Rule* LookUp(TranslationContext& context, uint8_t table, uint32_t in_port) {
  const BridgePipeline& pipeline = *context.stay.bridge->pipeline;
  const TableSet& tables = *pipeline.tables;
  const PipelineState& state = *context.stay.state;
  FieldView& view = context.view;
  const bool hide_ports = state.fragments != FragmentHandling::kNxMatch;

  const uint32_t own_port = view.pipeline_in_port();
  view.set_pipeline_in_port(in_port);
  const Rule* rule = view.LookUp(hide_ports, [&](const MatchKey& key, MatchKey* marks) {
    return tables.Lookup(table, state.version, key, marks);
  });
  view.set_pipeline_in_port(own_port);
  const bool pristine = view.was_pristine();

  if (context.FirstLookupIn(table)) context.DependOn(TableSet::TableTag(tables.id(), table));
  if (rule != nullptr) {
    context.DependOn(TableSet::RuleTag(rule->id, pristine));
    context.Count(rule->stat);
  } else {
    context.DependOn(TableSet::MissTag(tables.id(), table, pristine));
    context.Count(pipeline.miss_stats[table]);
  }
  context.WentBy(rule != nullptr ? rule->id : kMissed);
  return rule;
}

void WriteActions(TranslationContext& context, const OfActions& actions) {
  for (const OfAction& action : actions) {
    const uint32_t added =
        context.Remember({.previous = context.stay.action_set, .action = &action, .value = {}},
                         DropReason::kTooManySteps);
    if (added == 0) return;
    context.stay.action_set = added;
  }
  context.view.set_actset_output(ActionSetOutput(context));
}

// Returns the table to go on with.
std::optional<uint8_t> Follow(TranslationContext& context, const Rule& rule, uint8_t table) {
  const Instructions& instructions = rule.instructions;
  const Rule* const caller = std::exchange(context.stay.rule, &rule);
  const uint8_t caller_table = std::exchange(context.stay.table, table);
  const ActionSource caller_source = std::exchange(
      context.stay.source, rule.is_table_miss ? ActionSource::kTableMiss : ActionSource::kRule);
  if (instructions.meter.has_value()) ApplyMeter(context, *instructions.meter);
  // A TTL that ran out ends the rule: what it has yet to do, and where it leads.
  const bool goes_on = ExecuteActions(context, instructions.apply) && !context.halted();
  if (goes_on) {
    if (instructions.clear) {
      context.stay.action_set = 0;
      context.view.set_actset_output(kOfpUnset);
    }
    if (!instructions.write.empty()) WriteActions(context, instructions.write);
    if (instructions.metadata_mask != 0) {
      context.view.WriteMetadata(instructions.metadata, instructions.metadata_mask);
    }
  }
  context.stay.rule = caller;
  context.stay.table = caller_table;
  context.stay.source = caller_source;
  return goes_on ? instructions.goto_table : std::nullopt;
}

// What becomes of a packet that no rule matches. True: it goes on to the next table.
bool Miss(TranslationContext& context, uint8_t table) {
  const PipelineState& state = *context.stay.state;
  bool to_controller = false;
  switch (state.miss[table]) {
    case TableConfig::Miss::kContinue:
      if (table + 1 < kTableCount) return true;
      break;
    case TableConfig::Miss::kController:
      to_controller = true;
      break;
    case TableConfig::Miss::kDefault:
      to_controller = state.miss_to_controller;
      break;
    case TableConfig::Miss::kDrop:
      break;
  }
  context.Drop(DropReason::kTableMiss);
  if (to_controller) SendMissToController(context, table);
  return false;
}

}  // namespace

void RunTables(TranslationContext& context, uint8_t table, uint32_t in_port, bool misses_count) {
  while (context.Step()) {
    if (table >= kTableCount) return context.Drop(DropReason::kTableMiss);
    if (!ParseAgain(context)) return;
    const Rule* rule = LookUp(context, table, in_port);
    const TraceLevel level(context, [&] { return DescribeLookup(context, table, rule); });
    if (rule == nullptr) {
      if (!misses_count) return context.Drop(DropReason::kTableMiss);
      if (!Miss(context, table)) return;
      ++table;
      continue;
    }
    const std::optional<uint8_t> next = Follow(context, *rule, table);
    if (!next.has_value()) return;
    table = *next;
    in_port = context.view.pipeline_in_port();  // another one counts for one lookup alone
    misses_count = true;
  }
}

void ReceiveInBridge(TranslationContext& context, const PortRules& in) {
  const BridgeRules& bridge = context.config.BridgeOf(in);
  context.DependOn(PortTag(in.number));
  context.stay = {.bridge = &bridge, .in = &in, .state = context.StateOf(bridge)};
  context.stay.in_config = context.ConfigOf(in);
  context.view.ResetPipeline(in.of_port);
  const TraceLevel level(context, [&] { return DescribeBridge(context); });
  if ((context.stay.in_config & port_config::kDown) != 0)
    return context.Drop(DropReason::kPortDown);
  if ((context.stay.in_config & port_config::kNoRecv) != 0)
    return context.Drop(DropReason::kNoReceive);
  // What a bridge on the way here uncovered has to be known before anything is read.
  if (!ParseAgain(context)) return;
  if (in.tunnel.bfd.enabled && TakeBfd(context, in)) return;
  if (context.stay.state == nullptr || context.stay.state->fail_open) {
    return TranslateNormal(context, bridge, in, context.view.tags());
  }
  if (context.stay.state->fragments == FragmentHandling::kDrop &&
      context.view.ip_frag(kFragAny) != 0) {
    return context.Drop(DropReason::kFragmentDropped);
  }
  RunTables(context, 0, in.of_port, true);
  context.ClearExit();
  RunActionSet(context);
  context.Drop(DropReason::kRuleDrops);
}

}  // namespace vsw
