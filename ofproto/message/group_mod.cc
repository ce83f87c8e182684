// SPDX-License-Identifier: Apache-2.0
//
// Group-mods (1.3 section 7.3.4.2, 1.5 section 7.3.4.3; Nicira's NXT_GROUP_MOD, which is 1.5's in
// older versions).
#include <algorithm>

#include "ofproto/message/bucket.h"
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/group_check.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;
using Command = GroupMod::Command;

constexpr uint16_t kAddOrModifyOnWire = 0x8000;  // ovs's own
constexpr uint32_t kNxtGroupMod = 31;

OfStatus ReadCommand(uint16_t wire, bool with_buckets, GroupMod* mod) {
  switch (wire) {
    case 0:
    case 1:
    case 2:
      mod->command = static_cast<Command>(wire);
      return {};
    case 3:
    case 5:
      if (!with_buckets) break;
      mod->command = static_cast<Command>(wire);
      return {};
    case kAddOrModifyOnWire:
      mod->command = Command::kAddOrModify;
      return {};
    default:
      break;
  }
  return {OfErrorId::kBadGroupCommand, "group command " + std::to_string(wire)};
}

uint16_t CommandOnWire(Command command) {
  return command == Command::kAddOrModify ? kAddOrModifyOnWire : static_cast<uint16_t>(command);
}

OfStatus ReadType(uint8_t wire, GroupMod* mod) {
  if (wire > static_cast<uint8_t>(GroupType::kFastFailover)) {
    return {OfErrorId::kBadGroupType, "group type " + std::to_string(wire)};
  }
  mod->type = static_cast<GroupType>(wire);
  return {};
}

OfStatus CheckBucket(GroupType type, const Bucket& bucket) {
  const bool watches = bucket.watch_port != kOfpAny || bucket.watch_group != kGroupAny;
  if (bucket.weight != 0 && type != GroupType::kSelect) {
    return {OfErrorId::kInvalidGroup, "weight in a bucket of a group that does not select"};
  }
  if (watches && (type == GroupType::kAll || type == GroupType::kIndirect)) {
    return OfErrorId::kWatchUnsupported;
  }
  if (!watches && type == GroupType::kFastFailover) {
    return {OfErrorId::kInvalidGroup, "bucket of a fast failover group that watches nothing"};
  }
  return {};
}

// Sorted, for a message has room for thousands.
OfStatus CheckBucketIds(const std::vector<Bucket>& buckets) {
  std::vector<uint32_t> ids;
  for (const Bucket& bucket : buckets) {
    if (bucket.id != kBucketAll) ids.push_back(bucket.id);
  }
  std::sort(ids.begin(), ids.end());
  const bool twice = std::adjacent_find(ids.begin(), ids.end()) != ids.end();
  return twice ? OfStatus(OfErrorId::kBucketExists) : OfStatus();
}

OfStatus CheckCommandBucket(const GroupMod& mod) {
  switch (mod.command) {
    case Command::kInsertBucket:
      if (mod.command_bucket <= kBucketMax || mod.command_bucket == kBucketFirst ||
          mod.command_bucket == kBucketLast) {
        return {};
      }
      return {OfErrorId::kUnknownBucket, "insertion needs a bucket, the first or the last"};
    case Command::kRemoveBucket:
      if (mod.command_bucket <= kBucketMax || mod.command_bucket >= kBucketFirst) return {};
      return OfErrorId::kUnknownBucket;
    default:
      return mod.command_bucket == kBucketAll ? OfStatus() : OfStatus(OfErrorId::kBadBucket);
  }
}

}  // namespace

OfStatus CheckGroupMod(const GroupMod& mod) {
  const bool all_deleted = mod.command == Command::kDelete && mod.group == kGroupAll;
  if (mod.group > kGroupMax && !all_deleted) {
    return {OfErrorId::kInvalidGroup, "group " + std::to_string(mod.group)};
  }
  VSW_OF_RETURN_IF_ERROR(CheckCommandBucket(mod));
  if (mod.command == Command::kDelete) return {};
  if (mod.command == Command::kRemoveBucket) {
    return mod.buckets.empty() ? OfStatus() : OfStatus(OfErrorId::kBadBucket);
  }
  if (mod.type == GroupType::kIndirect && mod.buckets.size() != 1 &&
      mod.command != Command::kInsertBucket) {
    return {OfErrorId::kInvalidGroup, "an indirect group has one bucket"};
  }
  for (const Bucket& bucket : mod.buckets) {
    VSW_OF_RETURN_IF_ERROR(CheckBucket(mod.type, bucket));
  }
  VSW_OF_RETURN_IF_ERROR(CheckBucketIds(mod.buckets));
  if (!mod.selection_method.empty() && mod.type != GroupType::kSelect) {
    return {OfErrorId::kBadPropertyValue, "selection method of a group that does not select"};
  }
  return {};
}

OfStatus DecodeGroupMod(const DecodeContext& context, Reader* in, Request* out) {
  GroupMod mod;
  VSW_OF_RETURN_IF_ERROR(ReadCommand(in->U16(), /*with_buckets=*/false, &mod));
  VSW_OF_RETURN_IF_ERROR(ReadType(in->U8(), &mod));
  in->Skip(1);
  mod.group = in->U32();
  OfResult<std::vector<Bucket>> buckets = DecodeBuckets11(context.version(), in->Rest());
  if (!buckets.ok()) return buckets.status();
  mod.buckets = std::move(*buckets);
  VSW_OF_RETURN_IF_ERROR(CheckGroupMod(mod));
  out->body = std::move(mod);
  return {};
}

OfStatus DecodeGroupMod15(const DecodeContext& context, Reader* in, Request* out) {
  GroupMod mod;
  VSW_OF_RETURN_IF_ERROR(ReadCommand(in->U16(), /*with_buckets=*/true, &mod));
  VSW_OF_RETURN_IF_ERROR(ReadType(in->U8(), &mod));
  in->Skip(1);
  mod.group = in->U32();
  const size_t bucket_bytes = in->U16();
  in->Skip(2);
  mod.command_bucket = in->U32();
  if (bucket_bytes > in->left()) return OfErrorId::kBadLength;
  OfResult<std::vector<Bucket>> buckets =
      DecodeBuckets15(context.version(), mod.type, in->Take(bucket_bytes));
  if (!buckets.ok()) return buckets.status();
  mod.buckets = std::move(*buckets);
  OfResult<Selection> selection = DecodeGroupProperties(in->Rest());
  if (!selection.ok()) return selection.status();
  mod.selection_method = std::move(selection->method);
  mod.selection_parameter = selection->parameter;
  mod.selection_fields = std::move(selection->fields);
  VSW_OF_RETURN_IF_ERROR(CheckGroupMod(mod));
  out->body = std::move(mod);
  return {};
}

namespace {

// Single buckets put in or taken out, and ways to select, are what 1.4 has no words for: those go
// in ovs's own message, as they came.
bool NeedsNicira(OfVersion version, const GroupMod& mod) {
  return version == k14 && (mod.command == Command::kInsertBucket ||
                            mod.command == Command::kRemoveBucket || !mod.selection_method.empty());
}

void PutGroup15(OfVersion version, const GroupMod& mod, OutMessage* out) {
  const size_t length_at = out->size();
  out->U16(0);
  out->Zeros(2);
  out->U32(mod.command_bucket);
  const size_t buckets_at = out->size();
  for (const Bucket& bucket : mod.buckets) PutBucket15(version, mod.type, bucket, out);
  out->PatchU16(length_at, static_cast<uint16_t>(out->size() - buckets_at));
  PutSelection(version, {mod.selection_method, mod.selection_parameter, mod.selection_fields}, out);
}

}  // namespace

Bytes EncodeRequestForward(OfVersion version, const GroupMod& mod) {
  if (version < k14) return {};
  const bool nicira = NeedsNicira(version, mod);
  OutMessage inner = nicira ? OutMessage(version, kNiciraId, kNxtGroupMod, 0)
                            : OutMessage(version, of_type::kGroupMod, 0);
  inner.U16(CommandOnWire(mod.command));
  inner.U8(static_cast<uint8_t>(mod.type));
  inner.U8(0);
  inner.U32(mod.group);
  if (version == k14 && !nicira) {
    for (const Bucket& bucket : mod.buckets) PutBucket11(version, bucket, &inner);
  } else {
    PutGroup15(version, mod, &inner);
  }
  if (inner.size() + kOfHeaderBytes > kMaxMessageBytes) return {};
  OutMessage out(version, of_type::kRequestForward, 0);
  out.Put(inner.Finish());
  return out.Finish();
}

}  // namespace vsw
