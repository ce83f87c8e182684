// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/framer.h"

#include <algorithm>

#include "ofproto/message/codec.h"

namespace vsw::ofconn {
namespace {

// What an idle connection may keep; many of them must not hold on to what they once needed.
constexpr size_t kKeptCapacity = 4096;

}  // namespace

void Framer::Append(std::span<const uint8_t> bytes) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(start_));
  start_ = 0;
  if (bytes_.empty() && bytes_.capacity() > kKeptCapacity && bytes.size() <= kKeptCapacity) {
    bytes_.shrink_to_fit();
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

size_t Framer::FrontLength() const {
  return left() < kOfHeaderBytes ? 0 : ReadHeader(Front(kOfHeaderBytes)).length;
}

bool Framer::broken() const { return left() >= kOfHeaderBytes && FrontLength() < kOfHeaderBytes; }

bool Framer::has_message() const {
  const size_t length = FrontLength();
  return length >= kOfHeaderBytes && length <= left();
}

std::optional<std::span<const uint8_t>> Framer::Next() {
  if (!has_message()) return std::nullopt;
  const std::span<const uint8_t> message = Front(FrontLength());
  start_ += message.size();
  return message;
}

std::span<const uint8_t> Framer::Front(size_t count) const {
  return std::span(bytes_).subspan(start_, std::min(count, left()));
}

}  // namespace vsw::ofconn
