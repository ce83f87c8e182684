// SPDX-License-Identifier: Apache-2.0
//
// Groups and their buckets.
#include <algorithm>

#include "base/status.h"
#include "ofproto/text/action_text.h"
#include "ofproto/text/text.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

using Command = GroupMod::Command;

struct TypeName {
  std::string_view name;
  GroupType type;
};
constexpr TypeName kTypes[] = {{"all", GroupType::kAll},
                               {"select", GroupType::kSelect},
                               {"indirect", GroupType::kIndirect},
                               {"ff", GroupType::kFastFailover},
                               {"fast_failover", GroupType::kFastFailover}};

struct BucketName {
  std::string_view name;
  uint32_t id;
};
constexpr BucketName kBuckets[] = {
    {"first", kBucketFirst}, {"last", kBucketLast}, {"all", kBucketAll}};

absl::Status ParseFields(std::string_view text, std::vector<FieldId>* fields) {
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  for (const Word& word : words) {
    const FieldInfo* field = FindAnyField(word.key);
    if (field == nullptr) {
      return InvalidArgument("fields: {}: unknown field", std::string(word.key));
    }
    fields->push_back(field->id);
  }
  return absl::OkStatus();
}

// "bucket=weight:3,watch_port:1,actions=output:1,..." without its "bucket=".
absl::StatusOr<Bucket> ParseBucket(std::string_view text, const PortNames* ports) {
  Bucket bucket;
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  for (size_t i = 0; i < words.size(); ++i) {
    Word word = words[i];
    if (word.key == "actions" || word.key == "action") {
      if (word.value == "drop" || word.value.empty()) continue;
      VSW_ASSIGN_OR_RETURN(const std::vector<Word> first, SplitWords(word.value));
      word = first.at(0);
    }
    uint64_t number = 0;
    if (word.key == "weight" || word.key == "bucket_id" || word.key == "watch_group") {
      VSW_ASSIGN_OR_RETURN(number, NumberOf(word.key, word.value, UINT32_MAX));
    }
    if (word.key == "weight") {
      if (number > 0xffff) return InvalidArgument("weight: {} is more than 65535", number);
      bucket.weight = static_cast<uint16_t>(number);
    } else if (word.key == "bucket_id") {
      bucket.id = static_cast<uint32_t>(number);
    } else if (word.key == "watch_group") {
      bucket.watch_group = static_cast<uint32_t>(number);
    } else if (word.key == "watch_port") {
      VSW_ASSIGN_OR_RETURN(bucket.watch_port, ParsePort(word.value, ports));
    } else {
      VSW_ASSIGN_OR_RETURN(const bool known, ParseActionWord(word, ports, &bucket.actions));
      if (!known && word.text != "drop") {
        return InvalidArgument("bucket: {}: unknown keyword", std::string(word.text));
      }
    }
  }
  return bucket;
}

absl::Status ParseHead(const Word& word, GroupMod* mod) {
  if (word.key == "group_id") {
    if (word.value == "all") {
      mod->group = kGroupAll;
      return absl::OkStatus();
    }
    VSW_ASSIGN_OR_RETURN(const uint64_t id, NumberOf("group_id", word.value, UINT32_MAX));
    mod->group = static_cast<uint32_t>(id);
  } else if (word.key == "type") {
    const auto type = std::ranges::find(kTypes, word.value, &TypeName::name);
    if (type == std::end(kTypes)) {
      return InvalidArgument("type: {}: unknown group type", std::string(word.value));
    }
    mod->type = type->type;
  } else if (word.key == "command_bucket_id") {
    const auto name = std::ranges::find(kBuckets, word.value, &BucketName::name);
    if (name != std::end(kBuckets)) {
      mod->command_bucket = name->id;
      return absl::OkStatus();
    }
    VSW_ASSIGN_OR_RETURN(const uint64_t id, NumberOf(word.key, word.value, UINT32_MAX));
    mod->command_bucket = static_cast<uint32_t>(id);
  } else if (word.key == "selection_method") {
    if (word.value != "hash" && word.value != "dp_hash") {
      return InvalidArgument("selection_method: {}: hash or dp_hash wanted",
                             std::string(word.value));
    }
    mod->selection_method = word.value;
  } else if (word.key == "selection_method_param") {
    VSW_ASSIGN_OR_RETURN(mod->selection_parameter, NumberOf(word.key, word.value));
  } else if (word.key == "fields") {
    VSW_RETURN_IF_ERROR(ParseFields(word.value, &mod->selection_fields));
  } else {
    return InvalidArgument("{}: unknown keyword", std::string(word.text));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GroupMod> ParseGroup(std::string_view text, Command command,
                                    const PortNames* ports) {
  GroupMod mod;
  mod.command = command;
  if (command == Command::kDelete) mod.group = kGroupAll;
  bool has_group = command == Command::kDelete, has_type = command != Command::kAdd;
  has_type |= command == Command::kInsertBucket || command == Command::kRemoveBucket;
  size_t at = text.find("bucket=");
  // Not the end of another word.
  while (at != std::string_view::npos && at > 0 && text[at - 1] != ',' && text[at - 1] != ' ') {
    at = text.find("bucket=", at + 1);
  }
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text.substr(0, at)));
  for (const Word& word : words) {
    VSW_RETURN_IF_ERROR(ParseHead(word, &mod));
    has_group |= word.key == "group_id";
    has_type |= word.key == "type";
  }
  while (at != std::string_view::npos) {
    const std::string_view rest = text.substr(at + 7);
    const size_t next = rest.find("bucket=");
    VSW_ASSIGN_OR_RETURN(const Bucket bucket, ParseBucket(rest.substr(0, next), ports));
    mod.buckets.push_back(bucket);
    at = next == std::string_view::npos ? next : at + 7 + next;
  }
  if (!has_group) return InvalidArgument("{}: must specify a group_id", std::string(text));
  if (!has_type) return InvalidArgument("{}: must specify a type", std::string(text));
  return mod;
}

std::string FormatGroup(const GroupDesc& group, const PortNames* ports) {
  std::string text = "group_id=" + std::to_string(group.group);
  const auto type = std::ranges::find(kTypes, group.type, &TypeName::type);
  text += ",type=" + std::string(type->name);
  if (!group.selection_method.empty()) {
    text += ",selection_method=" + group.selection_method;
    if (group.selection_parameter != 0) {
      text += ",selection_method_param=" + std::to_string(group.selection_parameter);
    }
    if (!group.selection_fields.empty()) {
      std::string fields;
      for (const FieldId field : group.selection_fields) {
        fields += (fields.empty() ? "" : ",") + Describe(field).name;
      }
      text += ",fields(" + fields + ")";
    }
  }
  for (const Bucket& bucket : group.buckets) {
    text += ",bucket=";
    if (bucket.id != kBucketAll) text += fmt::format("bucket_id:{},", bucket.id);
    if (group.type == GroupType::kSelect && bucket.weight != 1) {
      text += fmt::format("weight:{},", bucket.weight);
    }
    if (bucket.watch_port != kOfpAny) {
      text += "watch_port:" + FormatPort(bucket.watch_port, ports) + ",";
    }
    if (bucket.watch_group != kGroupAny) text += fmt::format("watch_group:{},", bucket.watch_group);
    text += "actions=" + FormatActions(bucket.actions, ports);
  }
  return text;
}

std::string FormatGroup(const GroupMod& group, const PortNames* ports) {
  return FormatGroup(GroupDesc{.group = group.group,
                               .type = group.type,
                               .buckets = group.buckets,
                               .selection_method = group.selection_method,
                               .selection_parameter = group.selection_parameter,
                               .selection_fields = group.selection_fields},
                     ports);
}

}  // namespace vsw
