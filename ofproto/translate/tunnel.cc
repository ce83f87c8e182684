// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/tunnel.h"

#include <algorithm>
#include <new>

#include "datapath/packet/tunnel_set.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/tags.h"

namespace vsw {
namespace {

constexpr uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd;
constexpr uint8_t kProtoUdp = 17, kProtoGre = 47;

/// An address out of the two fields that hold it, one for each family; unset if both are zero.
IpAddress AddressIn(FieldView& view, FieldId v4, FieldId v6) {
  const auto short_address = static_cast<uint32_t>(view.Read(v4).low64());
  if (short_address != 0) return IpAddress::FromV4(Be32::From(short_address));
  return IpAddress::FromV6(view.Read(v6).octets.data());
}

/// A TunnelSet with room for its options.
class SetWriter {
 public:
  SetWriter() : set_(*new (bytes_) TunnelSet) {}

  TunnelSet& set() { return set_; }
  void AddOption(const TunnelOption& option, const FieldValue& value) {
    constexpr size_t kHeaderBytes = 4;  // class, type, length in words (RFC 8926 section 3.5)
    if (set_.option_bytes + kHeaderBytes + option.bytes > TunnelSet::kMaxOptionBytes) return;
    uint8_t* at = set_.options() + set_.option_bytes;
    at[0] = static_cast<uint8_t>(option.option_class >> 8);
    at[1] = static_cast<uint8_t>(option.option_class);
    at[2] = option.type;
    at[3] = option.bytes / 4;
    std::copy(value.octets.end() - option.bytes, value.octets.end(), at + kHeaderBytes);
    set_.option_bytes = static_cast<uint8_t>(set_.option_bytes + kHeaderBytes + option.bytes);
  }
  bool is_empty() const { return set_.fields == 0 && set_.option_bytes == 0; }

  void Append(TranslationContext& context) {
    context.writer.AppendWithData(Action::SetTunnel(static_cast<uint32_t>(set_.bytes())),
                                  {bytes_, set_.bytes()});
  }

 private:
  alignas(TunnelSet) uint8_t bytes_[kMaxTunnelSetBytes];
  TunnelSet& set_;
};

void AddGroupPolicy(FieldView& view, TunnelSet* set) {
  set->gbp_id = static_cast<uint16_t>(view.Read(FieldId::kTunGbpId).low64());
  set->gbp_flags = static_cast<uint8_t>(view.Read(FieldId::kTunGbpFlags).low64());
  set->fields |= TunnelSet::kGbp;
}

void AddGeneve(TranslationContext& context, SetWriter* writer) {
  const Subfield oam = {.field = FieldId::kTunFlags, .offset = 0, .bits = 1};
  if (!context.view.Read(oam).is_zero()) {
    writer->set().flags = kTunnelOam;
    writer->set().fields |= TunnelSet::kFlags;
  }
  if (context.stay.state == nullptr || context.stay.state->tunnel_options == nullptr) return;
  for (const TunnelOption& option : *context.stay.state->tunnel_options) {
    const FieldId field = TunnelOptionField(option.index);
    if (context.view.HasTunnelOption(field)) writer->AddOption(option, context.view.Read(field));
  }
}

/// What the port takes from the packet's tunnel fields. False: it is not enough.
bool Fill(TranslationContext& context, const TunnelFacts& tunnel, SetWriter* writer) {
  FieldView& view = context.view;
  TunnelSet& set = writer->set();
  if (tunnel.remote_is_flow) {
    set.remote = AddressIn(view, FieldId::kTunDst, FieldId::kTunIpv6Dst);
    if (set.remote.is_unset()) return false;
    set.fields |= TunnelSet::kRemote;
  }
  if (tunnel.local_is_flow) {
    set.local = AddressIn(view, FieldId::kTunSrc, FieldId::kTunIpv6Src);
    if (!set.local.is_unset()) set.fields |= TunnelSet::kLocal;
  }
  if (tunnel.out_key_is_flow) {
    set.tun_id = view.Read(FieldId::kTunId).low64();
    set.fields |= TunnelSet::kId;
  }
  if (tunnel.gbp) AddGroupPolicy(view, &set);
  if (tunnel.kind == TunnelKind::kGeneve) AddGeneve(context, writer);
  return true;
}

void SendTo(TranslationContext& context, const PortRules& out, const FrameTags& tags,
            const IpAddress& remote, SetWriter* writer) {
  writer->set().remote = remote;
  writer->set().fields |= TunnelSet::kRemote;
  writer->Append(context);
  context.Output(out.number, tags);
}

bool IsToLocal(FieldView& view, const std::vector<IpAddress>& addresses) {
  const uint16_t type = view.present_eth_type();
  if (type != kTypeIpv4 && type != kTypeIpv6) return false;
  const IpAddress to = type == kTypeIpv4
                           ? IpAddress::FromV4(Be32::From(
                                 static_cast<uint32_t>(view.Read(FieldId::kIpv4Dst).low64())))
                           : IpAddress::FromV6(view.Read(FieldId::kIpv6Dst).octets.data());
  return std::find(addresses.begin(), addresses.end(), to) != addresses.end();
}

/// Whether some tunnel of the switch receives such packets. All fragments of one are taken alike,
/// so that what happens to them has one name.
bool IsTunnelProtocol(FieldView& view, const BridgeRules& bridge) {
  const uint8_t protocol = view.ip_proto();
  if (protocol == kProtoGre) return bridge.has_gre;
  if (protocol != kProtoUdp || bridge.tunnel_udp_ports.empty()) return false;
  if (view.ip_frag(kFragLater) != 0) return false;
  const auto port = static_cast<uint16_t>(view.Read(FieldId::kUdpDst).low64());
  return std::binary_search(bridge.tunnel_udp_ports.begin(), bridge.tunnel_udp_ports.end(), port);
}

}  // namespace

void OutputToTunnel(TranslationContext& context, const PortRules& out, const FrameTags& tags,
                    const IpAddress* remote) {
  SetWriter writer;
  if (!Fill(context, out.tunnel, &writer)) {
    // The port drops what says no remote, and counts it, whatever else becomes of the packet.
    if (context.sets_tunnel) SetWriter().Append(context);
    return context.Output(out.number, tags);
  }
  if (out.tunnel.replicates()) {
    context.sets_tunnel = true;
    if (remote != nullptr) return SendTo(context, out, tags, *remote, &writer);
    for (const IpAddress& each : out.tunnel.remotes) {
      if (context.halted()) return;
      SendTo(context, out, tags, each, &writer);
    }
    return;
  }
  // What was set for an output before must not count for this one.
  if (!writer.is_empty() || context.sets_tunnel) writer.Append(context);
  context.sets_tunnel |= !writer.is_empty();
  context.Output(out.number, tags);
}

bool DecapsulateAt(TranslationContext& context, const PortRules& out, const FrameTags& tags) {
  const TunnelLocal& local = *out.decapsulates;
  const BridgeRules& bridge = context.config.BridgeOf(out);
  context.DependOn(PortTag(out.number));
  if (context.view.eth_dst() != local.mac || tags.IsTagged(context.view)) return false;
  if (!ParseAgain(context)) return true;
  if (!IsToLocal(context.view, local.addresses)) return false;
  if (!IsTunnelProtocol(context.view, bridge)) return false;
  const TranslationContext::Scope scope(context);
  context.writer.Commit(tags);
  context.writer.AppendLast(Action::Decapsulate(out.number), {});
  return true;
}

IpAddress ReceivedFrom(FieldView& view) {
  return AddressIn(view, FieldId::kTunSrc, FieldId::kTunIpv6Src);
}

}  // namespace vsw
