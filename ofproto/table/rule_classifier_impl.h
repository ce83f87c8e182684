// SPDX-License-Identifier: Apache-2.0
//
// What a RuleClassifier is made of; for its own two source files.
#ifndef VSW_OFPROTO_TABLE_RULE_CLASSIFIER_IMPL_H_
#define VSW_OFPROTO_TABLE_RULE_CLASSIFIER_IMPL_H_

#include <memory>
#include <unordered_map>
#include <vector>

#include "ofproto/table/rule_classifier.h"
#include "ofproto/table/rule_subtable.h"
#include "ofproto/table/subtable_list.h"

namespace vsw {

struct MaskHash {
  KeyedHash hash;
  size_t operator()(const MatchKey& mask) const;
};

struct RuleClassifier::Impl {
  // Read by workers.
  KeyedHash hash;
  PrefixTries tries;
  SubtableList list;

  // The slow thread's.
  std::unordered_map<MatchKey, std::unique_ptr<RuleSubtable>, MaskHash> by_mask;
  std::vector<RuleSubtable*> in_order;  // as they were made
  uint64_t last_sequence = 0;
  size_t rules = 0;
  bool list_stale = false;  // lists empty subtables, or some too high
  RetireList retired;

  /// Publishes the list anew and retires empty subtables.
  void Relist();
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_RULE_CLASSIFIER_IMPL_H_
