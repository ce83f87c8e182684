// SPDX-License-Identifier: Apache-2.0
#include "ofproto/message/bucket.h"

#include <algorithm>

#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr size_t kBucket11Bytes = 16, kBucket15Bytes = 8;
constexpr uint16_t kWeightProperty = 0, kWatchPortProperty = 1, kWatchGroupProperty = 2,
                   kExperimenterProperty = 0xffff;
constexpr uint32_t kSelectionMethodType = 1;
constexpr size_t kMethodNameBytes = 16;

// The bytes of the next bucket behind its length, which counts itself.
OfResult<std::span<const uint8_t>> NextBucket(Reader* in, size_t least) {
  if (in->left() < least) {
    return OfStatus(OfErrorId::kBadBucket, "bucket is cut short");
  }
  const size_t length = in->U16();
  if (length < least || length % 8 != 0 || length - 2 > in->left()) {
    return OfStatus(OfErrorId::kBadBucket, "bucket of " + std::to_string(length) + " bytes");
  }
  return in->Take(length - 2);
}

OfStatus DecodeBucketProperties(Reader* in, Bucket* bucket) {
  while (in->left() > 0) {
    const OfResult<Property> property = ReadProperty(in);
    if (!property.ok()) return property.status();
    Reader payload(property->payload);
    switch (property->type) {
      case kWeightProperty:
        if (payload.left() != 2 && payload.left() != 4) return OfErrorId::kBadPropertyLength;
        bucket->weight = payload.U16();
        break;
      case kWatchPortProperty:
        if (payload.left() != 4) return OfErrorId::kBadPropertyLength;
        bucket->watch_port = payload.U32();
        break;
      case kWatchGroupProperty:
        if (payload.left() != 4) return OfErrorId::kBadPropertyLength;
        bucket->watch_group = payload.U32();
        break;
      default:
        return OfErrorId::kBadPropertyType;
    }
  }
  return {};
}

OfStatus DecodeSelectionMethod(Reader payload, Selection* selection) {
  constexpr size_t kFixedBytes = 4 + kMethodNameBytes + 8;
  if (payload.left() < kFixedBytes) return OfErrorId::kBadPropertyLength;
  payload.Skip(4);
  const auto name = payload.Take(kMethodNameBytes);
  const auto end = std::find(name.begin(), name.end(), uint8_t{0});
  if (end == name.end()) {
    return {OfErrorId::kBadPropertyValue, "selection method without an end"};
  }
  selection->method.assign(name.begin(), end);
  if (selection->method != "hash" && selection->method != "dp_hash") {
    return {OfErrorId::kBadPropertyValue, "selection method " + selection->method};
  }
  selection->parameter = payload.U64();
  while (payload.left() > 0) {
    bool has_mask = false;
    // The fields stand there as headers, each with the bytes of a value (a mask as it seems) behind
    // it.
    Reader header = payload;
    const OfResult<FieldId> field = DecodeFieldHeader(&header, &has_mask);
    if (!field.ok()) return field.status();
    const size_t header_bytes = header.position() - payload.position();
    const size_t value_bytes = (Describe(*field).bits + 7u) / 8u;
    payload.Skip(header_bytes);
    if (payload.left() < value_bytes) return OfErrorId::kBadPropertyLength;
    payload.Skip(value_bytes);
    selection->fields.push_back(*field);
  }
  return {};
}

}  // namespace

OfResult<std::vector<Bucket>> DecodeBuckets11(OfVersion version, std::span<const uint8_t> bytes) {
  std::vector<Bucket> buckets;
  for (Reader in(bytes); in.left() > 0;) {
    const auto body = NextBucket(&in, kBucket11Bytes);
    if (!body.ok()) return body.status();
    Reader fields(*body);
    Bucket bucket;
    bucket.weight = fields.U16();
    bucket.watch_port = fields.U32();
    bucket.watch_group = fields.U32();
    fields.Skip(4);
    OfResult<OfActions> actions = DecodeActions(version, fields.Rest());
    if (!actions.ok()) return actions.status();
    bucket.actions = std::move(*actions);
    buckets.push_back(std::move(bucket));
  }
  return buckets;
}

OfResult<std::vector<Bucket>> DecodeBuckets15(OfVersion version, GroupType type,
                                              std::span<const uint8_t> bytes) {
  std::vector<Bucket> buckets;
  for (Reader in(bytes); in.left() > 0;) {
    const auto body = NextBucket(&in, kBucket15Bytes);
    if (!body.ok()) return body.status();
    Reader fields(*body);
    Bucket bucket;
    bucket.weight = type == GroupType::kSelect ? 1 : 0;
    const size_t action_bytes = fields.U16();
    bucket.id = fields.U32();
    if (bucket.id > kBucketMax && bucket.id != kBucketAll) {
      return OfStatus(OfErrorId::kBadBucket, "bucket id " + std::to_string(bucket.id));
    }
    if (action_bytes > fields.left()) {
      return OfStatus(OfErrorId::kBadBucket, "actions longer than their bucket");
    }
    OfResult<OfActions> actions = DecodeActions(version, fields.Take(action_bytes));
    if (!actions.ok()) return actions.status();
    bucket.actions = std::move(*actions);
    if (const OfStatus status = DecodeBucketProperties(&fields, &bucket); !status.ok()) {
      return status;
    }
    buckets.push_back(std::move(bucket));
  }
  return buckets;
}

void PutBucket11(OfVersion version, const Bucket& bucket, Writer* out) {
  const size_t start = out->size();
  out->U16(0);
  out->U16(bucket.weight);
  out->U32(bucket.watch_port);
  out->U32(bucket.watch_group);
  out->Zeros(4);
  EncodeActions(version, bucket.actions, out);
  out->PatchU16(start, static_cast<uint16_t>(out->size() - start));
}

void PutBucket15(OfVersion version, GroupType type, const Bucket& bucket, Writer* out) {
  const size_t start = out->size();
  out->U16(0);
  out->U16(0);
  out->U32(bucket.id);
  const size_t actions_at = out->size();
  EncodeActions(version, bucket.actions, out);
  out->PatchU16(start + 2, static_cast<uint16_t>(out->size() - actions_at));
  if (type == GroupType::kSelect) {
    out->U16(kWeightProperty);
    out->U16(8);
    out->U16(bucket.weight);
    out->Zeros(2);
  }
  const auto put_watch = [out](uint16_t property, uint32_t watched) {
    out->U16(property);
    out->U16(8);
    out->U32(watched);
  };
  if (bucket.watch_port != kOfpAny) put_watch(kWatchPortProperty, bucket.watch_port);
  if (bucket.watch_group != kGroupAny) put_watch(kWatchGroupProperty, bucket.watch_group);
  out->PatchU16(start, static_cast<uint16_t>(out->size() - start));
}

OfResult<Selection> DecodeGroupProperties(std::span<const uint8_t> bytes) {
  Selection selection;
  for (Reader in(bytes); in.left() > 0;) {
    const OfResult<Property> property = ReadProperty(&in);
    if (!property.ok()) return property.status();
    Reader payload(property->payload);
    if (property->type != kExperimenterProperty || payload.left() < 8 ||
        payload.U32() != kNetronomeId || payload.U32() != kSelectionMethodType) {
      return OfErrorId::kBadPropertyType;
    }
    if (const OfStatus status = DecodeSelectionMethod(payload, &selection); !status.ok()) {
      return status;
    }
  }
  return selection;
}

void PutSelection(OfVersion version, const Selection& selection, Writer* out) {
  if (selection.method.empty()) return;
  const size_t start = BeginProperty(kExperimenterProperty, out);
  out->U32(kNetronomeId);
  out->U32(kSelectionMethodType);
  out->U32(0);
  out->Text(selection.method, kMethodNameBytes);
  out->U64(selection.parameter);
  for (const FieldId field : selection.fields) {
    EncodeFieldHeader(field, /*has_mask=*/false, /*nxm=*/version == OfVersion::k10, out, version);
    const FieldInfo& info = Describe(field);
    const FieldValue ones = FieldValue::Ones(info.bits);
    const size_t bytes = (info.bits + 7u) / 8u;
    out->Put(std::span<const uint8_t>(ones.octets).last(bytes));
  }
  EndProperty(start, out);
}

}  // namespace vsw
