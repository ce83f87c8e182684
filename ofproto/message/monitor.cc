// SPDX-License-Identifier: Apache-2.0
//
// Flow monitors (1.4 section 7.3.5.17, Nicira's NXST_FLOW_MONITOR, ONF extension 187 for 1.3).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/flow_parts.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;
using Event = FlowUpdate::Event;

constexpr uint16_t kMonitorMultipart = 16;
constexpr uint32_t kNxstFlowMonitor = 2;
constexpr uint32_t kNxtPaused = 22, kNxtResumed = 23;
constexpr uint16_t kNiciraFlags = monitor_flags::kOnlyOwn - 1;
constexpr uint16_t kAllFlags = kNiciraFlags | monitor_flags::kOnlyOwn;

OfStatus CheckFlags(uint16_t flags, uint16_t known) {
  return (flags & ~known) == 0 ? OfStatus() : OfStatus(OfErrorId::kMonitorBadFlags);
}

OfStatus ReadNxMonitor(Reader* in, FlowMonitorRequest* monitor) {
  constexpr size_t kFixedBytes = 16;
  if (in->left() < kFixedBytes) return OfErrorId::kBadLength;
  monitor->id = in->U32();
  monitor->flags = in->U16();
  const OfResult<uint32_t> port = PortFrom10(in->U16());
  if (!port.ok()) return port.status();
  monitor->selector.out_port = *port;
  const size_t match_bytes = in->U16();
  monitor->selector.table = in->U8();
  if (!in->Zeros(5)) return OfErrorId::kMustBeZero;
  VSW_OF_RETURN_IF_ERROR(CheckFlags(monitor->flags, kNiciraFlags));
  const OfResult<NxMatch> match = DecodeNxMatch(match_bytes, in);
  if (!match.ok()) return match.status();
  // Cookies change with a modify, so that updates could not be told from their matching.
  if (match->cookie_mask != 0) return OfErrorId::kBadMatchField;
  monitor->selector.match = match->match;
  return {};
}

// The extension has the fields alone and tells their length; ovs sends an ofp_match, whose own
// length is then the one told.
OfResult<Match> DecodeOnfMatch(OfVersion version, size_t match_bytes, Reader* in) {
  constexpr uint16_t kOxmMatch = 1;
  Reader peek = *in;
  const uint16_t type = peek.U16();
  if (type == kOxmMatch && peek.U16() == match_bytes) return DecodeMatch(version, in);
  const size_t padded = (match_bytes + 7) / 8 * 8;
  if (padded > in->left()) return OfErrorId::kBadMatchLength;
  return DecodeOxm(in->Take(padded).first(match_bytes));
}

OfStatus ReadOnfMonitor(OfVersion version, Reader* in, FlowMonitorRequest* monitor) {
  constexpr size_t kFixedBytes = 16;
  if (in->left() < kFixedBytes) return OfErrorId::kBadLength;
  monitor->id = in->U32();
  monitor->flags = in->U16();
  const size_t match_bytes = in->U16();
  monitor->selector.out_port = in->U32();
  monitor->selector.table = in->U8();
  if (!in->Zeros(3)) return OfErrorId::kMustBeZero;
  VSW_OF_RETURN_IF_ERROR(CheckFlags(monitor->flags, kNiciraFlags));
  const OfResult<Match> match = DecodeOnfMatch(version, match_bytes, in);
  if (!match.ok()) return match.status();
  monitor->selector.match = *match;
  return {};
}

OfStatus ReadMonitor(OfVersion version, Reader* in, FlowMonitorRequest* monitor) {
  constexpr size_t kFixedBytes = 16;
  if (in->left() < kFixedBytes) return OfErrorId::kBadLength;
  monitor->id = in->U32();
  monitor->selector.out_port = in->U32();
  monitor->selector.out_group = in->U32();
  monitor->flags = in->U16();
  monitor->selector.table = in->U8();
  const uint8_t command = in->U8();
  if (command > static_cast<uint8_t>(FlowMonitorRequest::Command::kDelete)) {
    return {OfErrorId::kMonitorBadCommand, "flow monitor command " + std::to_string(command)};
  }
  monitor->command = static_cast<FlowMonitorRequest::Command>(command);
  if (monitor->command != FlowMonitorRequest::Command::kDelete) {
    VSW_OF_RETURN_IF_ERROR(CheckFlags(monitor->flags, kAllFlags));
  }
  const OfResult<Match> match = DecodeMatch(version, in);
  if (!match.ok()) return match.status();
  monitor->selector.match = *match;
  return {};
}

template <typename Read>
OfStatus ReadMonitors(Reader* in, Request* out, Read read) {
  msg::FlowMonitorRequests requests;
  while (in->left() > 0) {
    FlowMonitorRequest monitor;
    VSW_OF_RETURN_IF_ERROR(read(&monitor));
    requests.monitors.push_back(std::move(monitor));
  }
  out->body = std::move(requests);
  return {};
}

// Nicira's events; an initial flow is one that was added.
uint16_t NiciraEvent(Event event) {
  switch (event) {
    case Event::kDeleted:
      return 1;
    case Event::kModified:
      return 2;
    case Event::kAbbreviated:
      return 3;
    default:
      return 0;
  }
}

void PutNxFull(OfVersion version, const FlowUpdate& update, const Instructions& instructions,
               Writer* out) {
  const FlowStats& flow = update.flow;
  out->U16(update.event == Event::kDeleted ? static_cast<uint16_t>(update.reason) : 0);
  out->U16(flow.priority);
  out->U16(flow.idle_timeout);
  out->U16(flow.hard_timeout);
  const size_t length_at = out->size();
  out->U16(0);
  out->U8(flow.table);
  out->U8(0);
  out->U64(flow.cookie);
  if (version >= k13) {
    // ONF's is Nicira's with the parts of 1.3.
    const size_t match_at = out->size();
    EncodeMatch(version, flow.match, out);
    const Reader match(std::span<const uint8_t>(out->bytes()).subspan(match_at + 2));
    out->PatchU16(length_at, Reader(match).U16());
    EncodeInstructions(version, instructions, out, &flow.match);
    return;
  }
  EncodeNxMatch(flow.match, length_at, out);
  EncodeActionBody(version, instructions, out, &flow.match);
}

MultipartKind KindOf(OfVersion version, bool nicira) {
  if (!nicira) return {kMonitorMultipart};
  if (version >= k13) return {kMultipartExperimenter, kOnfId, kOnfFlowMonitor};
  return {kMultipartExperimenter, kNiciraId, kNxstFlowMonitor};
}

void PutFull(OfVersion version, const FlowUpdate& update, const Instructions& instructions,
             Writer* out) {
  const FlowStats& flow = update.flow;
  out->U8(flow.table);
  out->U8(update.event == Event::kDeleted ? static_cast<uint8_t>(update.reason) : 0);
  out->U16(flow.idle_timeout);
  out->U16(flow.hard_timeout);
  out->U16(flow.priority);
  out->Zeros(4);
  out->U64(flow.cookie);
  EncodeMatch(version, flow.match, out);
  EncodeInstructions(version, instructions, out, &flow.match);
}

Writer UpdateEntry(OfVersion version, bool nicira, const FlowUpdate& update,
                   const Instructions& instructions) {
  Writer out;
  out.U16(0);
  out.U16(nicira ? NiciraEvent(update.event) : static_cast<uint16_t>(update.event));
  switch (update.event) {
    case Event::kAbbreviated:
      out.U32(update.xid);
      break;
    case Event::kPaused:
    case Event::kResumed:
      out.Zeros(4);
      break;
    default:
      if (nicira) {
        PutNxFull(version, update, instructions, &out);
      } else {
        PutFull(version, update, instructions, &out);
      }
  }
  out.PatchU16(0, static_cast<uint16_t>(out.size()));
  return out;
}

}  // namespace

OfStatus DecodeFlowMonitorRequest(const DecodeContext& context, Reader* in, Request* out) {
  return ReadMonitors(in, out, [&](FlowMonitorRequest* monitor) {
    return ReadMonitor(context.version(), in, monitor);
  });
}

OfStatus DecodeNxFlowMonitorRequest(const DecodeContext&, Reader* in, Request* out) {
  return ReadMonitors(in, out,
                      [&](FlowMonitorRequest* monitor) { return ReadNxMonitor(in, monitor); });
}

OfStatus DecodeOnfFlowMonitorRequest(const DecodeContext& context, Reader* in, Request* out) {
  return ReadMonitors(in, out, [&](FlowMonitorRequest* monitor) {
    return ReadOnfMonitor(context.version(), in, monitor);
  });
}

OfStatus DecodeFlowMonitorCancel(const DecodeContext&, Reader* in, Request* out) {
  out->body = msg::CancelFlowMonitor{in->U32()};
  return {};
}

std::vector<Bytes> EncodeFlowUpdates(OfVersion version, uint32_t xid, bool nicira,
                                     std::span<const FlowUpdate> updates) {
  MultipartReply reply(version, xid, KindOf(version, nicira));
  for (const FlowUpdate& update : updates) {
    if (reply.Add(UpdateEntry(version, nicira, update, update.flow.instructions))) continue;
    reply.Add(UpdateEntry(version, nicira, update, Instructions{}));  // see EncodeFlowStats()
  }
  return reply.Finish();
}

Bytes EncodeMonitorState(OfVersion version, uint32_t xid, uint16_t nicira_subtype) {
  const bool pause_or_resume = nicira_subtype == kNxtPaused || nicira_subtype == kNxtResumed;
  if (version == k13 && pause_or_resume) {
    const uint32_t subtype = kOnfFlowMonitor + (nicira_subtype == kNxtPaused ? 1 : 2);
    return OutMessage(version, kOnfId, subtype, xid).Finish();
  }
  if (version < k14 || !pause_or_resume) {
    return OutMessage(version, kNiciraId, nicira_subtype, xid).Finish();
  }
  FlowUpdate update{};
  update.event = nicira_subtype == kNxtPaused ? Event::kPaused : Event::kResumed;
  return EncodeFlowUpdates(version, xid, /*nicira=*/false, {&update, 1}).front();
}

}  // namespace vsw
