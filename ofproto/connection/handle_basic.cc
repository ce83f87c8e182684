// SPDX-License-Identifier: Apache-2.0
//
// Requests about the connection itself: echo, barrier, roles, asynchronous configuration, and the
// settings of the Nicira extensions.
#include "base/log.h"
#include "ofproto/connection/handlers.h"

namespace vsw::ofconn {

// A second hello changes nothing (1.3 section 6.3.1 knows one, at the beginning).
OfStatus Handle(Call&, const msg::Hello&) { return {}; }

OfStatus Handle(Call& call, const msg::EchoRequest& request) {
  call.Reply(EncodeEcho(call.version(), true, call.xid, request.data));
  return {};
}

// That it came is what it says, and has been noted where bytes come in.
OfStatus Handle(Call&, const msg::EchoReply&) { return {}; }

OfStatus Handle(Call& call, const msg::Error& error) {
  VSW_LOG_DEBUG("{}: controller reports error type {} code {}", call.bridge.name(), error.type,
                error.code);
  return {};
}

OfStatus Handle(Call& call, const msg::BarrierRequest&) {
  call.Settle();
  call.Reply(EncodeBarrierReply(call.version(), call.xid));
  return {};
}

OfStatus Handle(Call& call, const msg::GetAsyncRequest&) {
  call.Reply(EncodeAsyncConfig(call.version(), call.xid, call.session.async().config()));
  return {};
}

OfStatus Handle(Call& call, const msg::SetAsync& change) {
  call.session.async().Set(change);
  return {};
}

OfStatus Handle(Call& call, const msg::RoleRequest& request) {
  Session& session = call.session;
  MasterElection& election = session.hub().election();
  const bool elects = request.role == msg::Role::kMaster || request.role == msg::Role::kSlave;
  if (elects && request.has_generation) {
    VSW_OF_RETURN_IF_ERROR(election.Advance(request.generation));
  }
  if (request.role != msg::Role::kNoChange) {
    if (request.role == msg::Role::kMaster) session.hub().MakeMaster(&session);
    session.set_role(request.role);
  }
  msg::RoleRequest reply = request;
  reply.role = session.role();
  reply.has_generation = election.generation().has_value();
  reply.generation = election.generation().value_or(~uint64_t{0});
  call.Reply(EncodeRoleReply(call.version(), call.xid, reply));
  return {};
}

OfStatus Handle(Call&, const msg::SetFlowFormat& request) {
  // NXFF_OPENFLOW10 and NXFF_NXM. Flows are written in the form of the request, or in NXM where
  // 1.0's match cannot say them, so that there is nothing to set.
  constexpr uint32_t kOpenFlow10 = 0, kNxm = 2;
  if (request.format == kOpenFlow10 || request.format == kNxm) return {};
  return {OfErrorId::kPermission, "unknown flow format " + std::to_string(request.format)};
}

OfStatus Handle(Call& call, const msg::SetPacketInFormat& request) {
  call.session.dialect().packet_in_format = request.format;
  return {};
}

// The decoder, which is concerned, has seen it already.
OfStatus Handle(Call& call, const msg::SetFlowModTableId& request) {
  call.session.dialect().flow_mod_table_id = request.enabled;
  return {};
}

OfStatus Handle(Call& call, const msg::SetControllerId& request) {
  call.session.set_controller_id(request.id);
  return {};
}

OfStatus Handle(Call&, const msg::Resume&) {
  return {OfErrorId::kPermission, "no packet is paused"};
}

OfStatus Handle(Call&, const msg::CtFlush&) {
  return {OfErrorId::kBadExpType, "connections are not tracked"};
}

}  // namespace vsw::ofconn
