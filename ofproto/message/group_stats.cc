// SPDX-License-Identifier: Apache-2.0
//
// Group statistics, descriptions and features (1.3 sections 7.3.5.9 to 7.3.5.11, 1.5 section
// 7.3.5.11).
#include "ofproto/message/bucket.h"
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kGroupMultipart = 6, kGroupDescMultipart = 7, kGroupFeaturesMultipart = 8;
// 1.0 has groups by the Nicira extension alone, in the forms of 1.5.
constexpr uint32_t kNxstGroup = 7, kNxstGroupDesc = 8, kNxstGroupFeatures = 9;

MultipartKind KindOf(OfVersion version, uint16_t type, uint32_t nicira_subtype) {
  if (version == k10) return {kMultipartExperimenter, kNiciraId, nicira_subtype};
  return {type};
}

constexpr uint32_t kAllTypes = 0xf;
constexpr uint32_t kSelectWeight = 1, kSelectLiveness = 2, kChaining = 4;

// Action types of 1.2 on (OFPAT_*), for features of groups: all but experimenter.
constexpr uint32_t Bit(int type) { return uint32_t{1} << type; }
constexpr uint32_t kOutput = Bit(0), kCopyTtl = Bit(11) | Bit(12), kMplsTtl = Bit(15) | Bit(16),
                   kTags = Bit(17) | Bit(18) | Bit(19) | Bit(20), kQueue = Bit(21),
                   kGroup = Bit(22), kIpTtl = Bit(23) | Bit(24), kSetField = Bit(25);
constexpr uint32_t kGroupActions =
    kOutput | kCopyTtl | kMplsTtl | kTags | kQueue | kGroup | kIpTtl | kSetField;

constexpr uint32_t kActions10 = 0xfff;  // output to enqueue, as 1.0 numbers them

Writer DescEntry(OfVersion version, const GroupDesc& group, std::span<const Bucket> buckets) {
  Writer out;
  out.U16(0);
  out.U8(static_cast<uint8_t>(group.type));
  out.U8(0);
  out.U32(group.group);
  if (version != k10 && version < k15) {
    for (const Bucket& bucket : buckets) PutBucket11(version, bucket, &out);
  } else {
    const size_t length_at = out.size();
    out.U16(0);
    out.Zeros(6);
    const size_t buckets_at = out.size();
    for (const Bucket& bucket : buckets) PutBucket15(version, group.type, bucket, &out);
    out.PatchU16(length_at, static_cast<uint16_t>(out.size() - buckets_at));
    PutSelection(version,
                 {group.selection_method, group.selection_parameter, group.selection_fields}, &out);
  }
  out.PatchU16(0, static_cast<uint16_t>(out.size()));
  return out;
}

}  // namespace

OfStatus DecodeGroupStatsRequest(const DecodeContext&, Reader* in, Request* out) {
  out->body = msg::GroupStatsRequest{in->U32()};
  in->Rest();
  return {};
}

OfStatus DecodeGroupDescRequest(const DecodeContext& context, Reader* in, Request* out) {
  msg::GroupDescRequest request;
  if (context.version() >= k15) request.group = in->U32();
  in->Rest();
  out->body = request;
  return {};
}

OfStatus DecodeNxGroupDescRequest(const DecodeContext&, Reader* in, Request* out) {
  out->body = msg::GroupDescRequest{in->U32()};
  in->Rest();
  return {};
}

OfStatus DecodeGroupFeaturesRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::GroupFeaturesRequest{};
  return {};
}

std::vector<Bytes> EncodeGroupStats(OfVersion version, uint32_t xid,
                                    std::span<const GroupStats> groups) {
  MultipartReply reply(version, xid, KindOf(version, kGroupMultipart, kNxstGroup));
  for (const GroupStats& group : groups) {
    Writer entry;
    entry.U16(0);
    entry.Zeros(2);
    entry.U32(group.group);
    entry.U32(group.references);
    entry.Zeros(4);
    entry.U64(group.packets);
    entry.U64(group.bytes);
    if (version == k10 || version >= k13) PutDuration(group.duration_ns, &entry);
    for (const GroupStats::OfBucket& bucket : group.buckets) {
      entry.U64(bucket.packets);
      entry.U64(bucket.bytes);
    }
    entry.PatchU16(0, static_cast<uint16_t>(entry.size()));
    reply.Add(entry);
  }
  return reply.Finish();
}

std::vector<Bytes> EncodeGroupDesc(OfVersion version, uint32_t xid,
                                   std::span<const GroupDesc> groups) {
  MultipartReply reply(version, xid, KindOf(version, kGroupDescMultipart, kNxstGroupDesc));
  for (const GroupDesc& group : groups) {
    if (reply.Add(DescEntry(version, group, group.buckets))) continue;
    reply.Add(DescEntry(version, group, {}));  // see EncodeFlowStats()
  }
  return reply.Finish();
}

std::vector<Bytes> EncodeGroupFeatures(OfVersion version, uint32_t xid) {
  constexpr int kTypes = 4;
  MultipartReply reply(version, xid, KindOf(version, kGroupFeaturesMultipart, kNxstGroupFeatures));
  Writer entry;
  entry.U32(kAllTypes);
  entry.U32(kSelectWeight | kSelectLiveness | kChaining);
  for (int type = 0; type < kTypes; ++type) entry.U32(kGroupMax);
  for (int type = 0; type < kTypes; ++type) entry.U32(version == k10 ? kActions10 : kGroupActions);
  reply.Add(entry);
  return reply.Finish();
}

}  // namespace vsw
