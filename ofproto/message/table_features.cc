// SPDX-License-Identifier: Apache-2.0
//
// Table features (1.3 section 7.3.5.5): what can be matched, done and reached from each table.
#include <algorithm>

#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"
#include "ofproto/message/table_abilities.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kTableFeaturesMultipart = 12;
constexpr size_t kFixedBytes = 64, kNameBytes = 32, kAbilitiesAt = 40;
constexpr size_t kTables = 254;

// Properties; those with a form for the table-miss rule have it at the number above.
constexpr uint16_t kInstructions = 0, kNextTables = 2, kWriteActions = 4, kApplyActions = 6,
                   kMatch = 8, kWildcards = 10, kWriteSetField = 12, kApplySetField = 14,
                   kWriteCopyField = 18, kApplyCopyField = 20;

constexpr uint32_t kEvictionCapability = 4, kVacancyCapability = 8;

// Fields whose storage others share, and ones that only another class's header can name.
bool IsListed(OfVersion version, const FieldInfo& info) {
  switch (info.id) {
    case FieldId::kInPhyPort:
    case FieldId::kInPortNx:
    case FieldId::kVlanTci:
    case FieldId::kIpTos:
    case FieldId::kConjId:
      return false;
    case FieldId::kPacketType:
      return version >= k15;
    default:
      return true;
  }
}

void PutIds(uint32_t bits, Writer* out) {
  for (uint16_t type = 0; type < 32; ++type) {
    if ((bits >> type & 1) == 0) continue;
    out->U16(type);
    out->U16(4);
  }
}

void PutFields(OfVersion version, const std::vector<FieldId>& fields, bool with_masks,
               Writer* out) {
  for (const FieldId field : fields) {
    const bool maskable = with_masks && Describe(field).masking == Masking::kAny;
    EncodeFieldHeader(field, maskable, /*nxm=*/false, out, version);
  }
}

// A property and, with the next number, the same for the table-miss rule.
template <typename Put>
void PutPair(uint16_t type, Writer* out, Put put) {
  for (uint16_t miss = 0; miss < 2; ++miss) {
    const size_t property = BeginProperty(type + miss, out);
    put();
    EndProperty(property, out);
  }
}

// All that is the same for every table, made once for a reply.
Bytes CommonProperties(OfVersion version) {
  Writer out;
  const auto matched = ListedFields(version, /*writable=*/false);
  const auto written = ListedFields(version, /*writable=*/true);
  PutPair(kInstructions, &out, [&] { PutIds(InstructionBits(version), &out); });
  PutPair(kWriteActions, &out, [&] { PutIds(ActionBits(version), &out); });
  PutPair(kApplyActions, &out, [&] { PutIds(ActionBits(version), &out); });
  size_t property = BeginProperty(kMatch, &out);
  PutFields(version, matched, /*with_masks=*/true, &out);
  EndProperty(property, &out);
  property = BeginProperty(kWildcards, &out);
  PutFields(version, matched, /*with_masks=*/false, &out);
  EndProperty(property, &out);
  PutPair(kWriteSetField, &out, [&] { PutFields(version, written, false, &out); });
  PutPair(kApplySetField, &out, [&] { PutFields(version, written, false, &out); });
  if (version >= k15) {
    PutPair(kWriteCopyField, &out, [&] { PutFields(version, written, false, &out); });
    PutPair(kApplyCopyField, &out, [&] { PutFields(version, written, false, &out); });
  }
  return out.Release();
}

// Everything behind the name. The number of entries is told, and can be anything when it is wanted.
void PutAbilities(OfVersion version, uint8_t table, const Bytes& common, uint32_t max_entries,
                  Writer* out) {
  out->U64(~uint64_t{0});  // metadata that can be matched
  out->U64(~uint64_t{0});  // and written
  out->U32(version >= k14 ? kEvictionCapability | kVacancyCapability : 0);
  out->U32(max_entries);
  PutPair(kNextTables, out, [&] {
    for (size_t next = table + size_t{1}; next < kTables; ++next) {
      out->U8(static_cast<uint8_t>(next));
    }
  });
  out->Put(common);
}

// A controller that sends back what it was told asks for nothing.
bool IsAsTold(OfVersion version, uint8_t table, const Bytes& common,
              std::span<const uint8_t> entry) {
  constexpr size_t kMaxEntriesAt = kFixedBytes - 4;
  Writer told;
  PutAbilities(version, table, common, Reader(entry.subspan(kMaxEntriesAt)).U32(), &told);
  return std::ranges::equal(told.bytes(), entry.subspan(kAbilitiesAt));
}

OfStatus CheckFeatureProperties(Reader in) {
  while (in.left() > 0) {
    const OfResult<Property> property = ReadProperty(&in);
    if (!property.ok()) return property.status();
  }
  return {};
}

}  // namespace

uint32_t InstructionBits(OfVersion version) {
  constexpr uint32_t kGotoToClear = 0x3e, kMeter = 0x40;
  // 1.5 has made an action of the meter.
  return kGotoToClear | (version == k13 || version == k14 ? kMeter : 0);
}

uint32_t ActionBits(OfVersion version) {
  // Output, copy TTL, MPLS TTL, push and pop, set queue, group, IP TTL, set field: 0, 11,
  // 12, 15..25.
  constexpr uint32_t kSince12 = 1 | 3u << 11 | 0x7ffu << 15;
  constexpr uint32_t kCopyField = 1u << 28, kMeter = 1u << 29;
  return kSince12 | (version >= k15 ? kCopyField | kMeter : 0);
}

uint64_t OxmBits(bool writable) {
  uint64_t bits = 0;
  for (size_t i = 0; i < kFieldCount; ++i) {
    const FieldInfo& info = Describe(static_cast<FieldId>(i));
    if (info.oxm_class != kOxm || info.oxm_field >= 64 || (writable && !info.writable)) continue;
    bits |= uint64_t{1} << info.oxm_field;
  }
  return bits;
}

std::vector<FieldId> ListedFields(OfVersion version, bool writable) {
  std::vector<FieldId> fields;
  for (size_t i = 0; i < kFieldCount; ++i) {
    const FieldInfo& info = Describe(static_cast<FieldId>(i));
    if (IsListed(version, info) && (!writable || info.writable)) fields.push_back(info.id);
  }
  return fields;
}

OfStatus DecodeTableFeaturesRequest(const DecodeContext& context, Reader* in, Request* out) {
  msg::TableFeaturesRequest request;
  const Bytes common = in->left() > 0 ? CommonProperties(context.version()) : Bytes();
  while (in->left() > 0) {
    Reader peek = *in;
    const size_t length = peek.U16();
    if (length < kFixedBytes || length % 8 != 0 || length > in->left()) {
      return OfErrorId::kBadLength;
    }
    const auto entry = in->Take(length);
    VSW_OF_RETURN_IF_ERROR(CheckFeatureProperties(Reader(entry.subspan(kFixedBytes))));
    const uint8_t table = entry[2];
    if (table >= kTables) return OfErrorId::kTableFeaturesBadTable;
    request.wants_change |= !IsAsTold(context.version(), table, common, entry);
  }
  out->body = request;
  return {};
}

std::vector<Bytes> EncodeTableFeatures(OfVersion version, uint32_t xid,
                                       std::span<const TableStats> tables) {
  const Bytes common = CommonProperties(version);
  MultipartReply reply(version, xid, {kTableFeaturesMultipart});
  for (const TableStats& table : tables) {
    Writer entry;
    entry.U16(0);
    entry.U8(table.table);
    entry.Zeros(5);
    entry.Text(table.name, kNameBytes);
    PutAbilities(version, table.table, common, table.max_entries, &entry);
    entry.PatchU16(0, static_cast<uint16_t>(entry.size()));
    reply.Add(entry);
  }
  return reply.Finish();
}

}  // namespace vsw
