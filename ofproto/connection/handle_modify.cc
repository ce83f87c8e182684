// SPDX-License-Identifier: Apache-2.0
//
// Requests that change the switch: flow, group, meter, port and table modifications, packet-outs,
// and bundles of them.
#include <type_traits>
#include <utility>

#include "ofproto/connection/handlers.h"

namespace vsw::ofconn {
namespace {

OfStatus Commit(Call& call, const msg::BundleControl& control) {
  OfResult<Bundle> bundle = call.session.bundles().Take(control.id, control.flags);
  if (!bundle.ok()) return bundle.status();
  size_t failed = 0;
  call.Changed();
  const OfStatus status = call.bridge.ApplyBundle(bundle->entries, call.origin(), &failed);
  if (status.ok()) return {};
  // First what is wrong with the message, then that the bundle is (1.4 section 7.3.9.4).
  if (failed < bundle->quotes.size()) {
    call.session.SendError(status, bundle->quotes[failed], call.xid);
  }
  return OfErrorId::kBundleMessageFailed;
}

OfStatus Control(Call& call, const msg::BundleControl& control) {
  using Type = msg::BundleControl::Type;
  BundleStore& bundles = call.session.bundles();
  switch (control.type) {
    case Type::kOpen:
      return bundles.Open(control.id, control.flags, call.quote, call.now_ns);
    case Type::kClose:
      return bundles.Close(control.id, control.flags, call.now_ns);
    case Type::kCommit:
      return Commit(call, control);
    case Type::kDiscard:
      return bundles.Discard(control.id);
    case Type::kOpenReply:
    case Type::kCloseReply:
    case Type::kCommitReply:
    case Type::kDiscardReply:
      break;
  }
  return OfErrorId::kBundleBadType;
}

}  // namespace

bool NeedsMaster(const Request::Body& body) {
  return std::visit(
      []<typename Body>(const Body& request) {
        if constexpr (std::is_same_v<Body, msg::TableFeaturesRequest>) {
          return request.wants_change;
        }
        return std::is_same_v<Body, FlowMod> || std::is_same_v<Body, GroupMod> ||
               std::is_same_v<Body, MeterMod> || std::is_same_v<Body, PortMod> ||
               std::is_same_v<Body, TableMod> || std::is_same_v<Body, TlvTableMod> ||
               std::is_same_v<Body, PacketOut> || std::is_same_v<Body, msg::BundleControl> ||
               std::is_same_v<Body, msg::BundleAdd> || std::is_same_v<Body, msg::CtFlush>;
      },
      body);
}

OfStatus Handle(Call& call, const FlowMod& mod) {
  call.Changed();
  VSW_OF_RETURN_IF_ERROR(call.bridge.ModifyFlow(mod, call.origin()));
  // The flow is there; the packet that it was to be applied to is not (there are no buffers).
  const bool deletes =
      mod.command == FlowMod::Command::kDelete || mod.command == FlowMod::Command::kDeleteStrict;
  if (mod.buffer_id != kNoBuffer && !deletes) return OfErrorId::kBufferUnknown;
  return {};
}

OfStatus Handle(Call& call, const GroupMod& mod) {
  call.Changed();
  return call.bridge.ModifyGroup(mod, call.origin());
}

OfStatus Handle(Call& call, const MeterMod& mod) {
  call.Changed();
  return call.bridge.ModifyMeter(mod, call.origin());
}

OfStatus Handle(Call& call, const PortMod& mod) {
  call.Changed();
  return call.bridge.ModifyPort(mod);
}

OfStatus Handle(Call& call, const TableMod& mod) {
  call.Changed();
  return call.bridge.ModifyTable(mod);
}

OfStatus Handle(Call& call, const TlvTableMod& mod) {
  call.Settle();
  return call.bridge.ModifyTlvTable(mod);
}

OfStatus Handle(Call& call, const PacketOut& out) {
  if (out.buffer_id != kNoBuffer) return OfErrorId::kBufferUnknown;
  return call.bridge.SendPacket(out);
}

OfStatus Handle(Call& call, const msg::BundleControl& control) {
  VSW_OF_RETURN_IF_ERROR(Control(call, control));
  msg::BundleControl reply = control;
  reply.type = static_cast<msg::BundleControl::Type>(static_cast<uint16_t>(control.type) + 1);
  reply.flags = 0;
  if (control.type == msg::BundleControl::Type::kCommit) call.Settle();
  call.Reply(EncodeBundleReply(call.version(), call.xid, reply));
  return {};
}

OfStatus Handle(Call& call, msg::BundleAdd& add) {
  if (add.inner_xid != call.xid) return OfErrorId::kBundleMessageBadXid;
  return call.session.bundles().Add(std::move(add), call.quote, call.now_ns);
}

}  // namespace vsw::ofconn
