// SPDX-License-Identifier: Apache-2.0
#include "bench/generator/capture.h"

#include <cstring>
#include <fstream>
#include <iterator>

#include "base/status.h"

namespace vsw::bench {
namespace {

constexpr uint32_t kMagic = 0xa1b2c3d4;
constexpr size_t kFileHeader = 24;
constexpr size_t kFrameHeader = 16;
constexpr size_t kLengthAt = 8;  // within a frame's header

uint32_t Word(const std::vector<char>& text, size_t at) {
  uint32_t word;
  std::memcpy(&word, text.data() + at, sizeof(word));
  return word;
}

}  // namespace

absl::StatusOr<Capture> Capture::Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> text{std::istreambuf_iterator<char>(in), {}};
  if (text.size() < kFileHeader + kFrameHeader || Word(text, 0) != kMagic) {
    return InvalidArgument("{}: no capture with frames in it", path);
  }
  Capture capture;
  capture.bytes_ = static_cast<uint16_t>(Word(text, kFileHeader + kLengthAt));
  const size_t step = kFrameHeader + capture.bytes_;
  if (capture.bytes_ == 0 || (text.size() - kFileHeader) % step != 0) {
    return InvalidArgument("{}: frames of different sizes", path);
  }
  for (size_t at = kFileHeader; at < text.size(); at += step) {
    if (Word(text, at + kLengthAt) != capture.bytes_) {
      return InvalidArgument("{}: frames of different sizes", path);
    }
    const char* frame = text.data() + at + kFrameHeader;
    capture.data_.insert(capture.data_.end(), frame, frame + capture.bytes_);
  }
  return capture;
}

}  // namespace vsw::bench
