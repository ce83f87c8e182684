// SPDX-License-Identifier: Apache-2.0
//
// One worker thread: it owns its receive queues, its flow tables and its counters, and runs each
// packet to completion. The loop: report a quiescent state, take orders, poll the queues, look
// after what time brings, sleep when there is nothing.
//
// Thread safety: Start, Stop, SetPollList and the readers are for the control side; the rest runs
// on the thread itself.
#ifndef VSW_DATAPATH_WORKER_WORKER_H_
#define VSW_DATAPATH_WORKER_WORKER_H_

#include <atomic>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "datapath/worker/idle.h"
#include "datapath/worker/idle_share.h"
#include "datapath/worker/order.h"
#include "datapath/worker/pipeline.h"
#include "datapath/worker/poll_list.h"

struct rte_rcu_qsbr;

namespace vsw {

/// Shared by all workers; each member has one writer, the control side.
struct WorkerShared {
  PortTable ports;
  std::atomic<uint32_t> epoch{1};
  rte_rcu_qsbr* grace = nullptr;
};

class Worker {
 public:
  Worker(WorkerId id, int core, const PipelineEnvironment& environment,
         std::unique_ptr<FlowTable> flows, WorkerShared* shared);
  ~Worker();

  /// Errors: the thread cannot be made, pinned or registered.
  [[nodiscard]] absl::Status Start();
  void Stop();

  /// Publishes the queues to poll; the former list may be freed after a grace period. Returns it.
  PollList* SetPollList(PollList* list) {
    return poll_list_.exchange(list, std::memory_order_acq_rel);
  }
  void Wake() { idle_.Wake(); }
  /// False before Start() and once the loop has ended: then nobody does what is posted.
  bool running() const { return running_.load(std::memory_order_acquire); }
  TunnelOutlet* outlet() { return pipeline_.outlet(); }
  Mailbox* mailbox() { return &mailbox_; }

  WorkerId id() const { return env_.worker; }
  int core() const { return core_; }
  const PipelineCounters& pipeline_stats() const { return pipeline_.stats(); }
  uint64_t busy_tsc() const { return busy_tsc_.Get(); }
  uint64_t idle_tsc() const { return idle_tsc_.Get(); }

 private:
  void Loop();
  uint32_t PollQueues(PollList* list, uint64_t now_tsc);
  uint16_t Poll(PollQueue* queue, uint64_t now_tsc);
  // Whether it has been empty so long that it is asked in its turn only.
  bool IsLongEmpty(const PollQueue& queue) const;
  bool TakeOrders();
  void LookAfterTime(uint64_t now_tsc);
  absl::Status PrepareThread();

  const int core_;
  const PipelineEnvironment env_;
  WorkerShared* const shared_;
  const uint64_t tsc_per_us_;
  Pipeline pipeline_;
  Idle idle_;
  IdleShare idle_share_;
  WaitingPorts waiting_;  // in this round
  Mailbox mailbox_;
  std::atomic<PollList*> poll_list_{nullptr};
  PollList no_queues_;  // slept on while there is no list
  std::atomic<bool> stop_{false};
  std::atomic<bool> running_{false};
  uint64_t next_sweep_tsc_ = 0;
  Counter busy_tsc_, idle_tsc_;
  std::thread thread_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_WORKER_H_
