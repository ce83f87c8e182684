// SPDX-License-Identifier: Apache-2.0
//
// Tags and time-to-live: what changes a packet's headers other than by setting a field.
#include "ofproto/message/action_wire.h"

namespace vsw {
namespace {

constexpr auto k10 = OfVersion::k10, k11 = OfVersion::k11, k15 = OfVersion::k15;

constexpr uint16_t kStripVlan10 = 3, kCopyTtlOut = 11, kCopyTtlIn = 12, kSetMplsTtl = 15,
                   kDecMplsTtl = 16, kPushVlan = 17, kPopVlan = 18, kPushMpls = 19, kPopMpls = 20,
                   kSetNwTtl = 23, kDecNwTtl = 24;
constexpr uint16_t kNxDecTtl = 18, kNxDecTtlIds = 21, kNxPushMpls = 23, kNxPopMpls = 24,
                   kNxSetMplsTtl = 25, kNxDecMplsTtl = 26;

constexpr uint16_t kTpid8100 = 0x8100, kTpid88a8 = 0x88a8;
constexpr uint16_t kTypeMpls = 0x8847, kTypeMplsMulticast = 0x8848;

/// An action that has nothing but its type.
template <typename Action>
OfStatus DecodeBare(ActionInput&, OfActions* out) {
  out->push_back(Action{});
  return {};
}

OfStatus DecodeCopyTtlOut(ActionInput& i, OfActions* o) {
  return DecodeBare<act::CopyTtlOut>(i, o);
}
OfStatus DecodeCopyTtlIn(ActionInput& i, OfActions* o) { return DecodeBare<act::CopyTtlIn>(i, o); }

OfStatus DecodePushVlan(ActionInput& input, OfActions* out) {
  const uint16_t type = input.in.U16();
  if (type != kTpid8100 && type != kTpid88a8) return OfErrorId::kBadArgument;
  out->push_back(act::PushVlan{type});
  return {};
}

OfStatus DecodePushMpls(ActionInput& input, OfActions* out) {
  const uint16_t type = input.in.U16();
  if (type != kTypeMpls && type != kTypeMplsMulticast) return OfErrorId::kBadArgument;
  out->push_back(act::PushMpls{type});
  return {};
}

OfStatus DecodePopMpls(ActionInput& input, OfActions* out) {
  out->push_back(act::PopMpls{input.in.U16()});
  return {};
}

OfStatus DecodeSetMplsTtl(ActionInput& input, OfActions* out) {
  out->push_back(act::SetMplsTtl{input.in.U8()});
  return {};
}

OfStatus DecodeSetIpTtl(ActionInput& input, OfActions* out) {
  out->push_back(act::SetIpTtl{input.in.U8()});
  return {};
}

OfStatus DecodeDecTtlIds(ActionInput& input, OfActions* out) {
  const size_t count = input.in.U16();
  input.in.Skip(4);
  if (input.in.left() < 2 * count) return OfErrorId::kBadActionLength;
  act::DecTtl a;
  a.controllers.clear();
  for (size_t i = 0; i < count; ++i) a.controllers.push_back(input.in.U16());
  out->push_back(std::move(a));
  return {};
}

constexpr StandardAction kStandard[] = {
    {kStripVlan10, k10, k10, 8, false, DecodeBare<act::PopVlan>},
    {kCopyTtlOut, k11, k15, 8, false, DecodeCopyTtlOut},
    {kCopyTtlIn, k11, k15, 8, false, DecodeCopyTtlIn},
    {kSetMplsTtl, k11, k15, 8, false, DecodeSetMplsTtl},
    {kDecMplsTtl, k11, k15, 8, false, DecodeBare<act::DecMplsTtl>},
    {kPushVlan, k11, k15, 8, false, DecodePushVlan},
    {kPopVlan, k11, k15, 8, false, DecodeBare<act::PopVlan>},
    {kPushMpls, k11, k15, 8, false, DecodePushMpls},
    {kPopMpls, k11, k15, 8, false, DecodePopMpls},
    {kSetNwTtl, k11, k15, 8, false, DecodeSetIpTtl},
    {kDecNwTtl, k11, k15, 8, false, DecodeBare<act::DecTtl>},
};

constexpr NiciraAction kNicira[] = {
    {kNxDecTtl, 16, false, DecodeBare<act::DecTtl>},
    {kNxDecTtlIds, 16, true, DecodeDecTtlIds},
    {kNxPushMpls, 16, false, DecodePushMpls},
    {kNxPopMpls, 16, false, DecodePopMpls},
    {kNxSetMplsTtl, 16, false, DecodeSetMplsTtl},
    {kNxDecMplsTtl, 16, false, DecodeBare<act::DecMplsTtl>},
};

/// `standard` from 1.1 on, `nicira` in 1.0; with `value`, in `bytes`, behind the header.
void EncodeEither(uint16_t standard, uint16_t nicira, uint16_t value, size_t bytes,
                  ActionOutput& out) {
  const auto body = [&] {
    if (bytes == 2) out.to->U16(value);
    if (bytes == 1) out.to->U8(static_cast<uint8_t>(value));
  };
  if (out.version == k10) {
    NiciraFrame frame(out, nicira);
    body();
  } else {
    ActionFrame frame(out, standard);
    body();
    if (bytes == 0) out.to->Zeros(4);
  }
}

void EncodeBare(uint16_t type, ActionOutput& out) {
  ActionFrame frame(out, type);
  out.to->Zeros(4);
}

}  // namespace

std::span<const StandardAction> HeaderActions() { return kStandard; }
std::span<const NiciraAction> HeaderActionsNx() { return kNicira; }

void Encode(const act::PushVlan& a, ActionOutput& out) {
  out.known.tagged_twice = out.known.tagged;
  out.known.tagged = true;
  // In 1.0 setting a VLAN id or priority, which follows, pushes the tag.
  if (out.version == k10) return;
  ActionFrame frame(out, kPushVlan);
  out.to->U16(a.ethertype);
}

void Encode(const act::PopVlan&, ActionOutput& out) {
  out.known.tagged = out.known.tagged_twice;
  out.known.tagged_twice = false;
  EncodeBare(out.version == k10 ? kStripVlan10 : kPopVlan, out);
}

void Encode(const act::PushMpls& a, ActionOutput& out) {
  EncodeEither(kPushMpls, kNxPushMpls, a.ethertype, 2, out);
}
void Encode(const act::PopMpls& a, ActionOutput& out) {
  EncodeEither(kPopMpls, kNxPopMpls, a.ethertype, 2, out);
}
void Encode(const act::SetMplsTtl& a, ActionOutput& out) {
  EncodeEither(kSetMplsTtl, kNxSetMplsTtl, a.ttl, 1, out);
}
void Encode(const act::DecMplsTtl&, ActionOutput& out) {
  EncodeEither(kDecMplsTtl, kNxDecMplsTtl, 0, 0, out);
}

void Encode(const act::SetIpTtl& a, ActionOutput& out) {
  if (out.version == k10) {
    Encode(act::SetField{FieldId::kIpTtl, FieldValue::OfU64(a.ttl), FieldValue::Ones(8),
                         act::SetForm::kRegLoad},
           out);
    return;
  }
  ActionFrame frame(out, kSetNwTtl);
  out.to->U8(a.ttl);
}

void Encode(const act::DecTtl& a, ActionOutput& out) {
  if (a.controllers == act::DecTtl().controllers) {
    EncodeEither(kDecNwTtl, kNxDecTtl, 0, 0, out);
    return;
  }
  NiciraFrame frame(out, kNxDecTtlIds);
  out.to->U16(static_cast<uint16_t>(a.controllers.size()));
  out.to->Zeros(4);
  for (const uint16_t id : a.controllers) out.to->U16(id);
}

// 1.0 cannot copy a TTL.
void Encode(const act::CopyTtlOut&, ActionOutput& out) {
  if (out.version != k10) EncodeBare(kCopyTtlOut, out);
}
void Encode(const act::CopyTtlIn&, ActionOutput& out) {
  if (out.version != k10) EncodeBare(kCopyTtlIn, out);
}

}  // namespace vsw
