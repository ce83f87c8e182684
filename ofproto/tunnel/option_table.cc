// SPDX-License-Identifier: Apache-2.0
#include "ofproto/tunnel/option_table.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "ofproto/action/action_fields.h"

namespace vsw {
namespace {

constexpr uint8_t kWord = 4;

size_t RoomOf(FieldId field) { return Describe(field).bits / 8u; }

std::string NameOf(uint16_t index) { return "tun_metadata" + std::to_string(index); }

}  // namespace

OfStatus OptionTable::Add(const TlvMapping& mapping) {
  if (mapping.index >= kTunnelOptionFields) {
    return {OfErrorId::kTlvBadFieldIndex, NameOf(mapping.index) + ": there are " + NameOf(0) +
                                              " to " + NameOf(kTunnelOptionFields - 1)};
  }
  const FieldId field = TunnelOptionField(static_cast<uint8_t>(mapping.index));
  if (mapping.length == 0 || mapping.length % kWord != 0 || mapping.length > RoomOf(field)) {
    return {OfErrorId::kTlvBadOptionLength, NameOf(mapping.index) + " takes options of 4 to " +
                                                std::to_string(RoomOf(field)) +
                                                " bytes, in whole words"};
  }
  for (const TlvMapping& other : mappings_) {
    if (other.index == mapping.index) {
      return {OfErrorId::kTlvAlreadyMapped, NameOf(mapping.index) + " is mapped already"};
    }
    if (other.option_class == mapping.option_class && other.type == mapping.type) {
      return {OfErrorId::kTlvDuplicateEntry, "the option stands in " + NameOf(other.index)};
    }
  }
  mappings_.push_back(mapping);
  return {};
}

OfStatus OptionTable::Modify(const TlvTableMod& mod, uint64_t used) {
  const auto is_used = [used](const TlvMapping& m) { return (used >> m.index & 1) != 0; };
  std::vector<TlvMapping> former = mappings_;
  OfStatus status;
  if (mod.command == TlvTableMod::Command::kAdd) {
    for (const TlvMapping& mapping : mod.mappings) {
      if (status.ok()) status = Add(mapping);
    }
  } else {
    const bool all = mod.command == TlvTableMod::Command::kClear;
    for (const TlvMapping& mapping : former) {
      const auto same = [&](const TlvMapping& m) { return m.index == mapping.index; };
      if (!all && std::none_of(mod.mappings.begin(), mod.mappings.end(), same)) continue;
      if (is_used(mapping)) {
        status = {OfErrorId::kTlvInUse, NameOf(mapping.index) + " is used by rules"};
      }
      std::erase_if(mappings_, same);
    }
  }
  if (!status.ok()) mappings_ = std::move(former);
  std::sort(mappings_.begin(), mappings_.end(),
            [](const TlvMapping& a, const TlvMapping& b) { return a.index < b.index; });
  return status;
}

TunnelOptionMap OptionTable::Map() const {
  TunnelOptionMap map;
  for (const TlvMapping& mapping : mappings_) {
    const auto index = static_cast<uint8_t>(mapping.index);
    const FieldInfo& field = Describe(TunnelOptionField(index));
    const size_t place = field.offset - offsetof(FlowKey, tun_metadata);
    map.push_back({.option_class = mapping.option_class,
                   .type = mapping.type,
                   .bytes = mapping.length,
                   .index = index,
                   .offset = static_cast<uint8_t>(place + field.bytes - mapping.length)});
  }
  return map;
}

const TlvMapping* OptionTable::Find(FieldId field) const {
  const auto found = std::find_if(mappings_.begin(), mappings_.end(), [&](const TlvMapping& m) {
    return m.index == TunnelOptionIndex(field);
  });
  return found == mappings_.end() ? nullptr : &*found;
}

bool OptionTable::Fits(FieldId field, const FieldValue& value) const {
  const TlvMapping* mapping = Find(field);
  if (mapping == nullptr) return false;
  return std::all_of(value.octets.begin(), value.octets.end() - mapping->length,
                     [](uint8_t octet) { return octet == 0; });
}

OfStatus OptionTable::Check(const Match& match) const {
  for (uint64_t left = TunnelOptionsIn(match); left != 0; left &= left - 1) {
    const FieldId field = TunnelOptionField(static_cast<uint8_t>(std::countr_zero(left)));
    if (!Fits(field, GetField(match.value, field))) {
      return {OfErrorId::kInvalidTlvField, Describe(field).name};
    }
  }
  return {};
}

OfStatus OptionTable::Check(const OfActions& actions) const {
  for (uint64_t left = TunnelOptionsIn(actions); left != 0; left &= left - 1) {
    const FieldId field = TunnelOptionField(static_cast<uint8_t>(std::countr_zero(left)));
    if (Find(field) == nullptr) return {OfErrorId::kInvalidTlvField, Describe(field).name};
  }
  for (const OfAction& action : actions) {
    const auto* set = std::get_if<act::SetField>(&action.what);
    if (set != nullptr && IsTunnelOption(set->field) && !Fits(set->field, set->value)) {
      return {OfErrorId::kInvalidTlvField, Describe(set->field).name + ": too long"};
    }
  }
  return {};
}

uint64_t TunnelOptionsIn(const Match& match) {
  return match.mask.packet.tun_metadata_present.Get();
}

uint64_t TunnelOptionsIn(const OfActions& actions) {
  uint64_t used = 0;
  ForEachActionField(actions, [&used](FieldId field) {
    if (IsTunnelOption(field)) used |= TunnelOptionBit(field);
  });
  return used;
}

uint64_t TunnelOptionsIn(const Instructions& instructions) {
  return TunnelOptionsIn(instructions.apply) | TunnelOptionsIn(instructions.write);
}

}  // namespace vsw
