// SPDX-License-Identifier: Apache-2.0
//
// Orders from the control side to the workers: "these tags are void". A worker empties its mailbox
// before it receives, so that after a grace period no decision of before is used any more.
//
// Thread safety: Post() from one thread at a time, Drain() by the worker that owns the box. An
// order belongs to the poster, who frees it once every worker has done it; a worker never frees.
#ifndef VSW_DATAPATH_WORKER_MAILBOX_H_
#define VSW_DATAPATH_WORKER_MAILBOX_H_

#include <atomic>
#include <vector>

#include "datapath/flow/slow_path.h"

namespace vsw {

struct InvalidationOrder {
  struct Link {
    InvalidationOrder* order;
    Link* next;
  };
  std::vector<Tag> tags;
  std::vector<Link> links;  // one for each worker's box
  std::atomic<size_t> outstanding;
};

class Mailbox {
 public:
  void Post(InvalidationOrder::Link* link) {
    link->next = head_.load(std::memory_order_relaxed);
    while (!head_.compare_exchange_weak(link->next, link, std::memory_order_acq_rel)) {
    }
  }

  /// Calls `handle(tags)` for each order that came in.
  template <typename Handle>
  void Drain(Handle&& handle) {
    if (head_.load(std::memory_order_acquire) == nullptr) [[likely]]
      return;
    InvalidationOrder::Link* link = head_.exchange(nullptr, std::memory_order_acq_rel);
    while (link != nullptr) {
      InvalidationOrder::Link* next = link->next;
      handle(std::span<const Tag>(link->order->tags));
      link->order->outstanding.fetch_sub(1, std::memory_order_acq_rel);
      link = next;
    }
  }

 private:
  alignas(64) std::atomic<InvalidationOrder::Link*> head_{nullptr};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_MAILBOX_H_
