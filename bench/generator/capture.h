// SPDX-License-Identifier: Apache-2.0
//
// Frames of a capture file, all of one size, to be sent instead of those that the generator makes.
#ifndef VSW_BENCH_GENERATOR_CAPTURE_H_
#define VSW_BENCH_GENERATOR_CAPTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace vsw::bench {

class Capture {
 public:
  /// Reads a file of the classic format in this machine's byte order. InvalidArgument: it is none,
  /// is empty, or its frames differ in size.
  static absl::StatusOr<Capture> Read(const std::string& path);

  uint32_t frames() const { return static_cast<uint32_t>(data_.size() / bytes_); }
  uint16_t bytes() const { return bytes_; }
  const uint8_t* frame(uint32_t i) const { return data_.data() + size_t{i} * bytes_; }

 private:
  uint16_t bytes_ = 1;
  std::vector<uint8_t> data_;
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_CAPTURE_H_
