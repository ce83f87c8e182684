// SPDX-License-Identifier: Apache-2.0
#include "ofproto/message/field_wire.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint16_t kExperimenterClass = 0xffff;
constexpr uint16_t kEricssonClass = 0x1000;
constexpr uint32_t kOnf = 0x4f4e4600;

constexpr size_t kMaxOptionBytes = 124;  // RFC 8926 section 3.5: 5 bits of words
constexpr size_t kOptionWord = 4;

/// One of the names that a field goes by.
struct Name {
  FieldId id;
  uint16_t wire_class;
  uint8_t number;
  uint32_t experimenter;
  OfVersion since;

  bool is_nxm() const { return wire_class == kNxm0 || wire_class == kNxm1; }
  uint64_t key() const { return uint64_t{experimenter} << 32 | uint32_t{wire_class} << 8 | number; }
};

// Names beyond the one of OXM and the one of NXM that the field table has: fields that ONF gave to
// 1.3 as extensions (EXT-109, EXT-233) and that later versions took in, and Ericsson's of ND.
constexpr Name kMoreNames[] = {
    {FieldId::kTcpFlags, kExperimenterClass, 42, kOnf, OfVersion::k13},
    {FieldId::kActsetOutput, kExperimenterClass, 43, kOnf, OfVersion::k13},
    {FieldId::kActsetOutput, kOxm, 43, 0, OfVersion::k15},
    {FieldId::kPacketType, kOxm, 44, 0, OfVersion::k15},
    {FieldId::kNdReserved, kEricssonClass, 1, 0, OfVersion::k13},
    {FieldId::kNdOptionsType, kEricssonClass, 2, 0, OfVersion::k13},
};

OfVersion OxmSince(FieldId id) {
  switch (id) {
    case FieldId::kTcpFlags:
      return OfVersion::k15;
    case FieldId::kMplsBos:
    case FieldId::kTunId:
    case FieldId::kIpv6Exthdr:
      return OfVersion::k13;
    default:
      return OfVersion::k12;
  }
}

struct Names {
  std::vector<std::vector<Name>> of_field{kFieldCount};  // best one for a new version last
  std::unordered_map<uint64_t, FieldId> field_of;

  void Add(const Name& name) {
    of_field[static_cast<size_t>(name.id)].push_back(name);
    field_of.emplace(name.key(), name.id);
  }

  Names() {
    for (size_t i = 0; i < kFieldCount; ++i) {
      const auto id = static_cast<FieldId>(i);
      // A key does not tell the port that a packet came in by from the physical one below it.
      if (id == FieldId::kInPhyPort) continue;
      const FieldInfo& info = Describe(id);
      if (info.nxm_class >= 0) {
        Add({id, static_cast<uint16_t>(info.nxm_class), static_cast<uint8_t>(info.nxm_field), 0,
             OfVersion::k10});
      }
      if (info.oxm_class >= 0) {
        Add({id, static_cast<uint16_t>(info.oxm_class), static_cast<uint8_t>(info.oxm_field), 0,
             OxmSince(id)});
      }
    }
    for (const Name& name : kMoreNames) Add(name);
    for (std::vector<Name>& names : of_field) {
      std::stable_sort(names.begin(), names.end(),
                       [](const Name& a, const Name& b) { return a.since < b.since; });
    }
  }
};

const Names& AllNames() {
  static const Names names;
  return names;
}

// Any length that a Geneve option may have: leading zeros may be left out.
bool TunnelOptionLengthFits(const FieldHeader& header) {
  if (header.has_mask && header.payload_bytes % 2 != 0) return false;
  return header.value_bytes() >= 1 && header.value_bytes() <= kMaxOptionBytes;
}

const Name& ChooseName(FieldId id, FieldNaming naming) {
  const std::vector<Name>& names = AllNames().of_field[static_cast<size_t>(id)];
  if (names.empty()) return ChooseName(FieldId::kInPort, naming);  // kInPhyPort
  const Name* best = &names.front();
  for (const Name& name : names) {
    if (naming.nxm ? name.is_nxm() : name.since <= naming.version) best = &name;
  }
  return *best;
}

}  // namespace

FieldValue FieldOnes(FieldId id) {
  return id == FieldId::kIpTos ? FieldValue::OfU64(0xfc) : FieldValue::Ones(Describe(id).bits);
}

size_t FieldWireBytes(FieldId id) {
  switch (id) {
    case FieldId::kInPortNx:
      return 2;
    case FieldId::kIpv6Label:
    case FieldId::kMplsLabel:
      return 4;
    default:
      return (FieldWireBits(id) + 7u) / 8;
  }
}

size_t FieldWireBytes(FieldId id, const FieldValue& value, const FieldValue* mask) {
  if (!IsTunnelOption(id)) return FieldWireBytes(id);
  size_t bytes = value.octets.size();
  const auto leads_with_zeros = [](const FieldValue& v, size_t at) {
    return std::all_of(v.octets.begin() + at, v.octets.begin() + at + kOptionWord,
                       [](uint8_t octet) { return octet == 0; });
  };
  while (bytes > kOptionWord && leads_with_zeros(value, value.octets.size() - bytes) &&
         (mask == nullptr || leads_with_zeros(*mask, mask->octets.size() - bytes))) {
    bytes -= kOptionWord;
  }
  return bytes;
}

OfResult<FieldHeader> ReadFieldHeader(Reader* in) {
  FieldHeader header;
  header.wire_class = in->U16();
  const uint8_t number = in->U8();
  size_t length = in->U8();
  header.number = number >> 1;
  header.has_mask = (number & 1) != 0;
  if (header.wire_class == kExperimenterClass && in->ok()) {
    header.experimenter = in->U32();
    if (length < 4) return OfErrorId::kBadMatchLength;
    length -= 4;
  }
  if (!in->ok()) return OfErrorId::kBadMatchLength;
  header.payload_bytes = length;
  const Name wanted{FieldId::kCount, header.wire_class, header.number, header.experimenter,
                    OfVersion::k10};
  const auto found = AllNames().field_of.find(wanted.key());
  if (found != AllNames().field_of.end()) {
    header.field = found->second;
    const size_t bytes = FieldWireBytes(found->second);
    header.length_fits = IsTunnelOption(found->second)
                             ? TunnelOptionLengthFits(header)
                             : length == (header.has_mask ? 2 * bytes : bytes);
  }
  return header;
}

namespace {

void WriteHeader(FieldId id, bool has_mask, size_t value_bytes, FieldNaming naming, Writer* out) {
  const Name& name = ChooseName(id, naming);
  const size_t bytes = value_bytes * (has_mask ? 2 : 1);
  out->U16(name.wire_class);
  out->U8(static_cast<uint8_t>(name.number << 1 | (has_mask ? 1 : 0)));
  out->U8(static_cast<uint8_t>(bytes + (name.experimenter != 0 ? 4 : 0)));
  if (name.experimenter != 0) out->U32(name.experimenter);
}

}  // namespace

void WriteFieldHeader(FieldId id, bool has_mask, FieldNaming naming, Writer* out) {
  WriteHeader(id, has_mask, FieldWireBytes(id), naming, out);
}

size_t FieldHeaderBytes(FieldId id, FieldNaming naming) {
  return ChooseName(id, naming).experimenter != 0 ? 8 : 4;
}

FieldValue ReadFieldValue(Reader* in, size_t bytes, bool* cut) {
  FieldValue value;
  std::span<const uint8_t> octets = in->Take(bytes);
  const size_t before = octets.size() - std::min(octets.size(), value.octets.size());
  for (const uint8_t octet : octets.first(before)) {
    if (octet != 0 && cut != nullptr) *cut = true;
  }
  octets = octets.subspan(before);
  std::copy(octets.begin(), octets.end(),
            value.octets.end() - static_cast<std::ptrdiff_t>(octets.size()));
  return value;
}

void WriteFieldValue(const FieldValue& value, size_t bytes, Writer* out) {
  out->Put(std::span(value.octets).last(bytes));
}

void WriteField(FieldId id, const FieldValue& value, const FieldValue& mask, FieldNaming naming,
                Writer* out) {
  const bool has_mask = mask != FieldOnes(id);
  const size_t bytes = FieldWireBytes(id, value, has_mask ? &mask : nullptr);
  WriteHeader(id, has_mask, bytes, naming, out);
  WriteFieldValue(value, bytes, out);
  if (has_mask) WriteFieldValue(mask, bytes, out);
}

OfResult<FieldId> ReadActionField(Reader* in) {
  const OfResult<FieldHeader> header = ReadFieldHeader(in);
  if (!header.ok()) return OfErrorId::kBadActionLength;
  if (!header->field) return OfErrorId::kBadSetType;
  // In a header that stands alone, the length may be left out (OVS sends both).
  if (!header->length_fits && header->payload_bytes != 0) return OfErrorId::kBadSetLength;
  return *header->field;
}

OfResult<Subfield> MakeSubfield(FieldId id, uint32_t offset, uint32_t bits) {
  if (bits == 0 || offset + bits > FieldWireBits(id)) {
    return {{OfErrorId::kBadSetLength, Describe(id).name + ": no such bits"}};
  }
  return Subfield{id, static_cast<uint16_t>(offset), static_cast<uint16_t>(bits)};
}

OfResult<Subfield> MakeSubfield(FieldId id, uint16_t offset_and_bits) {
  return MakeSubfield(id, offset_and_bits >> 6, (offset_and_bits & 0x3fu) + 1);
}

uint16_t PackOffsetAndBits(const Subfield& subfield) {
  return static_cast<uint16_t>(subfield.offset << 6 | ((subfield.bits - 1) & 0x3f));
}

OfResult<FieldId> DecodeFieldHeader(Reader* in, bool* has_mask) {
  const OfResult<FieldHeader> header = ReadFieldHeader(in);
  if (!header.ok()) return header.status();
  *has_mask = header->has_mask;
  if (!header->field) return OfErrorId::kBadMatchField;
  if (!header->length_fits && header->payload_bytes != 0) return OfErrorId::kBadMatchLength;
  return *header->field;
}

void EncodeFieldHeader(FieldId field, bool has_mask, bool nxm, Writer* out, OfVersion version) {
  WriteFieldHeader(field, has_mask, {nxm, version}, out);
}

}  // namespace vsw
