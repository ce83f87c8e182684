// SPDX-License-Identifier: Apache-2.0
//
// One rule of a table. What workers read is set before the rule is published and never changes, but
// for removed_version; a rule that is modified is replaced by a new one. Freed after a grace
// period.
//
// Thread safety: the slow thread writes. Workers read the first part; `bookkeeping` belongs to the
// slow thread alone.
#ifndef VSW_OFPROTO_TABLE_RULE_H_
#define VSW_OFPROTO_TABLE_RULE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "datapath/flow/translation.h"
#include "ofproto/action/actions.h"
#include "ofproto/match/match.h"

namespace vsw {

/// Changes become visible together: a lookup at version v sees rules with
/// added_version <= v < removed_version.
using TableVersion = uint64_t;
inline constexpr TableVersion kNeverRemoved = ~TableVersion{0};

struct Rule {
  Match match;
  uint16_t priority = 0;
  uint8_t table = 0;
  uint64_t id = 0;  // never used again; for tags and notes
  uint64_t cookie = 0;
  uint16_t flags = 0;  // flow_flags
  Instructions instructions;
  StatId stat = kNoStat;
  /// Set for a rule whose actions are conjunction() alone: it matches only as part of a whole.
  std::vector<act::Conjunction> conjunctions;
  bool is_table_miss = false;  // priority 0, matches everything
  TableVersion added_version = 0;
  std::atomic<TableVersion> removed_version{kNeverRemoved};

  bool VisibleAt(TableVersion version) const {
    return added_version <= version && version < removed_version.load(std::memory_order_acquire);
  }

  /// Fetches what a worker reads of a rule that it has found.
  void Prefetch() const {
    const auto* from = reinterpret_cast<const char*>(&priority);
    const auto* end = reinterpret_cast<const char*>(&removed_version);
    for (; from <= end; from += 64) __builtin_prefetch(from);
  }

  struct Bookkeeping {
    uint16_t idle_timeout = 0, hard_timeout = 0, importance = 0;
    uint64_t created_ns = 0, modified_ns = 0;
    uint64_t used_ns =
        0;  // as far as was known when the rule was made; the counter knows later uses
    bool hidden = false;  // of the switch's own (fail-open): above all others, not shown
    bool stored = false;  // came through management: kept in the database
    Tag learner = 0;      // made by learn(): who made it must be asked again once this is gone
    /// Gives `stat` back; shared with the rules that this one replaced without resetting counts.
    std::shared_ptr<void> stat_owner;
    // For RuleIndex alone.
    uint64_t deadline_ns = 0;     // not before; as the timers know it
    size_t timer = ~size_t{0};    // place among the timers
    Rule* cookie_next = nullptr;  // with the same cookie in the same table
    Rule* cookie_previous = nullptr;
    uint64_t eviction_deadline_ns = 0;  // as the order of eviction knows it
  } bookkeeping;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_RULE_H_
