// SPDX-License-Identifier: Apache-2.0
#include "tests/ofproto/message/codec/samples.h"

#include <span>

#include "tests/ofproto/message/codec/wire_message.h"

namespace vsw::testing {
namespace {

using enum OfVersion;

constexpr uint32_t kXid = 7;
constexpr uint8_t kFeaturesRequestType = 5;
constexpr uint64_t kSecond = 1'000'000'000;

class Samples {
 public:
  explicit Samples(OfVersion version) : version_(version) {}

  void Add(const std::string& title, const Bytes& bytes) {
    if (!bytes.empty()) samples_.push_back({NameOf(version_) + " " + title, bytes});
  }
  void Add(const std::string& title, const std::vector<Bytes>& messages) {
    Bytes all;
    for (const Bytes& message : messages) all.insert(all.end(), message.begin(), message.end());
    Add(title, all);
  }
  std::vector<Sample> Take() { return std::move(samples_); }

 private:
  OfVersion version_;
  std::vector<Sample> samples_;
};

FlowUpdate Update(FlowUpdate::Event event) {
  FlowUpdate update{};
  update.event = event;
  update.flow = SampleFlow();
  update.flow.instructions = {};
  update.flow.instructions.has_apply = true;
  update.flow.instructions.apply = {act::Output{2}};
  update.reason = FlowRemovedReason::kHardTimeout;
  update.xid = 99;
  return update;
}

std::vector<FlowUpdate> Updates(bool native) {
  using enum FlowUpdate::Event;
  std::vector<FlowUpdate> updates = {Update(kAdded), Update(kDeleted), Update(kModified),
                                     Update(kAbbreviated)};
  if (native) {
    for (const FlowUpdate::Event event : {kInitial, kPaused, kResumed}) {
      updates.push_back(Update(event));
    }
  }
  return updates;
}

FlowStats RegisterFlow() {
  FlowStats flow = SampleFlow();
  flow.match.Set(FieldId::kReg0, FieldValue::OfU64(5));
  return flow;
}

PortStats SamplePortStats() {
  PortStats stats;
  stats.port = 3;
  stats.rx_packets = 1;
  stats.tx_packets = 2;
  stats.rx_bytes = 3;
  stats.tx_bytes = 4;
  stats.rx_dropped = 5;
  stats.tx_dropped = 6;
  stats.rx_errors = 7;
  stats.tx_errors = 8;
  stats.duration_ns = 90 * kSecond + 5'000'000;
  return stats;
}

void AddSession(OfVersion version, Samples* samples) {
  SwitchFeatures features;
  features.dpid = 0x1122334455667788;
  features.ports = {SamplePort()};
  samples->Add("features", EncodeFeatures(version, kXid, features));
  msg::SetConfig config{FragmentHandling::kDrop, false, 0xffff};
  samples->Add("config", EncodeConfig(version, kXid, config));
  samples->Add("desc", EncodeDesc(version, kXid, {"maker", "hardware", "1.2", "none", "br0"}));
  samples->Add("barrier", EncodeBarrierReply(version, kXid));
  samples->Add("echo", EncodeEcho(version, true, kXid, Bytes{1, 2, 3}));
  for (const OfErrorId id : {OfErrorId::kBadTableId, OfErrorId::kBundleBadId, OfErrorId::kTableFull,
                             OfErrorId::kBadPrerequisite}) {
    samples->Add("error", EncodeError(version, id, kXid,
                                      WireMessage(version, kFeaturesRequestType).Build()));
  }
  msg::RoleRequest role{msg::Role::kMaster, true, 5, version < k12};
  samples->Add("role", EncodeRoleReply(version, kXid, role));
  samples->Add("role status",
               EncodeRoleStatus(version, msg::Role::kSlave, RoleStatusReason::kMasterRequest, 6));
  if (version >= k13) {
    msg::AsyncConfig async;
    async.packet_in = {7, 0};
    async.port_status = {7, 7};
    async.flow_removed = {0xf, 0};
    samples->Add("async", EncodeAsyncConfig(version, kXid, async));
  }
  const bool onf = version == k13;
  if (version >= k13) {
    const msg::BundleControl reply{9, msg::BundleControl::Type::kCommitReply, 3, onf};
    samples->Add("bundle reply", EncodeBundleReply(version, kXid, reply));
  }
}

void AddFlows(OfVersion version, Samples* samples) {
  const FlowStats flows[] = {SampleFlow(), RegisterFlow()};
  const std::span<const FlowStats> plain(flows, version == k10 ? 1 : 2);
  samples->Add("flow stats", EncodeFlowStats(version, kXid, false, plain));
  if (version == k10) {
    samples->Add("Nicira flow stats", EncodeFlowStats(version, kXid, true, flows));
    samples->Add("Nicira aggregate", EncodeAggregate(version, kXid, true, {10, 1000, 3}));
  }
  samples->Add("aggregate", EncodeAggregate(version, kXid, false, {10, 1000, 3}));
  Dialect dialect;
  dialect.version = version;
  samples->Add("flow removed",
               EncodeFlowRemoved(dialect, {SampleFlow(), FlowRemovedReason::kIdleTimeout}));
  samples->Add("flow removed",
               EncodeFlowRemoved(dialect, {RegisterFlow(), FlowRemovedReason::kMeterDelete}));
  for (const PacketInFormat format :
       {PacketInFormat::kStandard, PacketInFormat::kNxt, PacketInFormat::kNxt2}) {
    dialect.packet_in_format = format;
    samples->Add("packet-in", EncodePacketIn(dialect, SamplePacketIn()));
  }
  const bool nicira = version < k14;
  samples->Add("flow updates", EncodeFlowUpdates(version, 0, nicira, Updates(!nicira)));
  samples->Add("monitor paused", EncodeMonitorState(version, 0, 22));
  samples->Add("monitor resumed", EncodeMonitorState(version, 0, 23));
}

void AddPortsAndTables(OfVersion version, Samples* samples) {
  const PortDesc port = SamplePort();
  samples->Add("port desc", EncodePortDesc(version, kXid, {&port, 1}));
  samples->Add("port status", EncodePortStatus(version, {PortStatusReason::kModify, port}));
  const PortStats port_stats = SamplePortStats();
  samples->Add("port stats", EncodePortStats(version, kXid, {&port_stats, 1}));
  const TableStats table = SampleTable();
  samples->Add("table stats", EncodeTableStats(version, kXid, {&table, 1}));
  if (version >= k13) {
    samples->Add("table features", EncodeTableFeatures(version, kXid, {&table, 1}));
  }
  if (version >= k14) {
    samples->Add("table desc", EncodeTableDesc(version, kXid, {&table, 1}));
    samples->Add("queue desc", EncodeQueueDesc(version, kXid));
    samples->Add("table status", EncodeTableStatus(version, 3, table));
  } else {
    samples->Add("queue config", EncodeQueueConfig(version, kXid, 3));
  }
  samples->Add("queue stats", EncodeQueueStats(version, kXid));
}

void AddGroupsAndMeters(OfVersion version, Samples* samples) {
  const GroupDesc groups[] = {SampleSelectGroup(), SampleFailoverGroup()};
  samples->Add("group desc", EncodeGroupDesc(version, kXid, groups));
  GroupStats group_stats;
  group_stats.group = 4;
  group_stats.references = 2;
  group_stats.packets = 10;
  group_stats.bytes = 1000;
  group_stats.duration_ns = 12 * kSecond;
  group_stats.buckets = {{4, 400}, {6, 600}};
  samples->Add("group stats", EncodeGroupStats(version, kXid, {&group_stats, 1}));
  if (version != k11) samples->Add("group features", EncodeGroupFeatures(version, kXid));
  GroupMod group_mod;
  group_mod.type = GroupType::kSelect;
  group_mod.group = 4;
  group_mod.buckets = SampleSelectGroup().buckets;
  samples->Add("request forward", EncodeRequestForward(version, group_mod));
  if (version < k13) return;

  const MeterConfig meter = SampleMeter();
  samples->Add("meter config", EncodeMeterConfigs(version, kXid, {&meter, 1}));
  MeterStats meter_stats;
  meter_stats.meter = 2;
  meter_stats.flows = 3;
  meter_stats.packets_in = 10;
  meter_stats.bytes_in = 1000;
  meter_stats.duration_ns = 5 * kSecond;
  meter_stats.bands = {{1, 2}, {3, 4}};
  samples->Add("meter stats", EncodeMeterStats(version, kXid, {&meter_stats, 1}));
  samples->Add("meter features", EncodeMeterFeatures(version, kXid));
  MeterMod meter_mod;
  meter_mod.config = meter;
  samples->Add("request forward", EncodeRequestForward(version, meter_mod));
}

}  // namespace

FlowStats SampleFlow() {
  FlowStats flow;
  flow.table = 3;
  flow.match.Set(FieldId::kInPort, FieldValue::OfU64(1));
  flow.match.Set(FieldId::kEthType, FieldValue::OfU64(0x0800));
  flow.match.Set(FieldId::kIpProto, FieldValue::OfU64(6));
  flow.match.SetMasked(FieldId::kIpv4Dst, FieldValue::OfU64(0x0a010200),
                       FieldValue::OfU64(0xffffff00));
  flow.match.Set(FieldId::kTcpDst, FieldValue::OfU64(80));
  flow.priority = 100;
  flow.cookie = 0xabc;
  flow.idle_timeout = 10;
  flow.hard_timeout = 20;
  flow.importance = 5;
  flow.flags = flow_flags::kSendFlowRemoved | flow_flags::kResetCounts;
  flow.duration_ns = 3 * kSecond + 250'000'000;
  flow.idle_ns = 1 * kSecond;
  flow.hard_ns = 2 * kSecond;
  flow.packets = 7;
  flow.bytes = 700;
  flow.instructions.has_apply = true;
  flow.instructions.apply = {act::Output{2}, act::Output{kOfpController, 128}};
  flow.instructions.goto_table = 5;
  return flow;
}

PortDesc SamplePort() {
  PortDesc port;
  port.port = 3;
  port.name = "tap3";
  port.mac = MacAddress::FromU64(0x020000000003);
  port.config = port_config::kNoPacketIn | port_config::kNoFlood;
  port.state = port_state::kLive;
  port.current = 1u << 6 | 1u << 11;  // 10 Gb/s, copper
  port.supported = 1u << 13;          // auto-negotiation
  port.current_kbps = 10'000'000;
  port.max_kbps = 25'000'000;
  return port;
}

GroupDesc SampleSelectGroup() {
  GroupDesc group;
  group.group = 4;
  group.type = GroupType::kSelect;
  Bucket first, second;
  first.id = 0;
  first.weight = 10;
  first.actions = {act::Output{1}};
  second.id = 1;
  second.weight = 20;
  second.actions = {act::Output{2}};
  group.buckets = {first, second};
  group.selection_method = "hash";
  group.selection_parameter = 3;
  group.selection_fields = {FieldId::kIpv4Src, FieldId::kTcpDst};
  return group;
}

GroupDesc SampleFailoverGroup() {
  GroupDesc group;
  group.group = 5;
  group.type = GroupType::kFastFailover;
  Bucket port, other;
  port.id = 0;
  port.weight = 0;
  port.watch_port = 1;
  port.actions = {act::Output{1}};
  other.id = 1;
  other.weight = 0;
  other.watch_group = 4;
  other.actions = {act::Group{4}};
  group.buckets = {port, other};
  return group;
}

MeterConfig SampleMeter() {
  MeterConfig meter;
  meter.meter = 2;
  meter.has_burst = true;
  meter.keep_stats = true;
  meter.bands = {{MeterBand::Type::kDrop, 1000, 100, 0},
                 {MeterBand::Type::kDscpRemark, 500, 50, 2}};
  return meter;
}

TableStats SampleTable() {
  TableStats table;
  table.table = 252;
  table.name = "table252";
  table.active = 40;
  table.max_entries = 100;
  table.lookups = 1000;
  table.matched = 900;
  table.config.eviction = true;
  table.config.eviction_flags = 2;
  table.config.vacancy_events = true;
  table.config.vacancy_down = 20;
  table.config.vacancy_up = 80;
  return table;
}

PacketIn SamplePacketIn() {
  PacketIn in;
  in.packet = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x88, 0xb5, 1, 2, 3, 4};
  in.total_bytes = 60;
  in.reason = PacketInReason::kAction;
  in.table = 3;
  in.cookie = 0xabc;
  SetField(&in.metadata, FieldId::kInPort, FieldValue::OfU64(1));
  SetField(&in.metadata, FieldId::kMetadata, FieldValue::OfU64(0x55));
  SetField(&in.metadata, FieldId::kReg0, FieldValue::OfU64(9));
  in.userdata = {0xaa, 0xbb};
  return in;
}

std::vector<Sample> EncodedSamples() {
  std::vector<Sample> all;
  for (const OfVersion version : kVersions) {
    Samples samples(version);
    AddSession(version, &samples);
    AddFlows(version, &samples);
    AddPortsAndTables(version, &samples);
    AddGroupsAndMeters(version, &samples);
    for (Sample& sample : samples.Take()) all.push_back(std::move(sample));
  }
  return all;
}

}  // namespace vsw::testing
