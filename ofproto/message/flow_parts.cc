// SPDX-License-Identifier: Apache-2.0
#include "ofproto/message/flow_parts.h"

#include <algorithm>

#include "ofproto/message/frame.h"

namespace vsw {
namespace {

using enum OfVersion;

// The list of statistics of 1.5: each a header of class, number and length, and a value.
class OxsList {
 public:
  enum Field : uint8_t { kDuration = 0, kIdleTime = 1, kFlows = 3, kPackets = 4, kBytes = 5 };

  explicit OxsList(Writer* out) : out_(out), start_(out->size()) { out_->U32(0); }
  void AddTime(Field field, uint64_t ns) {
    Header(field, 8);
    PutDuration(ns, out_);
  }
  void AddCounter(Field field, uint64_t count) {
    if (count == ~uint64_t{0}) return;  // not kept
    Header(field, 8);
    out_->U64(count);
  }
  void AddFlows(uint32_t flows) {
    Header(kFlows, 4);
    out_->U32(flows);
  }
  void End() {
    out_->PatchU16(start_ + 2, static_cast<uint16_t>(out_->size() - start_));
    out_->Align8(start_);
  }

 private:
  void Header(Field field, uint8_t length) {
    constexpr uint16_t kOxsClass = 0x8002;
    out_->U16(kOxsClass);
    out_->U8(static_cast<uint8_t>(field << 1));
    out_->U8(length);
  }

  Writer* out_;
  size_t start_;
};

uint16_t FlagsOf(OfVersion version) {
  uint16_t flags = flow_flags::kSendFlowRemoved | flow_flags::kCheckOverlap;
  if (version >= k12) flags |= flow_flags::kResetCounts;
  if (version >= k13) flags |= flow_flags::kNoPacketCounts | flow_flags::kNoByteCounts;
  return flags;
}

}  // namespace

OfResult<NxMatch> DecodeNxMatch(size_t match_bytes, Reader* in) {
  const size_t padded = (match_bytes + 7) / 8 * 8;
  if (padded > in->left()) return OfErrorId::kBadMatchLength;
  const auto bytes = in->Take(padded).first(match_bytes);
  NxmCookie cookie;
  const OfResult<Match> match = DecodeOxm(bytes, /*strict=*/true, &cookie);
  if (!match.ok()) return match.status();
  return NxMatch{*match, cookie.value, cookie.mask};
}

void EncodeNxMatch(const Match& match, size_t length_at, Writer* out) {
  const size_t start = out->size();
  EncodeOxm(match, /*nxm=*/true, out);
  out->PatchU16(length_at, static_cast<uint16_t>(out->size() - start));
  out->Align8(start);
}

OfResult<uint16_t> DecodeFlowFlags(OfVersion version, FlowMod::Command command, uint16_t flags) {
  if ((flags & ~FlagsOf(version)) != 0) return OfErrorId::kBadFlags;
  // Until 1.2 gave it a flag, an add that replaces a flow began its counters anew.
  if (version <= k11 && command == FlowMod::Command::kAdd) flags |= flow_flags::kResetCounts;
  return flags;
}

uint16_t EncodeFlowFlags(OfVersion version, uint16_t flags) {
  constexpr uint16_t kLasting =
      flow_flags::kSendFlowRemoved | flow_flags::kNoPacketCounts | flow_flags::kNoByteCounts;
  return flags & FlagsOf(version) & kLasting;
}

OfResult<Instructions> DecodeActionBody(OfVersion version, std::span<const uint8_t> bytes) {
  if (version == k10) return DecodeInstructions(version, bytes);
  OfResult<OfActions> actions = DecodeActions(version, bytes);
  if (!actions.ok()) return actions.status();
  Instructions instructions;
  instructions.has_apply = !actions->empty();
  instructions.apply = std::move(*actions);
  return instructions;
}

void EncodeActionBody(OfVersion version, const Instructions& instructions, Writer* out,
                      const Match* match) {
  if (version == k10) return EncodeInstructions(version, instructions, out, match);
  EncodeActions(version, instructions.apply, out, match);
}

uint16_t AgeOnWire(uint64_t ns) {
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  return static_cast<uint16_t>(std::min<uint64_t>(ns / kNsPerSecond + 1, 0xffff));
}

void PutStats15(const FlowStats& flow, Writer* out) {
  OxsList list(out);
  list.AddTime(OxsList::kDuration, flow.duration_ns);
  list.AddTime(OxsList::kIdleTime, flow.idle_ns);
  list.AddCounter(OxsList::kPackets, flow.packets);
  list.AddCounter(OxsList::kBytes, flow.bytes);
  list.End();
}

void PutStats15(const AggregateStats& stats, Writer* out) {
  OxsList list(out);
  list.AddFlows(stats.flows);
  list.AddCounter(OxsList::kPackets, stats.packets);
  list.AddCounter(OxsList::kBytes, stats.bytes);
  list.End();
}

}  // namespace vsw
