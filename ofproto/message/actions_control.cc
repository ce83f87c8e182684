// SPDX-License-Identifier: Apache-2.0
//
// Nicira's actions that steer the translation: resubmit, the stack, conjunction, clone, exit, note,
// timeouts, tunnel ids and metadata, checks of the packet's length.
#include <algorithm>

#include "ofproto/message/action_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint16_t kResubmit = 1, kSetTunnel = 2, kNote = 8, kSetTunnel64 = 9, kResubmitTable = 14,
                   kExit = 17, kFinTimeout = 19, kWriteMetadata = 22, kStackPush = 27,
                   kStackPop = 28, kConjunction = 34, kClone = 42, kResubmitTableCt = 44,
                   kCheckPktLarger = 49;
constexpr size_t kStackBytes = 24, kCheckPktLargerBytes = 24, kCloneHeaderBytes = 16;
constexpr uint8_t kMostClauses = 64;

/// Nicira's actions have port numbers of 16 bits in all versions.
OfStatus AddResubmit(uint16_t port, uint8_t table, OfActions* out) {
  const OfResult<uint32_t> in_port = PortFrom10(port);
  if (!in_port.ok()) return in_port.status();
  out->push_back(act::Resubmit{*in_port, table});
  return {};
}

OfStatus DecodeResubmit(ActionInput& input, OfActions* out) {
  return AddResubmit(input.in.U16(), 0xff, out);
}

OfStatus DecodeResubmitTable(ActionInput& input, OfActions* out) {
  const uint16_t port = input.in.U16();
  const uint8_t table = input.in.U8();
  if (!input.in.Zeros(3)) return OfErrorId::kBadArgument;
  return AddResubmit(port, table, out);
}

/// Looks the tables up by the connection's original addresses.
OfStatus DecodeResubmitTableCt(ActionInput&, OfActions*) { return OfErrorId::kCtDatapathSupport; }

OfStatus DecodeSetTunnel(ActionInput& input, OfActions* out) {
  input.in.Skip(2);
  out->push_back(act::SetTunnel{input.in.U32(), false});
  return {};
}

OfStatus DecodeSetTunnel64(ActionInput& input, OfActions* out) {
  input.in.Skip(6);
  out->push_back(act::SetTunnel{input.in.U64(), true});
  return {};
}

OfStatus DecodeNote(ActionInput& input, OfActions* out) {
  const std::span<const uint8_t> octets = input.in.Rest();
  out->push_back(act::Note{{octets.begin(), octets.end()}});
  return {};
}

OfStatus DecodeExit(ActionInput&, OfActions* out) {
  out->push_back(act::Exit{});
  return {};
}

OfStatus DecodeFinTimeout(ActionInput& input, OfActions* out) {
  const uint16_t idle = input.in.U16();
  out->push_back(act::FinTimeout{idle, input.in.U16()});
  return {};
}

OfStatus DecodeWriteMetadata(ActionInput& input, OfActions* out) {
  if (!input.in.Zeros(6)) return OfErrorId::kMustBeZero;
  const uint64_t metadata = input.in.U64(), mask = input.in.U64();
  out->push_back(act::SetField{FieldId::kMetadata, FieldValue::OfU64(metadata & mask),
                               FieldValue::OfU64(mask), act::SetForm::kLegacy});
  return {};
}

OfResult<Subfield> ReadStackSubfield(ActionInput& input) {
  const uint16_t offset = input.in.U16();
  const OfResult<FieldId> field = ReadActionField(&input.in);
  if (!field.ok()) return field.status();
  const uint16_t bits = input.in.U16();
  if (!input.in.ok()) return OfErrorId::kBadActionLength;
  if (!input.in.Zeros(input.in.left())) return OfErrorId::kMustBeZero;
  return MakeSubfield(*field, offset, bits);
}

template <typename Action>
OfStatus DecodeStack(ActionInput& input, OfActions* out) {
  const OfResult<Subfield> subfield = ReadStackSubfield(input);
  if (!subfield.ok()) return subfield.status();
  out->push_back(Action{*subfield});
  return {};
}

OfStatus DecodeConjunction(ActionInput& input, OfActions* out) {
  // Counted from 0 on the wire, from 1 where people read it.
  const uint8_t clause = input.in.U8(), clauses = input.in.U8();
  if (clause >= clauses || clauses < 2 || clauses > kMostClauses) {
    return OfErrorId::kBadConjunction;
  }
  out->push_back(act::Conjunction{input.in.U32(), clause, clauses});
  return {};
}

OfStatus DecodeClone(ActionInput& input, OfActions* out) {
  input.in.Skip(6);
  OfResult<OfActions> actions = DecodeActionList(input.version, input.in.Rest(), input.depth + 1);
  if (!actions.ok()) return actions.status();
  out->push_back(act::Clone{std::move(*actions)});
  return {};
}

OfStatus DecodeCheckPktLarger(ActionInput& input, OfActions* out) {
  const uint16_t bytes = input.in.U16(), offset = input.in.U16();
  const OfResult<FieldId> field = ReadActionField(&input.in);
  if (!field.ok()) return field.status();
  if (!input.in.Zeros(input.in.left())) return OfErrorId::kMustBeZero;
  const OfResult<Subfield> destination = MakeSubfield(*field, offset, 1);
  if (!destination.ok()) return destination.status();
  out->push_back(act::CheckPktLarger{bytes, *destination});
  return {};
}

constexpr NiciraAction kNicira[] = {
    {kResubmit, 16, false, DecodeResubmit},
    {kSetTunnel, 16, false, DecodeSetTunnel},
    {kNote, 16, true, DecodeNote},
    {kSetTunnel64, 24, false, DecodeSetTunnel64},
    {kResubmitTable, 16, false, DecodeResubmitTable},
    {kExit, 16, false, DecodeExit},
    {kFinTimeout, 16, false, DecodeFinTimeout},
    {kWriteMetadata, 32, false, DecodeWriteMetadata},
    {kStackPush, 24, true, DecodeStack<act::StackPush>},
    {kStackPop, 24, true, DecodeStack<act::StackPop>},
    {kConjunction, 16, false, DecodeConjunction},
    {kClone, 16, true, DecodeClone},
    {kResubmitTableCt, 16, false, DecodeResubmitTableCt},
    {kCheckPktLarger, 24, true, DecodeCheckPktLarger},
};

void EncodeStack(uint16_t subtype, const Subfield& subfield, ActionOutput& out) {
  NiciraFrame frame(out, subtype);
  out.to->U16(subfield.offset);
  WriteFieldHeader(subfield.field, false, {/*nxm=*/true, out.version}, out.to);
  out.to->U16(subfield.bits);
  frame.PadTo(kStackBytes);
}

}  // namespace

std::span<const NiciraAction> ControlActionsNx() { return kNicira; }

void Encode(const act::Resubmit& a, ActionOutput& out) {
  NiciraFrame frame(out, kResubmitTable);
  out.to->U16(PortTo10(a.in_port));
  out.to->U8(a.table);
}

void Encode(const act::SetTunnel& a, ActionOutput& out) {
  if (out.version >= OfVersion::k12) {
    Encode(act::SetField{FieldId::kTunId, FieldValue::OfU64(a.id), FieldValue::Ones(64)}, out);
  } else if (a.wide || a.id > 0xffffffff) {
    NiciraFrame frame(out, kSetTunnel64);
    out.to->Zeros(6);
    out.to->U64(a.id);
  } else {
    NiciraFrame frame(out, kSetTunnel);
    out.to->Zeros(2);
    out.to->U32(static_cast<uint32_t>(a.id));
  }
}

void Encode(const act::Note& a, ActionOutput& out) {
  NiciraFrame frame(out, kNote);
  out.to->Put(a.octets);
  frame.PadTo(16);
}

void Encode(const act::Exit&, ActionOutput& out) { NiciraFrame frame(out, kExit); }

void Encode(const act::FinTimeout& a, ActionOutput& out) {
  NiciraFrame frame(out, kFinTimeout);
  out.to->U16(a.idle);
  out.to->U16(a.hard);
}

void EncodeWriteMetadata(uint64_t metadata, uint64_t mask, ActionOutput& out) {
  NiciraFrame frame(out, kWriteMetadata);
  out.to->Zeros(6);
  out.to->U64(metadata);
  out.to->U64(mask);
}

void Encode(const act::StackPush& a, ActionOutput& out) {
  EncodeStack(kStackPush, a.subfield, out);
}
void Encode(const act::StackPop& a, ActionOutput& out) { EncodeStack(kStackPop, a.subfield, out); }

void Encode(const act::Conjunction& a, ActionOutput& out) {
  NiciraFrame frame(out, kConjunction);
  out.to->U8(a.clause);
  out.to->U8(a.clauses);
  out.to->U32(a.id);
}

void Encode(const act::Clone& a, ActionOutput& out) {
  NiciraFrame frame(out, kClone);
  frame.PadTo(kCloneHeaderBytes);
  const KnownHeaders before = out.known;
  for (const OfAction& action : a.actions) {
    std::visit([&](const auto& what) { Encode(what, out); }, action.what);
  }
  out.known = before;  // what is done to a copy of the packet
}

void Encode(const act::CheckPktLarger& a, ActionOutput& out) {
  NiciraFrame frame(out, kCheckPktLarger);
  out.to->U16(a.bytes);
  out.to->U16(a.destination.offset);
  WriteFieldHeader(a.destination.field, false, {/*nxm=*/true, out.version}, out.to);
  frame.PadTo(kCheckPktLargerBytes);
}

}  // namespace vsw
