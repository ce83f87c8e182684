// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

using enum OfVersion;

// Messages that a controller may send (1.0 section 5.1, 1.3 section 7.1, 1.5 section 7.1).
constexpr MessageRule kMessages[] = {
    {k10, k15, 0, 0, Tail::kAny, DecodeHello},
    {k10, k15, 1, 4, Tail::kAny, DecodeError},
    {k10, k15, 2, 0, Tail::kAny, DecodeEchoRequest},
    {k10, k15, 3, 0, Tail::kAny, DecodeEchoReply},
    {k10, k15, 4, 4, Tail::kAny, DecodeExperimenter},
    {k10, k15, 5, 0, Tail::kNone, DecodeFeaturesRequest},
    {k10, k15, 7, 0, Tail::kNone, DecodeGetConfig},
    {k10, k15, 9, 4, Tail::kNone, DecodeSetConfig},
    {k10, k10, 13, 8, Tail::kAny, DecodePacketOut},
    {k11, k14, 13, 16, Tail::kAny, DecodePacketOut},
    {k15, k15, 13, 16, Tail::kAny, DecodePacketOut},
    {k10, k10, 14, 64, Tail::kEights, DecodeFlowMod10},
    {k11, k15, 14, 40, Tail::kEights, DecodeFlowMod},
    {k11, k14, 15, 8, Tail::kEights, DecodeGroupMod},
    {k15, k15, 15, 16, Tail::kEights, DecodeGroupMod15},
    {k10, k10, 15, 24, Tail::kNone, DecodePortMod},
    {k11, k13, 16, 32, Tail::kNone, DecodePortMod},
    {k14, k15, 16, 24, Tail::kEights, DecodePortMod},
    {k11, k13, 17, 8, Tail::kNone, DecodeTableMod},
    {k14, k15, 17, 8, Tail::kEights, DecodeTableMod},
    {k10, k10, 16, 4, Tail::kAny, DecodeMultipart},
    {k11, k15, 18, 8, Tail::kAny, DecodeMultipart},
    {k10, k10, 18, 0, Tail::kNone, DecodeBarrier},
    {k11, k15, 20, 0, Tail::kNone, DecodeBarrier},
    {k10, k10, 20, 4, Tail::kNone, DecodeQueueConfig},
    {k11, k13, 22, 8, Tail::kNone, DecodeQueueConfig},
    {k12, k15, 24, 16, Tail::kNone, DecodeRole},
    {k13, k15, 26, 0, Tail::kNone, DecodeGetAsync},
    {k13, k13, 28, 24, Tail::kNone, DecodeSetAsyncMasks},
    {k14, k15, 28, 0, Tail::kEights, DecodeSetAsyncProperties},
    {k13, k15, 29, 8, Tail::kEights, DecodeMeterMod},
    {k14, k15, 33, 8, Tail::kEights, DecodeBundleControl},
    {k14, k15, 34, 8, Tail::kAny, DecodeBundleAdd},
};

// Those that are the same in all versions and may come before one is agreed on.
bool IsImmutable(uint8_t type) { return type <= of_type::kEchoReply; }

}  // namespace

OfHeader ReadHeader(std::span<const uint8_t> bytes) {
  Reader in(bytes);
  OfHeader header{};
  header.version = in.U8();
  header.type = in.U8();
  header.length = in.U16();
  header.xid = in.U32();
  return header;
}

const MessageRule* FindRule(std::span<const MessageRule> rules, OfVersion version, uint32_t type) {
  const auto it = std::find_if(rules.begin(), rules.end(), [&](const MessageRule& rule) {
    return rule.type == type && rule.first <= version && version <= rule.last;
  });
  return it == rules.end() ? nullptr : &*it;
}

OfStatus CheckBodyLength(const MessageRule& rule, size_t body) {
  const bool fits =
      body >= rule.body_bytes && (rule.tail != Tail::kNone || body == rule.body_bytes);
  const bool whole = rule.tail != Tail::kEights || (body - rule.body_bytes) % 8 == 0;
  if (fits && whole) return {};
  return {OfErrorId::kBadLength, "body of " + std::to_string(body) + " bytes"};
}

OfStatus DecodeByRule(const MessageRule& rule, const DecodeContext& context, Reader* in,
                      Request* out) {
  VSW_OF_RETURN_IF_ERROR(CheckBodyLength(rule, in->left()));
  VSW_OF_RETURN_IF_ERROR(rule.decode(context, in, out));
  // What a decoder did not find where a length promised it.
  return in->ok() ? OfStatus() : OfStatus(OfErrorId::kBadLength);
}

OfResult<Request> DecodeRequest(const Dialect& dialect, std::span<const uint8_t> bytes) {
  if (bytes.size() < kOfHeaderBytes) return OfErrorId::kBadLength;
  Request request{ReadHeader(bytes), {}};
  const OfHeader& header = request.header;
  if (header.length != bytes.size()) return OfErrorId::kBadLength;
  if (header.version != static_cast<uint8_t>(dialect.version) && !IsImmutable(header.type)) {
    return OfErrorId::kBadVersion;
  }
  const MessageRule* rule = FindRule(kMessages, dialect.version, header.type);
  if (rule == nullptr) {
    return OfStatus(OfErrorId::kBadType, "message type " + std::to_string(header.type));
  }
  Reader in(bytes.subspan(kOfHeaderBytes));
  const OfStatus status = DecodeByRule(*rule, DecodeContext{dialect, header, bytes}, &in, &request);
  if (!status.ok()) return status;
  return request;
}

}  // namespace vsw
