// SPDX-License-Identifier: Apache-2.0
//
// What is done for each request: one overload for each alternative of Request::Body, by family in
// handle_*.cc. An error that is returned is sent to the controller with the request quoted.
#ifndef VSW_OFPROTO_CONNECTION_HANDLERS_H_
#define VSW_OFPROTO_CONNECTION_HANDLERS_H_

#include <utility>
#include <vector>

#include "ofproto/connection/session.h"

namespace vsw::ofconn {

/// One request under way.
struct Call {
  Session& session;
  BridgeControl& bridge;
  const Quote& quote;
  uint32_t xid;
  bool nicira;  // the answer is of the Nicira form
  uint64_t now_ns;

  OfVersion version() const { return session.version(); }
  RequestOrigin origin() const { return {&session, xid}; }
  void Changed() { session.hub().Changed(); }
  /// What earlier requests changed is in force when it returns.
  void Settle() { session.hub().Settle(); }
  /// One message or several.
  template <typename Message>
  void Reply(Message message) {
    session.outbox().Add(Outbox::Kind::kReply, std::move(message));
  }
};

// handle_basic.cc: what concerns the connection itself
OfStatus Handle(Call& call, const msg::Hello&);
OfStatus Handle(Call& call, const msg::EchoRequest&);
OfStatus Handle(Call& call, const msg::EchoReply&);
OfStatus Handle(Call& call, const msg::Error&);
OfStatus Handle(Call& call, const msg::BarrierRequest&);
OfStatus Handle(Call& call, const msg::GetAsyncRequest&);
OfStatus Handle(Call& call, const msg::SetAsync&);
OfStatus Handle(Call& call, const msg::RoleRequest&);
OfStatus Handle(Call& call, const msg::SetFlowFormat&);
OfStatus Handle(Call& call, const msg::SetPacketInFormat&);
OfStatus Handle(Call& call, const msg::SetFlowModTableId&);
OfStatus Handle(Call& call, const msg::SetControllerId&);
OfStatus Handle(Call& call, const msg::Resume&);
OfStatus Handle(Call& call, const msg::CtFlush&);

// handle_describe.cc: what the switch is and has
OfStatus Handle(Call& call, const msg::FeaturesRequest&);
OfStatus Handle(Call& call, const msg::GetConfigRequest&);
OfStatus Handle(Call& call, const msg::SetConfig&);
OfStatus Handle(Call& call, const msg::DescRequest&);
OfStatus Handle(Call& call, const msg::TableStatsRequest&);
OfStatus Handle(Call& call, const msg::TableDescRequest&);
OfStatus Handle(Call& call, const msg::TableFeaturesRequest&);
OfStatus Handle(Call& call, const msg::PortDescRequest&);
OfStatus Handle(Call& call, const msg::GroupFeaturesRequest&);
OfStatus Handle(Call& call, const msg::MeterFeaturesRequest&);
OfStatus Handle(Call& call, const msg::IpfixRequest&);
OfStatus Handle(Call& call, const msg::TlvTableRequest&);

// handle_statistics.cc: flows, ports, queues, groups, meters
OfStatus Handle(Call& call, const msg::FlowStatsRequest&);
OfStatus Handle(Call& call, const msg::AggregateRequest&);
OfStatus Handle(Call& call, const msg::PortStatsRequest&);
OfStatus Handle(Call& call, const msg::QueueConfigRequest&);
OfStatus Handle(Call& call, const msg::QueueStatsRequest&);
OfStatus Handle(Call& call, const msg::QueueDescRequest&);
OfStatus Handle(Call& call, const msg::GroupStatsRequest&);
OfStatus Handle(Call& call, const msg::GroupDescRequest&);
OfStatus Handle(Call& call, const msg::MeterStatsRequest&);
OfStatus Handle(Call& call, const msg::MeterConfigRequest&);
OfStatus Handle(Call& call, const msg::FlowMonitorRequests&);
OfStatus Handle(Call& call, const msg::CancelFlowMonitor&);

// handle_modify.cc: what changes the switch
OfStatus Handle(Call& call, const FlowMod&);
OfStatus Handle(Call& call, const GroupMod&);
OfStatus Handle(Call& call, const MeterMod&);
OfStatus Handle(Call& call, const PortMod&);
OfStatus Handle(Call& call, const TableMod&);
OfStatus Handle(Call& call, const TlvTableMod&);
OfStatus Handle(Call& call, const PacketOut&);
OfStatus Handle(Call& call, const msg::BundleControl&);
/// Takes the bundled message out of its request.
OfStatus Handle(Call& call, msg::BundleAdd&);

/// What a slave may not ask for (1.3 section 6.3.4).
bool NeedsMaster(const Request::Body& body);

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_HANDLERS_H_
