// SPDX-License-Identifier: Apache-2.0
//
// What was changed in rules since the switch was last sent anything, in order of revisions.
// Bounded: if the switch stays away for long, the older part is forgotten, and it gets the rules as
// a whole.
//
// Thread safety: all methods may be called from any thread.
#ifndef VSW_CONTROL_RULES_RULE_LOG_H_
#define VSW_CONTROL_RULES_RULE_LOG_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/rules/rule_change.h"

namespace vsw::control {

/// What one request did to the rules of one bridge.
struct RuleDelta {
  enum class Kind {
    kChanges,  // do `changes`
    kReplace,  // `changes` add what shall be in `table` (all tables if not set)
    kWhole,    // the bridge is new: it needs all that is stored
  };
  uint64_t revision = 0;
  std::string bridge;
  Kind kind = Kind::kChanges;
  std::optional<uint8_t> table;
  std::vector<RuleText> changes;
};

class RuleLog {
 public:
  using DeltaPtr = std::shared_ptr<const RuleDelta>;
  /// Most octets of text that are kept.
  static constexpr size_t kMaxOctets = 256U << 20;

  /// Everything up to `revision` is unknown to it.
  explicit RuleLog(uint64_t revision) : floor_(revision) {}

  void Append(RuleDelta delta);
  /// The deltas of revisions after+1..upto; nothing if they are not all known any more.
  std::optional<std::vector<DeltaPtr>> Between(uint64_t after, uint64_t upto) const;
  /// The switch has those up to `revision`.
  void Forget(uint64_t revision);
  /// Nothing up to `revision` is known any more: whoever runs an older one gets all rules.
  void Restart(uint64_t revision);

 private:
  void Clear(uint64_t floor);  // with mutex_ held

  mutable std::mutex mutex_;
  std::deque<DeltaPtr> deltas_;
  uint64_t floor_;
  size_t octets_ = 0;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_RULE_LOG_H_
