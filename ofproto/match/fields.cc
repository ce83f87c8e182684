// SPDX-License-Identifier: Apache-2.0
#include "ofproto/match/fields.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ofproto/match/wide.h"

namespace vsw {
namespace {

struct WireNumber {
  int32_t wire_class, field;
};

FieldId Numbered(FieldId first, uint8_t n) {
  return static_cast<FieldId>(static_cast<uint8_t>(first) + n);
}

void AddRegisters(FieldId first, uint8_t count, uint8_t bytes, const std::string& prefix,
                  std::vector<FieldInfo>* table) {
  for (uint8_t n = 0; n < count; ++n) {
    FieldInfo& info = (*table)[static_cast<size_t>(Numbered(first, n))];
    info.id = Numbered(first, n);
    info.name = prefix + std::to_string(n);
    info.offset = static_cast<uint16_t>(offsetof(MatchKey, pipeline.reg) + size_t{n} * bytes);
    info.bytes = bytes;
    info.shift = 0;
    info.bits = static_cast<uint16_t>(8 * bytes);
    info.prerequisite = Prerequisite::kNone;
    info.masking = Masking::kAny;
    info.writable = true;
    info.format = FieldFormat::kHex;
  }
}

void AddTunnelOptions(std::vector<FieldInfo>* table) {
  constexpr size_t kWide = 4, kWideBytes = 16, kNarrowBytes = 4;
  constexpr int32_t kNxmTunMetadata0 = 40;
  size_t at = offsetof(MatchKey, packet) + offsetof(FlowKey, tun_metadata);
  for (uint8_t n = 0; n < kTunnelOptionFields; ++n) {
    const size_t bytes = n < kWide ? kWideBytes : kNarrowBytes;
    FieldInfo& info = (*table)[static_cast<size_t>(TunnelOptionField(n))];
    info.id = TunnelOptionField(n);
    info.name = "tun_metadata" + std::to_string(n);
    info.offset = static_cast<uint16_t>(at);
    info.bytes = static_cast<uint8_t>(bytes);
    info.bits = static_cast<uint16_t>(8 * bytes);
    info.prerequisite = Prerequisite::kNone;
    info.masking = Masking::kAny;
    info.writable = true;
    info.format = FieldFormat::kHex;
    info.nxm_class = kNxm1;
    info.nxm_field = kNxmTunMetadata0 + n;
    at += bytes;
  }
}

std::vector<FieldInfo> MakeTable() {
  std::vector<FieldInfo> table(kFieldCount);
  static const MatchKey sample;
#define VSW_WIRE(wire_class, field) WireNumber{wire_class, field}
#define VSW_FIELD_INFO(id_, name_, other_, member_, shift_, bits_, prerequisite_, masking_,        \
                       writable_, format_, oxm_, nxm_)                                             \
  {                                                                                                \
    const WireNumber oxm = VSW_WIRE oxm_;                                                          \
    const WireNumber nxm = VSW_WIRE nxm_;                                                          \
    FieldInfo& info = table[static_cast<size_t>(FieldId::id_)];                                    \
    info.id = FieldId::id_;                                                                        \
    info.name = name_;                                                                             \
    info.other_name = other_;                                                                      \
    info.offset =                                                                                  \
        static_cast<uint16_t>(reinterpret_cast<const uint8_t*>(&sample.member_) - sample.bytes()); \
    info.bytes = static_cast<uint8_t>(sizeof(sample.member_));                                     \
    info.shift = shift_;                                                                           \
    info.bits = bits_;                                                                             \
    info.prerequisite = Prerequisite::prerequisite_;                                               \
    info.masking = Masking::masking_;                                                              \
    info.writable = writable_;                                                                     \
    info.format = FieldFormat::format_;                                                            \
    info.oxm_class = oxm.wire_class;                                                               \
    info.oxm_field = oxm.field;                                                                    \
    info.nxm_class = nxm.wire_class;                                                               \
    info.nxm_field = nxm.field;                                                                    \
  }
  VSW_FIELDS(VSW_FIELD_INFO)
#undef VSW_FIELD_INFO
#undef VSW_WIRE
  AddRegisters(FieldId::kReg0, 16, 4, "reg", &table);
  AddRegisters(FieldId::kXreg0, 8, 8, "xreg", &table);
  AddRegisters(FieldId::kXxreg0, 4, 16, "xxreg", &table);
  AddTunnelOptions(&table);
  for (uint8_t n = 0; n < 16; ++n) {
    FieldInfo& info = table[static_cast<size_t>(Numbered(FieldId::kReg0, n))];
    info.nxm_class = kNxm1;
    info.nxm_field = n;
  }
  for (uint8_t n = 0; n < 8; ++n) {
    FieldInfo& info = table[static_cast<size_t>(Numbered(FieldId::kXreg0, n))];
    info.oxm_class = kPacketRegs;
    info.oxm_field = n;
  }
  for (uint8_t n = 0; n < 4; ++n) {
    // NXM_NX_XXREG0 is field 111 of NXM class 1.
    FieldInfo& info = table[static_cast<size_t>(Numbered(FieldId::kXxreg0, n))];
    info.nxm_class = kNxm1;
    info.nxm_field = 111 + n;
  }
  return table;
}

const std::vector<FieldInfo>& Table() {
  static const std::vector<FieldInfo> table = MakeTable();
  return table;
}

Wide Load(const MatchKey& key, const FieldInfo& info) {
  Wide wide = 0;
  for (size_t i = 0; i < info.bytes; ++i) wide = wide << 8 | key.bytes()[info.offset + i];
  return wide;
}

void Store(MatchKey* key, const FieldInfo& info, Wide wide) {
  for (size_t i = info.bytes; i-- > 0; wide >>= 8) {
    key->bytes()[info.offset + i] = static_cast<uint8_t>(wide);
  }
}

}  // namespace

const FieldInfo& Describe(FieldId id) { return Table()[static_cast<size_t>(id)]; }

const FieldInfo* FindField(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string, const FieldInfo*> map;
    for (const FieldInfo& info : Table()) {
      if (info.name.empty()) continue;
      map.emplace(info.name, &info);
      if (!info.other_name.empty()) map.emplace(info.other_name, &info);
    }
    return map;
  }();
  const auto found = by_name.find(std::string(name));
  return found == by_name.end() ? nullptr : found->second;
}

FieldValue FieldValue::OfU64(uint64_t value) { return FromWide(value); }
FieldValue FieldValue::Ones(uint16_t bits) { return FromWide(WideOnes(bits)); }
uint64_t FieldValue::low64() const { return static_cast<uint64_t>(ToWide(*this)); }
bool FieldValue::is_zero() const { return *this == FieldValue(); }

FieldValue GetField(const MatchKey& key, FieldId id) {
  const FieldInfo& info = Describe(id);
  return FromWide(Load(key, info) >> info.shift & WideOnes(info.bits));
}

void SetField(MatchKey* key, FieldId id, const FieldValue& value) {
  SetFieldMasked(key, id, value, FieldValue::Ones(Describe(id).bits));
}

void SetFieldMasked(MatchKey* key, FieldId id, const FieldValue& value, const FieldValue& mask) {
  const FieldInfo& info = Describe(id);
  const Wide bits = (ToWide(mask) & WideOnes(info.bits)) << info.shift;
  Store(key, info, (Load(*key, info) & ~bits) | (ToWide(value) << info.shift & bits));
}

FieldValue GetSubfield(const MatchKey& key, const Subfield& subfield) {
  const Wide whole = ToWide(GetField(key, subfield.field));
  return FromWide(whole >> subfield.offset & WideOnes(subfield.bits));
}

void SetSubfield(MatchKey* key, const Subfield& subfield, const FieldValue& value) {
  const Wide bits = WideOnes(subfield.bits) << subfield.offset;
  SetFieldMasked(key, subfield.field, FromWide(ToWide(value) << subfield.offset & bits),
                 FromWide(bits));
}

}  // namespace vsw
