// SPDX-License-Identifier: Apache-2.0
//
// Monotonic time for timeouts of connections.
#ifndef VSW_OFPROTO_CONNECTION_CLOCK_H_
#define VSW_OFPROTO_CONNECTION_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace vsw::ofconn {

inline uint64_t MonotonicNs() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_CLOCK_H_
