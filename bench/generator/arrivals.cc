// SPDX-License-Identifier: Apache-2.0
#include "bench/generator/arrivals.h"

#include <utility>

namespace vsw::bench {

void Arrivals::Burst(uint64_t now_tsc) {
  const uint64_t passed = now_tsc - last_tsc_;
  if (last_tsc_ != 0 && passed > absent_tsc_) {
    longest_gap_tsc_ = std::max(longest_gap_tsc_, passed - absent_tsc_);
  }
  last_tsc_ = now_tsc;
  absent_tsc_ = 0;
}

void Arrivals::AddOutOfOrder(uint64_t sequence) {
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

uint64_t Arrivals::TakeLongestGap() { return std::exchange(longest_gap_tsc_, 0); }

uint64_t Arrivals::TakeOldest() { return std::exchange(oldest_tsc_, 0); }

}  // namespace vsw::bench
