// SPDX-License-Identifier: Apache-2.0
//
// Flow and aggregate statistics (1.0 section 5.3.5, 1.3 sections 7.3.5.2 and 7.3.5.3, 1.5 section
// 7.3.5.2, Nicira's NXST_FLOW and NXST_AGGREGATE).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/flow_parts.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kFlowMultipart = 1, kAggregateMultipart = 2;
constexpr uint32_t kNxstFlow = 0, kNxstAggregate = 1;

OfStatus ReadSelector10(Reader* in, FlowSelector* selector) {
  const OfResult<Match> match = DecodeMatch(k10, in);
  if (!match.ok()) return match.status();
  selector->match = *match;
  selector->table = in->U8();
  in->Skip(1);
  const OfResult<uint32_t> port = PortFrom10(in->U16());
  if (!port.ok()) return port.status();
  selector->out_port = *port;
  return {};
}

OfStatus ReadSelector(const DecodeContext& context, Reader* in, FlowSelector* selector) {
  if (context.version() == k10) return ReadSelector10(in, selector);
  selector->table = in->U8();
  in->Skip(3);
  selector->out_port = in->U32();
  selector->out_group = in->U32();
  in->Skip(4);
  const uint64_t cookie = in->U64();
  selector->cookie_mask = in->U64();
  selector->cookie = cookie & selector->cookie_mask;
  const OfResult<Match> match = DecodeMatch(context.version(), in);
  if (!match.ok()) return match.status();
  selector->match = *match;
  return in->left() == 0 ? OfStatus() : OfStatus(OfErrorId::kBadLength);
}

OfStatus ReadNxSelector(Reader* in, FlowSelector* selector) {
  const OfResult<uint32_t> port = PortFrom10(in->U16());
  if (!port.ok()) return port.status();
  selector->out_port = *port;
  const size_t match_bytes = in->U16();
  selector->table = in->U8();
  in->Skip(3);
  const OfResult<NxMatch> match = DecodeNxMatch(match_bytes, in);
  if (!match.ok()) return match.status();
  selector->match = match->match;
  selector->cookie = match->cookie;
  selector->cookie_mask = match->cookie_mask;
  return in->left() == 0 ? OfStatus() : OfStatus(OfErrorId::kBadLength);
}

void PutTimeouts(const FlowStats& flow, Writer* out) {
  out->U16(flow.priority);
  out->U16(flow.idle_timeout);
  out->U16(flow.hard_timeout);
}

void PutFlow10(const FlowStats& flow, Writer* out) {
  out->U8(flow.table);
  out->U8(0);
  EncodeMatch(k10, flow.match, out);
  PutDuration(flow.duration_ns, out);
  PutTimeouts(flow, out);
  out->Zeros(6);
  out->U64(flow.cookie);
  out->U64(flow.packets);
  out->U64(flow.bytes);
}

void PutFlow11(OfVersion version, const FlowStats& flow, Writer* out) {
  out->U8(flow.table);
  out->U8(0);
  PutDuration(flow.duration_ns, out);
  PutTimeouts(flow, out);
  out->U16(version >= k13 ? EncodeFlowFlags(version, flow.flags) : 0);
  out->U16(version >= k14 ? flow.importance : 0);
  out->Zeros(2);
  out->U64(flow.cookie);
  out->U64(flow.packets);
  out->U64(flow.bytes);
  EncodeMatch(version, flow.match, out);
}

void PutFlow15(const FlowStats& flow, Writer* out) {
  out->Zeros(2);
  out->U8(flow.table);
  out->U8(0);
  PutTimeouts(flow, out);
  out->U16(EncodeFlowFlags(k15, flow.flags));
  out->U16(flow.importance);
  out->U64(flow.cookie);
  EncodeMatch(k15, flow.match, out);
  PutStats15(flow, out);
}

void PutNxFlow(const FlowStats& flow, Writer* out) {
  out->U8(flow.table);
  out->U8(0);
  PutDuration(flow.duration_ns, out);
  PutTimeouts(flow, out);
  const size_t length_at = out->size();
  out->U16(0);
  out->U16(AgeOnWire(flow.idle_ns));
  out->U16(AgeOnWire(flow.hard_ns));
  out->U64(flow.cookie);
  out->U64(flow.packets);
  out->U64(flow.bytes);
  EncodeNxMatch(flow.match, length_at, out);
}

Writer FlowEntry(OfVersion version, bool nicira, const FlowStats& flow,
                 const Instructions& instructions) {
  Writer out;
  out.U16(0);
  if (nicira) {
    PutNxFlow(flow, &out);
    EncodeActionBody(version, instructions, &out, &flow.match);
  } else {
    if (version == k10) {
      PutFlow10(flow, &out);
    } else if (version < k15) {
      PutFlow11(version, flow, &out);
    } else {
      PutFlow15(flow, &out);
    }
    EncodeInstructions(version, instructions, &out, &flow.match);
  }
  out.PatchU16(0, static_cast<uint16_t>(out.size()));
  return out;
}

}  // namespace

OfStatus DecodeFlowStatsRequest(const DecodeContext& context, Reader* in, Request* out) {
  msg::FlowStatsRequest request;
  VSW_OF_RETURN_IF_ERROR(ReadSelector(context, in, &request.selector));
  out->body = std::move(request);
  return {};
}

OfStatus DecodeAggregateRequest(const DecodeContext& context, Reader* in, Request* out) {
  msg::AggregateRequest request;
  VSW_OF_RETURN_IF_ERROR(ReadSelector(context, in, &request.selector));
  out->body = std::move(request);
  return {};
}

OfStatus DecodeNxFlowStatsRequest(const DecodeContext&, Reader* in, Request* out) {
  msg::FlowStatsRequest request;
  VSW_OF_RETURN_IF_ERROR(ReadNxSelector(in, &request.selector));
  out->body = std::move(request);
  return {};
}

OfStatus DecodeNxAggregateRequest(const DecodeContext&, Reader* in, Request* out) {
  msg::AggregateRequest request;
  VSW_OF_RETURN_IF_ERROR(ReadNxSelector(in, &request.selector));
  out->body = std::move(request);
  return {};
}

std::vector<Bytes> EncodeFlowStats(OfVersion version, uint32_t xid, bool nicira,
                                   std::span<const FlowStats> flows) {
  MultipartReply reply(version, xid,
                       nicira ? MultipartKind{kMultipartExperimenter, kNiciraId, kNxstFlow}
                              : MultipartKind{kFlowMultipart});
  for (const FlowStats& flow : flows) {
    if (reply.Add(FlowEntry(version, nicira, flow, flow.instructions))) continue;
    // Actions that just fit a flow-mod may be too long behind these longer headers. That the flow
    // is there, with its counters, is worth more than leaving it out.
    reply.Add(FlowEntry(version, nicira, flow, Instructions{}));
  }
  return reply.Finish();
}

std::vector<Bytes> EncodeAggregate(OfVersion version, uint32_t xid, bool nicira,
                                   const AggregateStats& stats) {
  MultipartReply reply(version, xid,
                       nicira ? MultipartKind{kMultipartExperimenter, kNiciraId, kNxstAggregate}
                              : MultipartKind{kAggregateMultipart});
  Writer entry;
  if (version >= k15) {
    PutStats15(stats, &entry);
  } else {
    entry.U64(stats.packets);
    entry.U64(stats.bytes);
    entry.U32(stats.flows);
    entry.Zeros(4);
  }
  reply.Add(entry);
  return reply.Finish();
}

}  // namespace vsw
