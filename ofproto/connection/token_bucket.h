// SPDX-License-Identifier: Apache-2.0
//
// A limit of so many a second with bursts. Pure: time is what the caller says.
#ifndef VSW_OFPROTO_CONNECTION_TOKEN_BUCKET_H_
#define VSW_OFPROTO_CONNECTION_TOKEN_BUCKET_H_

#include <algorithm>
#include <cstdint>

namespace vsw::ofconn {

class TokenBucket {
 public:
  /// `rate` 0: no limit. `burst` 0: as much as comes in a second.
  TokenBucket(uint32_t rate, uint32_t burst)
      : rate_(rate), capacity_(uint64_t{burst != 0 ? burst : rate} * kToken), tokens_(capacity_) {}

  bool Take(uint64_t now_ns) {
    if (rate_ == 0) return true;
    // Beyond one filling time the bucket is full, whatever the time; this also bounds the product.
    const uint64_t passed = std::min(now_ns - filled_ns_, capacity_ / rate_ + 1);
    tokens_ = std::min(capacity_, tokens_ + passed * rate_);
    filled_ns_ = now_ns;
    if (tokens_ < kToken) return false;
    tokens_ -= kToken;
    return true;
  }

 private:
  static constexpr uint64_t kToken = 1'000'000'000;  // so that a nanosecond adds `rate_`
  uint64_t rate_, capacity_, tokens_;
  uint64_t filled_ns_ = 0;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_TOKEN_BUCKET_H_
