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
using DecodeFunction = OfStatus(const DecodeContext& context, Reader* in, Request* out);

/// How a body may go on behind its fixed part.
enum class Tail : uint8_t { kNone, kEights, kAny };

/// One line of a table of messages: the versions that have it, its number, the length of the fixed
/// part of its body, and what may follow.
struct MessageRule {
  OfVersion first, last;
  uint32_t type;
  uint16_t body_bytes;
  Tail tail;
  DecodeFunction* decode;
};

/// kBadLength if `body` bytes cannot be a body by that rule.
OfStatus CheckBodyLength(const MessageRule& rule, size_t body);
/// The line for `type`, or nullptr.
const MessageRule* FindRule(std::span<const MessageRule> rules, OfVersion version, uint32_t type);
/// Checks the length and decodes.
OfStatus DecodeByRule(const MessageRule& rule, const DecodeContext& context, Reader* in,
                      Request* out);

// hello.cc
DecodeFunction DecodeHello, DecodeEchoRequest, DecodeEchoReply, DecodeError, DecodeBarrier;
// features.cc
DecodeFunction DecodeFeaturesRequest, DecodeGetConfig, DecodeSetConfig, DecodeDescRequest;
// packet_out.cc
DecodeFunction DecodePacketOut;
// flow_mod.cc, flow_stats.cc
DecodeFunction DecodeFlowMod10, DecodeFlowMod, DecodeNxFlowMod;
DecodeFunction DecodeFlowStatsRequest, DecodeNxFlowStatsRequest;
DecodeFunction DecodeAggregateRequest, DecodeNxAggregateRequest;
// group_mod.cc, group_stats.cc
DecodeFunction DecodeGroupMod, DecodeGroupMod15;
DecodeFunction DecodeGroupStatsRequest, DecodeGroupDescRequest, DecodeNxGroupDescRequest;
DecodeFunction DecodeGroupFeaturesRequest;
// meter.cc
DecodeFunction DecodeMeterMod;
DecodeFunction DecodeMeterStatsRequest, DecodeMeterConfigRequest, DecodeMeterFeaturesRequest;
// port.cc, port_stats.cc, queue.cc
DecodeFunction DecodePortMod, DecodePortDescRequest, DecodePortStatsRequest;
DecodeFunction DecodeQueueConfig, DecodeQueueStatsRequest, DecodeQueueDescRequest;
// table.cc, table_features.cc
DecodeFunction DecodeTableMod, DecodeTableStatsRequest, DecodeTableDescRequest;
DecodeFunction DecodeTableFeaturesRequest;
// role.cc, async.cc
DecodeFunction DecodeRole, DecodeNxRole;
DecodeFunction DecodeGetAsync, DecodeSetAsyncMasks, DecodeSetAsyncProperties;
// bundle.cc
DecodeFunction DecodeBundleControl, DecodeBundleAdd, DecodeOnfBundleControl, DecodeOnfBundleAdd;
// monitor.cc
DecodeFunction DecodeFlowMonitorRequest, DecodeNxFlowMonitorRequest, DecodeOnfFlowMonitorRequest;
DecodeFunction DecodeFlowMonitorCancel;
// tlv_table.cc
DecodeFunction DecodeTlvTableMod, DecodeTlvTableRequest;
// multipart.cc, nicira.cc
DecodeFunction DecodeMultipart, DecodeExperimenter;
DecodeFunction DecodeSetFlowFormat, DecodeFlowModTableId, DecodeSetPacketInFormat;
DecodeFunction DecodeSetControllerId, DecodeResume, DecodeCtFlush, DecodeIpfixRequest;

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_DECODERS_H_
