// SPDX-License-Identifier: Apache-2.0
//
// Lists of actions: framing, and the way to the family that an action belongs to.
#include <array>
#include <unordered_map>
#include <variant>

#include "ofproto/message/action_wire.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint16_t kExperimenterType = 0xffff;

const NiciraAction* FindNicira(uint16_t subtype) {
  static const auto lines = [] {
    std::unordered_map<uint16_t, const NiciraAction*> map;
    for (const auto& family :
         {OutputActionsNx(), HeaderActionsNx(), SetFieldActionsNx(), ControlActionsNx(),
          ChoiceActionsNx(), LearnActionsNx(), TrackActionsNx()}) {
      for (const NiciraAction& line : family) map.emplace(line.subtype, &line);
    }
    return map;
  }();
  const auto found = lines.find(subtype);
  return found == lines.end() ? nullptr : found->second;
}

const StandardAction* FindStandard(OfVersion version, uint16_t type) {
  for (const auto& family : {OutputActions(), HeaderActions(), SetFieldActions()}) {
    for (const StandardAction& line : family) {
      if (line.type == type && line.since <= version && version <= line.until) return &line;
    }
  }
  return nullptr;
}

template <typename Line>
bool LengthFits(const Line& line, size_t length) {
  return line.longer ? length >= line.bytes : length == line.bytes;
}

OfStatus DecodeExperimenter(ActionInput& input, size_t length, OfActions* out) {
  const uint32_t experimenter = input.in.U32();
  if (!input.in.ok()) return OfErrorId::kBadActionLength;
  if (experimenter == kOnfId) return DecodeOnfAction(input, out);
  if (experimenter != kNiciraId) return OfErrorId::kBadActionExperimenter;
  if (length < kNiciraHeaderBytes) return OfErrorId::kBadActionLength;
  const NiciraAction* line = FindNicira(input.in.U16());
  if (line == nullptr) return OfErrorId::kBadActionExpType;
  if (!LengthFits(*line, length)) return OfErrorId::kBadActionLength;
  return line->decode(input, out);
}

OfStatus DecodeOne(OfVersion version, uint16_t type, std::span<const uint8_t> body, unsigned depth,
                   OfActions* out) {
  ActionInput input{version, depth, Reader(body)};
  const size_t length = body.size() + kActionHeaderBytes;
  if (type == kExperimenterType) return DecodeExperimenter(input, length, out);
  const StandardAction* line = FindStandard(version, type);
  if (line == nullptr) return {OfErrorId::kBadActionType, "action type " + std::to_string(type)};
  if (!LengthFits(*line, length)) return OfErrorId::kBadActionLength;
  return line->decode(input, out);
}

}  // namespace

OfResult<OfActions> DecodeActionList(OfVersion version, std::span<const uint8_t> bytes,
                                     unsigned depth) {
  if (depth > kMaxActionDepth) return OfErrorId::kBadArgument;
  OfActions actions;
  Reader in(bytes);
  while (in.left() > 0) {
    const uint16_t type = in.U16();
    const size_t length = in.U16();
    if (!in.ok() || length < 8 || length % 8 != 0 || length - kActionHeaderBytes > in.left()) {
      return OfErrorId::kBadActionLength;
    }
    VSW_OF_RETURN_IF_ERROR(
        DecodeOne(version, type, in.Take(length - kActionHeaderBytes), depth, &actions));
  }
  return actions;
}

OfResult<OfActions> DecodeActions(OfVersion version, std::span<const uint8_t> bytes) {
  return DecodeActionList(version, bytes, 0);
}

KnownHeaders::KnownHeaders(const Match& match) {
  const FlowKey& value = match.value.packet;
  const FlowKey& mask = match.mask.packet;
  const auto has_tag = [&](size_t n) {
    return (value.vlan[n].tci.Get() & mask.vlan[n].tci.Get() & kVlanPresent) != 0;
  };
  tagged = has_tag(0);
  tagged_twice = tagged && has_tag(1);
  if (MeetsPrerequisite(match, FieldId::kIpProto) && mask.ip_proto == 0xff) {
    ip_proto = value.ip_proto;
  }
}

void EncodeActions(OfVersion version, const OfActions& actions, Writer* out, const Match* match) {
  ActionOutput output{version, out, match == nullptr ? KnownHeaders() : KnownHeaders(*match)};
  for (const OfAction& action : actions) {
    std::visit([&](const auto& what) { Encode(what, output); }, action.what);
  }
}

}  // namespace vsw
