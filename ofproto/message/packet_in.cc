// SPDX-License-Identifier: Apache-2.0
//
// Packet-ins in all their forms: 1.0 section 5.4.1, 1.1 section A.4.1, 1.3 section 7.4.1, and the
// Nicira extension's NXT_PACKET_IN and NXT_PACKET_IN2.
#include <algorithm>

#include "ofproto/message/codec.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint32_t kNxtPacketIn = 17, kNxtPacketIn2 = 30;

// Properties of NXT_PACKET_IN2.
constexpr uint16_t kPacketProperty = 0, kFullLengthProperty = 1, kTableProperty = 3,
                   kCookieProperty = 4, kReasonProperty = 5, kMetadataProperty = 6,
                   kUserdataProperty = 7;

// What is told of a packet apart from its bytes: everything that those do not say.
constexpr FieldId kMetadataFields[] = {
    FieldId::kMetadata,    FieldId::kTunId,      FieldId::kTunSrc,       FieldId::kTunDst,
    FieldId::kTunIpv6Src,  FieldId::kTunIpv6Dst, FieldId::kTunFlags,     FieldId::kTunGbpId,
    FieldId::kTunGbpFlags, FieldId::kPktMark,    FieldId::kActsetOutput, FieldId::kCtState,
    FieldId::kCtZone,      FieldId::kCtMark,     FieldId::kCtLabel,
};

void AddTunnelOptions(const MatchKey& metadata, Match* match) {
  for (uint8_t n = 0; n < kTunnelOptionFields; ++n) {
    const FieldId field = TunnelOptionField(n);
    if ((metadata.packet.tun_metadata_present.Get() & TunnelOptionBit(field)) == 0) continue;
    match->Set(field, GetField(metadata, field));
  }
}

void AddIfSet(const MatchKey& metadata, FieldId field, Match* match) {
  const FieldValue value = GetField(metadata, field);
  if (!value.is_zero()) match->Set(field, value);
}

// The ingress port is always there, other fields if they are not zero (1.3 section 7.4.1).
Match MetadataMatch(const MatchKey& metadata, bool with_actset_output) {
  Match match;
  match.Set(FieldId::kInPort, GetField(metadata, FieldId::kInPort));
  for (const FieldId field : kMetadataFields) {
    if (field == FieldId::kActsetOutput && !with_actset_output) continue;
    AddIfSet(metadata, field, &match);
  }
  AddTunnelOptions(metadata, &match);
  for (size_t reg = 0; reg < 16; ++reg) {
    AddIfSet(metadata, static_cast<FieldId>(static_cast<size_t>(FieldId::kReg0) + reg), &match);
  }
  return match;
}

uint8_t ReasonOnWire(OfVersion version, PacketInReason reason) {
  switch (reason) {
    case PacketInReason::kImplicitMiss:
      return static_cast<uint8_t>(PacketInReason::kNoMatch);
    case PacketInReason::kNoMatch:
      // Before 1.3 there is no table-miss rule: what a rule of that kind sends is an action's.
      return static_cast<uint8_t>(version < k13 ? PacketInReason::kAction : reason);
    case PacketInReason::kActionSet:
    case PacketInReason::kGroup:
    case PacketInReason::kPacketOut:
      return static_cast<uint8_t>(version < k14 ? PacketInReason::kAction : reason);
    default:
      return static_cast<uint8_t>(reason);
  }
}

uint16_t TotalBytes(const PacketIn& packet_in) {
  return static_cast<uint16_t>(std::min<uint32_t>(packet_in.total_bytes, 0xffff));
}

// As much of the packet as the message has room for.
std::span<const uint8_t> Payload(const PacketIn& packet_in, size_t used) {
  const size_t room = kMaxMessageBytes - std::min(used, kMaxMessageBytes);
  return {packet_in.packet.data(), std::min(packet_in.packet.size(), room)};
}

void PutStandard(OfVersion version, const PacketIn& in, Writer* out) {
  const uint32_t in_port = static_cast<uint32_t>(GetField(in.metadata, FieldId::kInPort).low64());
  const uint8_t reason = ReasonOnWire(version, in.reason);
  out->U32(kNoBuffer);
  if (version == k10) {
    out->U16(TotalBytes(in));
    out->U16(PortTo10(in_port));
    out->U8(reason);
    out->U8(0);
    return;
  }
  if (version == k11) {
    out->U32(in_port);
    out->U32(in_port);  // in_phy_port: no ports are made of others
    out->U16(TotalBytes(in));
    out->U8(reason);
    out->U8(in.table);
    return;
  }
  out->U16(TotalBytes(in));
  out->U8(reason);
  out->U8(in.table);
  if (version >= k13) out->U64(in.cookie);
  EncodeMatch(version, MetadataMatch(in.metadata, version >= k15), out);
  out->Zeros(2);
}

Bytes EncodeStandard(OfVersion version, const PacketIn& in) {
  OutMessage out(version, of_type::kPacketIn, 0);
  PutStandard(version, in, &out);
  out.Put(Payload(in, out.size()));
  return out.Finish();
}

Bytes EncodeNxt(OfVersion version, const PacketIn& in) {
  OutMessage out(version, kNiciraId, kNxtPacketIn, 0);
  out.U32(kNoBuffer);
  out.U16(TotalBytes(in));
  out.U8(ReasonOnWire(version, in.reason));
  out.U8(in.table);
  out.U64(in.cookie);
  const size_t length_at = out.size();
  out.U16(0);
  out.Zeros(6);
  const size_t match_at = out.size();
  EncodeOxm(MetadataMatch(in.metadata, false), /*nxm=*/true, &out, version);
  out.PatchU16(length_at, static_cast<uint16_t>(out.size() - match_at));
  out.Align8(match_at);
  out.Zeros(2);
  out.Put(Payload(in, out.size()));
  return out.Finish();
}

Bytes EncodeNxt2(OfVersion version, const PacketIn& in) {
  // Everything but the packet first, to know what room is left for it; ovs puts the packet first.
  Writer others;
  size_t at = BeginProperty(kTableProperty, &others);
  others.U8(in.table);
  EndProperty(at, &others);
  if (in.cookie != ~uint64_t{0}) {
    at = BeginProperty(kCookieProperty, &others);
    others.Zeros(4);
    others.U64(in.cookie);
    EndProperty(at, &others);
  }
  at = BeginProperty(kReasonProperty, &others);
  others.U8(ReasonOnWire(version, in.reason));
  EndProperty(at, &others);
  at = BeginProperty(kMetadataProperty, &others);
  EncodeOxm(MetadataMatch(in.metadata, version >= k15), /*nxm=*/version < k12, &others, version);
  EndProperty(at, &others);
  if (!in.userdata.empty()) {
    at = BeginProperty(kUserdataProperty, &others);
    others.Put(in.userdata);
    EndProperty(at, &others);
  }

  OutMessage out(version, kNiciraId, kNxtPacketIn2, 0);
  constexpr size_t kPacketOverhead = 4 + 7, kFullLengthBytes = 8;
  const auto payload = Payload(in, out.size() + others.size() + kPacketOverhead + kFullLengthBytes);
  at = BeginProperty(kPacketProperty, &out);
  out.Put(payload);
  EndProperty(at, &out);
  if (payload.size() != in.total_bytes) {
    at = BeginProperty(kFullLengthProperty, &out);
    out.U32(in.total_bytes);
    EndProperty(at, &out);
  }
  out.Put(others.bytes());
  return out.Finish();
}

}  // namespace

Bytes EncodePacketIn(const Dialect& dialect, const PacketIn& packet_in) {
  switch (dialect.packet_in_format) {
    case PacketInFormat::kNxt:
      return EncodeNxt(dialect.version, packet_in);
    case PacketInFormat::kNxt2:
      return EncodeNxt2(dialect.version, packet_in);
    case PacketInFormat::kStandard:
      break;
  }
  return EncodeStandard(dialect.version, packet_in);
}

}  // namespace vsw
