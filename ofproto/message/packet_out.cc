// SPDX-License-Identifier: Apache-2.0
//
// Packet-outs (1.0 section 5.3.6, 1.3 section 7.3.7, 1.5 section 7.3.6).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;

// A packet comes in by a real port, or by one of those that stand for the switch or a controller.
OfStatus CheckInPort(uint32_t port) {
  if (port < kOfpMax || port == kOfpLocal || port == kOfpAny || port == kOfpController) return {};
  return {OfErrorId::kBadRequestPort, "packet-out from port " + std::to_string(port)};
}

// 1.5 gives any pipeline fields of the packet as a match.
OfStatus ReadPipelineFields(const Match& match, PacketOut* out) {
  Match pipeline_only = match;
  const bool has_port = !GetField(match.mask, FieldId::kInPort).is_zero();
  if (!has_port) return {OfErrorId::kBadRequestPort, "packet-out without in_port"};
  // Tunnel and mark fields are the packet's, yet not of its bytes.
  for (const FieldId field : {FieldId::kTunId, FieldId::kTunSrc, FieldId::kTunDst,
                              FieldId::kTunIpv6Src, FieldId::kTunIpv6Dst, FieldId::kTunFlags,
                              FieldId::kTunGbpId, FieldId::kTunGbpFlags, FieldId::kPktMark}) {
    SetField(&pipeline_only.mask, field, FieldValue{});
  }
  pipeline_only.mask.packet.tun_metadata.fill(0);
  pipeline_only.mask.packet.tun_metadata_present = Be64{0};
  const FlowKey nothing = MatchKey().packet;
  if (std::memcmp(&pipeline_only.mask.packet, &nothing, sizeof(nothing)) != 0) {
    return OfErrorId::kPipelineFieldsOnly;
  }
  out->metadata = match.value;
  return {};
}

}  // namespace

OfStatus DecodePacketOut(const DecodeContext& context, Reader* in, Request* out) {
  const OfVersion version = context.version();
  PacketOut packet_out;
  packet_out.buffer_id = in->U32();
  uint32_t in_port = kOfpAny;
  size_t action_bytes = 0;
  if (version == k10) {
    const OfResult<uint32_t> port = PortFrom10(in->U16());
    if (!port.ok()) return OfErrorId::kBadRequestPort;
    in_port = *port;
    action_bytes = in->U16();
  } else if (version < k15) {
    in_port = in->U32();
    action_bytes = in->U16();
    in->Skip(6);
  } else {
    action_bytes = in->U16();
    in->Skip(2);
    const OfResult<Match> match = DecodeMatch(version, in);
    if (!match.ok()) return match.status();
    VSW_OF_RETURN_IF_ERROR(ReadPipelineFields(*match, &packet_out));
    in_port = static_cast<uint32_t>(GetField(match->value, FieldId::kInPort).low64());
  }
  VSW_OF_RETURN_IF_ERROR(CheckInPort(in_port));
  SetField(&packet_out.metadata, FieldId::kInPort, FieldValue::OfU64(in_port));
  if (action_bytes > in->left()) return OfErrorId::kBadLength;
  OfResult<OfActions> actions = DecodeActions(version, in->Take(action_bytes));
  if (!actions.ok()) return actions.status();
  packet_out.actions = std::move(*actions);
  const auto data = in->Rest();
  packet_out.packet.assign(data.begin(), data.end());
  out->body = std::move(packet_out);
  return {};
}

}  // namespace vsw
