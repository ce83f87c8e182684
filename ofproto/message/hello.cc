// SPDX-License-Identifier: Apache-2.0
//
// Messages that hold a connection together: hello, echo, error, barrier (1.3 sections 7.3.8, 7.4.4,
// 7.5).
#include <algorithm>

#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/error_codes.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

constexpr uint16_t kVersionBitmap = 1;
constexpr size_t kQuotedBytes = 64;

// Elements that are not understood are skipped, and so is a list that is malformed from some point
// on: the specification wants hellos of later versions to be read as far as they make sense.
uint32_t VersionsInBitmap(Reader in) {
  while (in.left() >= 4) {
    const uint16_t type = in.U16();
    const size_t length = in.U16();
    if (length < 4 || length - 4 > in.left()) return 0;
    Reader payload(in.Take(length - 4));
    if (type == kVersionBitmap && payload.left() >= 4) return payload.U32();
    in.Skip(std::min(in.left(), (8 - length % 8) % 8));
  }
  return 0;
}

}  // namespace

OfStatus DecodeHello(const DecodeContext& context, Reader* in, Request* out) {
  uint32_t versions = VersionsInBitmap(*in);
  if (versions == 0) {
    // Without a bitmap the header's version is the highest, and all below it are meant as well.
    const uint32_t highest = std::min<uint32_t>(context.header.version, 31);
    versions = static_cast<uint32_t>((uint64_t{2} << highest) - 1) & ~1u;
  }
  in->Rest();
  out->body = msg::Hello{versions};
  return {};
}

OfStatus DecodeEchoRequest(const DecodeContext&, Reader* in, Request* out) {
  const auto data = in->Rest();
  out->body = msg::EchoRequest{Bytes(data.begin(), data.end())};
  return {};
}

OfStatus DecodeEchoReply(const DecodeContext&, Reader* in, Request* out) {
  const auto data = in->Rest();
  out->body = msg::EchoReply{Bytes(data.begin(), data.end())};
  return {};
}

OfStatus DecodeError(const DecodeContext&, Reader* in, Request* out) {
  msg::Error error{};
  error.type = in->U16();
  error.code = in->U16();
  const auto data = in->Rest();
  error.data.assign(data.begin(), data.end());
  out->body = std::move(error);
  return {};
}

OfStatus DecodeBarrier(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::BarrierRequest{};
  return {};
}

Bytes EncodeHello(uint32_t versions) {
  uint8_t highest = 1;
  for (uint8_t version = 1; version < 32; ++version) {
    if ((versions >> version & 1) != 0) highest = version;
  }
  OutMessage out(static_cast<OfVersion>(highest), of_type::kHello, 1);
  out.U16(kVersionBitmap);
  out.U16(8);
  out.U32(versions);
  return out.Finish();
}

Bytes EncodeEcho(OfVersion version, bool is_reply, uint32_t xid, std::span<const uint8_t> data) {
  OutMessage out(version, is_reply ? of_type::kEchoReply : of_type::kEchoRequest, xid);
  out.Put(data.first(std::min(data.size(), kMaxMessageBytes - kOfHeaderBytes)));
  return out.Finish();
}

Bytes EncodeBarrierReply(OfVersion version, uint32_t xid) {
  const bool v10 = version == OfVersion::k10;
  return OutMessage(version, v10 ? of_type::kBarrierReply10 : of_type::kBarrierReply, xid).Finish();
}

Bytes EncodeError(OfVersion version, const OfStatus& status, uint32_t xid,
                  std::span<const uint8_t> request_bytes) {
  OutMessage out(version, of_type::kError, xid);
  const ErrorCode code = CodeOfError(version, status.id());
  if (code.space == ErrorSpace::kStandard) {
    out.U16(code.type);
    out.U16(code.code);
  } else if (code.space == ErrorSpace::kNicira && version <= OfVersion::k11) {
    // The two oldest versions have no experimenter errors: Nicira's extension stands in.
    constexpr uint16_t kNiciraErrorType = 0xb0c2;
    out.U16(kNiciraErrorType);
    out.U16(0);
    out.U32(kNiciraId);
    out.U16(code.type);
    out.U16(code.code);
  } else {
    constexpr uint16_t kExperimenterErrorType = 0xffff;
    out.U16(kExperimenterErrorType);
    out.U16(code.code);
    out.U32(code.space == ErrorSpace::kNicira ? kNiciraId : kOnfId);
  }
  // A failed hello is explained in words (1.3 section 7.4.4); all others quote the request.
  if (status.id() == OfErrorId::kHelloIncompatible && !status.detail().empty()) {
    const std::string& text = status.detail();
    out.Put({reinterpret_cast<const uint8_t*>(text.data()), std::min(text.size(), size_t{1024})});
  } else {
    out.Put(request_bytes.first(std::min(request_bytes.size(), kQuotedBytes)));
  }
  return out.Finish();
}

}  // namespace vsw
