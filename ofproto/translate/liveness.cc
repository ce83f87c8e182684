// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/liveness.h"

#include "ofproto/bfd/packet.h"
#include "ofproto/translate/notes.h"
#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

constexpr uint16_t kTypeIpv4 = 0x0800, kWholePacket = 0xffff;
constexpr uint8_t kProtoUdp = 17;

bool IsBfd(FieldView& view, const BfdFacts& bfd) {
  if (view.present_eth_type() != kTypeIpv4 || view.ip_proto() != kProtoUdp) return false;
  if (view.ip_frag(kFragAny) != 0) return false;
  if (view.Read(FieldId::kUdpDst).low64() != bfd::kUdpPort) return false;
  return bfd.local_destination_mac.is_zero() || view.eth_dst() == bfd.local_destination_mac;
}

}  // namespace

bool TakeBfd(TranslationContext& context, const PortRules& in) {
  if (context.view.tags().IsTagged(context.view)) return false;
  if (!IsBfd(context.view, in.tunnel.bfd)) return false;
  Tell(context, [] { return TraceStep{"note", "BFD packet: to the port's session"}; });
  SmallNoteWriter blob;
  EncodeBfd(in.number, &blob);
  context.writer.AppendWithData({.type = ActionType::kController,
                                 .small = kWholePacket,
                                 .value = static_cast<uint32_t>(blob.span().size())},
                                blob.span());
  return true;
}

}  // namespace vsw
