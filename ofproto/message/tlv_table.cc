// SPDX-License-Identifier: Apache-2.0
//
// Nicira's table of tunnel options: NXT_TLV_TABLE_MOD, REQUEST and REPLY (ovs-fields(7)).
#include "ofproto/match/fields.h"
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

constexpr uint32_t kNxtTlvTableReply = 26;
constexpr uint16_t kLastCommand = static_cast<uint16_t>(TlvTableMod::Command::kClear);

TlvMapping ReadMapping(Reader* in) {
  TlvMapping mapping;
  mapping.option_class = in->U16();
  mapping.type = in->U8();
  mapping.length = in->U8();
  mapping.index = in->U16();
  in->Skip(2);
  return mapping;
}

}  // namespace

OfStatus DecodeTlvTableMod(const DecodeContext&, Reader* in, Request* out) {
  TlvTableMod mod;
  const uint16_t command = in->U16();
  in->Skip(6);
  if (command > kLastCommand) {
    return {OfErrorId::kTlvBadCommand, "command " + std::to_string(command)};
  }
  mod.command = static_cast<TlvTableMod::Command>(command);
  while (in->left() > 0) mod.mappings.push_back(ReadMapping(in));
  out->body = std::move(mod);
  return {};
}

OfStatus DecodeTlvTableRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::TlvTableRequest{};
  return {};
}

Bytes EncodeTlvTable(OfVersion version, uint32_t xid, std::span<const TlvMapping> mappings) {
  OutMessage out(version, kNiciraId, kNxtTlvTableReply, xid);
  out.U32(kTunnelMetadataBytes);
  out.U16(kTunnelOptionFields);
  out.Zeros(10);
  for (const TlvMapping& mapping : mappings) {
    out.U16(mapping.option_class);
    out.U8(mapping.type);
    out.U8(mapping.length);
    out.U16(mapping.index);
    out.Zeros(2);
  }
  return out.Finish();
}

}  // namespace vsw
