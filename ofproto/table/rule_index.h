// SPDX-License-Identifier: Apache-2.0
//
// The rules of all tables by what is asked for besides matches: cookie, time of expiry, groups and
// meters that they refer to, order of eviction. Holds the rules that the version under way has.
//
// Thread safety: the slow thread alone.
#ifndef VSW_OFPROTO_TABLE_RULE_INDEX_H_
#define VSW_OFPROTO_TABLE_RULE_INDEX_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ofproto/table/rule.h"

namespace vsw {

class RuleIndex {
 public:
  /// The time at which the rule's time is over as things stand; kNever if it has none.
  using DeadlineOf = std::function<uint64_t(const Rule&)>;
  static constexpr uint64_t kNever = ~uint64_t{0};

  explicit RuleIndex(DeadlineOf deadline_of) : deadline_of_(std::move(deadline_of)) {}

  void Link(Rule* rule);
  void Unlink(Rule* rule);

  /// Calls `visit` for each rule of the table with this cookie; it must not link or unlink.
  void ForEachWithCookie(uint8_t table, uint64_t cookie,
                         const std::function<void(Rule*)>& visit) const;
  size_t CountWithCookie(uint8_t table, uint64_t cookie) const;

  /// Up to `limit` rules whose time is over at `now_ns`. Rules that were used or refreshed since
  /// their timers were set get new ones, and count as well.
  std::vector<Rule*> Overdue(uint64_t now_ns, size_t limit);

  using Rules = std::unordered_set<Rule*>;
  const Rules& UsersOfGroup(uint32_t group) const { return Users(by_group_, group); }
  const Rules& UsersOfMeter(uint32_t meter) const { return Users(by_meter_, meter); }
  /// A rule with a fin_timeout action.
  Rule* FindWithFinTimeout(uint64_t id) const;

  /// The rule of the table to give up first: least important, then soonest over. nullptr: none may
  /// be; as in Open vSwitch, what has no timeout stays, unless it was given an importance. The
  /// order of a table is kept from its first use on; `fill` visits the table's rules then.
  using Fill = std::function<void(const std::function<void(Rule*)>&)>;
  Rule* FirstToEvict(uint8_t table, const Fill& fill);

 private:
  struct CookieList {
    Rule* first = nullptr;
    size_t count = 0;
  };
  struct CookieKey {
    uint64_t cookie;
    uint8_t table;
    bool operator==(const CookieKey&) const = default;
  };
  struct CookieHash {
    size_t operator()(const CookieKey& key) const {
      return (key.cookie * 0x9e3779b97f4a7c15ULL + key.table) * 0xbf58476d1ce4e5b9ULL >> 8;
    }
  };
  struct Timer {
    uint64_t deadline_ns;
    Rule* rule;
  };
  using UserMap = std::unordered_map<uint32_t, Rules>;
  using EvictionOrder = std::map<std::tuple<uint16_t, uint64_t, uint64_t>, Rule*>;

  static const Rules& Users(const UserMap& map, uint32_t number);
  void LinkCookie(Rule* rule);
  void UnlinkCookie(Rule* rule);
  void SetTimer(Rule* rule);
  void ClearTimer(Rule* rule);
  void PutTimer(size_t place, const Timer& timer);
  void SiftUp(size_t place);
  void SiftDown(size_t place);
  void LinkEviction(EvictionOrder* order, Rule* rule);

  const DeadlineOf deadline_of_;
  std::unordered_map<CookieKey, CookieList, CookieHash> by_cookie_;
  std::vector<Timer> timers_;  // a heap, soonest first
  UserMap by_group_, by_meter_;
  std::unordered_map<uint64_t, Rule*> with_fin_timeout_;
  std::unordered_map<uint8_t, EvictionOrder> eviction_;
};

/// What the actions of a rule refer to, those within clone() and the action set too.
struct References {
  std::set<uint32_t> groups, meters;
  bool fin_timeout = false;
};
References ReferencesOf(const Instructions& instructions);

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_RULE_INDEX_H_
