// SPDX-License-Identifier: Apache-2.0
//
// How a worker without traffic sleeps. For some microseconds it goes on polling; then, if every
// queue offers an event, it sleeps until one comes; if some must be polled it sleeps in steps that
// grow up to a bound.
//
// Thread safety: one worker owns it; Wake() from any thread.
#ifndef VSW_DATAPATH_WORKER_IDLE_H_
#define VSW_DATAPATH_WORKER_IDLE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "datapath/worker/poll_list.h"

namespace vsw {

class Idle {
 public:
  explicit Idle(uint64_t tsc_per_us);
  ~Idle();
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  /// Frames came in: the next idle time starts from the beginning.
  void Busy() { idle_since_tsc_ = 0, step_ns_ = kFirstStepNs; }
  /// True when the worker has been without frames for long enough to sleep.
  bool ShouldSleep(uint64_t now_tsc) {
    if (idle_since_tsc_ == 0) idle_since_tsc_ = now_tsc;
    return now_tsc - idle_since_tsc_ >= spin_tsc_;
  }
  /// Sleeps on the queues of `list`, at most `max_ns`; makes the queues that have frames due at
  /// once. The caller stays a reader all the while: list and ports must not go before it is woken.
  void Sleep(PollList* list, uint64_t max_ns);
  void Wake();

 private:
  static constexpr uint64_t kSpinUs = 20;
  static constexpr uint64_t kFirstStepNs = 5'000;
  static constexpr uint64_t kMaxStepNs = 100'000;

  const uint64_t spin_tsc_;
  int wake_fd_;
  uint64_t idle_since_tsc_ = 0;
  uint64_t step_ns_ = kFirstStepNs;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_IDLE_H_
