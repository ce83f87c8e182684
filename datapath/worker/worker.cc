// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/worker.h"

#include <pthread.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_rcu_qsbr.h>
#include <sched.h>
#include <sys/prctl.h>

#include <future>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"

namespace vsw {
namespace {

constexpr uint64_t kSweepEveryUs = 1000;
constexpr uint32_t kSlotsPerSweep = 256;
constexpr uint64_t kMaxBackoffUs = 20;
// A queue that gave nothing but full bursts for so long is behind; a shorter time is a burst of its
// sender.
constexpr uint64_t kWaitingUs = 25;
constexpr uint64_t kMostIdleUs = 50;
constexpr size_t kIdleQueuesARound = 32;  // that are looked at
constexpr uint64_t kSleepWithFlowsNs = 200'000'000;
constexpr uint64_t kSleepWithoutFlowsNs = 1'000'000'000;
constexpr uint64_t kSleepWithHeldNs = 100'000'000;

}  // namespace

Worker::Worker(WorkerId id, int core, const PipelineEnvironment& environment,
               std::unique_ptr<FlowTable> flows, WorkerShared* shared)
    : core_(core),
      env_(environment),
      shared_(shared),
      tsc_per_us_(environment.tsc_hz / 1'000'000),
      pipeline_(environment, std::move(flows)),
      idle_(tsc_per_us_),
      idle_share_(kMostIdleUs * tsc_per_us_) {
  VSW_CHECK(id == environment.worker);
}

Worker::~Worker() { Stop(); }

absl::Status Worker::PrepareThread() {
  pthread_setname_np(pthread_self(), fmt::format("vsw-worker{}", ToInt(id())).c_str());
  // The kernel may otherwise let a sleep of microseconds last 50 longer.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  if (core_ >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core_, &set);
    if (const int error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set); error != 0) {
      return ErrnoStatus(error, fmt::format("pin worker {} to core {}", ToInt(id()), core_));
    }
  }
  if (rte_thread_register() != 0) {
    return ErrnoStatus(rte_errno, fmt::format("register worker {} with DPDK", ToInt(id())));
  }
  rte_rcu_qsbr_thread_register(shared_->grace, ToInt(id()));
  return absl::OkStatus();
}

absl::Status Worker::Start() {
  std::promise<absl::Status> prepared;
  thread_ = std::thread([this, &prepared] {
    const absl::Status status = PrepareThread();
    const bool ok = status.ok();
    running_.store(ok, std::memory_order_release);
    prepared.set_value(status);
    if (ok) Loop();
  });
  return prepared.get_future().get();
}

void Worker::Stop() {
  if (!thread_.joinable()) return;
  stop_.store(true, std::memory_order_relaxed);
  Wake();
  thread_.join();
}

// True: there is more to do.
bool Worker::TakeOrders() {
  mailbox_.TakeIn();
  // An order may be about what the epoch made stale.
  pipeline_.SetEpoch(shared_->epoch.load(std::memory_order_acquire));
  return mailbox_.Run(pipeline_);
}

bool Worker::IsLongEmpty(const PollQueue& queue) const {
  return queue.backoff_tsc >= kMaxBackoffUs * tsc_per_us_;
}

uint32_t Worker::PollQueues(PollList* list, uint64_t now_tsc) {
  uint32_t total = 0;
  std::vector<PollQueue>& queues = list->queues;
  for (size_t i = 0; i < list->active;) {
    if (IsLongEmpty(queues[i])) {
      std::swap(queues[i], queues[--list->active]);
      continue;
    }
    if (now_tsc >= queues[i].next_poll_tsc) total += Poll(&queues[i], now_tsc);
    ++i;
  }
  // Of the others as many as there is time for, each in its turn.
  const size_t others = std::min(queues.size() - list->active, kIdleQueuesARound);
  for (size_t i = 0; i < others && idle_share_.Allows(); ++i) {
    if (list->turn < list->active || list->turn >= queues.size()) list->turn = list->active;
    PollQueue& q = queues[list->turn++];
    if (now_tsc < q.next_poll_tsc) continue;
    const uint64_t start_tsc = rte_rdtsc();
    total += Poll(&q, now_tsc);
    if (IsLongEmpty(q)) {
      idle_share_.Spend(rte_rdtsc() - start_tsc);
    } else {
      std::swap(q, queues[list->active++]);
    }
  }
  return total;
}

uint16_t Worker::Poll(PollQueue* q, uint64_t now_tsc) {
  rte_mbuf* burst[kBurst];
  StageClock* const clock = pipeline_.clock();
  const PortNo number = q->port->number();
  clock->Enter(PerfStage::kReceive);
  const Received received = q->port->ReceiveLent(q->queue, burst, env_.counters[ToInt(number)]);
  const uint16_t n = received.frames;
  if (n == 0) {
    clock->ReceivedNothing();
    q->backoff_tsc = std::min(q->backoff_tsc + tsc_per_us_ / 2, kMaxBackoffUs * tsc_per_us_);
    q->next_poll_tsc = now_tsc + q->backoff_tsc;
    q->full_since_tsc = 0;
    return 0;
  }
  q->backoff_tsc = 0;
  q->next_poll_tsc = 0;
  if (n < kBurst) {
    q->full_since_tsc = 0;
  } else if (q->full_since_tsc == 0) {
    q->full_since_tsc = now_tsc;
  } else if (now_tsc - q->full_since_tsc >= kWaitingUs * tsc_per_us_) {
    waiting_.Add(number);
  }
  pipeline_.Process(number, {burst, n}, now_tsc, received.lent);
  if (received.lent) q->port->TakeBack(q->queue);
  if (clock->on()) [[unlikely]]
    clock->CountBurst(n);
  return n;
}

void Worker::LookAfterTime(uint64_t now_tsc) {
  if (now_tsc < next_sweep_tsc_) [[likely]]
    return;
  // After a long sleep one longer round makes up for those left out.
  const uint64_t period_tsc = kSweepEveryUs * tsc_per_us_;
  const uint64_t rounds = std::min<uint64_t>(1 + (now_tsc - next_sweep_tsc_) / period_tsc, 64);
  next_sweep_tsc_ = now_tsc + period_tsc;
  pipeline_.Sweep(static_cast<uint32_t>(rounds) * kSlotsPerSweep, now_tsc);
}

void Worker::Loop() {
  rte_rcu_qsbr_thread_online(shared_->grace, ToInt(id()));
  uint64_t last_tsc = rte_rdtsc();
  while (!stop_.load(std::memory_order_relaxed)) {
    rte_rcu_qsbr_quiescent(shared_->grace, ToInt(id()));
    const bool orders_left = TakeOrders();
    PollList* list = poll_list_.load(std::memory_order_acquire);
    const uint64_t now_tsc = rte_rdtsc();
    const uint32_t received = list == nullptr ? 0 : PollQueues(list, now_tsc);
    pipeline_.SendHeld(now_tsc);
    LookAfterTime(now_tsc);
    if (received > 0) {
      idle_.Busy();
    } else if (orders_left || !idle_.ShouldSleep(now_tsc)) {
      rte_pause();  // a neighbour on the same core goes on faster meanwhile
    } else {
      // Still counted as reading: whoever waits for a grace period wakes us, and what we sleep on
      // stays until then.
      const uint64_t rest_ns = pipeline_.holds_packets() ? kSleepWithHeldNs
                               : pipeline_.has_flows()   ? kSleepWithFlowsNs
                                                         : kSleepWithoutFlowsNs;
      idle_.Sleep(list != nullptr ? list : &no_queues_, rest_ns);
    }
    const uint64_t end_tsc = rte_rdtsc();
    (received > 0 ? busy_tsc_ : idle_tsc_).Add(end_tsc - last_tsc);
    idle_share_.Pass(end_tsc - last_tsc, received > 0);
    pipeline_.PassRound(end_tsc - last_tsc, waiting_);
    pipeline_.EndRound(received > 0, end_tsc);
    waiting_ = {};
    last_tsc = end_tsc;
  }
  rte_rcu_qsbr_thread_offline(shared_->grace, ToInt(id()));
  rte_rcu_qsbr_thread_unregister(shared_->grace, ToInt(id()));
  rte_thread_unregister();
  running_.store(false, std::memory_order_release);
}

}  // namespace vsw
