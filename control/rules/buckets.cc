// SPDX-License-Identifier: Apache-2.0
#include "control/rules/buckets.h"

#include <algorithm>
#include <set>

namespace vsw::control {
namespace {

auto Find(std::vector<Bucket>* buckets, uint32_t id) {
  return std::find_if(buckets->begin(), buckets->end(),
                      [&](const Bucket& bucket) { return bucket.id == id; });
}

}  // namespace

OfStatus NumberBuckets(const std::vector<Bucket>& present, std::vector<Bucket>* added) {
  std::set<uint32_t> taken;
  for (const Bucket& bucket : present) taken.insert(bucket.id);
  for (const Bucket& bucket : *added) {
    if (bucket.id == kBucketAll) continue;
    if (bucket.id > kBucketMax) {
      return {OfErrorId::kBadBucket, "bucket number " + std::to_string(bucket.id) + " is reserved"};
    }
    if (!taken.insert(bucket.id).second) {
      return {OfErrorId::kBucketExists, "bucket " + std::to_string(bucket.id)};
    }
  }
  uint32_t next = 0;
  for (Bucket& bucket : *added) {
    if (bucket.id != kBucketAll) continue;
    while (taken.contains(next)) ++next;
    bucket.id = next++;
  }
  return {};
}

OfStatus InsertBuckets(uint32_t position, std::vector<Bucket>* added,
                       std::vector<Bucket>* buckets) {
  VSW_OF_RETURN_IF_ERROR(NumberBuckets(*buckets, added));
  auto at = buckets->end();
  if (position == kBucketFirst) {
    at = buckets->begin();
  } else if (position != kBucketLast) {
    at = Find(buckets, position);
    if (at == buckets->end()) {
      return {OfErrorId::kUnknownBucket, "bucket " + std::to_string(position)};
    }
    ++at;
  }
  buckets->insert(at, added->begin(), added->end());
  return {};
}

OfStatus RemoveBuckets(uint32_t which, std::vector<Bucket>* buckets) {
  if (which == kBucketAll) {
    buckets->clear();
    return {};
  }
  if (which == kBucketFirst || which == kBucketLast) {
    if (buckets->empty()) return {OfErrorId::kUnknownBucket, "the group has no bucket"};
    buckets->erase(which == kBucketFirst ? buckets->begin() : buckets->end() - 1);
    return {};
  }
  const auto found = Find(buckets, which);
  if (found == buckets->end()) {
    return {OfErrorId::kUnknownBucket, "bucket " + std::to_string(which)};
  }
  buckets->erase(found);
  return {};
}

}  // namespace vsw::control
