// SPDX-License-Identifier: Apache-2.0
//
// Experimenter messages (vendor messages in 1.0): which Nicira and ONF messages there are, and the
// settings of a connection that Nicira's extension brought.
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr MessageRule kNicira[] = {
    {k10, k15, 10, 4, Tail::kNone, DecodeNxRole},
    {k10, k10, 12, 4, Tail::kNone, DecodeSetFlowFormat},
    {k10, k15, 13, 32, Tail::kEights, DecodeNxFlowMod},
    {k10, k15, 15, 8, Tail::kNone, DecodeFlowModTableId},
    {k10, k15, 16, 4, Tail::kNone, DecodeSetPacketInFormat},
    {k10, k15, 19, 24, Tail::kNone, DecodeSetAsyncMasks},
    {k10, k15, 20, 8, Tail::kNone, DecodeSetControllerId},
    {k10, k15, 21, 4, Tail::kNone, DecodeFlowMonitorCancel},
    {k10, k15, 24, 8, Tail::kEights, DecodeTlvTableMod},
    {k10, k15, 25, 0, Tail::kNone, DecodeTlvTableRequest},
    {k10, k13, 27, 0, Tail::kEights, DecodeSetAsyncProperties},
    {k10, k15, 28, 0, Tail::kEights, DecodeResume},
    {k10, k15, 29, 8, Tail::kNone, DecodeCtFlush},
    {k10, k14, 31, 16, Tail::kEights, DecodeGroupMod15},
    {k10, k15, 32, 8, Tail::kEights, DecodeCtFlush},
};

constexpr MessageRule kOnf[] = {
    {k13, k13, kOnfFlowMonitor, 4, Tail::kNone, DecodeFlowMonitorCancel},
    {k13, k13, 2300, 8, Tail::kEights, DecodeOnfBundleControl},
    {k13, k13, 2301, 8, Tail::kAny, DecodeOnfBundleAdd},
};

}  // namespace

OfStatus DecodeExperimenter(const DecodeContext& context, Reader* in, Request* out) {
  const uint32_t experimenter = in->U32();
  if (experimenter != kNiciraId && experimenter != kOnfId) {
    return {OfErrorId::kBadExperimenter, "experimenter " + std::to_string(experimenter)};
  }
  if (in->left() < 4) return OfErrorId::kBadLength;
  const uint32_t subtype = in->U32();
  const MessageRule* rule = experimenter == kNiciraId
                                ? FindRule(kNicira, context.version(), subtype)
                                : FindRule(kOnf, context.version(), subtype);
  if (rule == nullptr) {
    return {OfErrorId::kBadExpType, "experimenter message " + std::to_string(subtype)};
  }
  return DecodeByRule(*rule, context, in, out);
}

OfStatus DecodeSetFlowFormat(const DecodeContext&, Reader* in, Request* out) {
  constexpr uint32_t kOpenFlow10 = 0, kNxm = 2;
  const uint32_t format = in->U32();
  if (format != kOpenFlow10 && format != kNxm) {
    return {OfErrorId::kPermission, "flow format " + std::to_string(format)};
  }
  out->body = msg::SetFlowFormat{format};
  return {};
}

OfStatus DecodeFlowModTableId(const DecodeContext&, Reader* in, Request* out) {
  out->body = msg::SetFlowModTableId{in->U8() != 0};
  in->Skip(7);
  return {};
}

OfStatus DecodeSetPacketInFormat(const DecodeContext&, Reader* in, Request* out) {
  const uint32_t format = in->U32();
  if (format > static_cast<uint32_t>(PacketInFormat::kNxt2)) {
    return {OfErrorId::kPermission, "packet-in format " + std::to_string(format)};
  }
  out->body = msg::SetPacketInFormat{static_cast<PacketInFormat>(format)};
  return {};
}

OfStatus DecodeSetControllerId(const DecodeContext&, Reader* in, Request* out) {
  if (!in->Zeros(6)) return OfErrorId::kMustBeZero;
  out->body = msg::SetControllerId{in->U16()};
  return {};
}

OfStatus DecodeResume(const DecodeContext&, Reader* in, Request* out) {
  in->Rest();
  out->body = msg::Resume{};
  return {};
}

OfStatus DecodeCtFlush(const DecodeContext&, Reader* in, Request* out) {
  in->Rest();
  out->body = msg::CtFlush{};
  return {};
}

OfStatus DecodeIpfixRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::IpfixRequest{};
  return {};
}

}  // namespace vsw
