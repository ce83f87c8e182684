// SPDX-License-Identifier: Apache-2.0
//
// What became of the packets: which came twice, which came after a later one, and how long they
// took. Those that never came are known by their numbers: sent less received, less what is on the
// way.
#ifndef VSW_BENCH_GENERATOR_ARRIVALS_H_
#define VSW_BENCH_GENERATOR_ARRIVALS_H_

#include <array>
#include <cstdint>
#include <vector>

namespace vsw::bench {

class Arrivals {
 public:
  Arrivals() : seen_(kWindow / 64) {}

  /// A packet with this number, `age_tsc` after it was sent.
  void Add(uint64_t sequence, uint64_t age_tsc);

  uint64_t received() const { return received_; }
  uint64_t duplicates() const { return duplicates_; }
  uint64_t reordered() const { return reordered_; }
  /// Within this many cycles `share` (0..1) of the packets arrived; the upper end of a power of two.
  uint64_t AgeQuantile(double share) const;

 private:
  // Numbers of the latest packets; an older one counts as reordered and is not looked for twice.
  static constexpr uint64_t kWindow = uint64_t{1} << 20;

  uint64_t received_ = 0, duplicates_ = 0, reordered_ = 0;
  uint64_t next_ = 0;  // one more than the highest number seen
  std::vector<uint64_t> seen_;
  std::array<uint64_t, 64> ages_{};  // by power of two
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_ARRIVALS_H_
