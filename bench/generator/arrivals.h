// SPDX-License-Identifier: Apache-2.0
//
// What became of the packets: which came twice, which came after a later one, how long they took,
// and how long nothing came. Those that never came are known by their numbers: sent less those
// received, once nothing is on the way any more.
#ifndef VSW_BENCH_GENERATOR_ARRIVALS_H_
#define VSW_BENCH_GENERATOR_ARRIVALS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace vsw::bench {

class Arrivals {
 public:
  Arrivals() : seen_(kWindow / 64), sent_tsc_(kTimes) {}

  /// `count` packets that follow those sent so far left.
  void Sent(uint32_t count, uint64_t now_tsc) {
    for (uint32_t i = 0; i < count; ++i) sent_tsc_[(sent_ + i) % kTimes] = now_tsc;
    sent_ += count;
  }
  /// A burst came; its packets are added one by one.
  void Burst(uint64_t now_tsc);
  /// A packet with the lower half of its number.
  void Add(uint32_t low_sequence, uint64_t now_tsc) {
    // The nearest number with this lower half: no packet is two thousand million others late.
    const uint64_t sequence =
        next_ + static_cast<int32_t>(low_sequence - static_cast<uint32_t>(next_));
    ++received_;
    const uint64_t known = std::max(sequence, sent_ - std::min(sent_, kTimes));
    const uint64_t age_tsc = now_tsc - sent_tsc_[known % kTimes];
    oldest_tsc_ = std::max(oldest_tsc_, age_tsc);
    ++ages_[std::min<size_t>(std::bit_width(age_tsc), ages_.size() - 1)];
    if (sequence != next_) return AddOutOfOrder(sequence);
    ++next_;
    seen_[sequence % kWindow / 64] |= uint64_t{1} << (sequence % 64);
  }

  uint64_t received() const { return received_; }
  uint64_t duplicates() const { return duplicates_; }
  uint64_t reordered() const { return reordered_; }
  uint64_t last_tsc() const { return last_tsc_; }
  /// Within this many cycles `share` (0..1) of the packets arrived; the upper end of a power of
  /// two.
  uint64_t AgeQuantile(double share) const;
  /// The receiver itself was not there for so long, which is no gap.
  void Absent(uint64_t tsc) { absent_tsc_ += tsc; }
  /// The longest time between two bursts since the last TakeLongestGap().
  uint64_t TakeLongestGap();
  /// The longest time that a packet took since the last TakeOldest().
  uint64_t TakeOldest();

 private:
  // Numbers of the latest packets; an older one counts as reordered and is not looked for twice.
  static constexpr uint64_t kWindow = uint64_t{1} << 20;
  // Packets whose times are known, more than rings and switch hold, and not more than caches do; an
  // older one counts as sent with the oldest of them.
  static constexpr uint64_t kTimes = uint64_t{1} << 14;

  void AddOutOfOrder(uint64_t sequence);

  uint64_t sent_ = 0, received_ = 0, duplicates_ = 0, reordered_ = 0;
  uint64_t next_ = 0;  // one more than the highest number seen
  uint64_t last_tsc_ = 0, absent_tsc_ = 0, longest_gap_tsc_ = 0, oldest_tsc_ = 0;
  std::vector<uint64_t> seen_;
  std::vector<uint64_t> sent_tsc_;
  std::array<uint64_t, 64> ages_{};  // by power of two
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_ARRIVALS_H_
