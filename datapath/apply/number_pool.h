// SPDX-License-Identifier: Apache-2.0
//
// Dense numbers for ports and bridges. The lowest free one is given out; a number that was given
// back rests for a while first, so that counters, credits and learning events still under way for
// its former owner do not end up with the next one. If only resting numbers are left, the one that
// rested longest is taken.
#ifndef VSW_DATAPATH_APPLY_NUMBER_POOL_H_
#define VSW_DATAPATH_APPLY_NUMBER_POOL_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <set>

namespace vsw {

class NumberPool {
 public:
  /// Gives out first..end-1.
  NumberPool(uint32_t first, uint32_t end) : next_(first), end_(end) {}

  /// Nothing if every number is in use.
  std::optional<uint32_t> Allocate(uint64_t now_ns);
  /// REQUIRES: `number` is in use.
  void Release(uint32_t number, uint64_t now_ns) { resting_.push_back({number, now_ns}); }

  static constexpr uint64_t kRestNs = 5'000'000'000;

 private:
  struct Resting {
    uint32_t number;
    uint64_t since_ns;
  };
  uint32_t next_;  // never given out so far, as are all above it
  const uint32_t end_;
  std::set<uint32_t> rested_;
  std::deque<Resting> resting_;  // oldest first
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_NUMBER_POOL_H_
