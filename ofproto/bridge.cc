// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bridge.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "ofproto/config_snapshot.h"
#include "ofproto/translate/tags.h"

namespace vsw {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
// Rules that one timer call may remove: bounds the pause that others see.
constexpr size_t kMaxExpiredPerCall = 20'000;
// Beyond this, looking for single megaflows costs more than translating all of them again.
constexpr size_t kMaxTagsPerInvalidation = 32768;

}  // namespace

Bridge::Bridge(DatapathControl* control, MeterIndexPool* meters, BridgeHost* host,
               const SlowPathBridge& config)
    : control_(control),
      host_(host),
      id_(config.id),
      name_(config.name),
      dpid_(config.dpid),
      tables_(control),
      groups_(control),
      meters_(control, meters) {
  pipeline_.tables = &tables_;
  for (StatId& stat : pipeline_.miss_stats) stat = control_->AllocateStat();
  if (!config.fail_secure && config.controllers.empty()) EnterDefaultRule();
  Begin();
  Commit();
}

// REQUIRES: no worker can reach the bridge any more.
Bridge::~Bridge() {
  if (staged_) Abandon();
  for (const StatId stat : pipeline_.miss_stats) {
    if (stat != kNoStat) control_->ReleaseStat(stat);
  }
}

void Bridge::EnterDefaultRule() {
  FlowMod mod;
  mod.priority = 0;
  mod.instructions.apply = {act::Output{.port = kOfpNormal}};
  mod.instructions.has_apply = true;
  Begin();
  const OfStatus status = Stage(mod, {.stored = true});
  VSW_CHECK(status.ok());
  Note({});
}

void Bridge::Configure(const SlowPathBridge& config) {
  dpid_ = config.dpid;
  ConfigureOptions(config.tlv_map);
  const std::vector<PortStatus> changes = ports_.Configure(config, control_->NowNs());
  if (PortConfigChanged()) {  // a port is gone: its number may be another one's later
    Begin();
    Commit();
  }
  for (const PortStatus& status : changes) {
    for (BridgeObserver* observer : observers_) observer->OnPortStatus(status);
  }
}

bool Bridge::PortConfigChanged() const {
  const auto& settings = ports_.settings();
  return port_config_ == nullptr ? !settings.empty() : *port_config_ != settings;
}

void Bridge::Begin() {
  if (std::exchange(staged_, true)) return;
  version_ = tables_.Begin();
  groups_.Begin();
  meters_.Begin();
}

void Bridge::Note(const RequestOrigin& origin) {
  origins_.resize(tables_.changes().size(), origin);
}

OfStatus Bridge::CheckActionReferences(const OfActions& actions) const {
  for (const uint32_t group : GroupsIn(actions)) {
    if (groups_.staged()->Find(group) == nullptr) return OfErrorId::kBadOutGroup;
  }
  VSW_OF_RETURN_IF_ERROR(options_.Check(actions));
  for (const OfAction& action : actions) {
    const auto* meter = std::get_if<act::Meter>(&action.what);
    if (meter != nullptr && !meters_.StagedHas(meter->meter)) return OfErrorId::kInvalidMeter;
  }
  return {};
}

OfStatus Bridge::CheckReferences(const FlowMod& mod) const {
  if (mod.instructions.meter.has_value() && !meters_.StagedHas(*mod.instructions.meter)) {
    return OfErrorId::kInvalidMeter;
  }
  VSW_OF_RETURN_IF_ERROR(options_.Check(mod.match));
  VSW_OF_RETURN_IF_ERROR(CheckActionReferences(mod.instructions.apply));
  return CheckActionReferences(mod.instructions.write);
}

OfStatus Bridge::Stage(const FlowMod& mod, const TableSet::ModOptions& options) {
  using Command = FlowMod::Command;
  VSW_OF_RETURN_IF_ERROR(CheckMatch(mod.match));
  if (mod.command != Command::kDelete && mod.command != Command::kDeleteStrict) {
    ActionEnvironment environment;
    environment.table = mod.table == kTableAll ? 0 : mod.table;
    using Prerequisites = ActionEnvironment::Prerequisites;
    environment.prerequisites =
        mod.lenient_actions ? Prerequisites::kLenient : Prerequisites::kStrict;
    VSW_OF_RETURN_IF_ERROR(CheckInstructions(mod.instructions, mod.match, environment));
    VSW_OF_RETURN_IF_ERROR(CheckReferences(mod));
  }
  return tables_.Modify(mod, options);
}

OfStatus Bridge::Stage(const GroupMod& mod) {
  for (const Bucket& bucket : mod.buckets) {
    VSW_OF_RETURN_IF_ERROR(options_.Check(bucket.actions));
  }
  std::vector<uint32_t> deleted;
  VSW_OF_RETURN_IF_ERROR(groups_.Modify(mod, &changed_groups_, &deleted));
  for (const uint32_t group : deleted) {
    tables_.DeleteUsersOfGroup(group);
    changed_groups_.push_back(group);
  }
  return {};
}

OfStatus Bridge::Stage(const MeterMod& mod) {
  std::vector<uint32_t> deleted;
  VSW_OF_RETURN_IF_ERROR(meters_.Modify(mod, &deleted));
  for (const uint32_t meter : deleted) tables_.DeleteUsersOfMeter(meter);
  changed_meters_.push_back(mod.config.meter);
  return {};
}

OfStatus Bridge::ModifyFlow(const FlowMod& mod, const RequestOrigin& origin) {
  Begin();
  VSW_OF_RETURN_IF_ERROR(Stage(mod, {.stored = origin.connection == nullptr}));
  Note(origin);
  return {};
}

OfStatus Bridge::ModifyGroup(const GroupMod& mod, const RequestOrigin& origin) {
  Begin();
  VSW_OF_RETURN_IF_ERROR(Stage(mod));
  Note(origin);
  if (origin.connection == nullptr) stored_groups_.insert(mod.group);
  group_mods_.emplace_back(mod, origin);
  return {};
}

OfStatus Bridge::ModifyMeter(const MeterMod& mod, const RequestOrigin& origin) {
  Begin();
  VSW_OF_RETURN_IF_ERROR(Stage(mod));
  Note(origin);
  if (origin.connection == nullptr) stored_meters_.insert(mod.config.meter);
  meter_mods_.emplace_back(mod, origin);
  return {};
}

OfStatus Bridge::ModifyPort(const PortMod& mod) {
  VSW_OF_RETURN_IF_ERROR(ports_.Check(mod));
  StagePort(mod);
  Commit();
  return {};
}

void Bridge::StagePort(const PortMod& mod) {
  PortNo changed;
  VSW_CHECK(ports_.Modify(mod, &changed).ok());
  if (changed == kNoPort) return;
  Begin();
  changed_ports_.insert(changed);
}

OfStatus Bridge::ModifyTable(const TableMod& mod) {
  if (mod.table != kTableAll && mod.table >= kTableCount) return OfErrorId::kTableModBadTable;
  Begin();
  state_changed_ = true;
  const uint8_t first = mod.table == kTableAll ? 0 : mod.table;
  const uint8_t last = mod.table == kTableAll ? kTableCount - 1 : mod.table;
  for (uint8_t table = first; table <= last; ++table) {
    TableConfig& config = tables_.config(table);
    config.miss = mod.config.miss;
    if (mod.set_eviction) {
      config.eviction = mod.config.eviction;
      config.eviction_flags = mod.config.eviction_flags;
    }
    if (mod.set_vacancy) {
      config.vacancy_events = mod.config.vacancy_events;
      config.vacancy_down = mod.config.vacancy_down;
      config.vacancy_up = mod.config.vacancy_up;
    }
  }
  return {};
}

uint64_t Bridge::UsedTunnelOptions() {
  Commit();
  uint64_t used = 0;
  tables_.ForEach(FlowSelector(), [&used](const Rule& rule) {
    used |= TunnelOptionsIn(rule.match) | TunnelOptionsIn(rule.instructions);
  });
  for (const GroupDesc& group : groups_.List()) {
    for (const Bucket& bucket : group.buckets) used |= TunnelOptionsIn(bucket.actions);
  }
  return used;
}

OfStatus Bridge::ModifyTlvTable(const TlvTableMod& mod) {
  const uint64_t used = mod.command == TlvTableMod::Command::kAdd ? 0 : UsedTunnelOptions();
  VSW_OF_RETURN_IF_ERROR(options_.Modify(mod, used));
  const TunnelOptionMap map = options_.Map();
  control_->SetTunnelOptions(id_, map);
  option_map_ = map.empty() ? nullptr : std::make_shared<const TunnelOptionMap>(map);
  Begin();
  state_changed_ = true;
  Commit();
  return {};
}

void Bridge::ConfigureOptions(const TunnelOptionMap& options) {
  std::vector<TlvMapping> wanted;
  for (const TunnelOption& option : options) {
    wanted.push_back({option.option_class, option.type, option.bytes, option.index});
  }
  const auto apply = [this](TlvTableMod::Command command, const std::vector<TlvMapping>& from,
                            const std::vector<TlvMapping>& without) {
    for (const TlvMapping& mapping : from) {
      if (std::find(without.begin(), without.end(), mapping) != without.end()) continue;
      const OfStatus status = ModifyTlvTable({.command = command, .mappings = {mapping}});
      if (!status.ok()) {
        VSW_LOG_WARN("bridge {}: option map stays as it is: {}", name_, status.ToString());
      }
    }
  };
  const std::vector<TlvMapping> former = std::exchange(configured_options_, wanted);
  apply(TlvTableMod::Command::kDelete, former, wanted);
  apply(TlvTableMod::Command::kAdd, wanted, former);
}

OfStatus Bridge::ApplyBundle(std::span<const BundleEntry> entries, const RequestOrigin& origin,
                             size_t* failed) {
  Commit();  // what came before stays, whatever becomes of the bundle
  Begin();
  std::vector<const PortMod*> port_mods;
  std::vector<const PacketOut*> packets;
  OfStatus status;
  for (*failed = 0; *failed < entries.size(); ++*failed) {
    const BundleEntry& entry = entries[*failed];
    if (const auto* flow = std::get_if<FlowMod>(&entry)) {
      status = flow->buffer_id != kNoBuffer
                   ? OfStatus(OfErrorId::kBufferUnknown)
                   : Stage(*flow, {.stored = origin.connection == nullptr});
    } else if (const auto* group = std::get_if<GroupMod>(&entry)) {
      status = Stage(*group);
      group_mods_.emplace_back(*group, origin);
    } else if (const auto* meter = std::get_if<MeterMod>(&entry)) {
      status = Stage(*meter);
      meter_mods_.emplace_back(*meter, origin);
    } else if (const auto* port = std::get_if<PortMod>(&entry)) {
      status = ports_.Check(*port);
      port_mods.push_back(port);
    } else {
      packets.push_back(&std::get<PacketOut>(entry));
    }
    if (!status.ok()) break;
  }
  if (!status.ok()) {
    Abandon();
    return status;
  }
  Note(origin);
  for (const PortMod* port : port_mods) StagePort(*port);
  Commit();
  for (const PacketOut* packet : packets) (void)SendPacket(*packet).ok();
  return {};
}

std::unique_ptr<const PipelineState> Bridge::MakeState() const {
  auto state = std::make_unique<PipelineState>();
  state->version = version_;
  state->groups = groups_.present();
  state->meters = meters_.indices();
  state->port_config = port_config_;
  state->fragments = fragments_;
  for (uint8_t table = 0; table < kTableCount; ++table) {
    state->miss[table] = const_cast<TableSet&>(tables_).config(table).miss;
  }
  state->tunnel_options = option_map_;
  state->fail_open = fail_open_;
  return state;
}

void Bridge::Abandon() {
  tables_.Rollback();
  groups_.Drop();
  meters_.Drop();
  staged_ = state_changed_ = false;
  origins_.clear();
  changed_groups_.clear();
  changed_meters_.clear();
  changed_ports_.clear();
  group_mods_.clear();
  meter_mods_.clear();
}

void Bridge::Commit() {
  if (!staged_) return;
  const bool changed = !tables_.changes().empty() || !changed_groups_.empty() ||
                       !changed_meters_.empty() || !changed_ports_.empty() || PortConfigChanged() ||
                       state_changed_ || state_ == nullptr;
  if (!changed) return Abandon();
  staged_ = false;
  groups_.Keep();
  meters_.Keep();
  if (PortConfigChanged()) {
    port_config_ = std::make_shared<const std::map<PortNo, uint32_t>>(ports_.settings());
  }
  std::unique_ptr<const PipelineState> former = std::exchange(state_, MakeState());
  pipeline_.state.store(state_.get(), std::memory_order_release);
  // A translation under way by the former state still has to find the former rules.
  control_->Synchronize();
  former.reset();
  ForgetDecisions();
  TellOfChanges();
  std::vector<uint64_t> gone;
  for (const TableSet::RuleChange& change : tables_.changes()) {
    if (change.former != nullptr && !learned_.empty()) gone.push_back(change.former->id);
  }
  // Taken out of the classifiers, then freed.
  while (tables_.has_retired()) {
    tables_.Reclaim();
    control_->Synchronize();
  }
  groups_.Reclaim();
  meters_.Reclaim();
  if (DeleteLearned(gone)) Commit();
}

void Bridge::ForgetDecisions() {
  std::vector<Tag> tags;
  std::vector<DatapathControl::TagFilter> filters;
  bool everything = std::exchange(state_changed_, false);
  tables_.Apply(&tags, &filters, &everything);
  for (const uint32_t group : changed_groups_) tags.push_back(GroupTag(id_, group));
  for (const uint32_t meter : changed_meters_) {
    if (meter == kMeterAll) everything = true;
    tags.push_back(MeterTag(id_, meter));
  }
  for (const PortNo port : changed_ports_) tags.push_back(PortTag(port));
  if (!changed_ports_.empty()) tags.push_back(FloodTag(id_));
  changed_groups_.clear();
  changed_meters_.clear();
  if (tags.empty() && filters.empty() && !everything) return;
  tags.push_back(kAnyChangeTag);
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  if (everything || tags.size() + filters.size() > kMaxTagsPerInvalidation) {
    control_->InvalidateAll();
    // Counters of what went are final only now.
    control_->CollectStatistics();
    return;
  }
  control_->Invalidate(tags);
  if (!filters.empty()) control_->InvalidateMatching(filters);
}

void Bridge::TellOfChanges() {
  const uint64_t now_ns = control_->NowNs();
  const std::vector<TableSet::RuleChange>& changes = tables_.changes();
  for (size_t i = 0; i < changes.size() && !observers_.empty(); ++i) {
    const TableSet::RuleChange& change = changes[i];
    const bool deleted = change.event == FlowUpdate::Event::kDeleted;
    const Rule& rule = deleted ? *change.former : *change.rule;
    if (rule.bookkeeping.hidden) continue;
    FlowUpdate update{.event = change.event,
                      .flow = tables_.StatsOf(rule, now_ns),
                      .reason = change.reason,
                      .xid = i < origins_.size() ? origins_[i].xid : 0};
    const bool removed_wanted = deleted && (rule.flags & flow_flags::kSendFlowRemoved) != 0;
    for (BridgeObserver* observer : observers_) {
      observer->OnFlowUpdate(update, i < origins_.size() ? origins_[i] : RequestOrigin());
      if (removed_wanted) observer->OnFlowRemoved({update.flow, change.reason});
    }
  }
  for (const auto& [mod, origin] : std::exchange(group_mods_, {})) {
    for (BridgeObserver* observer : observers_) observer->OnGroupMod(mod, origin);
  }
  for (const auto& [mod, origin] : std::exchange(meter_mods_, {})) {
    for (BridgeObserver* observer : observers_) observer->OnMeterMod(mod, origin);
  }
  origins_.clear();
  for (const PortNo port : std::exchange(changed_ports_, {})) {
    const PortStatus status{PortStatusReason::kModify, ports_.Describe(port)};
    for (BridgeObserver* observer : observers_) observer->OnPortStatus(status);
  }
}

void Bridge::Learn(const LearnNote& note) {
  Begin();
  const TableSet::ModOptions options{
      .learner = note.learner, .from_learn = true, .learn_limit = note.limit};
  if (const OfStatus status = Stage(note.mod, options); !status.ok()) {
    VSW_LOG_DEBUG("bridge {}: a flow cannot be learned: {}", name_, status.ToString());
  } else if (note.delete_learned) {
    learned_[note.rule_id].insert({note.mod.table, note.mod.cookie});
  }
  Note({});
}

bool Bridge::DeleteLearned(const std::vector<uint64_t>& gone) {
  bool any = false;
  for (const uint64_t id : gone) {
    const auto found = learned_.find(id);
    if (found == learned_.end()) continue;
    for (const auto& [table, cookie] : found->second) {
      FlowMod mod;
      mod.command = FlowMod::Command::kDelete;
      mod.table = table;
      mod.match_cookie = cookie;
      mod.cookie_mask = ~uint64_t{0};
      Begin();
      (void)Stage(mod, {}).ok();
      any = true;
    }
    learned_.erase(found);
  }
  return any;
}

void Bridge::PacketArrived(const PacketIn& packet_in) {
  for (BridgeObserver* observer : observers_) observer->OnPacketIn(packet_in);
}

void Bridge::FinTimeout(uint64_t rule_id, uint16_t idle, uint16_t hard) {
  tables_.ReduceTimeouts(rule_id, idle, hard);
}

void Bridge::OnTimer() {
  if (!tables_.HasOverdue(control_->NowNs())) return;
  // What is in use must not seem idle because its use is not told of yet.
  control_->CollectStatistics();
  Begin();
  tables_.Expire(control_->NowNs(), kMaxExpiredPerCall);
  Note({});
  Commit();
}

OfStatus Bridge::SendPacket(const PacketOut& packet_out) {
  Commit();
  if (packet_out.buffer_id != kNoBuffer) return OfErrorId::kBufferUnknown;
  Begin();
  VSW_OF_RETURN_IF_ERROR(CheckActionReferences(packet_out.actions));
  ActionEnvironment environment;
  environment.prerequisites = ActionEnvironment::Prerequisites::kUnknown;
  VSW_OF_RETURN_IF_ERROR(CheckActions(packet_out.actions, Match(), environment));
  return host_->SendPacket(id_, packet_out);
}

std::vector<FlowStats> Bridge::ListFlows(const FlowSelector& selector) {
  Commit();
  control_->CollectStatistics();
  const uint64_t now_ns = control_->NowNs();
  std::vector<FlowStats> result;
  tables_.ForEach(selector, [&](const Rule& rule) {
    if (!rule.bookkeeping.hidden) result.push_back(tables_.StatsOf(rule, now_ns));
  });
  return result;
}

AggregateStats Bridge::Aggregate(const FlowSelector& selector) {
  Commit();
  control_->CollectStatistics();
  AggregateStats result;
  tables_.ForEach(selector, [&](const Rule& rule) {
    if (rule.bookkeeping.hidden) return;
    const StatTotals totals = tables_.CountersOf(rule);
    result.packets += totals.packets;
    result.bytes += totals.bytes;
    ++result.flows;
  });
  return result;
}

std::vector<TableStats> Bridge::ListTables() {
  Commit();
  control_->CollectStatistics();
  std::vector<TableStats> result;
  for (uint8_t table = 0; table < kTableCount; ++table) {
    const uint64_t matched = tables_.matched(table);
    const uint64_t missed = control_->ReadStat(pipeline_.miss_stats[table]).packets;
    result.push_back({.table = table,
                      .name = "table" + std::to_string(table),
                      .active = static_cast<uint32_t>(tables_.rule_count(table)),
                      .max_entries = tables_.max_rules(table),
                      .lookups = matched + missed,
                      .matched = matched,
                      .config = tables_.config(table)});
  }
  return result;
}

std::vector<PortStats> Bridge::ListPortStats() {
  const uint64_t now_ns = control_->NowNs();
  std::vector<PortStats> result;
  for (const auto& [number, entry] : ports_.ports()) {
    const PortTotalsView totals = host_->PortTotals(entry.number);
    result.push_back({.port = number,
                      .rx_packets = totals.rx_packets,
                      .tx_packets = totals.tx_packets,
                      .rx_bytes = totals.rx_bytes,
                      .tx_bytes = totals.tx_bytes,
                      .rx_dropped = totals.rx_dropped,
                      .tx_dropped = totals.tx_dropped,
                      .rx_errors = totals.rx_errors,
                      .tx_errors = totals.tx_errors,
                      .duration_ns = now_ns - entry.created_ns});
  }
  return result;
}

std::vector<GroupStats> Bridge::ListGroupStats() {
  Commit();
  control_->CollectStatistics();
  return groups_.ListStats(control_->NowNs(), [this](uint32_t group) {
    return static_cast<uint32_t>(tables_.CountUsersOfGroup(group));
  });
}

std::vector<MeterStats> Bridge::ListMeterStats() {
  Commit();
  control_->CollectStatistics();
  return meters_.ListStats(control_->NowNs(), [this](uint32_t meter) {
    return static_cast<uint32_t>(tables_.CountUsersOfMeter(meter));
  });
}

void Bridge::SetFragmentHandling(FragmentHandling handling) {
  if (std::exchange(fragments_, handling) == handling) return;
  Begin();
  state_changed_ = true;
}

void Bridge::SetControllersConnected(bool connected) { controllers_connected_ = connected; }

void Bridge::SetFailOpen(bool active) {
  if (std::exchange(fail_open_, active) == active) return;
  Begin();
  state_changed_ = true;
  Commit();
}

}  // namespace vsw
