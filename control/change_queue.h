// SPDX-License-Identifier: Apache-2.0
//
// One thread that executes change requests in the order in which they came, so that no gRPC thread
// waits for the disk. The queue is bounded: what exceeds it is refused at once.
//
// Thread safety: Submit may be called from any thread; `done` runs on the queue's thread, or on the
// caller's if the request is refused.
#ifndef VSW_CONTROL_CHANGE_QUEUE_H_
#define VSW_CONTROL_CHANGE_QUEUE_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "control/configurator.h"

namespace vsw::control {

class ChangeQueue {
 public:
  using Done = std::function<void(const absl::StatusOr<uint64_t>& revision)>;
  static constexpr size_t kMaxWaiting = 1024;

  explicit ChangeQueue(Configurator* configurator);
  ~ChangeQueue();

  /// Calls `done` exactly once. Errors: those of Configurator::Execute; ResourceExhausted (too many
  /// waiting), Unavailable (stopping).
  void Submit(ChangeRequest request, Done done);
  void Submit(RulesRequest request, Done done);

  /// Finishes the request at hand and refuses the waiting ones.
  void Stop();

 private:
  struct Item {
    std::function<absl::StatusOr<uint64_t>()> execute;
    Done done;
  };
  void Enter(Item item);
  void Run();

  Configurator* const configurator_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> items_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_CHANGE_QUEUE_H_
