// SPDX-License-Identifier: Apache-2.0
//
// How much of a worker's time goes to queues that have been empty for long. Beside packets that is
// a small share, however many such queues there are and whatever it costs to ask them (a TAP device
// takes a system call): then the turn comes to each of them less often.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_IDLE_SHARE_H_
#define VSW_DATAPATH_WORKER_IDLE_SHARE_H_

#include <algorithm>
#include <cstdint>

namespace vsw {

class IdleShare {
 public:
  static constexpr int64_t kShare = 32;  // one part in so many

  /// `most_tsc`: what can be saved up, and so about how long busy queues wait for idle ones.
  explicit IdleShare(uint64_t most_tsc) : most_tsc_(static_cast<int64_t>(most_tsc)) {}

  /// A round of the worker lasted so long; `busy`: with packets.
  void Pass(uint64_t tsc, bool busy) {
    const auto earned = static_cast<int64_t>(tsc) / (busy ? kShare : 1);
    credit_tsc_ = std::min(credit_tsc_ + earned, most_tsc_);
  }
  /// Whether one more may be asked.
  bool Allows() const { return credit_tsc_ > 0; }
  /// It was empty still, which took so long.
  void Spend(uint64_t tsc) { credit_tsc_ -= static_cast<int64_t>(tsc); }

 private:
  const int64_t most_tsc_;
  int64_t credit_tsc_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_IDLE_SHARE_H_
