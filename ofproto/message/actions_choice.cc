// SPDX-License-Identifier: Apache-2.0
//
// Nicira's actions that choose one of several links by hash or liveness: multipath, bundle,
// bundle_load.
#include "ofproto/message/action_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint16_t kMultipath = 10, kBundle = 12, kBundleLoad = 13;
constexpr uint16_t kLastHashFields = 6;                          // NX_HASH_FIELDS_SYMMETRIC_L3
constexpr uint16_t kLastAlgorithm = 3;                           // NX_MP_ALG_ITER_HASH
constexpr uint16_t kActiveBackup = 0, kHighestRandomWeight = 1;  // NX_BD_ALG_*
constexpr uint32_t kMemberIsPort = 0x00000002;                   // the header of NXM_OF_IN_PORT
constexpr size_t kMostMembers = 2048;
constexpr size_t kBundleBytes = 32;

OfStatus DecodeMultipath(ActionInput& input, OfActions* out) {
  act::Multipath a{};
  a.fields = input.in.U16();
  a.basis = input.in.U16();
  input.in.Skip(2);
  a.algorithm = input.in.U16();
  a.max_link = input.in.U16();
  a.argument = input.in.U32();
  input.in.Skip(2);
  const uint16_t bits = input.in.U16();
  const OfResult<FieldId> field = ReadActionField(&input.in);
  if (!field.ok()) return field.status();
  if (a.fields > kLastHashFields || a.algorithm > kLastAlgorithm) return OfErrorId::kBadArgument;
  const OfResult<Subfield> destination = MakeSubfield(*field, bits);
  if (!destination.ok()) return destination.status();
  a.destination = *destination;
  // Every link's number has to fit.
  if (a.destination.bits < 16 && a.max_link >> a.destination.bits != 0) {
    return OfErrorId::kBadArgument;
  }
  out->push_back(a);
  return {};
}

OfStatus DecodeBundleAction(ActionInput& input, bool load, OfActions* out) {
  act::Bundle a{};
  const uint16_t algorithm = input.in.U16();
  a.fields = input.in.U16();
  a.basis = input.in.U16();
  const uint32_t member_type = input.in.U32();
  const size_t members = input.in.U16();
  const uint16_t bits = input.in.U16();
  if (algorithm > kHighestRandomWeight || a.fields > kLastHashFields) {
    return OfErrorId::kBadArgument;
  }
  if (member_type != kMemberIsPort || members > kMostMembers) return OfErrorId::kBadArgument;
  a.active_backup = algorithm == kActiveBackup;
  if (load) {
    const OfResult<FieldId> field = ReadActionField(&input.in);
    if (!field.ok()) return field.status();
    const OfResult<Subfield> destination = MakeSubfield(*field, bits);
    if (!destination.ok()) return destination.status();
    // A port's number has to fit.
    if (destination->bits < 16) return OfErrorId::kBadArgument;
    a.destination = *destination;
  } else if (!input.in.Zeros(4) || bits != 0) {
    return OfErrorId::kBadArgument;
  }
  if (!input.in.Zeros(4)) return OfErrorId::kBadArgument;
  if (input.in.left() < 2 * members) return OfErrorId::kBadActionLength;
  for (size_t i = 0; i < members; ++i) {
    const OfResult<uint32_t> port = PortFrom10(input.in.U16());
    if (!port.ok() || *port >= kOfpMax) return OfErrorId::kBadOutPort;
    a.ports.push_back(*port);
  }
  out->push_back(std::move(a));
  return {};
}

OfStatus DecodeBundle(ActionInput& input, OfActions* out) {
  return DecodeBundleAction(input, /*load=*/false, out);
}
OfStatus DecodeBundleLoad(ActionInput& input, OfActions* out) {
  return DecodeBundleAction(input, /*load=*/true, out);
}

constexpr NiciraAction kNicira[] = {
    {kMultipath, 32, false, DecodeMultipath},
    {kBundle, 32, true, DecodeBundle},
    {kBundleLoad, 32, true, DecodeBundleLoad},
};

}  // namespace

std::span<const NiciraAction> ChoiceActionsNx() { return kNicira; }

void Encode(const act::Multipath& a, ActionOutput& out) {
  NiciraFrame frame(out, kMultipath);
  out.to->U16(a.fields);
  out.to->U16(a.basis);
  out.to->Zeros(2);
  out.to->U16(a.algorithm);
  out.to->U16(a.max_link);
  out.to->U32(a.argument);
  out.to->Zeros(2);
  out.to->U16(PackOffsetAndBits(a.destination));
  WriteFieldHeader(a.destination.field, false, {/*nxm=*/true, out.version}, out.to);
}

void Encode(const act::Bundle& a, ActionOutput& out) {
  NiciraFrame frame(out, a.destination ? kBundleLoad : kBundle);
  out.to->U16(a.active_backup ? kActiveBackup : kHighestRandomWeight);
  out.to->U16(a.fields);
  out.to->U16(a.basis);
  out.to->U32(kMemberIsPort);
  out.to->U16(static_cast<uint16_t>(a.ports.size()));
  if (a.destination) {
    out.to->U16(PackOffsetAndBits(*a.destination));
    WriteFieldHeader(a.destination->field, false, {/*nxm=*/true, out.version}, out.to);
  }
  frame.PadTo(kBundleBytes);
  for (const uint32_t port : a.ports) out.to->U16(PortTo10(port));
}

}  // namespace vsw
