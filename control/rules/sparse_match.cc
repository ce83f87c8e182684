// SPDX-License-Identifier: Apache-2.0
#include "control/rules/sparse_match.h"

namespace vsw::control {

SparseMatch::SparseMatch(const Match& match) {
  for (uint32_t i = 0; i < kMatchKeyWords; ++i) {
    const uint64_t mask = match.mask.words()[i];
    if (mask != 0) words_.push_back({i, mask, match.value.words()[i] & mask});
  }
  words_.shrink_to_fit();
}

bool SparseMatch::IsWithin(const SparseMatch& wider) const {
  auto mine = words_.begin();
  for (const Word& theirs : wider.words_) {
    while (mine != words_.end() && mine->index < theirs.index) ++mine;
    if (mine == words_.end() || mine->index != theirs.index) return false;
    if ((mine->mask & theirs.mask) != theirs.mask) return false;
    if ((mine->value & theirs.mask) != theirs.value) return false;
  }
  return true;
}

bool SparseMatch::Overlaps(const SparseMatch& other) const {
  auto mine = words_.begin();
  for (const Word& theirs : other.words_) {
    while (mine != words_.end() && mine->index < theirs.index) ++mine;
    if (mine == words_.end()) return true;
    if (mine->index != theirs.index) continue;
    if (((mine->value ^ theirs.value) & mine->mask & theirs.mask) != 0) return false;
  }
  return true;
}

}  // namespace vsw::control
