// SPDX-License-Identifier: Apache-2.0
#include "control/rules/rule_book.h"

#include "control/field_error.h"
#include "control/rules/buckets.h"

namespace vsw::control {
namespace {

using Command = FlowMod::Command;

absl::Status Refuse(OfErrorId id, const std::string& detail) {
  const std::string message = OfStatus(id, detail).ToString();
  switch (id) {
    case OfErrorId::kGroupExists:
    case OfErrorId::kMeterExists:
    case OfErrorId::kBucketExists:
    case OfErrorId::kOverlap:
      return AlreadyExists("{}", message);
    case OfErrorId::kUnknownGroup:
    case OfErrorId::kUnknownMeter:
    case OfErrorId::kUnknownBucket:
      return NotFound("{}", message);
    default:
      return FailedPrecondition("{}", message);
  }
}

// Remembers what was there before the first change to it.
template <typename Map>
void Remember(const Map& map, const typename Map::key_type& key, Map* journal) {
  const auto found = map.find(key);
  journal->try_emplace(key, found == map.end() ? nullptr : found->second);
}

template <typename Map>
void Restore(const Map& journal, Map* map) {
  for (const auto& [key, former] : journal) {
    if (former == nullptr) {
      map->erase(key);
    } else {
      (*map)[key] = former;
    }
  }
}

bool IsSelected(const FlowChange& change, const StoredFlow& flow) {
  if (((flow.cookie ^ change.match_cookie) & change.cookie_mask) != 0) return false;
  if (change.command == Command::kModify || change.command == Command::kModifyStrict) return true;
  if (change.out_port != kOfpAny && !Contains(flow.references.ports, change.out_port)) return false;
  return change.out_group == kGroupAny || Contains(flow.references.groups, change.out_group);
}

template <typename Map, typename Value>
void Compare(const std::string& bridge, const Map& map, const Map& journal, Value to_text,
             std::vector<db::NumberKey>* deleted, std::vector<db::TextRecord>* put) {
  for (const auto& [number, former] : journal) {
    const auto now = map.find(number);
    const db::NumberKey key{.bridge = bridge, .number = number};
    if (now == map.end()) {
      if (former != nullptr) deleted->push_back(key);
    } else if (former != now->second) {
      put->push_back({.key = key, .text = to_text(*now->second)});
    }
  }
}

}  // namespace

absl::Status RuleBook::Apply(const RuleChange& change, Journal* journal,
                             std::vector<RuleText>* sent) {
  return std::visit([&](const auto& what) { return Do(what, change.text, journal, sent); },
                    change.what);
}

// --- Flows ---------------------------------------------------------------------------------------

absl::Status RuleBook::Do(const FlowChange& change, const std::string& text, Journal* journal,
                          std::vector<RuleText>* sent) {
  sent->push_back({change.command, text});
  switch (change.command) {
    case Command::kAdd:
      return Add(change, journal);
    case Command::kModify:
    case Command::kModifyStrict:
      return Modify(change, journal, sent);
    case Command::kDelete:
    case Command::kDeleteStrict:
      Delete(change, journal);
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status RuleBook::Add(const FlowChange& change, Journal* journal) {
  VSW_RETURN_IF_ERROR(CheckReferences(change.flow->references));
  if (change.check_overlap) VSW_RETURN_IF_ERROR(CheckOverlap(change));
  const auto found = flows_.find(change.id);
  if (change.expires) {
    // It takes the place of a stored rule, and leaves it empty when its time is over.
    if (found != flows_.end()) EraseFlow(found, journal);
    return absl::OkStatus();
  }
  if (found == flows_.end() && flows_.size() >= kMaxFlows) {
    return ResourceExhausted("the bridge has {} stored rules, which is the most", kMaxFlows);
  }
  PutFlow(change.id, change.flow, journal);
  return absl::OkStatus();
}

absl::Status RuleBook::Modify(const FlowChange& change, Journal* journal,
                              std::vector<RuleText>* sent) {
  VSW_RETURN_IF_ERROR(CheckReferences(change.flow->references));
  const std::vector<FlowId> selected = Select(change);
  for (const FlowId& id : selected) {
    auto changed = std::make_shared<StoredFlow>(*flows_.at(id));
    changed->actions = change.flow->actions;
    changed->references = change.flow->references;
    if (change.set_cookie) changed->cookie = change.flow->cookie;
    PutFlow(id, std::move(changed), journal);
  }
  if (!selected.empty() || !change.adds_if_none || change.expires) return absl::OkStatus();
  FlowChange added = change;
  if (added.id.table == kTableAll) added.id.table = 0;
  // The switch adds one only if it has none, and it may have a controller's.
  sent->push_back({Command::kAdd, TextOf(added.id, *added.flow)});
  return Add(added, journal);
}

void RuleBook::Delete(const FlowChange& change, Journal* journal) {
  for (const FlowId& id : Select(change)) {
    EraseFlow(flows_.find(id), journal);
  }
}

std::vector<FlowId> RuleBook::Select(const FlowChange& change) const {
  const bool strict =
      change.command == Command::kModifyStrict || change.command == Command::kDeleteStrict;
  std::vector<FlowId> selected;
  const bool all_tables = change.id.table == kTableAll;
  auto flow = flows_.begin();
  if (!all_tables)
    flow = flows_.lower_bound({.table = change.id.table, .priority = 0, .match = {}});
  if (strict && !all_tables) flow = flows_.find(change.id);
  for (; flow != flows_.end(); ++flow) {
    const auto& [id, stored] = *flow;
    if (!all_tables && id.table != change.id.table) break;
    if (strict && (id.priority != change.id.priority || id.match != change.id.match)) {
      if (!all_tables) break;
      continue;
    }
    if (!strict && !stored->match.IsWithin(change.flow->match)) continue;
    if (IsSelected(change, *stored)) selected.push_back(id);
  }
  return selected;
}

absl::Status RuleBook::CheckReferences(const References& references) const {
  for (const uint32_t group : references.groups) {
    if (groups_.contains(group)) continue;
    return Refuse(OfErrorId::kBadOutGroup,
                  fmt::format("group {} is not stored, so that the rule would not survive a "
                              "restart; add the group first",
                              group));
  }
  for (const uint32_t meter : references.meters) {
    if (meters_.contains(meter) || meter > kMeterMax) continue;
    return Refuse(OfErrorId::kInvalidMeter,
                  fmt::format("meter {} is not stored, so that the rule would not survive a "
                              "restart; add the meter first",
                              meter));
  }
  return absl::OkStatus();
}

absl::Status RuleBook::CheckOverlap(const FlowChange& change) const {
  const FlowId first{.table = change.id.table, .priority = change.id.priority, .match = {}};
  for (auto flow = flows_.lower_bound(first); flow != flows_.end(); ++flow) {
    const auto& [id, stored] = *flow;
    if (id.table != first.table || id.priority != first.priority) break;
    if (!stored->match.Overlaps(change.flow->match)) continue;
    return Refuse(OfErrorId::kOverlap, TextOf(id, *stored));
  }
  return absl::OkStatus();
}

absl::Status RuleBook::Replace(std::optional<uint8_t> table, const std::vector<RuleChange>& added,
                               Journal* journal, std::vector<RuleText>* sent) {
  FlowMap wanted;
  for (size_t i = 0; i < added.size(); ++i) {
    const auto* flow = std::get_if<FlowChange>(&added[i].what);
    absl::Status status;
    if (flow == nullptr || flow->command != Command::kAdd) {
      status = InvalidArgument("replacing takes rules to add, and nothing else");
    } else if (table.has_value() && flow->id.table != *table) {
      status = InvalidArgument("the rule is in table {}, but table {} is replaced", flow->id.table,
                               *table);
    } else {
      status = CheckReferences(flow->flow->references);
    }
    if (!status.ok()) return Below(fmt::format("changes[{}].flow.rule", i), status);
    if (flow->expires) {
      wanted.erase(flow->id);
    } else {
      wanted[flow->id] = flow->flow;
    }
    sent->push_back({Command::kAdd, added[i].text});
  }
  for (auto flow = flows_.begin(); flow != flows_.end();) {
    const auto here = flow++;
    const bool in_scope = !table.has_value() || here->first.table == *table;
    if (in_scope && !wanted.contains(here->first)) EraseFlow(here, journal);
  }
  for (const auto& [id, flow] : wanted) PutFlow(id, flow, journal);
  if (flows_.size() > kMaxFlows) {
    return ResourceExhausted("{} rules; the most that a bridge stores is {}", flows_.size(),
                             kMaxFlows);
  }
  return absl::OkStatus();
}

void RuleBook::PutFlow(const FlowId& id, std::shared_ptr<const StoredFlow> flow, Journal* journal) {
  const auto found = flows_.find(id);
  if (found != flows_.end() && *found->second == *flow) return;
  Remember(flows_, id, &journal->flows);
  flows_[id] = std::move(flow);
}

void RuleBook::EraseFlow(FlowMap::iterator flow, Journal* journal) {
  Remember(flows_, flow->first, &journal->flows);
  flows_.erase(flow);
}

void RuleBook::DeleteUsers(std::vector<uint32_t> References::*list, uint32_t number,
                           Journal* journal) {
  for (auto flow = flows_.begin(); flow != flows_.end();) {
    const auto here = flow++;
    if (Contains(here->second->references.*list, number)) EraseFlow(here, journal);
  }
}

// --- Groups --------------------------------------------------------------------------------------

absl::Status RuleBook::Do(const GroupMod& mod, const std::string& text, Journal* journal,
                          std::vector<RuleText>* sent) {
  using GroupCommand = GroupMod::Command;
  const auto found = groups_.find(mod.group);
  const std::string name = fmt::format("group {}", mod.group);
  if (mod.command == GroupCommand::kDelete) {
    sent->push_back({mod.command, text});
    DeleteGroups(mod.group, journal);
    return absl::OkStatus();
  }
  if (mod.command == GroupCommand::kAdd && found != groups_.end()) {
    return Refuse(OfErrorId::kGroupExists, name);
  }
  const bool needs_one =
      mod.command != GroupCommand::kAdd && mod.command != GroupCommand::kAddOrModify;
  if (needs_one && found == groups_.end()) return Refuse(OfErrorId::kUnknownGroup, name);
  GroupMod done = mod;
  GroupDesc group{.group = mod.group,
                  .type = mod.type,
                  .buckets = mod.buckets,
                  .selection_method = mod.selection_method,
                  .selection_parameter = mod.selection_parameter,
                  .selection_fields = mod.selection_fields};
  OfStatus status;
  if (mod.command == GroupCommand::kInsertBucket) {
    group = *found->second;
    status = InsertBuckets(mod.command_bucket, &done.buckets, &group.buckets);
  } else if (mod.command == GroupCommand::kRemoveBucket) {
    group = *found->second;
    status = RemoveBuckets(mod.command_bucket, &group.buckets);
  }
  if (!status.ok()) return Refuse(status.id(), fmt::format("{}: {}", name, status.detail()));
  // Buckets that were given numbers only now have them on the switch too.
  sent->push_back({mod.command, mod.command == GroupCommand::kInsertBucket ? TextOf(done) : text});
  PutGroup(std::move(group), journal);
  return absl::OkStatus();
}

void RuleBook::PutGroup(GroupDesc group, Journal* journal) {
  Remember(groups_, group.group, &journal->groups);
  const uint32_t number = group.group;
  groups_[number] = std::make_shared<const GroupDesc>(std::move(group));
}

void RuleBook::DeleteGroups(uint32_t group, Journal* journal) {
  for (auto row = groups_.begin(); row != groups_.end();) {
    const auto here = row++;
    if (group != kGroupAll && here->first != group) continue;
    DeleteUsers(&References::groups, here->first, journal);
    Remember(groups_, here->first, &journal->groups);
    groups_.erase(here);
  }
}

// --- Meters --------------------------------------------------------------------------------------

absl::Status RuleBook::Do(const MeterMod& mod, const std::string& text, Journal* journal,
                          std::vector<RuleText>* sent) {
  const uint32_t meter = mod.config.meter;
  const bool there = meters_.contains(meter);
  const std::string name = fmt::format("meter {}", meter);
  sent->push_back({mod.command, text});
  if (mod.command == MeterMod::Command::kDelete) {
    DeleteMeters(meter, journal);
    return absl::OkStatus();
  }
  if (mod.command == MeterMod::Command::kAdd && there) {
    return Refuse(OfErrorId::kMeterExists, name);
  }
  if (mod.command == MeterMod::Command::kModify && !there) {
    return Refuse(OfErrorId::kUnknownMeter, name);
  }
  Remember(meters_, meter, &journal->meters);
  meters_[meter] = std::make_shared<const MeterConfig>(mod.config);
  return absl::OkStatus();
}

void RuleBook::DeleteMeters(uint32_t meter, Journal* journal) {
  for (auto row = meters_.begin(); row != meters_.end();) {
    const auto here = row++;
    if (meter != kMeterAll && here->first != meter) continue;
    DeleteUsers(&References::meters, here->first, journal);
    Remember(meters_, here->first, &journal->meters);
    meters_.erase(here);
  }
}

// --- All -----------------------------------------------------------------------------------------

void RuleBook::Clear(Journal* journal) {
  while (!flows_.empty()) EraseFlow(flows_.begin(), journal);
  DeleteGroups(kGroupAll, journal);
  DeleteMeters(kMeterAll, journal);
}

void RuleBook::Rollback(const Journal& journal) {
  Restore(journal.flows, &flows_);
  Restore(journal.groups, &groups_);
  Restore(journal.meters, &meters_);
}

db::RuleDelta RuleBook::Difference(const std::string& bridge, const Journal& journal) const {
  db::RuleDelta delta;
  for (const auto& [id, former] : journal.flows) {
    const auto now = flows_.find(id);
    db::FlowKey key{
        .bridge = bridge, .table = id.table, .priority = id.priority, .match = id.match};
    if (now == flows_.end()) {
      if (former != nullptr) delta.deleted_flows.push_back(std::move(key));
    } else if (former == nullptr || *former != *now->second) {
      delta.put.flows.push_back({.key = std::move(key),
                                 .cookie = now->second->cookie,
                                 .flags = now->second->flags,
                                 .importance = now->second->importance,
                                 .actions = now->second->actions});
    }
  }
  Compare(
      bridge, groups_, journal.groups, [](const GroupDesc& group) { return TextOf(group); },
      &delta.deleted_groups, &delta.put.groups);
  Compare(
      bridge, meters_, journal.meters, [](const MeterConfig& meter) { return FormatMeter(meter); },
      &delta.deleted_meters, &delta.put.meters);
  return delta;
}

namespace {

absl::Status BadRow(const std::string& what, const absl::Status& status) {
  return absl::DataLossError(
      fmt::format("database: {}: {}; restore the file from a backup, or delete the row", what,
                  std::string(status.message())));
}

}  // namespace

absl::Status RuleBook::Load(const db::FlowRecord& record) {
  const FlowId id{
      .table = record.key.table, .priority = record.key.priority, .match = record.key.match};
  StoredFlow row;
  row.cookie = record.cookie;
  row.flags = record.flags;
  row.importance = record.importance;
  row.actions = record.actions;
  absl::StatusOr<FlowChange> change = ReadStoredFlow(id, row);
  if (!change.ok()) {
    return BadRow(fmt::format("bridge {}: rule {}", record.key.bridge, TextOf(id, row)),
                  change.status());
  }
  flows_[id] = change->flow;
  return absl::OkStatus();
}

absl::Status RuleBook::LoadGroup(const db::TextRecord& record) {
  absl::StatusOr<RuleChange> change =
      ReadGroupChange(GroupMod::Command::kAdd, record.text, /*ports=*/nullptr);
  Journal journal;
  std::vector<RuleText> sent;
  const absl::Status status = change.ok() ? Apply(*change, &journal, &sent) : change.status();
  if (status.ok()) return status;
  return BadRow(fmt::format("bridge {}: group {}", record.key.bridge, record.text), status);
}

absl::Status RuleBook::LoadMeter(const db::TextRecord& record) {
  absl::StatusOr<RuleChange> change = ReadMeterChange(MeterMod::Command::kAdd, record.text);
  Journal journal;
  std::vector<RuleText> sent;
  const absl::Status status = change.ok() ? Apply(*change, &journal, &sent) : change.status();
  if (status.ok()) return status;
  return BadRow(fmt::format("bridge {}: meter {}", record.key.bridge, record.text), status);
}

bool RuleBook::Holds(const std::string& text) const {
  if (text.starts_with("group_id=")) {
    const auto change = ReadGroupChange(GroupMod::Command::kAdd, text, nullptr);
    if (!change.ok()) return false;
    const auto group = groups_.find(std::get<GroupMod>(change->what).group);
    return group != groups_.end() && TextOf(*group->second) == change->text;
  }
  if (text.starts_with("meter=")) {
    const auto change = ReadMeterChange(MeterMod::Command::kAdd, text);
    if (!change.ok()) return false;
    const auto meter = meters_.find(std::get<MeterMod>(change->what).config.meter);
    return meter != meters_.end() && FormatMeter(*meter->second) == change->text;
  }
  const auto change = ReadFlowChange(FlowMod::Command::kAdd, text, nullptr);
  if (!change.ok()) return false;
  const FlowChange& wanted = std::get<FlowChange>(change->what);
  const auto flow = flows_.find(wanted.id);
  return flow != flows_.end() &&
         TextOf(flow->first, *flow->second) == TextOf(wanted.id, *wanted.flow);
}

}  // namespace vsw::control
