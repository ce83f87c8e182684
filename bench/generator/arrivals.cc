// SPDX-License-Identifier: Apache-2.0
#include "bench/generator/arrivals.h"

#include <algorithm>
#include <bit>

namespace vsw::bench {

void Arrivals::Add(uint64_t sequence, uint64_t age_tsc) {
  ++received_;
  ++ages_[std::min<size_t>(std::bit_width(age_tsc), ages_.size() - 1)];
  uint64_t& word = seen_[sequence % kWindow / 64];
  const uint64_t bit = uint64_t{1} << (sequence % 64);
  if (sequence >= next_) {
    // The numbers that were passed over have not been seen in this round of the window.
    const uint64_t passed = std::min(sequence - next_, kWindow);
    for (uint64_t n = sequence - passed; n < sequence; ++n) {
      seen_[n % kWindow / 64] &= ~(uint64_t{1} << (n % 64));
    }
    next_ = sequence + 1;
    word |= bit;
    return;
  }
  if (sequence + kWindow >= next_ && (word & bit) != 0) {
    ++duplicates_;
    return;
  }
  ++reordered_;
  word |= bit;
}

uint64_t Arrivals::AgeQuantile(double share) const {
  uint64_t wanted = static_cast<uint64_t>(share * static_cast<double>(received_));
  for (size_t width = 0; width < ages_.size(); ++width) {
    if (ages_[width] > wanted) return width == 0 ? 0 : uint64_t{1} << width;
    wanted -= ages_[width];
  }
  return 0;
}

}  // namespace vsw::bench
