// SPDX-License-Identifier: Apache-2.0
//
// What the database keeps of a bridge, entered as a whole: what is equal stays as it is, with its
// statistics; what controllers made is left alone.
#include <map>
#include <string_view>
#include <tuple>

#include "ofproto/bridge.h"
#include "ofproto/text/text.h"

namespace vsw {
namespace {

std::string TextOf(const FlowMod& mod) { return FormatFlow(mod); }
std::string TextOf(const MeterMod& mod) { return FormatMeter(mod.config); }
std::string TextOf(const GroupMod& mod) { return FormatGroup(mod); }

// Notes what the bridge says to a stored rule, unless it takes it.
template <typename Mod>
void NoteRefusal(const OfStatus& status, const Mod& mod, std::vector<RefusedRule>* refused) {
  if (!status.ok()) refused->push_back({TextOf(mod), status.ToString()});
}

// What tells rules of one table set apart (OpenFlow 1.3 section 5.2).
using RuleKey = std::tuple<uint8_t, uint16_t, std::string>;

RuleKey KeyOf(uint8_t table, uint16_t priority, const Match& match) {
  return {table, priority,
          std::string(reinterpret_cast<const char*>(&match), sizeof(match.value) * 2)};
}

bool IsEqual(const Rule& rule, const FlowMod& mod) {
  const Rule::Bookkeeping& book = rule.bookkeeping;
  return rule.cookie == mod.cookie && rule.flags == mod.flags &&
         book.idle_timeout == mod.idle_timeout && book.hard_timeout == mod.hard_timeout &&
         book.importance == mod.importance && rule.instructions == mod.instructions;
}

bool IsEqual(const GroupDesc& desc, const GroupMod& mod) {
  if (desc.type != mod.type || desc.buckets.size() != mod.buckets.size() ||
      desc.selection_method != mod.selection_method ||
      desc.selection_parameter != mod.selection_parameter ||
      desc.selection_fields != mod.selection_fields) {
    return false;
  }
  for (size_t i = 0; i < desc.buckets.size(); ++i) {
    Bucket wanted = mod.buckets[i];
    if (wanted.id == kBucketAll) wanted.id = desc.buckets[i].id;
    if (!(wanted == desc.buckets[i])) return false;
  }
  return true;
}

}  // namespace

std::vector<RefusedRule> Bridge::ReplaceStoredRules(const StoredRules& rules) {
  Refused refused;
  Commit();
  Begin();
  ReplaceStoredMeters(rules.meters, &refused);
  ReplaceStoredGroups(rules.groups, &refused);
  ReplaceStoredFlows(rules.flows, &refused);
  DeleteFormerGroups(rules.groups);
  Note({});
  Commit();
  return refused;
}

void Bridge::ReplaceStoredMeters(const std::vector<MeterMod>& meters, Refused* refused) {
  std::set<uint32_t> wanted;
  for (MeterMod mod : meters) {
    wanted.insert(mod.config.meter);
    if (meters_.StagedHas(mod.config.meter)) mod.command = MeterMod::Command::kModify;
    NoteRefusal(Stage(mod), mod, refused);
  }
  for (const uint32_t meter : stored_meters_) {
    if (wanted.contains(meter)) continue;
    MeterMod mod;
    mod.command = MeterMod::Command::kDelete;
    mod.config.meter = meter;
    (void)Stage(mod).ok();
  }
  stored_meters_ = std::move(wanted);
}

void Bridge::ReplaceStoredGroups(const std::vector<GroupMod>& groups, Refused* refused) {
  std::vector<const GroupMod*> waiting;
  for (const GroupMod& mod : groups) waiting.push_back(&mod);
  // A group may refer to one that comes later: again, as long as some can be entered.
  for (bool progress = true; progress && !waiting.empty();) {
    progress = false;
    std::vector<const GroupMod*> not_yet;
    for (const GroupMod* wanted : waiting) {
      const GroupEntry* present = groups_.staged()->Find(wanted->group);
      if (present != nullptr && IsEqual(present->desc, *wanted)) {
        progress = true;
        continue;
      }
      GroupMod mod = *wanted;
      mod.command = present != nullptr ? GroupMod::Command::kModify : GroupMod::Command::kAdd;
      if (Stage(mod).ok()) {
        progress = true;
      } else {
        not_yet.push_back(wanted);
      }
    }
    waiting = std::move(not_yet);
  }
  for (const GroupMod* mod : waiting) NoteRefusal(Stage(*mod), *mod, refused);
}

void Bridge::DeleteFormerGroups(const std::vector<GroupMod>& groups) {
  std::set<uint32_t> wanted;
  for (const GroupMod& mod : groups) wanted.insert(mod.group);
  for (const uint32_t group : stored_groups_) {
    if (wanted.contains(group)) continue;
    GroupMod mod;
    mod.command = GroupMod::Command::kDelete;
    mod.group = group;
    (void)Stage(mod).ok();
  }
  stored_groups_ = std::move(wanted);
}

void Bridge::ReplaceStoredFlows(const std::vector<FlowMod>& flows, Refused* refused) {
  std::map<RuleKey, const Rule*> former;
  tables_.ForEach({}, [&former](const Rule& rule) {
    if (rule.bookkeeping.stored) former[KeyOf(rule.table, rule.priority, rule.match)] = &rule;
  });
  std::vector<const FlowMod*> fresh;
  for (const FlowMod& mod : flows) {
    const auto found = former.find(KeyOf(mod.table, mod.priority, mod.match));
    const bool same = found != former.end() && IsEqual(*found->second, mod);
    if (found != former.end()) former.erase(found);  // replaced, or left as it is
    if (!same) fresh.push_back(&mod);
  }
  for (const auto& [key, rule] : former) {
    FlowMod mod;
    mod.command = FlowMod::Command::kDeleteStrict;
    mod.table = rule->table;
    mod.match = rule->match;
    mod.priority = rule->priority;
    (void)Stage(mod, {}).ok();
  }
  for (const FlowMod* mod : fresh) NoteRefusal(Stage(*mod, {.stored = true}), *mod, refused);
}

}  // namespace vsw
