// SPDX-License-Identifier: Apache-2.0
//
// Ports: description, status, modification (1.0 sections 5.2.1, 5.3.4, 5.4.3; 1.3 sections 7.2.1,
// 7.3.4.3, 7.4.3; 1.4 sections 7.2.1, 7.3.4.3).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"
#include "ofproto/message/port_desc.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr size_t kNameBytes = 16;
constexpr uint16_t kPortDescMultipart = 13;
constexpr uint16_t kEthernetProperty = 0;
constexpr uint16_t kExperimenterProperty = 0xffff;
constexpr uint32_t kConfig10 = 0x7f;
constexpr uint32_t kConfig11 =
    port_config::kDown | port_config::kNoRecv | port_config::kNoFwd | port_config::kNoPacketIn;

// 1.0 lacks the speeds between 10 Gb/s and copper: what is above moves down by four bits.
constexpr uint32_t kFeatures10Speeds = 0x7f, kFeatures10Others = 0xf80;
constexpr int kFeatureShift = 4;

uint32_t FeaturesTo10(uint32_t features) {
  return (features & kFeatures10Speeds) | (features >> kFeatureShift & kFeatures10Others);
}
uint32_t FeaturesFrom10(uint32_t features) {
  return (features & kFeatures10Speeds) | (features & kFeatures10Others) << kFeatureShift;
}

void PutPort10(const PortDesc& port, Writer* out) {
  out->U16(PortTo10(port.port));
  PutMac(port.mac, out);
  out->Text(port.name, kNameBytes);
  out->U32(port.config & kConfig10);
  out->U32(port.state & port_state::kLinkDown);  // the others are spanning tree's in 1.0
  for (const uint32_t features : {port.current, port.advertised, port.supported, port.peer}) {
    out->U32(FeaturesTo10(features));
  }
}

void PutEthernet(const PortDesc& port, Writer* out) {
  for (const uint32_t features : {port.current, port.advertised, port.supported, port.peer}) {
    out->U32(features);
  }
  out->U32(port.current_kbps);
  out->U32(port.max_kbps);
}

// 1.4's properties; the only one that port-mods have here is Ethernet's.
OfStatus DecodePortModProperties(Reader* in, PortMod* mod) {
  while (in->left() > 0) {
    const OfResult<Property> property = ReadProperty(in);
    if (!property.ok()) return property.status();
    if (property->type == kExperimenterProperty) return OfErrorId::kBadPropertyType;
    if (property->type != kEthernetProperty) return OfErrorId::kBadPropertyType;
    if (property->payload.size() != 4) return OfErrorId::kBadPropertyLength;
    mod->advertise = Reader(property->payload).U32();
  }
  return {};
}

}  // namespace

void PutPortDesc(OfVersion version, const PortDesc& port, Writer* out) {
  if (version == k10) return PutPort10(port, out);
  const size_t start = out->size();
  out->U32(port.port);
  out->U16(0);  // the length, from 1.4 on
  out->Zeros(2);
  PutMac(port.mac, out);
  out->Zeros(2);
  out->Text(port.name, kNameBytes);
  out->U32(port.config & kConfig11);
  out->U32(port.state);
  if (version < k14) return PutEthernet(port, out);
  const size_t property = BeginProperty(kEthernetProperty, out);
  out->Zeros(4);
  PutEthernet(port, out);
  EndProperty(property, out);
  out->PatchU16(start + 4, static_cast<uint16_t>(out->size() - start));
}

Bytes EncodePortStatus(OfVersion version, const PortStatus& status) {
  OutMessage out(version, of_type::kPortStatus, 0);
  out.U8(static_cast<uint8_t>(status.reason));
  out.Zeros(7);
  PutPortDesc(version, status.desc, &out);
  return out.Finish();
}

std::vector<Bytes> EncodePortDesc(OfVersion version, uint32_t xid,
                                  std::span<const PortDesc> ports) {
  MultipartReply reply(version, xid, {kPortDescMultipart});
  for (const PortDesc& port : ports) {
    Writer entry;
    PutPortDesc(version, port, &entry);
    reply.Add(entry);
  }
  return reply.Finish();
}

OfStatus DecodePortDescRequest(const DecodeContext& context, Reader* in, Request* out) {
  msg::PortDescRequest request;
  if (context.version() >= k15) request.port = in->U32();
  in->Rest();
  out->body = request;
  return {};
}

OfStatus DecodePortMod(const DecodeContext& context, Reader* in, Request* out) {
  PortMod mod;
  if (context.version() == k10) {
    const OfResult<uint32_t> port = PortFrom10(in->U16());
    if (!port.ok()) return port.status();
    mod.port = *port;
    mod.mac = TakeMac(in);
    mod.config = in->U32() & kConfig10;
    mod.mask = in->U32() & kConfig10;
    mod.advertise = FeaturesFrom10(in->U32());
    in->Skip(4);
  } else {
    mod.port = in->U32();
    in->Skip(4);
    mod.mac = TakeMac(in);
    in->Skip(2);
    mod.config = in->U32() & kConfig11;
    mod.mask = in->U32() & kConfig11;
    if (context.version() < k14) {
      mod.advertise = in->U32();
      in->Skip(4);
    } else {
      VSW_OF_RETURN_IF_ERROR(DecodePortModProperties(in, &mod));
    }
  }
  // Bits that the mask leaves alone say nothing.
  mod.config &= mod.mask;
  out->body = mod;
  return {};
}

}  // namespace vsw
