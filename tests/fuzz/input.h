// SPDX-License-Identifier: Apache-2.0
//
// A fuzzer's input taken apart from the front: numbers and runs of bytes, zeros and nothing once it
// is used up. What is left over goes to what is tested in memory of just that size, so that a
// sanitizer sees every byte read beyond its end.
#ifndef VSW_TESTS_FUZZ_INPUT_H_
#define VSW_TESTS_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace vsw::testing {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : left_(data, size) {}

  bool empty() const { return left_.empty(); }

  template <typename T>
  T Take() {
    T value{};
    const size_t bytes = std::min(sizeof(T), left_.size());
    if (bytes > 0) std::memcpy(&value, left_.data(), bytes);
    left_ = left_.subspan(bytes);
    return value;
  }
  std::vector<uint8_t> TakeBytes(size_t most) {
    const auto taken = left_.first(std::min(most, left_.size()));
    left_ = left_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
  std::vector<uint8_t> TakeRest() { return TakeBytes(left_.size()); }

 private:
  std::span<const uint8_t> left_;
};

/// Ends the process, as a fuzzer wants a finding to be reported.
[[noreturn]] inline void Fail(std::string_view what, std::string_view before = {},
                              std::string_view after = {}) {
  std::fprintf(stderr, "FINDING: %.*s\n", static_cast<int>(what.size()), what.data());
  if (!before.empty() || !after.empty()) {
    std::fprintf(stderr, "before: %.*s\nafter:  %.*s\n", static_cast<int>(before.size()),
                 before.data(), static_cast<int>(after.size()), after.data());
  }
  std::abort();
}

inline void Require(bool condition, std::string_view what) {
  if (!condition) Fail(what);
}

}  // namespace vsw::testing

#endif  // VSW_TESTS_FUZZ_INPUT_H_
