// SPDX-License-Identifier: Apache-2.0
//
// The surroundings of a worker, in a few lines each: a slow path that decides as the test says, and
// a port whose frames come from and go to queues in memory.
#ifndef VSW_TESTS_WORKER_FAKES_H_
#define VSW_TESTS_WORKER_FAKES_H_

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "datapath/flow/slow_path.h"
#include "datapath/port/port.h"
#include "tests/support/eal.h"

namespace vsw::testing {

/// Thread safety: all of it.
class FakeSlowPath : public SlowPath {
 public:
  using Decide = std::function<void(const FlowKey&, Translation*)>;

  void Publish(Decide decide) {
    const std::lock_guard lock(mutex_);
    published_.push_back(std::make_unique<Decide>(std::move(decide)));
    current_.store(published_.back().get(), std::memory_order_release);
  }
  uint64_t translations() const { return translations_.load(); }
  uint64_t timers() const { return timers_.load(); }
  struct Upcall {
    std::vector<uint8_t> blob, packet;
    uint32_t total_bytes;
  };
  std::vector<std::vector<uint8_t>> notes() const {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  std::vector<Upcall> upcalls() const {
    const std::lock_guard lock(mutex_);
    return upcalls_;
  }
  std::vector<LearnEvent> learned() const {
    const std::lock_guard lock(mutex_);
    return learned_;
  }

  void Attach(DatapathControl* control) override { control_ = control; }
  void Translate(const FlowKey& key, Translation* result) const noexcept override {
    translations_.fetch_add(1);
    (*current_.load(std::memory_order_acquire))(key, result);
  }
  void Configure(const SlowPathConfig& config) override {}
  void OnLearn(std::span<const LearnEvent> events) override {
    const std::lock_guard lock(mutex_);
    learned_.insert(learned_.end(), events.begin(), events.end());
  }
  void OnNote(std::span<const uint8_t> note) override {
    const std::lock_guard lock(mutex_);
    notes_.emplace_back(note.begin(), note.end());
  }
  void OnUpcall(std::span<const uint8_t> blob, std::span<const uint8_t> packet,
                uint32_t total_bytes) override {
    const std::lock_guard lock(mutex_);
    upcalls_.push_back({{blob.begin(), blob.end()}, {packet.begin(), packet.end()}, total_bytes});
  }
  void OnTimer() override { timers_.fetch_add(1); }
  std::vector<FdbRow> ListFdb() const override { return {}; }
  uint32_t FlushFdb(const BridgeId*, PortNo) override { return 0; }
  std::vector<PatchCounters> ReadPatchCounters() const override { return {}; }
  DatapathControl* control() const { return control_; }

 private:
  DatapathControl* control_ = nullptr;
  std::vector<std::unique_ptr<Decide>> published_;  // kept: workers may still run an older one
  std::atomic<const Decide*> current_{nullptr};
  mutable std::atomic<uint64_t> translations_{0};
  std::atomic<uint64_t> timers_{0};
  mutable std::mutex mutex_;
  std::vector<LearnEvent> learned_;
  std::vector<std::vector<uint8_t>> notes_;
  std::vector<Upcall> upcalls_;
};

/// Thread safety: as Port says; Deliver, TakeSent and the counts from any thread.
class FakePort : public Port {
 public:
  explicit FakePort(uint32_t number, uint16_t queues = 1, bool has_events = true)
      : Port(PortNo{number}, "port"), has_events_(has_events), queues_(queues) {
    for (Queue& queue : queues_) queue.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  }
  ~FakePort() override {
    for (Queue& queue : queues_) {
      for (rte_mbuf* packet : queue.waiting) rte_pktmbuf_free(packet);
      close(queue.event_fd);
    }
  }

  void Deliver(std::span<const uint8_t> frame, uint16_t queue = 0) {
    Queue& q = queues_[queue];
    {
      const std::lock_guard lock(q.mutex);
      q.waiting.push_back(MakeMbuf(frame));
    }
    const uint64_t one = 1;
    VSW_CHECK(write(q.event_fd, &one, sizeof(one)) == sizeof(one));
  }
  size_t waiting(uint16_t queue = 0) {
    const std::lock_guard lock(queues_[queue].mutex);
    return queues_[queue].waiting.size();
  }
  std::vector<std::vector<uint8_t>> TakeSent() {
    const std::lock_guard lock(sent_mutex_);
    return std::exchange(sent_, {});
  }
  /// Called with each frame when it is sent, in place of keeping it.
  void OnSent(std::function<void(const rte_mbuf*)> handler) { handler_ = std::move(handler); }
  bool asleep(uint16_t queue = 0) const { return queues_[queue].asleep.load(); }

  uint16_t rx_queue_count() const override { return static_cast<uint16_t>(queues_.size()); }
  uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters&) override {
    Queue& q = queues_[ToInt(queue)];
    VSW_CHECK(!q.asleep.load());
    const std::lock_guard lock(q.mutex);
    uint16_t n = 0;
    while (n < burst.size() && !q.waiting.empty()) {
      burst[n++] = q.waiting.front();
      q.waiting.pop_front();
    }
    return n;
  }
  void Transmit(WorkerId, std::span<rte_mbuf*> burst, PortCounters& counters) override {
    const std::lock_guard lock(sent_mutex_);
    for (rte_mbuf* packet : burst) {
      counters.tx_packets.Add(1);
      counters.tx_bytes.Add(packet->pkt_len);
      if (handler_) {
        handler_(packet);
      } else {
        sent_.push_back(BytesOf(packet));
      }
      rte_pktmbuf_free(packet);
    }
  }
  int BeginSleep(QueueId queue) override {
    Queue& q = queues_[ToInt(queue)];
    VSW_CHECK(!q.asleep.exchange(true));
    if (!has_events_) return kMustPoll;
    const std::lock_guard lock(q.mutex);
    return q.waiting.empty() ? q.event_fd : kHasWork;
  }
  void EndSleep(QueueId queue) override {
    Queue& q = queues_[ToInt(queue)];
    VSW_CHECK(q.asleep.exchange(false));
    uint64_t count;
    [[maybe_unused]] const ssize_t got = read(q.event_fd, &count, sizeof(count));
  }
  PortInfo ReadInfo() const override { return {}; }
  absl::Status Reconfigure(const std::map<std::string, std::string>&) override {
    return absl::OkStatus();
  }

 private:
  struct Queue {
    std::mutex mutex;  // guards waiting
    std::deque<rte_mbuf*> waiting;
    int event_fd = -1;
    std::atomic<bool> asleep{false};
  };
  const bool has_events_;
  std::vector<Queue> queues_;
  std::function<void(const rte_mbuf*)> handler_;
  std::mutex sent_mutex_;  // guards sent_ and calls of handler_
  std::vector<std::vector<uint8_t>> sent_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_WORKER_FAKES_H_
