// SPDX-License-Identifier: Apache-2.0
//
// Connection tracking: ct, ct_clear and nat (NXAST_CT, NXAST_CT_CLEAR, NXAST_NAT).
#include "ofproto/message/action_wire.h"

namespace vsw {
namespace {

constexpr uint16_t kCt = 35, kNat = 36, kCtClear = 43;
constexpr size_t kCtBytes = 24;
constexpr uint16_t kNatFlags = 0x1f;  // NX_NAT_F_*
// NX_NAT_RANGE_*: which of the addresses and ports are there, in this order.
constexpr size_t kRangeBytes[] = {4, 4, 16, 16, 2, 2};

OfStatus DecodeCt(ActionInput& input, OfActions* out) {
  act::Ct a;
  a.flags = input.in.U16();
  // A field of 4 bytes, or 0 and then the zone itself.
  const std::span<const uint8_t> source = input.in.Take(4);
  const uint16_t zone = input.in.U16();
  a.recirc_table = input.in.U8();
  input.in.Skip(3);
  a.alg = input.in.U16();
  Reader source_reader(source);
  if (Reader(source).U32() == 0) {
    a.zone = zone;
  } else {
    const OfResult<FieldId> field = ReadActionField(&source_reader);
    if (!field.ok()) return field.status();
    const OfResult<Subfield> subfield = MakeSubfield(*field, zone);
    if (!subfield.ok()) return subfield.status();
    if (subfield->bits != 16) return OfErrorId::kBadSetLength;
    a.zone_source = *subfield;
  }
  OfResult<OfActions> exec = DecodeActionList(input.version, input.in.Rest(), input.depth + 1);
  if (!exec.ok()) return exec.status();
  a.exec = std::move(*exec);
  out->push_back(std::move(a));
  return {};
}

OfStatus DecodeCtClear(ActionInput&, OfActions* out) {
  out->push_back(act::CtClear{});
  return {};
}

OfStatus DecodeNat(ActionInput& input, OfActions* out) {
  act::Nat a;
  if (!input.in.Zeros(2)) return OfErrorId::kMustBeZero;
  a.flags = input.in.U16();
  const uint16_t present = input.in.U16();
  if ((a.flags & ~kNatFlags) != 0) return OfErrorId::kBadArgument;
  size_t bytes = 0;
  for (size_t i = 0; i < std::size(kRangeBytes); ++i) {
    if ((present >> i & 1) != 0) bytes += kRangeBytes[i];
  }
  if (present >> std::size(kRangeBytes) != 0) return OfErrorId::kBadArgument;
  if (bytes > input.in.left()) return OfErrorId::kBadActionLength;
  if (present != 0) {
    a.range = {static_cast<uint8_t>(present >> 8), static_cast<uint8_t>(present)};
    const std::span<const uint8_t> octets = input.in.Take(bytes);
    a.range.insert(a.range.end(), octets.begin(), octets.end());
  }
  out->push_back(std::move(a));
  return {};
}

constexpr NiciraAction kNicira[] = {
    {kCt, kCtBytes, true, DecodeCt},
    {kNat, 16, true, DecodeNat},
    {kCtClear, 16, false, DecodeCtClear},
};

}  // namespace

std::span<const NiciraAction> TrackActionsNx() { return kNicira; }

void Encode(const act::Ct& a, ActionOutput& out) {
  NiciraFrame frame(out, kCt);
  out.to->U16(a.flags);
  if (a.zone_source) {
    WriteFieldHeader(a.zone_source->field, false, {/*nxm=*/true, out.version}, out.to);
    out.to->U16(PackOffsetAndBits(*a.zone_source));
  } else {
    out.to->U32(0);
    out.to->U16(a.zone);
  }
  out.to->U8(a.recirc_table);
  out.to->Zeros(3);
  out.to->U16(a.alg);
  for (const OfAction& action : a.exec) {
    std::visit([&](const auto& what) { Encode(what, out); }, action.what);
  }
}

void Encode(const act::CtClear&, ActionOutput& out) { NiciraFrame frame(out, kCtClear); }

void Encode(const act::Nat& a, ActionOutput& out) {
  NiciraFrame frame(out, kNat);
  out.to->Zeros(2);
  out.to->U16(a.flags);
  if (a.range.empty()) {
    out.to->U16(0);
  } else {
    out.to->Put(a.range);
  }
}

}  // namespace vsw
