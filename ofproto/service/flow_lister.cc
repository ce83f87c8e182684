// SPDX-License-Identifier: Apache-2.0
#include "ofproto/service/flow_lister.h"

#include <string_view>
#include <utility>

namespace vsw {
namespace {

constexpr int kFlowsPerMessage = 500;

double Seconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

// Counters that are not kept are all ones.
uint64_t Counter(uint64_t value) { return value == ~uint64_t{0} ? 0 : value; }

struct FlagWord {
  uint16_t flag;
  std::string_view word;
};
constexpr FlagWord kFlagWords[] = {
    {flow_flags::kSendFlowRemoved, "send_flow_rem"},
    {flow_flags::kCheckOverlap, "check_overlap"},
    {flow_flags::kResetCounts, "reset_counts"},
    {flow_flags::kNoPacketCounts, "no_packet_counts"},
    {flow_flags::kNoByteCounts, "no_byte_counts"},
};

const char* TypeName(GroupType type) {
  switch (type) {
    case GroupType::kAll:
      return "all";
    case GroupType::kSelect:
      return "select";
    case GroupType::kIndirect:
      return "indirect";
    case GroupType::kFastFailover:
      return "fast_failover";
  }
  return "unknown";
}

std::string WithoutLead(std::string text, std::string_view lead) {
  return text.starts_with(lead) ? text.substr(lead.size()) : text;
}

}  // namespace

PortNameTable::PortNameTable(const std::vector<PortDesc>& ports) {
  for (const PortDesc& port : ports) table_[port.port] = port.name;
  names_.name_of = [this](uint32_t number) {
    const auto found = table_.find(number);
    return found == table_.end() ? std::string() : found->second;
  };
}

FlowLister::FlowLister(std::vector<FlowStats> flows, const std::vector<PortDesc>& ports,
                       bool with_statistics, const absl::Status& status)
    : flows_(std::move(flows)), ports_(ports), with_statistics_(with_statistics), status_(status) {
  Next(true);
}

void FlowLister::Next(bool ok) {
  if (!ok || next_ == flows_.size()) {
    Finish({static_cast<grpc::StatusCode>(status_.code()), std::string(status_.message())});
    return;
  }
  message_.Clear();
  while (next_ < flows_.size() && message_.flows_size() < kFlowsPerMessage) {
    FillFlow(flows_[next_++], ports_.names(), with_statistics_, message_.add_flows());
  }
  StartWrite(&message_);
}

void FillFlow(const FlowStats& flow, const PortNames* ports, bool with_statistics,
              vsw::v1::Flow* message) {
  message->set_rule(FormatFlowStats(flow, with_statistics, ports));
  message->set_table(flow.table);
  message->set_priority(flow.priority);
  message->set_match(FormatMatch(flow.match, ports));
  message->set_actions(WithoutLead(FormatInstructions(flow.instructions, ports), "actions="));
  message->set_cookie(flow.cookie);
  message->set_idle_timeout(flow.idle_timeout);
  message->set_hard_timeout(flow.hard_timeout);
  message->set_importance(flow.importance);
  for (const FlagWord& row : kFlagWords) {
    if ((flow.flags & row.flag) != 0) message->add_flags(std::string(row.word));
  }
  message->set_packets(Counter(flow.packets));
  message->set_bytes(Counter(flow.bytes));
  message->set_duration_seconds(Seconds(flow.duration_ns));
  message->set_idle_seconds(Seconds(flow.idle_ns));
  message->set_hard_seconds(Seconds(flow.hard_ns));
}

void FillGroups(const std::vector<GroupDesc>& groups, const std::vector<GroupStats>& statistics,
                const std::vector<PortDesc>& ports, vsw::v1::ListGroupsResponse* response) {
  const PortNameTable names(ports);
  std::map<uint32_t, const GroupStats*> by_group;
  for (const GroupStats& row : statistics) by_group[row.group] = &row;
  for (const GroupDesc& group : groups) {
    vsw::v1::Group* message = response->add_groups();
    message->set_group(group.group);
    message->set_type(TypeName(group.type));
    message->set_text(FormatGroup(group, names.names()));
    const auto row = by_group.find(group.group);
    if (row == by_group.end()) continue;
    message->set_packets(Counter(row->second->packets));
    message->set_bytes(Counter(row->second->bytes));
    message->set_references(row->second->references);
    message->set_duration_seconds(Seconds(row->second->duration_ns));
    for (const GroupStats::OfBucket& bucket : row->second->buckets) {
      vsw::v1::BucketCounters* counters = message->add_buckets();
      counters->set_packets(Counter(bucket.packets));
      counters->set_bytes(Counter(bucket.bytes));
    }
  }
}

void FillMeters(const std::vector<MeterConfig>& meters, const std::vector<MeterStats>& statistics,
                vsw::v1::ListMetersResponse* response) {
  std::map<uint32_t, const MeterStats*> by_meter;
  for (const MeterStats& row : statistics) by_meter[row.meter] = &row;
  for (const MeterConfig& meter : meters) {
    vsw::v1::Meter* message = response->add_meters();
    message->set_meter(meter.meter);
    message->set_text(FormatMeter(meter));
    const auto row = by_meter.find(meter.meter);
    if (row == by_meter.end()) continue;
    message->set_flows(row->second->flows);
    message->set_packets(Counter(row->second->packets_in));
    message->set_bytes(Counter(row->second->bytes_in));
    message->set_duration_seconds(Seconds(row->second->duration_ns));
    for (const MeterStats::OfBand& band : row->second->bands) {
      vsw::v1::BandCounters* counters = message->add_bands();
      counters->set_packets(Counter(band.packets));
      counters->set_bytes(Counter(band.bytes));
    }
  }
}

}  // namespace vsw
