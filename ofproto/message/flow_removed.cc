// SPDX-License-Identifier: Apache-2.0
//
// Flow removals (1.0 section 5.4.2, 1.3 section 7.4.2, 1.5 section 7.4.2, Nicira's
// NXT_FLOW_REMOVED).
#include "ofproto/message/codec.h"
#include "ofproto/message/flow_parts.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint32_t kNxtFlowRemoved = 14;

// Reasons that came with later versions; older ones know of nothing but a deletion.
uint8_t ReasonOnWire(OfVersion version, FlowRemovedReason reason) {
  const bool known = reason <= FlowRemovedReason::kDelete ||
                     (reason == FlowRemovedReason::kGroupDelete && version >= k11) ||
                     version >= k14;
  return static_cast<uint8_t>(known ? reason : FlowRemovedReason::kDelete);
}

Bytes EncodeRemoved10(const FlowStats& flow, uint8_t reason) {
  OutMessage out(k10, of_type::kFlowRemoved, 0);
  EncodeMatch(k10, flow.match, &out);
  out.U64(flow.cookie);
  out.U16(flow.priority);
  out.U8(reason);
  out.U8(0);
  PutDuration(flow.duration_ns, &out);
  out.U16(flow.idle_timeout);
  out.Zeros(2);
  out.U64(flow.packets);
  out.U64(flow.bytes);
  return out.Finish();
}

Bytes EncodeRemovedNx(OfVersion version, const FlowStats& flow, uint8_t reason) {
  OutMessage out(version, kNiciraId, kNxtFlowRemoved, 0);
  out.U64(flow.cookie);
  out.U16(flow.priority);
  out.U8(reason);
  out.U8(static_cast<uint8_t>(flow.table + 1));  // 0 would mean that it is not told
  PutDuration(flow.duration_ns, &out);
  out.U16(flow.idle_timeout);
  const size_t length_at = out.size();
  out.U16(0);
  out.U64(flow.packets);
  out.U64(flow.bytes);
  EncodeNxMatch(flow.match, length_at, &out);
  return out.Finish();
}

Bytes EncodeRemoved11(OfVersion version, const FlowStats& flow, uint8_t reason) {
  OutMessage out(version, of_type::kFlowRemoved, 0);
  out.U64(flow.cookie);
  out.U16(flow.priority);
  out.U8(reason);
  out.U8(flow.table);
  PutDuration(flow.duration_ns, &out);
  out.U16(flow.idle_timeout);
  out.U16(version >= k12 ? flow.hard_timeout : 0);
  out.U64(flow.packets);
  out.U64(flow.bytes);
  EncodeMatch(version, flow.match, &out);
  return out.Finish();
}

Bytes EncodeRemoved15(const FlowStats& flow, uint8_t reason) {
  OutMessage out(k15, of_type::kFlowRemoved, 0);
  out.U8(flow.table);
  out.U8(reason);
  out.U16(flow.priority);
  out.U16(flow.idle_timeout);
  out.U16(flow.hard_timeout);
  out.U64(flow.cookie);
  EncodeMatch(k15, flow.match, &out);
  PutStats15(flow, &out);
  return out.Finish();
}

}  // namespace

Bytes EncodeFlowRemoved(const Dialect& dialect, const FlowRemoved& removed) {
  const OfVersion version = dialect.version;
  const uint8_t reason = ReasonOnWire(version, removed.reason);
  if (version >= k15) return EncodeRemoved15(removed.flow, reason);
  if (version >= k11) return EncodeRemoved11(version, removed.flow, reason);
  if (!FitsOf10(removed.flow.match)) return EncodeRemovedNx(version, removed.flow, reason);
  return EncodeRemoved10(removed.flow, reason);
}

}  // namespace vsw
