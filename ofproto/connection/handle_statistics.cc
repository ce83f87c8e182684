// SPDX-License-Identifier: Apache-2.0
//
// Statistics of flows, ports, queues, groups and meters, and flow monitors. What a request names
// and is not there is an empty reply for ports and groups, an error for queues and meters, as Open
// vSwitch answers.
#include <algorithm>

#include "ofproto/connection/handlers.h"

namespace vsw::ofconn {
namespace {

constexpr uint8_t kTables = 254;

OfStatus CheckTable(uint8_t table) {
  return table < kTables || table == kTableAll ? OfStatus() : OfStatus(OfErrorId::kBadTableId);
}

/// Only those of `entries` whose `number` is `wanted`; `all` means every one.
template <typename Entry>
std::vector<Entry> Only(std::vector<Entry> entries, uint32_t Entry::*number, uint32_t wanted,
                        uint32_t all) {
  if (wanted != all) {
    std::erase_if(entries, [&](const Entry& entry) { return entry.*number != wanted; });
  }
  return entries;
}

OfStatus CheckQueuePort(Call& call, uint32_t port) {
  if (port == kOfpAny) return {};
  const std::vector<PortDesc> ports = call.bridge.ListPorts();
  const bool exists = std::any_of(ports.begin(), ports.end(),
                                  [port](const PortDesc& desc) { return desc.port == port; });
  return exists ? OfStatus() : OfStatus(OfErrorId::kQueueBadPort);
}

// There are no queues, so that only all of them can be asked for.
OfStatus CheckQueue(Call& call, uint32_t port, uint32_t queue) {
  constexpr uint32_t kAllQueues = 0xffffffff;
  VSW_OF_RETURN_IF_ERROR(CheckQueuePort(call, port));
  return queue == kAllQueues ? OfStatus() : OfStatus(OfErrorId::kQueueBadQueue);
}

}  // namespace

OfStatus Handle(Call& call, const msg::FlowStatsRequest& request) {
  VSW_OF_RETURN_IF_ERROR(CheckTable(request.selector.table));
  call.Settle();
  call.Reply(EncodeFlowStats(call.version(), call.xid, call.nicira,
                             call.bridge.ListFlows(request.selector)));
  return {};
}

OfStatus Handle(Call& call, const msg::AggregateRequest& request) {
  VSW_OF_RETURN_IF_ERROR(CheckTable(request.selector.table));
  call.Settle();
  call.Reply(EncodeAggregate(call.version(), call.xid, call.nicira,
                             call.bridge.Aggregate(request.selector)));
  return {};
}

OfStatus Handle(Call& call, const msg::PortStatsRequest& request) {
  call.Settle();
  call.Reply(
      EncodePortStats(call.version(), call.xid,
                      Only(call.bridge.ListPortStats(), &PortStats::port, request.port, kOfpAny)));
  return {};
}

OfStatus Handle(Call& call, const msg::QueueConfigRequest& request) {
  VSW_OF_RETURN_IF_ERROR(CheckQueuePort(call, request.port));
  call.Reply(EncodeQueueConfig(call.version(), call.xid, request.port));
  return {};
}

OfStatus Handle(Call& call, const msg::QueueStatsRequest& request) {
  VSW_OF_RETURN_IF_ERROR(CheckQueue(call, request.port, request.queue));
  call.Reply(EncodeQueueStats(call.version(), call.xid));
  return {};
}

OfStatus Handle(Call& call, const msg::QueueDescRequest& request) {
  VSW_OF_RETURN_IF_ERROR(CheckQueue(call, request.port, request.queue));
  call.Reply(EncodeQueueDesc(call.version(), call.xid));
  return {};
}

OfStatus Handle(Call& call, const msg::GroupStatsRequest& request) {
  call.Settle();
  call.Reply(EncodeGroupStats(
      call.version(), call.xid,
      Only(call.bridge.ListGroupStats(), &GroupStats::group, request.group, kGroupAll)));
  return {};
}

OfStatus Handle(Call& call, const msg::GroupDescRequest& request) {
  call.Reply(
      EncodeGroupDesc(call.version(), call.xid,
                      Only(call.bridge.ListGroups(), &GroupDesc::group, request.group, kGroupAll)));
  return {};
}

OfStatus Handle(Call& call, const msg::MeterStatsRequest& request) {
  call.Settle();
  const auto meters =
      Only(call.bridge.ListMeterStats(), &MeterStats::meter, request.meter, kMeterAll);
  if (meters.empty() && request.meter != kMeterAll) return OfErrorId::kUnknownMeter;
  call.Reply(EncodeMeterStats(call.version(), call.xid, meters));
  return {};
}

OfStatus Handle(Call& call, const msg::MeterConfigRequest& request) {
  const auto meters = Only(call.bridge.ListMeters(), &MeterConfig::meter, request.meter, kMeterAll);
  if (meters.empty() && request.meter != kMeterAll) return OfErrorId::kUnknownMeter;
  call.Reply(EncodeMeterConfigs(call.version(), call.xid, meters));
  return {};
}

OfStatus Handle(Call& call, const msg::FlowMonitorRequests& request) {
  call.Settle();
  return call.session.monitors().Change(request.monitors, call.xid, call.nicira, &call.bridge);
}

OfStatus Handle(Call& call, const msg::CancelFlowMonitor& request) {
  return call.session.monitors().Cancel(request.id);
}

}  // namespace vsw::ofconn
