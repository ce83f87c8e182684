// SPDX-License-Identifier: Apache-2.0
//
// The beginning of a message, kept for an error that may have to quote it (1.3 section 7.4.4: at
// least 64 bytes of the request).
#ifndef VSW_OFPROTO_CONNECTION_QUOTE_H_
#define VSW_OFPROTO_CONNECTION_QUOTE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "ofproto/message/codec.h"

namespace vsw::ofconn {

class Quote {
 public:
  Quote() = default;
  explicit Quote(std::span<const uint8_t> message)
      : count_(static_cast<uint8_t>(std::min(message.size(), bytes_.size()))) {
    std::copy_n(message.begin(), count_, bytes_.begin());
  }
  std::span<const uint8_t> bytes() const { return std::span(bytes_).first(count_); }
  uint32_t xid() const { return count_ < kOfHeaderBytes ? 0 : ReadHeader(bytes()).xid; }

 private:
  std::array<uint8_t, 64> bytes_{};
  uint8_t count_ = 0;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_QUOTE_H_
