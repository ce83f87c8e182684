// SPDX-License-Identifier: Apache-2.0
//
// Bundles (1.4 section 7.3.9, and ONF extension 230 which brings them to 1.3).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

constexpr uint32_t kOnfBundleControl = 2300;

template <typename... Bundled>
bool TakeBundled(Request::Body* body, BridgeControl::BundleEntry* entry) {
  const auto take = [&](auto* value) {
    if (value == nullptr) return false;
    *entry = std::move(*value);
    return true;
  };
  return (take(std::get_if<Bundled>(body)) || ...);
}

// The message within: of the same version and xid, and one of those that a bundle may hold.
OfStatus DecodeInner(const DecodeContext& context, std::span<const uint8_t> bytes,
                     msg::BundleAdd* add) {
  if (bytes.size() < kOfHeaderBytes) return OfErrorId::kBundleMessageBadLength;
  const OfHeader header = ReadHeader(bytes);
  if (header.length < kOfHeaderBytes || header.length > bytes.size()) {
    return OfErrorId::kBundleMessageBadLength;
  }
  if (header.version != context.header.version) return OfErrorId::kBadVersion;
  if (header.xid != context.header.xid) return OfErrorId::kBundleMessageBadXid;
  const auto inner = bytes.first(header.length);
  // A bundle in a bundle would be decoded as deep as it is long.
  constexpr uint8_t kFirstBundleType = 33;
  if (header.type >= kFirstBundleType) return OfErrorId::kBundleMessageUnsupported;
  if (header.type == of_type::kExperimenter && inner.size() >= kOfHeaderBytes + 4 &&
      Reader(inner.subspan(kOfHeaderBytes)).U32() == kOnfId) {
    return OfErrorId::kBundleMessageUnsupported;
  }
  OfResult<Request> request = DecodeRequest(context.dialect, inner);
  if (!request.ok()) return request.status();
  if (!TakeBundled<FlowMod, GroupMod, MeterMod, PortMod, PacketOut>(&request->body, &add->entry)) {
    return OfErrorId::kBundleMessageUnsupported;
  }
  add->inner_xid = header.xid;
  add->inner_type = header.type;
  add->inner.assign(inner.begin(), inner.end());
  return {};
}

OfStatus ReadControl(bool onf, Reader* in, Request* out) {
  msg::BundleControl control{};
  control.id = in->U32();
  const uint16_t type = in->U16();
  control.flags = in->U16();
  control.onf = onf;
  if (type > static_cast<uint16_t>(msg::BundleControl::Type::kDiscardReply)) {
    return {OfErrorId::kBundleBadType, "bundle control type " + std::to_string(type)};
  }
  control.type = static_cast<msg::BundleControl::Type>(type);
  in->Rest();  // properties: none are known, and those of others may be ignored
  out->body = control;
  return {};
}

OfStatus ReadAdd(const DecodeContext& context, bool onf, Reader* in, Request* out) {
  msg::BundleAdd add{};
  add.id = in->U32();
  in->Skip(2);
  add.flags = in->U16();
  add.onf = onf;
  VSW_OF_RETURN_IF_ERROR(DecodeInner(context, in->Rest(), &add));
  out->body = std::move(add);
  return {};
}

}  // namespace

OfStatus DecodeBundleControl(const DecodeContext&, Reader* in, Request* out) {
  return ReadControl(/*onf=*/false, in, out);
}
OfStatus DecodeOnfBundleControl(const DecodeContext&, Reader* in, Request* out) {
  return ReadControl(/*onf=*/true, in, out);
}
OfStatus DecodeBundleAdd(const DecodeContext& context, Reader* in, Request* out) {
  return ReadAdd(context, /*onf=*/false, in, out);
}
OfStatus DecodeOnfBundleAdd(const DecodeContext& context, Reader* in, Request* out) {
  return ReadAdd(context, /*onf=*/true, in, out);
}

Bytes EncodeBundleReply(OfVersion version, uint32_t xid, const msg::BundleControl& reply) {
  OutMessage out = reply.onf ? OutMessage(version, kOnfId, kOnfBundleControl, xid)
                             : OutMessage(version, of_type::kBundleControl, xid);
  out.U32(reply.id);
  out.U16(static_cast<uint16_t>(reply.type));
  out.U16(reply.flags);
  return out.Finish();
}

}  // namespace vsw
