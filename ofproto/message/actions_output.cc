// SPDX-License-Identifier: Apache-2.0
//
// Where a packet goes: output, enqueue, group, meter, queues, packet-in to controllers.
#include "ofproto/action/output_length.h"
#include "ofproto/message/action_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr auto k10 = OfVersion::k10, k11 = OfVersion::k11, k15 = OfVersion::k15;

constexpr uint32_t kWholePacket = 0xffff;  // OFPCML_NO_BUFFER (1.3 section 7.2.5)
constexpr uint16_t kOutput = 0, kEnqueue10 = 11, kSetQueue = 21, kGroup = 22, kMeter = 29;
constexpr uint16_t kNxSetQueue = 4, kNxPopQueue = 5, kNxOutputReg = 15, kNxController = 20,
                   kNxOutputReg2 = 32, kNxController2 = 37, kNxOutputTrunc = 39, kNxGroup = 40;
constexpr size_t kRegActionBytes = 24;  // all that name one or two sub-fields are padded to this

/// A length says something for the controller alone; of others it is told as it came.
void AddOutput(uint32_t port, uint16_t max_bytes, OfActions* out) {
  out->push_back(act::Output{port, max_bytes});
}

OfStatus DecodeOutput10(ActionInput& input, OfActions* out) {
  const OfResult<uint32_t> port = PortFrom10(input.in.U16());
  if (!port.ok()) return port.status();
  AddOutput(*port, input.in.U16(), out);
  return {};
}

OfStatus DecodeOutput11(ActionInput& input, OfActions* out) {
  const uint32_t port = input.in.U32();
  if (port >= kOfpMax && port < kOfpUnset) return OfErrorId::kBadOutPort;
  AddOutput(port, input.in.U16(), out);
  return {};
}

OfStatus DecodeEnqueue(ActionInput& input, OfActions* out) {
  const OfResult<uint32_t> port = PortFrom10(input.in.U16());
  if (!port.ok()) return port.status();
  // 1.0 section 5.2.4: a physical port, or the one that the packet came in by.
  if (*port >= kOfpMax && *port != kOfpInPort && *port != kOfpLocal) return OfErrorId::kBadOutPort;
  input.in.Skip(6);
  out->push_back(act::Enqueue{*port, input.in.U32()});
  return {};
}

OfStatus DecodeSetQueue(ActionInput& input, OfActions* out) {
  out->push_back(act::SetQueue{input.in.U32()});
  return {};
}

OfStatus DecodeGroup(ActionInput& input, OfActions* out) {
  out->push_back(act::Group{input.in.U32()});
  return {};
}

OfStatus DecodeMeter(ActionInput& input, OfActions* out) {
  out->push_back(act::Meter{input.in.U32()});
  return {};
}

OfStatus DecodeNxSetQueue(ActionInput& input, OfActions* out) {
  input.in.Skip(2);
  return DecodeSetQueue(input, out);
}

OfStatus DecodeNxGroup(ActionInput& input, OfActions* out) {
  input.in.Skip(2);
  return DecodeGroup(input, out);
}

OfStatus DecodeNxPopQueue(ActionInput&, OfActions* out) {
  out->push_back(act::PopQueue{});
  return {};
}

OfStatus DecodeOutputReg(ActionInput& input, OfActions* out) {
  const uint16_t bits = input.in.U16();
  const OfResult<FieldId> field = ReadActionField(&input.in);
  if (!field.ok()) return field.status();
  const uint16_t max_bytes = input.in.U16();
  if (!input.in.Zeros(input.in.left())) return OfErrorId::kBadArgument;
  const OfResult<Subfield> source = MakeSubfield(*field, bits);
  if (!source.ok()) return source.status();
  out->push_back(act::OutputReg{*source, max_bytes});
  return {};
}

OfStatus DecodeOutputReg2(ActionInput& input, OfActions* out) {
  const uint16_t bits = input.in.U16();
  const uint16_t max_bytes = input.in.U16();
  const OfResult<FieldId> field = ReadActionField(&input.in);
  if (!field.ok()) return field.status();
  if (!input.in.Zeros(input.in.left())) return OfErrorId::kMustBeZero;
  const OfResult<Subfield> source = MakeSubfield(*field, bits);
  if (!source.ok()) return source.status();
  out->push_back(act::OutputReg{*source, max_bytes});
  return {};
}

OfStatus DecodeOutputTrunc(ActionInput& input, OfActions* out) {
  constexpr uint32_t kEthernetHeaderBytes = 14;
  const OfResult<uint32_t> port = PortFrom10(input.in.U16());
  if (!port.ok()) return port.status();
  const uint32_t max_bytes = input.in.U32();
  if (max_bytes < kEthernetHeaderBytes) return OfErrorId::kBadArgument;
  if (*port >= kOfpMax && *port != kOfpInPort && *port != kOfpLocal) return OfErrorId::kBadOutPort;
  out->push_back(act::Output{*port, CutTo(max_bytes)});
  return {};
}

OfStatus DecodeController(ActionInput& input, OfActions* out) {
  act::Controller a;
  a.max_bytes = input.in.U16();
  a.controller_id = input.in.U16();
  a.reason = input.in.U8();
  out->push_back(std::move(a));
  return {};
}

// Properties of NXAST_CONTROLLER2.
enum class Property : uint16_t { kMaxBytes, kControllerId, kReason, kUserdata, kPause, kMeter };
constexpr size_t kPropertyHeaderBytes = 4;

OfStatus DecodeControllerProperty(Property type, Reader in, act::Controller* a) {
  // The length may count padding: ovs-ofctl's does where the number has 16 bits.
  const auto fits = [&](size_t bytes) { return in.left() >= bytes; };
  switch (type) {
    case Property::kMaxBytes:
      if (!fits(2)) return OfErrorId::kBadPropertyLength;
      a->max_bytes = in.U16();
      return {};
    case Property::kControllerId:
      if (!fits(2)) return OfErrorId::kBadPropertyLength;
      a->controller_id = in.U16();
      return {};
    case Property::kReason:
      if (!fits(1)) return OfErrorId::kBadPropertyLength;
      a->reason = in.U8();
      return {};
    case Property::kUserdata: {
      const std::span<const uint8_t> octets = in.Rest();
      a->userdata.assign(octets.begin(), octets.end());
      return {};
    }
    case Property::kPause:
      a->pause = true;
      return {};
    case Property::kMeter:
      if (!fits(4)) return OfErrorId::kBadPropertyLength;
      a->meter = in.U32();
      return {};
  }
  return OfErrorId::kBadPropertyType;
}

OfStatus DecodeController2(ActionInput& input, OfActions* out) {
  if (!input.in.Zeros(6)) return OfErrorId::kMustBeZero;
  act::Controller a;
  while (input.in.left() > 0) {
    const uint16_t type = input.in.U16();
    const size_t length = input.in.U16();
    if (!input.in.ok() || length < kPropertyHeaderBytes ||
        length - kPropertyHeaderBytes > input.in.left()) {
      return OfErrorId::kBadPropertyLength;
    }
    const Reader value(input.in.Take(length - kPropertyHeaderBytes));
    // The list ends with the action, whose length is padded already.
    input.in.Skip(std::min((8 - length % 8) % 8, input.in.left()));
    VSW_OF_RETURN_IF_ERROR(DecodeControllerProperty(static_cast<Property>(type), value, &a));
  }
  out->push_back(std::move(a));
  return {};
}

constexpr StandardAction kStandard[] = {
    {kOutput, k10, k10, 8, false, DecodeOutput10},
    {kOutput, k11, k15, 16, false, DecodeOutput11},
    {kEnqueue10, k10, k10, 16, false, DecodeEnqueue},
    {kSetQueue, k11, k15, 8, false, DecodeSetQueue},
    {kGroup, k11, k15, 8, false, DecodeGroup},
    {kMeter, k15, k15, 8, false, DecodeMeter},
};

constexpr NiciraAction kNicira[] = {
    {kNxSetQueue, 16, false, DecodeNxSetQueue},     {kNxPopQueue, 16, false, DecodeNxPopQueue},
    {kNxOutputReg, 24, false, DecodeOutputReg},     {kNxController, 16, false, DecodeController},
    {kNxOutputReg2, 24, true, DecodeOutputReg2},    {kNxController2, 16, true, DecodeController2},
    {kNxOutputTrunc, 16, false, DecodeOutputTrunc}, {kNxGroup, 16, false, DecodeNxGroup},
};

class PropertyFrame {
 public:
  PropertyFrame(Writer* to, Property type) : to_(to), start_(to->size()) {
    to_->U16(static_cast<uint16_t>(type));
    to_->U16(0);
  }
  ~PropertyFrame() {
    to_->PatchU16(start_ + 2, static_cast<uint16_t>(to_->size() - start_));
    to_->Align8(start_);
  }
  PropertyFrame(const PropertyFrame&) = delete;
  PropertyFrame& operator=(const PropertyFrame&) = delete;

 private:
  Writer* const to_;
  const size_t start_;
};

void EncodeController2(const act::Controller& a, ActionOutput& out) {
  NiciraFrame frame(out, kNxController2);
  Writer* const to = out.to;
  frame.PadTo(16);
  if (a.max_bytes != 0xffff) {
    PropertyFrame property(to, Property::kMaxBytes);
    to->U16(a.max_bytes);
    to->Zeros(2);
  }
  if (a.controller_id != 0) {
    PropertyFrame property(to, Property::kControllerId);
    to->U16(a.controller_id);
    to->Zeros(2);
  }
  if (a.reason != act::Controller().reason) {
    PropertyFrame property(to, Property::kReason);
    to->U8(a.reason);
  }
  if (!a.userdata.empty()) {
    PropertyFrame property(to, Property::kUserdata);
    to->Put(a.userdata);
  }
  if (a.pause) PropertyFrame property(to, Property::kPause);
  if (a.meter) {
    PropertyFrame property(to, Property::kMeter);
    to->U32(*a.meter);
  }
}

}  // namespace

std::span<const StandardAction> OutputActions() { return kStandard; }
std::span<const NiciraAction> OutputActionsNx() { return kNicira; }

void Encode(const act::Output& a, ActionOutput& out) {
  if (CutsPacket(a.max_bytes)) {
    NiciraFrame frame(out, kNxOutputTrunc);
    out.to->U16(PortTo10(a.port));
    out.to->U32(CutLength(a.max_bytes));
    return;
  }
  ActionFrame frame(out, kOutput);
  if (out.version == k10) {
    out.to->U16(PortTo10(a.port));
    out.to->U16(static_cast<uint16_t>(a.max_bytes));
  } else {
    out.to->U32(a.port);
    out.to->U16(static_cast<uint16_t>(a.max_bytes));
    out.to->Zeros(6);
  }
}

void Encode(const act::OutputReg& a, ActionOutput& out) {
  const FieldNaming naming{/*nxm=*/true, out.version};
  if (FieldHeaderBytes(a.source.field, naming) == 4) {
    NiciraFrame frame(out, kNxOutputReg);
    out.to->U16(PackOffsetAndBits(a.source));
    WriteFieldHeader(a.source.field, false, naming, out.to);
    out.to->U16(a.max_bytes);
    frame.PadTo(kRegActionBytes);
  } else {
    NiciraFrame frame(out, kNxOutputReg2);
    out.to->U16(PackOffsetAndBits(a.source));
    out.to->U16(a.max_bytes);
    WriteFieldHeader(a.source.field, false, naming, out.to);
    frame.PadTo(kRegActionBytes);
  }
}

void Encode(const act::Enqueue& a, ActionOutput& out) {
  if (out.version != k10) {
    // What later versions have in its place.
    Encode(act::SetQueue{a.queue}, out);
    Encode(act::Output{.port = a.port, .max_bytes = kWholePacket}, out);
    Encode(act::PopQueue{}, out);
    return;
  }
  ActionFrame frame(out, kEnqueue10);
  out.to->U16(PortTo10(a.port));
  out.to->Zeros(6);
  out.to->U32(a.queue);
}

void Encode(const act::SetQueue& a, ActionOutput& out) {
  if (out.version == k10) {
    NiciraFrame frame(out, kNxSetQueue);
    out.to->Zeros(2);
    out.to->U32(a.queue);
  } else {
    ActionFrame frame(out, kSetQueue);
    out.to->U32(a.queue);
  }
}

void Encode(const act::PopQueue&, ActionOutput& out) { NiciraFrame frame(out, kNxPopQueue); }

void Encode(const act::Controller& a, ActionOutput& out) {
  if (!a.userdata.empty() || a.pause || a.meter) return EncodeController2(a, out);
  NiciraFrame frame(out, kNxController);
  out.to->U16(a.max_bytes);
  out.to->U16(a.controller_id);
  out.to->U8(a.reason);
}

void Encode(const act::Group& a, ActionOutput& out) {
  if (out.version == k10) {
    NiciraFrame frame(out, kNxGroup);
    out.to->Zeros(2);
    out.to->U32(a.group);
    return;
  }
  ActionFrame frame(out, kGroup);
  out.to->U32(a.group);
}

void Encode(const act::Meter& a, ActionOutput& out) {
  if (out.version < k15) return;  // an instruction until then
  ActionFrame frame(out, kMeter);
  out.to->U32(a.meter);
}

}  // namespace vsw
