// SPDX-License-Identifier: Apache-2.0
#include "control/rules/rule_log.h"

#include <algorithm>

namespace vsw::control {
namespace {

size_t OctetsOf(const RuleDelta& delta) {
  size_t octets = sizeof(RuleDelta);
  for (const RuleText& change : delta.changes) octets += sizeof(RuleText) + change.text.size();
  return octets;
}

}  // namespace

void RuleLog::Append(RuleDelta delta) {
  const std::lock_guard<std::mutex> lock(mutex_);
  octets_ += OctetsOf(delta);
  deltas_.push_back(std::make_shared<const RuleDelta>(std::move(delta)));
  if (octets_ > kMaxOctets) Clear(deltas_.back()->revision);
}

std::optional<std::vector<RuleLog::DeltaPtr>> RuleLog::Between(uint64_t after,
                                                               uint64_t upto) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (after < floor_) return std::nullopt;
  std::vector<DeltaPtr> found;
  for (const DeltaPtr& delta : deltas_) {
    if (delta->revision > after && delta->revision <= upto) found.push_back(delta);
  }
  return found;
}

void RuleLog::Forget(uint64_t revision) {
  const std::lock_guard<std::mutex> lock(mutex_);
  floor_ = std::max(floor_, revision);
  while (!deltas_.empty() && deltas_.front()->revision <= revision) {
    octets_ -= OctetsOf(*deltas_.front());
    deltas_.pop_front();
  }
}

void RuleLog::Restart(uint64_t revision) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Clear(revision);
}

void RuleLog::Clear(uint64_t floor) {
  floor_ = floor;
  deltas_.clear();
  octets_ = 0;
}

}  // namespace vsw::control
