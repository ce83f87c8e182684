// SPDX-License-Identifier: Apache-2.0
#include "tests/ofproto/connection/fake_bridge.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace vsw::testing {

FakeBridge::FakeBridge(ThreadedControl* control, std::string name)
    : control_(control), name_(std::move(name)) {}

FakeBridge::~FakeBridge() {
  if (!observers_.empty()) std::abort();  // somebody would go on to use the bridge
}

void FakeBridge::Note(std::string what) {
  if (!control_->OnSlowThread()) throw std::logic_error(what + " not on the slow thread");
  log_.push_back(std::move(what));
}

OfStatus FakeBridge::Refusal() {
  if (!refusal_.has_value()) return {};
  return *std::exchange(refusal_, std::nullopt);
}

FlowStats FakeBridge::StatsOf(const Rule& rule) const {
  FlowStats stats = rule.stats;
  stats.duration_ns = control_->NowNs() - rule.created_ns;
  stats.hard_ns = control_->NowNs() - rule.modified_ns;
  return stats;
}

void FakeBridge::Update(FlowUpdate::Event event, const Rule& rule, const RequestOrigin& origin) {
  const FlowUpdate update{event, StatsOf(rule)};
  for (BridgeObserver* observer : observers_) observer->OnFlowUpdate(update, origin);
}

OfStatus FakeBridge::ModifyFlow(const FlowMod& mod, const RequestOrigin& origin) {
  Note("flow");
  VSW_OF_RETURN_IF_ERROR(Refusal());
  if (mod.command == FlowMod::Command::kDelete || mod.command == FlowMod::Command::kDeleteStrict) {
    std::vector<Rule> kept;
    for (Rule& rule : rules_) {
      const bool goes = (mod.table == kTableAll || rule.stats.table == mod.table) &&
                        rule.stats.match.IsWithin(mod.match);
      if (!goes) {
        kept.push_back(std::move(rule));
        continue;
      }
      Update(FlowUpdate::Event::kDeleted, rule, origin);
      if ((rule.stats.flags & flow_flags::kSendFlowRemoved) != 0) {
        const FlowRemoved removed{StatsOf(rule), FlowRemovedReason::kDelete};
        for (BridgeObserver* observer : observers_) observer->OnFlowRemoved(removed);
      }
    }
    rules_ = std::move(kept);
    return {};
  }
  const uint64_t now_ns = control_->NowNs();
  for (Rule& rule : rules_) {
    if (rule.stats.table != mod.table || rule.stats.priority != mod.priority ||
        !(rule.stats.match == mod.match)) {
      continue;
    }
    rule.stats.instructions = mod.instructions;
    rule.modified_ns = now_ns;
    Update(FlowUpdate::Event::kModified, rule, origin);
    return {};
  }
  FlowStats stats;
  stats.table = mod.table;
  stats.match = mod.match;
  stats.priority = mod.priority;
  stats.cookie = mod.cookie;
  stats.flags = mod.flags;
  stats.instructions = mod.instructions;
  rules_.push_back({std::move(stats), now_ns, now_ns});
  Update(FlowUpdate::Event::kAdded, rules_.back(), origin);
  return {};
}

OfStatus FakeBridge::ModifyGroup(const GroupMod& mod, const RequestOrigin& origin) {
  Note("group");
  VSW_OF_RETURN_IF_ERROR(Refusal());
  if (mod.command == GroupMod::Command::kDelete) {
    groups_.erase(mod.group);
  } else {
    GroupDesc desc;
    desc.group = mod.group;
    desc.type = mod.type;
    desc.buckets = mod.buckets;
    groups_[mod.group] = desc;
  }
  for (BridgeObserver* observer : observers_) observer->OnGroupMod(mod, origin);
  return {};
}

OfStatus FakeBridge::ModifyMeter(const MeterMod& mod, const RequestOrigin& origin) {
  Note("meter");
  VSW_OF_RETURN_IF_ERROR(Refusal());
  if (mod.command == MeterMod::Command::kDelete) {
    meters_.erase(mod.config.meter);
  } else {
    meters_[mod.config.meter] = mod.config;
  }
  for (BridgeObserver* observer : observers_) observer->OnMeterMod(mod, origin);
  return {};
}

OfStatus FakeBridge::ModifyPort(const PortMod& mod) {
  Note("port " + std::to_string(mod.port));
  return Refusal();
}

OfStatus FakeBridge::ModifyTable(const TableMod&) {
  Note("table");
  return Refusal();
}

OfStatus FakeBridge::ApplyBundle(std::span<const BundleEntry> entries, const RequestOrigin& origin,
                                 size_t* failed) {
  Note("bundle " + std::to_string(entries.size()));
  if (const OfStatus refused = Refusal(); !refused.ok()) {
    *failed = entries.size() - 1;
    return refused;
  }
  for (const BundleEntry& entry : entries) {
    if (const auto* flow = std::get_if<FlowMod>(&entry)) {
      VSW_OF_RETURN_IF_ERROR(ModifyFlow(*flow, origin));
    }
    if (const auto* group = std::get_if<GroupMod>(&entry)) {
      VSW_OF_RETURN_IF_ERROR(ModifyGroup(*group, origin));
    }
  }
  return {};
}

void FakeBridge::Commit() { Note("commit"); }

OfStatus FakeBridge::SendPacket(const PacketOut& packet_out) {
  Note("packet " + std::to_string(packet_out.packet.size()));
  return Refusal();
}

std::vector<FlowStats> FakeBridge::ListFlows(const FlowSelector& selector) {
  Note("list");
  std::vector<FlowStats> flows;
  for (const Rule& rule : rules_) {
    if ((selector.table == kTableAll || selector.table == rule.stats.table) &&
        rule.stats.match.IsWithin(selector.match)) {
      flows.push_back(StatsOf(rule));
    }
  }
  return flows;
}

AggregateStats FakeBridge::Aggregate(const FlowSelector& selector) {
  AggregateStats stats;
  stats.flows = static_cast<uint32_t>(ListFlows(selector).size());
  return stats;
}

std::vector<TableStats> FakeBridge::ListTables() {
  std::vector<TableStats> tables(254);
  for (size_t i = 0; i < tables.size(); ++i) {
    tables[i].table = static_cast<uint8_t>(i);
    tables[i].name = "table" + std::to_string(i);
    tables[i].max_entries = 1000000;
  }
  for (const Rule& rule : rules_) ++tables[rule.stats.table].active;
  return tables;
}

std::vector<PortDesc> FakeBridge::ListPorts() {
  std::vector<PortDesc> ports(3);
  const uint32_t numbers[] = {1, 2, kOfpLocal};
  const char* const names[] = {"p1", "p2", "br0"};
  for (size_t i = 0; i < ports.size(); ++i) {
    ports[i].port = numbers[i];
    ports[i].name = names[i];
  }
  return ports;
}

std::vector<PortStats> FakeBridge::ListPortStats() {
  std::vector<PortStats> stats;
  for (const PortDesc& port : ListPorts()) {
    PortStats row;
    row.port = port.port;
    row.rx_packets = 10 + port.port % 10;
    stats.push_back(row);
  }
  return stats;
}

std::vector<GroupDesc> FakeBridge::ListGroups() {
  std::vector<GroupDesc> groups;
  for (const auto& [id, group] : groups_) groups.push_back(group);
  return groups;
}

std::vector<GroupStats> FakeBridge::ListGroupStats() {
  std::vector<GroupStats> stats;
  for (const auto& [id, group] : groups_) {
    GroupStats row;
    row.group = id;
    row.buckets.resize(group.buckets.size());
    stats.push_back(row);
  }
  return stats;
}

std::vector<MeterConfig> FakeBridge::ListMeters() {
  std::vector<MeterConfig> meters;
  for (const auto& [id, meter] : meters_) meters.push_back(meter);
  return meters;
}

std::vector<MeterStats> FakeBridge::ListMeterStats() {
  std::vector<MeterStats> stats;
  for (const auto& [id, meter] : meters_) {
    MeterStats row;
    row.meter = id;
    row.bands.resize(meter.bands.size());
    stats.push_back(row);
  }
  return stats;
}

void FakeBridge::SetFragmentHandling(FragmentHandling handling) {
  Note("fragments " + std::to_string(static_cast<int>(handling)));
  fragments_ = handling;
}

void FakeBridge::SetControllersConnected(bool connected) {
  Note(connected ? "controllers 1" : "controllers 0");
}

void FakeBridge::SetFailOpen(bool active) { Note(active ? "fail-open 1" : "fail-open 0"); }

void FakeBridge::AddObserver(BridgeObserver* observer) {
  Note("observer +");
  observers_.push_back(observer);
}

void FakeBridge::RemoveObserver(BridgeObserver* observer) {
  Note("observer -");
  std::erase(observers_, observer);
}

std::vector<std::string> FakeBridge::TakeLog() {
  std::vector<std::string> log;
  control_->RunOnSlowThread([&] { log = std::exchange(log_, {}); });
  return log;
}

void FakeBridge::Tell(const std::function<void(BridgeObserver*)>& task) {
  control_->RunOnSlowThread([&] {
    for (BridgeObserver* observer : observers_) task(observer);
  });
}

void FakeBridge::RefuseNext(OfErrorId error) {
  control_->RunOnSlowThread([&] { refusal_ = error; });
}

size_t FakeBridge::flow_count() {
  size_t count = 0;
  control_->RunOnSlowThread([&] { count = rules_.size(); });
  return count;
}

void FakeBridge::FillFlows(size_t count) {
  control_->RunOnSlowThread([&] {
    const uint64_t now_ns = control_->NowNs();
    for (size_t i = 0; i < count; ++i) {
      FlowStats stats;
      stats.match.Set(FieldId::kMetadata, FieldValue::OfU64(i));
      rules_.push_back({std::move(stats), now_ns, now_ns});
    }
  });
}

}  // namespace vsw::testing
