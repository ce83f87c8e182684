// SPDX-License-Identifier: Apache-2.0
//
// Queues (1.0 sections 5.2.2, 5.3.4; 1.3 sections 7.2.2, 7.3.5.8; 1.4 section 7.3.5.10). None are
// configured, so replies have no entries.
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kQueueStatsMultipart = 5, kQueueDescMultipart = 15;

OfStatus ReadPort(OfVersion version, Reader* in, uint32_t* port) {
  if (version != k10) {
    *port = in->U32();
    return {};
  }
  const uint16_t wire = in->U16();
  in->Skip(2);
  // "All ports" is OFPP_ALL here and ANY from 1.1 on.
  constexpr uint16_t kAll10 = 0xfffc;
  if (wire == kAll10) {
    *port = kOfpAny;
    return {};
  }
  const OfResult<uint32_t> translated = PortFrom10(wire);
  if (!translated.ok()) return translated.status();
  *port = *translated;
  return {};
}

}  // namespace

OfStatus DecodeQueueConfig(const DecodeContext& context, Reader* in, Request* out) {
  msg::QueueConfigRequest request{};
  VSW_OF_RETURN_IF_ERROR(ReadPort(context.version(), in, &request.port));
  in->Rest();
  out->body = request;
  return {};
}

OfStatus DecodeQueueStatsRequest(const DecodeContext& context, Reader* in, Request* out) {
  msg::QueueStatsRequest request{};
  VSW_OF_RETURN_IF_ERROR(ReadPort(context.version(), in, &request.port));
  request.queue = in->U32();
  out->body = request;
  return {};
}

OfStatus DecodeQueueDescRequest(const DecodeContext&, Reader* in, Request* out) {
  msg::QueueDescRequest request{};
  request.port = in->U32();
  request.queue = in->U32();
  out->body = request;
  return {};
}

std::vector<Bytes> EncodeQueueStats(OfVersion version, uint32_t xid) {
  return MultipartReply(version, xid, {kQueueStatsMultipart}).Finish();
}

std::vector<Bytes> EncodeQueueDesc(OfVersion version, uint32_t xid) {
  return MultipartReply(version, xid, {kQueueDescMultipart}).Finish();
}

Bytes EncodeQueueConfig(OfVersion version, uint32_t xid, uint32_t port) {
  const bool v10 = version == k10;
  OutMessage out(version, v10 ? of_type::kQueueConfigReply10 : of_type::kQueueConfigReply, xid);
  PutPort(version, port, &out);
  out.Zeros(v10 ? 6 : 4);
  return out.Finish();
}

}  // namespace vsw
