// SPDX-License-Identifier: Apache-2.0
//
// Which clauses of which conjunctions a packet meets, within a fixed room: the kRoom lowest
// conjunctions above a bound, so that any number of them can be gone through in several rounds.
#ifndef VSW_OFPROTO_TABLE_CONJUNCTION_SET_H_
#define VSW_OFPROTO_TABLE_CONJUNCTION_SET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ofproto/action/actions.h"

namespace vsw {

class ConjunctionSet {
 public:
  static constexpr size_t kRoom = 32;
  struct Whole {
    uint64_t key;  // the id, and below it the number of clauses
    uint64_t met;  // bit n: clause n
    uint32_t id() const { return static_cast<uint32_t>(key >> 8); }
    bool complete() const {
      const auto clauses = static_cast<uint8_t>(key);
      return clauses > 0 && clauses <= 64 && met == ~uint64_t{0} >> (64 - clauses);
    }
  };

  /// Only conjunctions whose key is above `bound` (with `all`: any).
  ConjunctionSet(bool all, uint64_t bound) : all_(all), bound_(bound) {}

  void Add(const act::Conjunction& conjunction) {
    const uint64_t key = uint64_t{conjunction.id} << 8 | conjunction.clauses;
    if ((!all_ && key <= bound_) || conjunction.clause >= 64) return;
    size_t place = size_;
    while (place > 0 && wholes_[place - 1].key > key) --place;
    if (place > 0 && wholes_[place - 1].key == key) {
      wholes_[place - 1].met |= uint64_t{1} << conjunction.clause;
      return;
    }
    if (size_ == kRoom) {
      more_ = true;
      if (place == kRoom) return;
      --size_;
    }
    for (size_t i = size_; i > place; --i) wholes_[i] = wholes_[i - 1];
    wholes_[place] = {key, uint64_t{1} << conjunction.clause};
    ++size_;
  }

  std::span<const Whole> wholes() const { return {wholes_.data(), size_}; }
  /// There were more than fit in: go on above the last of wholes().
  bool more() const { return more_; }

 private:
  const bool all_;
  const uint64_t bound_;
  size_t size_ = 0;
  bool more_ = false;
  std::array<Whole, kRoom> wholes_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_CONJUNCTION_SET_H_
