// SPDX-License-Identifier: Apache-2.0
//
// Meters (1.3 sections 7.3.4.4, 7.3.5.12 to 7.3.5.14).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kMeterMultipart = 9, kMeterConfigMultipart = 10, kMeterFeaturesMultipart = 11;
constexpr uint16_t kKbps = 1, kPacketsPerSecond = 2, kBurst = 4, kStats = 8, kAllFlags = 15;
constexpr size_t kBandBytes = 16;
constexpr uint8_t kMaxBands = 255;

OfStatus ReadFlags(uint16_t flags, MeterConfig* config) {
  const bool kbps = (flags & kKbps) != 0;
  config->packets_per_second = (flags & kPacketsPerSecond) != 0;
  if ((flags & ~kAllFlags) != 0 || (kbps && config->packets_per_second)) {
    return OfErrorId::kBadMeterFlags;
  }
  config->has_burst = (flags & kBurst) != 0;
  config->keep_stats = (flags & kStats) != 0;
  return {};
}

uint16_t FlagsOnWire(const MeterConfig& config) {
  return (config.packets_per_second ? kPacketsPerSecond : kKbps) | (config.has_burst ? kBurst : 0) |
         (config.keep_stats ? kStats : 0);
}

OfStatus ReadBand(Reader* in, MeterBand* band) {
  if (in->left() < kBandBytes) return OfErrorId::kBadLength;
  const uint16_t type = in->U16();
  const size_t length = in->U16();
  if (type != static_cast<uint16_t>(MeterBand::Type::kDrop) &&
      type != static_cast<uint16_t>(MeterBand::Type::kDscpRemark)) {
    return {OfErrorId::kBadMeterBand, "meter band type " + std::to_string(type)};
  }
  if (length != kBandBytes) return OfErrorId::kBadLength;
  band->type = static_cast<MeterBand::Type>(type);
  band->rate = in->U32();
  band->burst = in->U32();
  const uint8_t precedence = in->U8();
  if (band->type == MeterBand::Type::kDscpRemark) band->precedence = precedence;
  in->Skip(3);
  return {};
}

void PutConfig(const MeterConfig& config, Writer* out) {
  for (const MeterBand& band : config.bands) {
    out->U16(static_cast<uint16_t>(band.type));
    out->U16(kBandBytes);
    out->U32(band.rate);
    out->U32(band.burst);
    out->U8(band.type == MeterBand::Type::kDscpRemark ? band.precedence : 0);
    out->Zeros(3);
  }
}

}  // namespace

OfStatus DecodeMeterMod(const DecodeContext&, Reader* in, Request* out) {
  MeterMod mod;
  const uint16_t command = in->U16();
  if (command > static_cast<uint16_t>(MeterMod::Command::kDelete)) {
    return {OfErrorId::kBadMeterCommand, "meter command " + std::to_string(command)};
  }
  mod.command = static_cast<MeterMod::Command>(command);
  const uint16_t flags = in->U16();
  mod.config.meter = in->U32();
  if (mod.command == MeterMod::Command::kDelete) {
    in->Rest();  // flags and bands say nothing
    out->body = std::move(mod);
    return {};
  }
  VSW_OF_RETURN_IF_ERROR(ReadFlags(flags, &mod.config));
  while (in->left() > 0) {
    MeterBand band;
    VSW_OF_RETURN_IF_ERROR(ReadBand(in, &band));
    mod.config.bands.push_back(band);
  }
  out->body = std::move(mod);
  return {};
}

OfStatus DecodeMeterStatsRequest(const DecodeContext&, Reader* in, Request* out) {
  out->body = msg::MeterStatsRequest{in->U32()};
  in->Rest();
  return {};
}

OfStatus DecodeMeterConfigRequest(const DecodeContext&, Reader* in, Request* out) {
  out->body = msg::MeterConfigRequest{in->U32()};
  in->Rest();
  return {};
}

OfStatus DecodeMeterFeaturesRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::MeterFeaturesRequest{};
  return {};
}

std::vector<Bytes> EncodeMeterStats(OfVersion version, uint32_t xid,
                                    std::span<const MeterStats> meters) {
  MultipartReply reply(version, xid, {kMeterMultipart});
  for (const MeterStats& meter : meters) {
    Writer entry;
    entry.U32(meter.meter);
    const size_t length_at = entry.size();
    entry.U16(0);
    entry.Zeros(6);
    entry.U32(meter.flows);
    entry.U64(meter.packets_in);
    entry.U64(meter.bytes_in);
    PutDuration(meter.duration_ns, &entry);
    for (const MeterStats::OfBand& band : meter.bands) {
      entry.U64(band.packets);
      entry.U64(band.bytes);
    }
    entry.PatchU16(length_at, static_cast<uint16_t>(entry.size()));
    reply.Add(entry);
  }
  return reply.Finish();
}

std::vector<Bytes> EncodeMeterConfigs(OfVersion version, uint32_t xid,
                                      std::span<const MeterConfig> meters) {
  MultipartReply reply(version, xid, {kMeterConfigMultipart});
  for (const MeterConfig& meter : meters) {
    Writer entry;
    entry.U16(0);
    entry.U16(FlagsOnWire(meter));
    entry.U32(meter.meter);
    PutConfig(meter, &entry);
    entry.PatchU16(0, static_cast<uint16_t>(entry.size()));
    reply.Add(entry);
  }
  return reply.Finish();
}

std::vector<Bytes> EncodeMeterFeatures(OfVersion version, uint32_t xid) {
  constexpr uint32_t kMaxMeters = kMeterMax;
  constexpr uint32_t kBandTypes = 1u << static_cast<int>(MeterBand::Type::kDrop) |
                                  1u << static_cast<int>(MeterBand::Type::kDscpRemark);
  MultipartReply reply(version, xid, {kMeterFeaturesMultipart});
  Writer entry;
  entry.U32(kMaxMeters);
  entry.U32(kBandTypes);
  entry.U32(kAllFlags);
  entry.U8(kMaxBands);
  entry.U8(0);  // colours
  entry.Zeros(2);
  reply.Add(entry);
  return reply.Finish();
}

Bytes EncodeRequestForward(OfVersion version, const MeterMod& mod) {
  if (version < k14) return {};
  OutMessage inner(version, of_type::kMeterMod, 0);
  inner.U16(static_cast<uint16_t>(mod.command));
  inner.U16(FlagsOnWire(mod.config));
  inner.U32(mod.config.meter);
  PutConfig(mod.config, &inner);
  if (inner.size() + kOfHeaderBytes > kMaxMessageBytes) return {};
  OutMessage out(version, of_type::kRequestForward, 0);
  out.Put(inner.Finish());
  return out.Finish();
}

}  // namespace vsw
