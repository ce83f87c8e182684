// SPDX-License-Identifier: Apache-2.0
//
// What a classifier's answer must be, by looking at every rule: the trivially right model.
#ifndef VSW_TESTS_OFPROTO_TABLE_LINEAR_TABLES_H_
#define VSW_TESTS_OFPROTO_TABLE_LINEAR_TABLES_H_

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "ofproto/table/rule.h"

namespace vsw::testing {

class LinearClassifier {
 public:
  std::vector<const Rule*> rules;

  /// The rules that are a right answer: one, or several of the same priority; none: a miss.
  std::vector<const Rule*> Answers(TableVersion version, const MatchKey& key) const {
    const auto hard = Best(version, key);
    const int hard_priority = hard.empty() ? -1 : hard[0]->priority;
    std::set<int, std::greater<>> levels;
    for (const Rule* rule : rules) {
      if (!rule->conjunctions.empty() && Applies(*rule, version, key) &&
          rule->priority > hard_priority) {
        levels.insert(rule->priority);
      }
    }
    for (const int level : levels) {
      // Every conjunction's clauses met at this priority.
      std::map<std::pair<uint32_t, unsigned>, std::set<unsigned>> met;
      for (const Rule* rule : rules) {
        if (rule->priority != level || !Applies(*rule, version, key)) continue;
        for (const act::Conjunction& part : rule->conjunctions) {
          met[{part.id, part.clauses}].insert(part.clause);
        }
      }
      for (const auto& [whole, clauses] : met) {
        if (clauses.size() != whole.second) continue;
        MatchKey with_id = key;
        with_id.pipeline.conj_id = Be32::From(whole.first);
        const auto found = Best(version, with_id);
        if (!found.empty()) return found;
      }
    }
    return hard;
  }

 private:
  static bool Applies(const Rule& rule, TableVersion version, const MatchKey& key) {
    return rule.VisibleAt(version) && rule.match.Matches(key);
  }
  std::vector<const Rule*> Best(TableVersion version, const MatchKey& key) const {
    std::vector<const Rule*> best;
    for (const Rule* rule : rules) {
      if (!rule->conjunctions.empty() || !Applies(*rule, version, key)) continue;
      if (!best.empty() && best[0]->priority > rule->priority) continue;
      if (!best.empty() && best[0]->priority < rule->priority) best.clear();
      best.push_back(rule);
    }
    return best;
  }
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_TABLE_LINEAR_TABLES_H_
