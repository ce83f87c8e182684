// SPDX-License-Identifier: Apache-2.0
//
// Orders from the control side to a worker: "these tags are void", "report what was forwarded". A
// worker does them in order, in small steps between its bursts, so that the largest of them holds
// up no packet.
//
// Thread safety: Post() from any thread but a worker; TakeIn() and Run() by the worker that owns
// the box. An order belongs to the poster, who frees it once done() is true; a worker never frees.
#ifndef VSW_DATAPATH_WORKER_ORDER_H_
#define VSW_DATAPATH_WORKER_ORDER_H_

#include <atomic>
#include <utility>

namespace vsw {

class Pipeline;

class Order {
 public:
  Order() = default;
  virtual ~Order() = default;
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;

  /// True when the worker has done it and will not touch it again.
  bool done() const { return done_.load(std::memory_order_acquire); }

 protected:
  /// Does a part of it, of some ten microseconds. True: that was the last one.
  virtual bool Step(Pipeline& pipeline) = 0;

 private:
  friend class Mailbox;
  Order* next_ = nullptr;
  std::atomic<bool> done_{false};
};

class Mailbox {
 public:
  void Post(Order* order) {
    order->next_ = posted_.load(std::memory_order_relaxed);
    while (!posted_.compare_exchange_weak(order->next_, order, std::memory_order_acq_rel)) {
    }
  }

  /// Takes over what was posted. What the poster published before is visible from here on.
  void TakeIn() {
    if (posted_.load(std::memory_order_acquire) == nullptr) [[likely]]
      return;
    Order* newest_first = posted_.exchange(nullptr, std::memory_order_acq_rel);
    Order* oldest_first = nullptr;
    Order* last = newest_first;
    while (newest_first != nullptr) {
      Order* next = std::exchange(newest_first->next_, oldest_first);
      oldest_first = std::exchange(newest_first, next);
    }
    (tail_ != nullptr ? tail_->next_ : head_) = oldest_first;
    tail_ = last;
  }

  /// Does a few steps of the oldest orders. True: there is more to do.
  bool Run(Pipeline& pipeline) {
    for (int steps = 0; head_ != nullptr && steps < kStepsAtOnce; ++steps) {
      Order* order = head_;
      if (!order->Step(pipeline)) continue;
      head_ = order->next_;
      if (head_ == nullptr) tail_ = nullptr;
      order->done_.store(true, std::memory_order_release);
    }
    return head_ != nullptr;
  }

 private:
  static constexpr int kStepsAtOnce = 4;
  alignas(64) std::atomic<Order*> posted_{nullptr};
  Order* head_ = nullptr;  // the worker's own, oldest first
  Order* tail_ = nullptr;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_ORDER_H_
