// SPDX-License-Identifier: Apache-2.0
//
// Instructions: 1.1 section A.2.4, 1.3 section 7.2.4, 1.5 section 7.2.5.
#include <span>
#include <utility>
#include <variant>

#include "ofproto/message/action_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr auto k10 = OfVersion::k10, k13 = OfVersion::k13, k15 = OfVersion::k15;

enum Type : uint16_t {
  kGoto = 1,
  kWriteMetadata = 2,
  kWriteActions = 3,
  kApplyActions = 4,
  kClearActions = 5,
  kMeter = 6,
  kExperimenter = 0xffff,
};
constexpr size_t kHeaderBytes = 4;

struct Body {
  OfVersion version;
  Reader in;
};

OfStatus ReadActions(Body* body, OfActions* actions) {
  body->in.Skip(4);
  OfResult<OfActions> list = DecodeActions(body->version, body->in.Rest());
  if (!list.ok()) return list.status();
  *actions = std::move(*list);
  return {};
}

OfStatus DecodeGoto(Body* body, Instructions* to) {
  to->goto_table = body->in.U8();
  return {};
}
OfStatus DecodeMetadata(Body* body, Instructions* to) {
  body->in.Skip(4);
  to->metadata = body->in.U64();
  to->metadata_mask = body->in.U64();
  to->metadata &= to->metadata_mask;
  return {};
}
OfStatus DecodeWrite(Body* body, Instructions* to) {
  to->has_write = true;
  return ReadActions(body, &to->write);
}
OfStatus DecodeApply(Body* body, Instructions* to) {
  to->has_apply = true;
  return ReadActions(body, &to->apply);
}
OfStatus DecodeClear(Body*, Instructions* to) {
  to->clear = true;
  return {};
}
OfStatus DecodeMeter(Body* body, Instructions* to) {
  to->meter = body->in.U32();
  return {};
}

struct Line {
  uint16_t type;
  OfVersion since;
  uint16_t bytes;
  bool longer;
  OfStatus (*decode)(Body*, Instructions*);
};
constexpr Line kLines[] = {
    {kGoto, OfVersion::k11, 8, false, DecodeGoto},
    {kWriteMetadata, OfVersion::k11, 24, false, DecodeMetadata},
    {kWriteActions, OfVersion::k11, 8, true, DecodeWrite},
    {kApplyActions, OfVersion::k11, 8, true, DecodeApply},
    {kClearActions, OfVersion::k11, 8, false, DecodeClear},
    {kMeter, k13, 8, false, DecodeMeter},
};

const Line* Find(OfVersion version, uint16_t type) {
  for (const Line& line : kLines) {
    if (line.type == type && line.since <= version) return &line;
  }
  return nullptr;
}

/// 1.0 has actions alone; one of Nicira's stands for the instruction that writes metadata.
OfResult<Instructions> Decode10(std::span<const uint8_t> bytes) {
  OfResult<OfActions> actions = DecodeActions(k10, bytes);
  if (!actions.ok()) return actions.status();
  Instructions to;
  to.apply = std::move(*actions);
  if (!to.apply.empty()) {
    const auto* last = std::get_if<act::SetField>(&to.apply.back().what);
    if (last != nullptr && last->field == FieldId::kMetadata &&
        last->form == act::SetForm::kLegacy) {
      to.metadata = last->value.low64();
      to.metadata_mask = last->mask.low64();
      to.apply.pop_back();
    }
  }
  to.has_apply = !to.apply.empty();
  return to;
}

void Encode10(const Instructions& from, Writer* out) {
  EncodeActions(k10, from.apply, out);
  ActionOutput output{k10, out};
  if (from.metadata_mask != 0) EncodeWriteMetadata(from.metadata, from.metadata_mask, output);
  if (from.goto_table) Encode(act::Resubmit{kOfpInPort, *from.goto_table}, output);
}

class InstructionFrame {
 public:
  InstructionFrame(Writer* to, Type type) : to_(to), start_(to->size()) {
    to_->U16(type);
    to_->U16(0);
  }
  ~InstructionFrame() { to_->PatchU16(start_ + 2, static_cast<uint16_t>(to_->size() - start_)); }
  InstructionFrame(const InstructionFrame&) = delete;
  InstructionFrame& operator=(const InstructionFrame&) = delete;

 private:
  Writer* const to_;
  const size_t start_;
};

}  // namespace

OfResult<Instructions> DecodeInstructions(OfVersion version, std::span<const uint8_t> bytes) {
  if (version == k10) return Decode10(bytes);
  Instructions to;
  uint32_t seen = 0;
  Reader in(bytes);
  while (in.left() > 0) {
    const uint16_t type = in.U16();
    const size_t length = in.U16();
    if (!in.ok() || length < 8 || length % 8 != 0 || length - kHeaderBytes > in.left()) {
      return OfErrorId::kBadInstructionLength;
    }
    Body body{version, Reader(in.Take(length - kHeaderBytes))};
    if (type == kExperimenter) return OfErrorId::kBadInstructionExperimenter;
    const Line* line = Find(version, type);
    if (line == nullptr) return OfErrorId::kUnknownInstruction;
    if (line->longer ? length < line->bytes : length != line->bytes) {
      return OfErrorId::kBadInstructionLength;
    }
    if ((seen >> type & 1) != 0) return OfErrorId::kDuplicateInstruction;
    seen |= 1u << type;
    VSW_OF_RETURN_IF_ERROR(line->decode(&body, &to));
  }
  // 1.5 section 7.2.5 has the meter as an action; the first of all it is what the instruction was.
  if (version >= k15 && !to.meter && !to.apply.empty()) {
    if (const auto* meter = std::get_if<act::Meter>(&to.apply.front().what)) {
      to.meter = meter->meter;
      to.apply.erase(to.apply.begin());
      to.has_apply = !to.apply.empty();
    }
  }
  return to;
}

void EncodeInstructions(OfVersion version, const Instructions& from, Writer* out,
                        const Match* match) {
  if (version == k10) return Encode10(from, out);
  const bool meter_action = from.meter && version >= k15;
  if (from.meter && version >= k13 && !meter_action) {
    InstructionFrame frame(out, kMeter);
    out->U32(*from.meter);
  }
  if (from.has_apply || !from.apply.empty() || meter_action) {
    InstructionFrame frame(out, kApplyActions);
    out->Zeros(4);
    if (meter_action) EncodeActions(version, {act::Meter{*from.meter}}, out);
    EncodeActions(version, from.apply, out, match);
  }
  if (from.clear) {
    InstructionFrame frame(out, kClearActions);
    out->Zeros(4);
  }
  if (from.has_write || !from.write.empty()) {
    InstructionFrame frame(out, kWriteActions);
    out->Zeros(4);
    EncodeActions(version, from.write, out, match);
  }
  if (from.metadata_mask != 0) {
    InstructionFrame frame(out, kWriteMetadata);
    out->Zeros(4);
    out->U64(from.metadata);
    out->U64(from.metadata_mask);
  }
  if (from.goto_table) {
    InstructionFrame frame(out, kGoto);
    out->U8(*from.goto_table);
    out->Zeros(3);
  }
}

}  // namespace vsw
