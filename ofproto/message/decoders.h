// SPDX-License-Identifier: Apache-2.0
//
// The decoders of all message families, for the tables of decode.cc, multipart.cc and nicira.cc,
// which say what type number stands for which of them, in which versions, with which length. Each
// gets a reader on the message's body, whose length has been checked against its table.
#ifndef VSW_OFPROTO_MESSAGE_DECODERS_H_
#define VSW_OFPROTO_MESSAGE_DECODERS_H_

#include <cstdint>
#include <span>

#include "ofproto/message/codec.h"
#include "ofproto/message/wire.h"

namespace vsw {

struct DecodeContext {
  const Dialect& dialect;
  OfHeader header;
  std::span<const uint8_t> message;  // the whole of it
  OfVersion version() const { return dialect.version; }
};
using Decoder = OfStatus (*)(const DecodeContext& context, Reader* in, Request* out);

/// How a body may go on behind its fixed part.
enum class Tail : uint8_t { kNone, kEights, kAny };

/// One line of a table of messages: the versions that have it, its number, the length of the fixed
/// part of its body, and what may follow.
struct MessageRule {
  OfVersion first, last;
  uint32_t type;
  uint16_t body_bytes;
  Tail tail;
  Decoder decode;
};

/// kBadLength if `body` bytes cannot be a body by that rule.
OfStatus CheckBodyLength(const MessageRule& rule, size_t body);
/// The line for `type`, or nullptr.
const MessageRule* FindRule(std::span<const MessageRule> rules, OfVersion version, uint32_t type);
/// Checks the length and decodes.
OfStatus DecodeByRule(const MessageRule& rule, const DecodeContext& context, Reader* in,
                      Request* out);

#define VSW_DECODERS(X)                                                                            \
  X(DecodeHello)                                                                                   \
  X(DecodeEchoRequest) X(DecodeEchoReply) X(DecodeError) X(DecodeFeaturesRequest) X(               \
      DecodeGetConfig) X(DecodeSetConfig) X(DecodeBarrier) X(DecodePacketOut) X(DecodeFlowMod10)   \
      X(DecodeFlowMod) X(DecodeNxFlowMod) X(DecodeGroupMod) X(DecodeGroupMod15) X(                 \
          DecodeMeterMod) X(DecodePortMod) X(DecodeTableMod) X(DecodeQueueConfig) X(DecodeRole)    \
          X(DecodeNxRole) X(DecodeGetAsync) X(DecodeSetAsyncMasks) X(DecodeSetAsyncProperties) X(  \
              DecodeBundleControl) X(DecodeBundleAdd) X(DecodeOnfBundleControl)                    \
              X(DecodeOnfBundleAdd) X(DecodeMultipart) X(DecodeExperimenter) X(DecodeDescRequest)  \
                  X(DecodeFlowStatsRequest) X(DecodeNxFlowStatsRequest) X(DecodeAggregateRequest)  \
                      X(DecodeNxAggregateRequest) X(DecodeTableStatsRequest)                       \
                          X(DecodePortStatsRequest) X(DecodeQueueStatsRequest)                     \
                              X(DecodeGroupStatsRequest) X(DecodeGroupDescRequest)                 \
                                  X(DecodeGroupFeaturesRequest) X(DecodeMeterStatsRequest)         \
                                      X(DecodeMeterConfigRequest) X(DecodeMeterFeaturesRequest)    \
                                          X(DecodeTableFeaturesRequest) X(DecodePortDescRequest)   \
                                              X(DecodeTableDescRequest) X(DecodeQueueDescRequest)  \
                                                  X(DecodeFlowMonitorRequest) X(                   \
                                                      DecodeNxFlowMonitorRequest)                  \
                                                      X(DecodeIpfixRequest) X(DecodeSetFlowFormat) \
                                                          X(DecodeFlowModTableId)                  \
                                                              X(DecodeSetPacketInFormat)           \
                                                                  X(DecodeSetControllerId)         \
                                                                      X(DecodeFlowMonitorCancel)   \
                                                                          X(DecodeResume)          \
                                                                              X(DecodeCtFlush)
#define VSW_DECLARE_DECODER(name) \
  OfStatus name(const DecodeContext& context, Reader* in, Request* out);
VSW_DECODERS(VSW_DECLARE_DECODER)
#undef VSW_DECLARE_DECODER

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_DECODERS_H_
