// SPDX-License-Identifier: Apache-2.0
//
// A match as few words: only those that have a bit in the mask. A hundred thousand of them fit into
// memory, and two are compared without looking at the words that neither has.
//
// Thread safety: a const one may be read by any thread.
#ifndef VSW_CONTROL_RULES_SPARSE_MATCH_H_
#define VSW_CONTROL_RULES_SPARSE_MATCH_H_

#include <cstdint>
#include <vector>

#include "ofproto/match/match.h"

namespace vsw::control {

class SparseMatch {
 public:
  SparseMatch() = default;  // every packet
  explicit SparseMatch(const Match& match);

  /// Every packet that matches this one matches `wider` too.
  bool IsWithin(const SparseMatch& wider) const;
  /// Some packet could match both.
  bool Overlaps(const SparseMatch& other) const;
  bool operator==(const SparseMatch&) const = default;

 private:
  struct Word {
    uint32_t index;
    uint64_t mask, value;
    bool operator==(const Word&) const = default;
  };
  std::vector<Word> words_;  // by index
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_SPARSE_MATCH_H_
