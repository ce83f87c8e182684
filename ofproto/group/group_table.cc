// SPDX-License-Identifier: Apache-2.0
#include "ofproto/group/group_table.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

namespace vsw {
namespace {

// One count for all bridges, so that no two groups ever share an id.
std::atomic<uint64_t> next_group_id{1};

bool Watches(const Bucket& bucket) {
  return bucket.watch_port != kOfpAny || bucket.watch_group != kGroupAny;
}

}  // namespace

std::vector<uint32_t> GroupsIn(const OfActions& actions) {
  std::vector<uint32_t> groups;
  for (const OfAction& action : actions) {
    if (const auto* group = std::get_if<act::Group>(&action.what)) groups.push_back(group->group);
    if (const auto* clone = std::get_if<act::Clone>(&action.what)) {
      const std::vector<uint32_t> inner = GroupsIn(clone->actions);
      groups.insert(groups.end(), inner.begin(), inner.end());
    }
  }
  return groups;
}

GroupTable::GroupTable(DatapathControl* control) : control_(control) {}

GroupTable::~GroupTable() {
  for (const auto& [number, entry] : present_->groups) Retire(*entry, nullptr);
  for (const StatId stat : retiring_) control_->ReleaseStat(stat);
  for (const StatId stat : retired_) control_->ReleaseStat(stat);
}

void GroupTable::Begin() { staged_ = present_; }

void GroupTable::Keep() {
  present_ = std::move(staged_);
  staged_.reset();
  allocated_.clear();
  retired_.insert(retired_.end(), retiring_.begin(), retiring_.end());
  retiring_.clear();
  for (auto it = created_ns_.begin(); it != created_ns_.end();) {
    it = present_->groups.contains(it->first) ? std::next(it) : created_ns_.erase(it);
  }
  for (const auto& [number, entry] : present_->groups) {
    created_ns_.try_emplace(number, control_->NowNs());
  }
}

void GroupTable::Drop() {
  staged_.reset();
  // No worker ever saw these.
  for (const StatId stat : allocated_) control_->ReleaseStat(stat);
  allocated_.clear();
  retiring_.clear();
}

void GroupTable::Reclaim() {
  for (const StatId stat : retired_) control_->ReleaseStat(stat);
  retired_.clear();
}

std::shared_ptr<GroupEntry> GroupTable::MakeEntry(const GroupDesc& desc, const GroupEntry* former) {
  auto entry = std::make_shared<GroupEntry>();
  entry->desc = desc;
  entry->id = next_group_id.fetch_add(1, std::memory_order_relaxed);
  const auto allocate = [this] {
    const StatId stat = control_->AllocateStat();
    if (stat != kNoStat) allocated_.push_back(stat);
    return stat;
  };
  entry->stat = former != nullptr ? former->stat : allocate();
  for (const Bucket& bucket : desc.buckets) {
    // A bucket that stays keeps counting where it was (1.5 section 6.7: other buckets unaffected).
    StatId stat = kNoStat;
    for (size_t i = 0; former != nullptr && i < former->desc.buckets.size(); ++i) {
      if (former->desc.buckets[i] == bucket) stat = former->bucket_stats[i];
    }
    entry->bucket_stats.push_back(stat != kNoStat ? stat : allocate());
  }
  if (former != nullptr) Retire(*former, entry.get());
  return entry;
}

void GroupTable::Retire(const GroupEntry& entry, const GroupEntry* successor) {
  const auto still_used = [successor](StatId stat) {
    return successor != nullptr &&
           (successor->stat == stat ||
            std::count(successor->bucket_stats.begin(), successor->bucket_stats.end(), stat) > 0);
  };
  std::vector<StatId> stats = entry.bucket_stats;
  stats.push_back(entry.stat);
  for (const StatId stat : stats) {
    if (stat != kNoStat && !still_used(stat)) retiring_.push_back(stat);
  }
}

OfStatus GroupTable::GiveBucketIds(GroupDesc* desc) const {
  std::set<uint32_t> used;
  for (const Bucket& bucket : desc->buckets) {
    if (bucket.id == kBucketAll) continue;
    if (bucket.id >= kBucketMax) return {OfErrorId::kBadBucket, "bucket id is reserved"};
    if (!used.insert(bucket.id).second) return OfErrorId::kBucketExists;
  }
  uint32_t next = 0;
  for (Bucket& bucket : desc->buckets) {
    if (bucket.id != kBucketAll) continue;
    while (used.contains(next)) ++next;
    bucket.id = next;
    used.insert(next);
  }
  return {};
}

bool GroupTable::Reaches(uint32_t from, uint32_t target, const GroupDesc* instead) const {
  std::set<uint32_t> seen;
  std::vector<uint32_t> open{from};
  while (!open.empty()) {
    const uint32_t group = open.back();
    open.pop_back();
    if (!seen.insert(group).second) continue;
    const GroupEntry* entry = staged_->Find(group);
    const GroupDesc* desc = group == instead->group ? instead
                            : entry != nullptr      ? &entry->desc
                                                    : nullptr;
    if (desc == nullptr) continue;
    for (const Bucket& bucket : desc->buckets) {
      std::vector<uint32_t> next = GroupsIn(bucket.actions);
      if (bucket.watch_group != kGroupAny) next.push_back(bucket.watch_group);
      for (const uint32_t number : next) {
        if (number == target) return true;
        open.push_back(number);
      }
    }
  }
  return false;
}

OfStatus GroupTable::Check(const GroupDesc& desc) const {
  if (desc.group >= kGroupMax) return {OfErrorId::kInvalidGroup, "group id is reserved"};
  if (desc.buckets.size() > kMaxBuckets) return OfErrorId::kOutOfBuckets;
  if (desc.type == GroupType::kIndirect && desc.buckets.size() != 1) {
    return {OfErrorId::kInvalidGroup, "an indirect group has exactly one bucket"};
  }
  for (const Bucket& bucket : desc.buckets) {
    if (desc.type == GroupType::kFastFailover && !Watches(bucket)) {
      return {OfErrorId::kInvalidGroup, "a fast failover bucket watches a port or group"};
    }
    for (const uint32_t group : GroupsIn(bucket.actions)) {
      if (group != desc.group && staged_->Find(group) == nullptr) {
        return {OfErrorId::kBadOutGroup, "bucket refers to a group that does not exist"};
      }
    }
    // A bucket serves whatever packets its users send.
    ActionEnvironment environment;
    environment.prerequisites = ActionEnvironment::Prerequisites::kUnknown;
    VSW_OF_RETURN_IF_ERROR(CheckActions(bucket.actions, Match(), environment));
  }
  if (Reaches(desc.group, desc.group, &desc)) return OfErrorId::kGroupLoop;
  return {};
}

OfStatus GroupTable::InsertBuckets(const GroupMod& mod, GroupDesc* desc) const {
  std::vector<Bucket>& buckets = desc->buckets;
  auto at = buckets.end();
  if (mod.command_bucket == kBucketFirst) {
    at = buckets.begin();
  } else if (mod.command_bucket != kBucketLast && mod.command_bucket != kBucketAll) {
    at = std::find_if(buckets.begin(), buckets.end(),
                      [&](const Bucket& bucket) { return bucket.id == mod.command_bucket; });
    if (at == buckets.end()) return OfErrorId::kUnknownBucket;
    ++at;
  }
  buckets.insert(at, mod.buckets.begin(), mod.buckets.end());
  return {};
}

OfStatus GroupTable::RemoveBuckets(const GroupMod& mod, GroupDesc* desc) const {
  std::vector<Bucket>& buckets = desc->buckets;
  if (!mod.buckets.empty()) return {OfErrorId::kBadBucket, "buckets in a remove-bucket request"};
  if (mod.command_bucket == kBucketAll) {
    buckets.clear();
  } else if (mod.command_bucket == kBucketFirst || mod.command_bucket == kBucketLast) {
    if (buckets.empty()) return OfErrorId::kUnknownBucket;
    buckets.erase(mod.command_bucket == kBucketFirst ? buckets.begin() : buckets.end() - 1);
  } else {
    const auto found = std::find_if(buckets.begin(), buckets.end(), [&](const Bucket& bucket) {
      return bucket.id == mod.command_bucket;
    });
    if (found == buckets.end()) return OfErrorId::kUnknownBucket;
    buckets.erase(found);
  }
  return {};
}

OfStatus GroupTable::Modify(const GroupMod& mod, std::vector<uint32_t>* changed,
                            std::vector<uint32_t>* deleted) {
  using Command = GroupMod::Command;
  auto next = std::make_shared<GroupMap>(*staged_);
  if (mod.command == Command::kDelete) {
    if (mod.group != kGroupAll && mod.group >= kGroupMax) return OfErrorId::kInvalidGroup;
    // Groups that refer to a deleted one lose what went through it: their buckets stay, as those of
    // ovs do, and drop.
    for (const auto& [number, entry] : staged_->groups) {
      if (mod.group != kGroupAll && mod.group != number) continue;
      Retire(*entry, nullptr);
      next->groups.erase(number);
      deleted->push_back(number);
    }
    staged_ = std::move(next);
    return {};
  }
  const GroupEntry* former = staged_->Find(mod.group);
  GroupDesc desc;
  switch (mod.command) {
    case Command::kAdd:
      if (former != nullptr) return OfErrorId::kGroupExists;
      break;
    case Command::kModify:
      if (former == nullptr) return OfErrorId::kUnknownGroup;
      break;
    case Command::kInsertBucket:
    case Command::kRemoveBucket:
      if (former == nullptr) return OfErrorId::kUnknownGroup;
      desc = former->desc;
      break;
    default:
      break;
  }
  if (former == nullptr && next->groups.size() >= kMaxGroups) return OfErrorId::kOutOfGroups;
  if (mod.command == Command::kInsertBucket) {
    VSW_OF_RETURN_IF_ERROR(InsertBuckets(mod, &desc));
  } else if (mod.command == Command::kRemoveBucket) {
    VSW_OF_RETURN_IF_ERROR(RemoveBuckets(mod, &desc));
  } else {
    desc = {.group = mod.group,
            .type = mod.type,
            .buckets = mod.buckets,
            .selection_method = mod.selection_method,
            .selection_parameter = mod.selection_parameter,
            .selection_fields = mod.selection_fields};
  }
  VSW_OF_RETURN_IF_ERROR(GiveBucketIds(&desc));
  VSW_OF_RETURN_IF_ERROR(Check(desc));
  next->groups[mod.group] = MakeEntry(desc, former);
  staged_ = std::move(next);
  changed->push_back(mod.group);
  return {};
}

std::vector<GroupDesc> GroupTable::List() const {
  std::map<uint32_t, const GroupEntry*> sorted;
  for (const auto& [number, entry] : present_->groups) sorted[number] = entry.get();
  std::vector<GroupDesc> result;
  for (const auto& [number, entry] : sorted) result.push_back(entry->desc);
  return result;
}

std::vector<GroupStats> GroupTable::ListStats(
    uint64_t now_ns, const std::function<uint32_t(uint32_t)>& references_of) const {
  std::map<uint32_t, const GroupEntry*> sorted;
  for (const auto& [number, entry] : present_->groups) sorted[number] = entry.get();
  std::vector<GroupStats> result;
  for (const auto& [number, entry] : sorted) {
    const StatTotals totals = control_->ReadStat(entry->stat);
    GroupStats stats{.group = number,
                     .references = references_of(number),
                     .packets = totals.packets,
                     .bytes = totals.bytes,
                     .duration_ns = now_ns - created_ns_.at(number),
                     .buckets = {}};
    for (const StatId stat : entry->bucket_stats) {
      const StatTotals bucket = control_->ReadStat(stat);
      stats.buckets.push_back({.packets = bucket.packets, .bytes = bucket.bytes});
    }
    result.push_back(std::move(stats));
  }
  return result;
}

}  // namespace vsw
