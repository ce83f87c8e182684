// SPDX-License-Identifier: Apache-2.0
//
// When to try again to reach a controller: after 1, 2, 4, 8, 8, ... seconds, as Open vSwitch does.
// A connection that stood longer than the last wait makes the next wait the shortest again. Pure:
// time is what the caller says.
#ifndef VSW_OFPROTO_CONNECTION_BACKOFF_H_
#define VSW_OFPROTO_CONNECTION_BACKOFF_H_

#include <algorithm>
#include <cstdint>

namespace vsw::ofconn {

class Backoff {
 public:
  Backoff(uint64_t shortest_ns, uint64_t longest_ns)
      : shortest_ns_(std::min(shortest_ns, longest_ns)), longest_ns_(longest_ns) {}

  void Connected(uint64_t now_ns) { connected_ns_ = now_ns; }
  /// The attempt failed, or the connection ended.
  void Lost(uint64_t now_ns) {
    const bool stood = connected_ns_ != 0 && now_ns - connected_ns_ >= wait_ns_;
    wait_ns_ = stood || wait_ns_ == 0 ? shortest_ns_ : std::min(wait_ns_ * 2, longest_ns_);
    connected_ns_ = 0;
    next_ns_ = now_ns + wait_ns_;
  }
  /// When the next attempt is due; 0 before the first.
  uint64_t next_ns() const { return next_ns_; }

 private:
  uint64_t shortest_ns_, longest_ns_;
  uint64_t wait_ns_ = 0;
  uint64_t connected_ns_ = 0;
  uint64_t next_ns_ = 0;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_BACKOFF_H_
