// SPDX-License-Identifier: Apache-2.0
//
// Which asynchronous messages a controller wants: 1.3's masks (section 7.3.10), 1.4's properties
// (section 7.3.10), Nicira's of both kinds.
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

using Masks = std::array<uint32_t, 2>;

constexpr uint16_t kExperimenterSlave = 0xfffe;

// Properties come in pairs, the slave's even and the master's odd; reasons above those known do not
// exist.
struct Kind {
  Masks msg::AsyncConfig::*masks;
  uint32_t reasons;
};
constexpr Kind kKinds[] = {
    {&msg::AsyncConfig::packet_in, 0x3f},    {&msg::AsyncConfig::port_status, 0x7},
    {&msg::AsyncConfig::flow_removed, 0x3f}, {&msg::AsyncConfig::role_status, 0x7},
    {&msg::AsyncConfig::table_status, 0x18}, {&msg::AsyncConfig::requestforward, 0x3},
};

// An odd type is the master's, of which the masks are the first.
size_t IndexOf(uint16_t type) { return (type & 1) != 0 ? 0 : 1; }

}  // namespace

OfStatus DecodeGetAsync(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::GetAsyncRequest{};
  return {};
}

OfStatus DecodeSetAsyncMasks(const DecodeContext&, Reader* in, Request* out) {
  msg::SetAsync set;
  for (Masks msg::AsyncConfig::*masks :
       {&msg::AsyncConfig::packet_in, &msg::AsyncConfig::port_status,
        &msg::AsyncConfig::flow_removed}) {
    for (size_t i = 0; i < 2; ++i) {
      (set.values.*masks)[i] = in->U32();
      (set.present.*masks)[i] = ~uint32_t{0};
    }
  }
  out->body = set;
  return {};
}

OfStatus DecodeSetAsyncProperties(const DecodeContext&, Reader* in, Request* out) {
  msg::SetAsync set;
  while (in->left() > 0) {
    const OfResult<Property> property = ReadProperty(in);
    if (!property.ok()) return property.status();
    if (property->type >= kExperimenterSlave) return OfErrorId::kAsyncUnsupported;
    const size_t kind = property->type / 2;
    if (kind >= std::size(kKinds)) return OfErrorId::kBadPropertyType;
    if (property->payload.size() != 4) return OfErrorId::kBadPropertyLength;
    const uint32_t mask = Reader(property->payload).U32();
    if ((mask & ~kKinds[kind].reasons) != 0) return OfErrorId::kAsyncInvalid;
    const size_t index = IndexOf(property->type);
    (set.values.*kKinds[kind].masks)[index] = mask;
    (set.present.*kKinds[kind].masks)[index] = ~uint32_t{0};
  }
  out->body = set;
  return {};
}

Bytes EncodeAsyncConfig(OfVersion version, uint32_t xid, const msg::AsyncConfig& config) {
  OutMessage out(version, of_type::kAsyncReply, xid);
  if (version < OfVersion::k14) {
    for (const Masks& masks : {config.packet_in, config.port_status, config.flow_removed}) {
      out.U32(masks[0]);
      out.U32(masks[1]);
    }
    return out.Finish();
  }
  for (uint16_t type = 0; type < 2 * std::size(kKinds); ++type) {
    const Kind& kind = kKinds[type / 2];
    const size_t property = BeginProperty(type, &out);
    out.U32((config.*kind.masks)[IndexOf(type)] & kind.reasons);
    EndProperty(property, &out);
  }
  return out.Finish();
}

}  // namespace vsw
