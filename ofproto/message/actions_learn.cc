// SPDX-License-Identifier: Apache-2.0
//
// NXAST_LEARN and NXAST_LEARN2: a rule to be made, as a list of specs of variable length. A spec's
// header says how many bits (0..10), where they go (11..12: match, load, output) and where they
// come from (13: a field or the spec itself).
#include "ofproto/message/action_wire.h"

namespace vsw {
namespace {

constexpr uint16_t kLearn = 16, kLearn2 = 45;
constexpr uint16_t kSendFlowRemoved = 1, kDeleteLearned = 2, kWriteResult = 4;
constexpr uint16_t kBitsMask = 0x7ff, kKindShift = 11, kKindMask = 3, kImmediate = 1 << 13,
                   kUndefined = 0xc000;
constexpr uint16_t kMostBits = 128;  // of any field
constexpr size_t kLearn2Bytes = 40;

/// Bytes of an immediate value: whole 16-bit words.
size_t ImmediateBytes(uint16_t bits) { return 2 * ((bits + 15u) / 16); }

OfResult<Subfield> ReadSubfield(Reader* in, uint16_t bits) {
  const OfResult<FieldId> field = ReadActionField(in);
  if (!field.ok()) return field.status();
  const uint16_t offset = in->U16();
  if (!in->ok()) return OfErrorId::kBadActionLength;
  return MakeSubfield(*field, offset, bits);
}

OfStatus ReadSpec(uint16_t header, Reader* in, act::LearnSpec* spec) {
  const uint16_t bits = header & kBitsMask;
  const uint16_t kind = header >> kKindShift & kKindMask;
  if ((header & kUndefined) != 0 || kind > 2 || bits == 0 || bits > kMostBits) {
    return OfErrorId::kBadArgument;
  }
  spec->kind = static_cast<act::LearnSpec::Kind>(kind);
  spec->from_immediate = (header & kImmediate) != 0;
  const bool output = spec->kind == act::LearnSpec::Kind::kOutput;
  if (output && spec->from_immediate) return OfErrorId::kBadArgument;
  if (spec->from_immediate) {
    const size_t bytes = ImmediateBytes(bits);
    if (in->left() < bytes) return OfErrorId::kBadActionLength;
    spec->immediate = ReadFieldValue(in, bytes);
    // As the others do, look at no bits above those that are asked for.
    const FieldValue ones = FieldValue::Ones(bits);
    for (size_t i = 0; i < ones.octets.size(); ++i) spec->immediate.octets[i] &= ones.octets[i];
  } else {
    const OfResult<Subfield> source = ReadSubfield(in, bits);
    if (!source.ok()) return source.status();
    spec->source = *source;
  }
  if (output) return {};
  const OfResult<Subfield> destination = ReadSubfield(in, bits);
  if (!destination.ok()) return destination.status();
  spec->destination = *destination;
  return {};
}

OfStatus ReadSpecs(Reader* in, act::Learn* a) {
  while (in->left() >= 2) {
    const uint16_t header = in->U16();
    if (header == 0) break;
    act::LearnSpec spec{};
    VSW_OF_RETURN_IF_ERROR(ReadSpec(header, in, &spec));
    a->specs.push_back(spec);
  }
  if (!in->Zeros(in->left())) return OfErrorId::kBadArgument;
  return {};
}

OfStatus ReadLimit(Reader* in, act::Learn* a) {
  a->limit = in->U32();
  const uint16_t offset = in->U16();
  in->Skip(2);
  if (!a->write_result) {
    if (offset != 0) return OfErrorId::kBadArgument;
    return in->ok() ? OfStatus() : OfErrorId::kBadActionLength;
  }
  const OfResult<FieldId> field = ReadActionField(in);
  if (!field.ok()) return field.status();
  const OfResult<Subfield> result = MakeSubfield(*field, offset, 1);
  if (!result.ok()) return result.status();
  a->result = *result;
  return {};
}

OfStatus Decode(ActionInput& input, bool with_limit, OfActions* out) {
  Reader& in = input.in;
  act::Learn a;
  a.idle_timeout = in.U16();
  a.hard_timeout = in.U16();
  a.priority = in.U16();
  a.cookie = in.U64();
  const uint16_t flags = in.U16();
  a.table = in.U8();
  const bool padded = in.Zeros(1);
  a.fin_idle_timeout = in.U16();
  a.fin_hard_timeout = in.U16();
  const uint16_t known = with_limit ? 7 : 3;
  if ((flags & ~known) != 0 || !padded || a.table == kTableAll) return OfErrorId::kBadArgument;
  a.send_flow_removed = (flags & kSendFlowRemoved) != 0;
  a.delete_learned = (flags & kDeleteLearned) != 0;
  a.write_result = (flags & kWriteResult) != 0;
  if (with_limit) VSW_OF_RETURN_IF_ERROR(ReadLimit(&in, &a));
  VSW_OF_RETURN_IF_ERROR(ReadSpecs(&in, &a));
  out->push_back(std::move(a));
  return {};
}

OfStatus DecodeLearn(ActionInput& input, OfActions* out) { return Decode(input, false, out); }
OfStatus DecodeLearn2(ActionInput& input, OfActions* out) { return Decode(input, true, out); }

constexpr NiciraAction kNicira[] = {
    {kLearn, 32, true, DecodeLearn},
    {kLearn2, kLearn2Bytes, true, DecodeLearn2},
};

void WriteSubfield(const Subfield& subfield, OfVersion version, Writer* to) {
  WriteFieldHeader(subfield.field, false, {/*nxm=*/true, version}, to);
  to->U16(subfield.offset);
}

void WriteSpec(const act::LearnSpec& spec, OfVersion version, Writer* to) {
  const bool output = spec.kind == act::LearnSpec::Kind::kOutput;
  const uint16_t bits = output ? spec.source.bits : spec.destination.bits;
  to->U16(static_cast<uint16_t>(bits | static_cast<uint16_t>(spec.kind) << kKindShift |
                                (spec.from_immediate ? kImmediate : 0)));
  if (spec.from_immediate) {
    WriteFieldValue(spec.immediate, ImmediateBytes(bits), to);
  } else {
    WriteSubfield(spec.source, version, to);
  }
  if (!output) WriteSubfield(spec.destination, version, to);
}

}  // namespace

std::span<const NiciraAction> LearnActionsNx() { return kNicira; }

void Encode(const act::Learn& a, ActionOutput& out) {
  const bool with_limit = a.limit != 0 || a.write_result;
  NiciraFrame frame(out, with_limit ? kLearn2 : kLearn);
  Writer* const to = out.to;
  to->U16(a.idle_timeout);
  to->U16(a.hard_timeout);
  to->U16(a.priority);
  to->U64(a.cookie);
  to->U16(static_cast<uint16_t>((a.send_flow_removed ? kSendFlowRemoved : 0) |
                                (a.delete_learned ? kDeleteLearned : 0) |
                                (a.write_result ? kWriteResult : 0)));
  to->U8(a.table);
  to->Zeros(1);
  to->U16(a.fin_idle_timeout);
  to->U16(a.fin_hard_timeout);
  if (with_limit) {
    to->U32(a.limit);
    to->U16(a.write_result ? a.result.offset : 0);
    to->Zeros(2);
    if (a.write_result) {
      WriteFieldHeader(a.result.field, false, {/*nxm=*/true, out.version}, to);
    }
  }
  for (const act::LearnSpec& spec : a.specs) WriteSpec(spec, out.version, to);
}

}  // namespace vsw
