// SPDX-License-Identifier: Apache-2.0
//
// The seed of a randomised test: drawn anew for each run and printed, or given by VSW_SEED to have
// a failed run again.
#ifndef VSW_TESTS_SUPPORT_RANDOM_SEED_H_
#define VSW_TESTS_SUPPORT_RANDOM_SEED_H_

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace vsw::testing {

inline uint64_t RandomSeed() {
  const char* given = std::getenv("VSW_SEED");
  const uint64_t seed =
      given != nullptr
          ? std::strtoull(given, nullptr, 0)
          : static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::printf("VSW_SEED=%" PRIu64 "\n", seed);
  return seed;
}

/// A generator with the few draws that tests need.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t Bits() { return engine_(); }
  /// 0..bound-1.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(engine_() % bound); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  template <typename Container>
  const auto& Pick(const Container& from) {
    return from[Below(static_cast<uint32_t>(std::size(from)))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_RANDOM_SEED_H_
