// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/number_pool.h"

namespace vsw {

std::optional<uint32_t> NumberPool::Allocate(uint64_t now_ns) {
  while (!resting_.empty() && now_ns - resting_.front().since_ns >= kRestNs) {
    rested_.insert(resting_.front().number);
    resting_.pop_front();
  }
  if (!rested_.empty()) {
    const uint32_t number = *rested_.begin();
    rested_.erase(rested_.begin());
    return number;
  }
  if (next_ < end_) return next_++;
  if (resting_.empty()) return std::nullopt;
  const uint32_t number = resting_.front().number;
  resting_.pop_front();
  return number;
}

}  // namespace vsw
