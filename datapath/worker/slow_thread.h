// SPDX-License-Identifier: Apache-2.0
//
// The thread that does what must not happen on a worker: learning, ageing, statistics,
// configuration of the slow path. It sleeps until a worker has events, somebody has a task, the
// next tenth of a second is over, or the slow path has something to do in time.
//
// Thread safety: Run() and Notify() from any thread (Notify() from workers between bursts).
#ifndef VSW_DATAPATH_WORKER_SLOW_THREAD_H_
#define VSW_DATAPATH_WORKER_SLOW_THREAD_H_

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "datapath/worker/slow_events.h"

namespace vsw {

class SlowThread {
 public:
  /// `now_ns`: the clock of SlowPath::NextDueNs().
  explicit SlowThread(
      SlowPath* slow_path, std::function<uint64_t()> now_ns = [] { return uint64_t{0}; });
  /// Stops and joins; tasks already given are run.
  ~SlowThread();

  /// Rings to drain; they outlive the thread's loop. REQUIRES: called before Start().
  void Start(std::vector<SlowEventRing*> rings);
  void Stop();

  /// Runs `task` on the slow thread and returns when it has run; at once when called on it. Before
  /// Start() and after Stop() the caller's thread is the slow thread meanwhile.
  void Run(const std::function<void()>& task);

  /// Events were pushed: wakes the thread if it sleeps.
  void Notify() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_relaxed)) Wake();
  }

 private:
  void Loop();
  void DrainRings();
  void RunTasks();
  void Sleep(int timeout_ms);
  int MillisecondsUntilDue() const;
  void Wake();
  bool AnythingToDo();
  bool Retire();

  SlowPath* const slow_path_;
  const std::function<uint64_t()> now_ns_;
  std::vector<SlowEventRing*> rings_;
  std::vector<LearnEvent> learned_;
  int event_fd_;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // guards tasks_, running_
  std::deque<std::function<void()>> tasks_;
  bool running_ = false;
  std::mutex alone_mutex_;               // held by who runs a task without the thread
  std::atomic<std::thread::id> runner_;  // the thread on which tasks are run, if any
  std::thread thread_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_SLOW_THREAD_H_
