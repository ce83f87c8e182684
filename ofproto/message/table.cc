// SPDX-License-Identifier: Apache-2.0
//
// Tables: modification, statistics, description, status (1.0 section 5.3.5; 1.1 section A.3.5;
// 1.2 section A.3.5.3; 1.3 sections 7.3.3, 7.3.5.4; 1.4 sections 7.3.3, 7.3.5.17, 7.4.5).
#include <algorithm>

#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/table_abilities.h"

namespace vsw {
namespace {

using enum OfVersion;
using Miss = TableConfig::Miss;

constexpr uint16_t kTableMultipart = 3, kTableDescMultipart = 14;
constexpr size_t kNameBytes = 32;
constexpr uint32_t kEviction = 4, kVacancyEvents = 8, kDeprecatedMiss = 3;
constexpr uint16_t kEvictionProperty = 2, kVacancyProperty = 3;
constexpr uint32_t kEvictionFlags = 7;
constexpr uint8_t kPercent = 100;

constexpr uint32_t kAllWildcards10 = 0x3fffff;
// 1.1's OFPFMF_*, all of them, and its actions, output to decrement-TTL.
constexpr uint32_t kAllFields11 = 0xffff, kAllActions11 = 0x1ffffff;

OfStatus ReadMiss(uint32_t config, TableConfig* out) {
  switch (config & kDeprecatedMiss) {
    case 0:
      out->miss = Miss::kController;
      return {};
    case 1:
      out->miss = Miss::kContinue;
      return {};
    case 2:
      out->miss = Miss::kDrop;
      return {};
    default:
      return OfErrorId::kTableModBadConfig;
  }
}

uint32_t MissOnWire(Miss miss) {
  switch (miss) {
    case Miss::kContinue:
      return 1;
    case Miss::kDrop:
      return 2;
    default:
      return 0;
  }
}

OfStatus ReadVacancy(Reader payload, TableConfig* config) {
  config->vacancy_down = payload.U8();
  config->vacancy_up = payload.U8();
  const uint8_t vacancy = payload.U8();
  const bool in_order =
      config->vacancy_down <= config->vacancy_up && config->vacancy_up <= kPercent;
  return in_order && vacancy == 0 ? OfStatus() : OfStatus(OfErrorId::kBadPropertyValue);
}

OfStatus ReadTableProperties(Reader* in, TableConfig* config) {
  while (in->left() > 0) {
    const OfResult<Property> property = ReadProperty(in);
    if (!property.ok()) return property.status();
    if (property->type != kEvictionProperty && property->type != kVacancyProperty) {
      return OfErrorId::kBadPropertyType;
    }
    if (property->payload.size() != 4) return OfErrorId::kBadPropertyLength;
    Reader payload(property->payload);
    if (property->type == kVacancyProperty) {
      VSW_OF_RETURN_IF_ERROR(ReadVacancy(payload, config));
    } else {
      config->eviction_flags = payload.U32();
      if ((config->eviction_flags & ~kEvictionFlags) != 0) return OfErrorId::kBadPropertyValue;
    }
  }
  return {};
}

uint8_t VacancyOf(const TableStats& table) {
  if (table.max_entries == 0) return 0;
  const uint64_t free = table.max_entries - std::min(table.active, table.max_entries);
  return static_cast<uint8_t>(free * kPercent / table.max_entries);
}

void PutTableDesc(const TableStats& table, Writer* out) {
  const TableConfig& config = table.config;
  const size_t start = out->size();
  out->U16(0);
  out->U8(table.table);
  out->U8(0);
  out->U32((config.eviction ? kEviction : 0) | (config.vacancy_events ? kVacancyEvents : 0));
  size_t property = BeginProperty(kEvictionProperty, out);
  out->U32(config.eviction_flags);
  EndProperty(property, out);
  if (config.vacancy_events) {
    property = BeginProperty(kVacancyProperty, out);
    out->U8(config.vacancy_down);
    out->U8(config.vacancy_up);
    out->U8(VacancyOf(table));
    out->U8(0);
    EndProperty(property, out);
  }
  out->PatchU16(start, static_cast<uint16_t>(out->size() - start));
}

void PutTableCounters(const TableStats& table, Writer* out) {
  out->U32(table.active);
  out->U64(table.lookups);
  out->U64(table.matched);
}

void PutTableStats10(const TableStats& table, Writer* out) {
  out->U8(table.table);
  out->Zeros(3);
  out->Text(table.name, kNameBytes);
  out->U32(kAllWildcards10);
  out->U32(table.max_entries);
  PutTableCounters(table, out);
}

void PutTableStats11(const TableStats& table, Writer* out) {
  out->U8(table.table);
  out->Zeros(7);
  out->Text(table.name, kNameBytes);
  out->U32(kAllFields11);
  out->U32(kAllFields11);
  out->U32(InstructionBits(k11));
  out->U32(kAllActions11);
  out->U32(kAllActions11);
  out->U32(MissOnWire(table.config.miss));
  out->U32(table.max_entries);
  PutTableCounters(table, out);
}

void PutTableStats12(const TableStats& table, Writer* out) {
  out->U8(table.table);
  out->Zeros(7);
  out->Text(table.name, kNameBytes);
  out->U64(OxmBits(/*writable=*/false));
  out->U64(OxmBits(/*writable=*/false));
  out->U32(ActionBits(k12));
  out->U32(ActionBits(k12));
  out->U64(OxmBits(/*writable=*/true));
  out->U64(OxmBits(/*writable=*/true));
  out->U64(~uint64_t{0});  // metadata that can be matched
  out->U64(~uint64_t{0});  // and written
  out->U32(InstructionBits(k12));
  out->U32(MissOnWire(table.config.miss));
  out->U32(table.max_entries);
  PutTableCounters(table, out);
}

}  // namespace

OfStatus DecodeTableMod(const DecodeContext& context, Reader* in, Request* out) {
  TableMod mod;
  mod.table = in->U8();
  in->Skip(3);
  const uint32_t config = in->U32();
  if (context.version() <= k12) {
    VSW_OF_RETURN_IF_ERROR(ReadMiss(config, &mod.config));
  } else if (context.version() >= k14) {
    if ((config & ~(kEviction | kVacancyEvents | kDeprecatedMiss)) != 0) {
      return OfErrorId::kTableModBadConfig;
    }
    mod.config.eviction = (config & kEviction) != 0;
    mod.config.vacancy_events = (config & kVacancyEvents) != 0;
    mod.set_eviction = true;
    mod.set_vacancy = true;
    VSW_OF_RETURN_IF_ERROR(ReadTableProperties(in, &mod.config));
  }
  out->body = mod;
  return {};
}

OfStatus DecodeTableStatsRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::TableStatsRequest{};
  return {};
}

OfStatus DecodeTableDescRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::TableDescRequest{};
  return {};
}

std::vector<Bytes> EncodeTableStats(OfVersion version, uint32_t xid,
                                    std::span<const TableStats> tables) {
  MultipartReply reply(version, xid, {kTableMultipart});
  for (const TableStats& table : tables) {
    Writer entry;
    if (version == k10) {
      PutTableStats10(table, &entry);
    } else if (version == k11) {
      PutTableStats11(table, &entry);
    } else if (version == k12) {
      PutTableStats12(table, &entry);
    } else {
      entry.U8(table.table);
      entry.Zeros(3);
      PutTableCounters(table, &entry);
    }
    reply.Add(entry);
  }
  return reply.Finish();
}

std::vector<Bytes> EncodeTableDesc(OfVersion version, uint32_t xid,
                                   std::span<const TableStats> tables) {
  MultipartReply reply(version, xid, {kTableDescMultipart});
  for (const TableStats& table : tables) {
    Writer entry;
    PutTableDesc(table, &entry);
    reply.Add(entry);
  }
  return reply.Finish();
}

Bytes EncodeTableStatus(OfVersion version, uint8_t reason, const TableStats& table) {
  if (version < k14) return {};
  OutMessage out(version, of_type::kTableStatus, 0);
  out.U8(reason);
  out.Zeros(7);
  PutTableDesc(table, &out);
  return out.Finish();
}

}  // namespace vsw
