// SPDX-License-Identifier: Apache-2.0
//
// Finds the rule of highest priority that a packet matches, among up to millions, and tells which
// bits it had to look at. Tuple space search with priorities, staged (pipeline fields, L2, L3, L4)
// and with prefix tries for IPv4 and IPv6 addresses and L4 ports, so that what a lookup marks stays
// narrow: a table of 100,000 routes must not make a megaflow per host. Conjunctive rules
// (ovs-actions(7), "conjunction") are resolved here.
//
// Thread safety: Lookup() on any number of workers, without waiting, while the slow thread inserts
// and removes. What was removed is freed by Reclaim() after a grace period that the caller waits
// for.
#ifndef VSW_OFPROTO_TABLE_RULE_CLASSIFIER_H_
#define VSW_OFPROTO_TABLE_RULE_CLASSIFIER_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "ofproto/match/match.h"
#include "ofproto/table/rule.h"

namespace vsw {

class RuleClassifier {
 public:
  RuleClassifier();
  ~RuleClassifier();
  RuleClassifier(const RuleClassifier&) = delete;
  RuleClassifier& operator=(const RuleClassifier&) = delete;

  /// nullptr: none. Sets in `mask` every bit of `key` that the answer depends on (any key that
  /// agrees in those bits gets the same answer). `mask` is only added to.
  const Rule* Lookup(TableVersion version, const MatchKey& key, MatchKey* mask) const noexcept;

  /// REQUIRES for what follows: the slow thread.
  /// `rule` outlives its stay, and after Remove() until Reclaim() returned after a grace period.
  void Insert(Rule* rule);
  void Remove(Rule* rule);
  void Reclaim();
  bool has_retired() const;

  /// The rule with exactly this match and priority that is visible at `version`; nullptr: none.
  Rule* Find(const Match& match, uint16_t priority, TableVersion version) const;
  /// Calls `visit` for each visible rule within `selector` (non-strict match); it may stop by
  /// returning false. Quick where the selector names few.
  void ForEachWithin(const Match& selector, TableVersion version,
                     const std::function<bool(Rule*)>& visit) const;
  /// Rules that some packet of `match` could match, of priority from..to. Gives up (false) after
  /// looking at `limit` rules that could not be excluded by a hash lookup.
  bool ForEachOverlapping(const Match& match, uint16_t from, uint16_t to, TableVersion version,
                          size_t limit, const std::function<void(Rule*)>& visit) const;
  size_t size() const;
  size_t mask_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_RULE_CLASSIFIER_H_
