// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/normal.h"

#include <array>

#include "ofproto/message/messages.h"
#include "ofproto/translate/notes.h"
#include "ofproto/translate/output.h"
#include "ofproto/translate/patch.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"
#include "ofproto/translate/tunnel.h"
#include "ofproto/translate/vlan_rules.h"

namespace vsw {
namespace {

void LearnSource(TranslationContext& context, const BridgeRules& bridge, const PortRules& in,
                 VlanId vlan) {
  const MacAddress source = context.view.eth_src();
  if (source.is_zero() || in.number == kNoPort) return;
  context.DependOn(AddressTag(bridge.id, vlan, source));
  const MacTable::Hit hit = bridge.fdb->Lookup(vlan, source);
  if (hit.is_static) return;
  const IpAddress remote = in.tunnel.replicates() ? ReceivedFrom(context.view) : IpAddress();
  const bool same_remote = !in.tunnel.replicates() ||
                           bridge.fdb->LookupRemote(vlan, source) == MacTable::RemoteKey(remote);
  context.Teach({.bridge = bridge.id, .vlan = vlan, .mac = source, .port = in.number});
  if (hit.port == in.number && same_remote) {
    context.Count(hit.stat);
  } else if (in.tunnel.replicates()) {
    SmallNoteWriter note;
    EncodeRemote({bridge.id, vlan, source, in.number, remote}, &note);
    context.AddNote(note.span());
  } else {
    context.Learn({.bridge = bridge.id, .vlan = vlan, .mac = source, .port = in.number});
  }
}

// Which of the remotes of `out` the address was seen behind; nullptr: not known, or none of them
// any more.
const IpAddress* RemoteOf(const BridgeRules& bridge, const PortRules& out, VlanId vlan,
                          const MacAddress& mac) {
  if (!out.tunnel.replicates()) return nullptr;
  const uint64_t key = bridge.fdb->LookupRemote(vlan, mac);
  for (const IpAddress& remote : out.tunnel.remotes) {
    if (key != 0 && MacTable::RemoteKey(remote) == key) return &remote;
  }
  return nullptr;
}

void Send(TranslationContext& context, const PortRules& out, EgressForm form,
          const BridgeFrame& frame, const IpAddress* remote = nullptr) {
  SendByPort(context, out, TagsInForm(form, frame, context.view), remote);
}

void SendToKnown(TranslationContext& context, const PortRules& in, const PortRules& out,
                 const BridgeFrame& frame) {
  context.DependOn(PortTag(out.number));
  if (out.number == in.number) return context.Drop(DropReason::kHairpin);
  if (!context.MayForward(out)) return context.Drop(DropReason::kNoForward);
  const EgressForm form = EgressFormAt(out, frame, context.view);
  if (form == EgressForm::kNone) return context.Drop(DropReason::kNoDestination);
  Send(context, out, form, frame,
       RemoteOf(context.config.BridgeOf(out), out, frame.vlan, context.view.eth_dst()));
}

bool TakesFlood(TranslationContext& context, const PortRules& in, const PortRules& out) {
  if (out.number == in.number || !out.usable || !context.MayForward(out)) return false;
  if ((context.ConfigOf(out) & port_config::kNoFlood) != 0) return false;
  if (!out.is_patch) return true;
  const PortRules* peer = FindPatchPeer(context, out);
  return peer != nullptr && peer->usable;
}

void Flood(TranslationContext& context, const BridgeRules& bridge, const PortRules& in,
           const BridgeFrame& frame) {
  context.DependOn(FloodTag(bridge.id));
  if (!context.CountAction(bridge.ports.size())) return;
  // One form after the other, the received one first, so that tags change once or twice in all.
  using Order = std::array<EgressForm, 3>;
  const Order order =
      frame.received_tagged
          ? Order{EgressForm::kTagged, EgressForm::kPriorityTag, EgressForm::kUntagged}
          : Order{EgressForm::kUntagged, EgressForm::kTagged, EgressForm::kPriorityTag};
  bool sent = false;
  for (const EgressForm form : order) {
    for (const PortRules& out : bridge.ports) {
      if (EgressFormAt(out, frame, context.view) != form || !TakesFlood(context, in, out)) continue;
      Send(context, out, form, frame);
      if (context.halted()) return;
      sent = true;
    }
  }
  if (!sent) context.Drop(DropReason::kNoDestination);
}

void Forward(TranslationContext& context, const BridgeRules& bridge, const PortRules& in,
             const BridgeFrame& frame) {
  if (!context.view.eth_dst_is_group()) {
    const MacAddress destination = context.view.eth_dst();
    context.DependOn(AddressTag(bridge.id, frame.vlan, destination));
    const MacTable::Hit hit = bridge.fdb->Lookup(frame.vlan, destination);
    const PortNo taught = context.TaughtPort(bridge.id, frame.vlan, destination);
    const PortRules* out = context.config.FindPort(taught == kNoPort ? hit.port : taught);
    // A port that this configuration no longer has here: its addresses are about to be forgotten.
    if (out != nullptr && &context.config.BridgeOf(*out) == &bridge) {
      Tell(context, [&] { return DescribeKnownAddress(*out); });
      return SendToKnown(context, in, *out, frame);
    }
  }
  Tell(context, [&] { return TraceStep{"normal", "no learned MAC for destination, flooding"}; });
  Flood(context, bridge, in, frame);
}

SlowPathPort Nobody() {
  SlowPathPort port;
  port.number = kNoPort;
  port.ofport = OfPort{0};
  return port;
}

}  // namespace

const PortRules& NormalPortOfNobody() {
  static const PortRules nobody(Nobody(), 0);
  return nobody;
}

void TranslateNormal(TranslationContext& context, const BridgeRules& bridge, const PortRules& in,
                     const FrameTags& received) {
  BridgeFrame frame;
  const DropReason refused = ClassifyIngress(in, received, context.view, &frame);
  if (refused != DropReason::kNone) return context.Drop(refused);
  if (context.view.eth_src_is_group()) return context.Drop(DropReason::kBadSourceAddress);
  if (context.view.eth_dst_is_reserved()) return context.Drop(DropReason::kReservedAddress);
  if (!context.Enter(bridge.id, frame.vlan)) return;
  context.WentBy(ToInt(frame.vlan));
  LearnSource(context, bridge, in, frame.vlan);
  Forward(context, bridge, in, frame);
  context.Leave();
}

}  // namespace vsw
