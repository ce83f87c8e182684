// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/underlay_events.h"

#include <sys/eventfd.h>

#include "base/status.h"

namespace vsw {

UnderlayEvents::UnderlayEvents() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  VSW_CHECK(fd_.valid());
  for (size_t i = 0; i < kCells; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
}

bool UnderlayEvents::Push(const UnderlayEvent& event) noexcept {
  uint64_t tail = tail_.load(std::memory_order_relaxed);
  Cell* cell;
  for (;;) {
    cell = &cells_[tail % kCells];
    const uint64_t turn = cell->turn.load(std::memory_order_acquire);
    if (turn < tail) return false;  // not read yet since the last round
    if (turn > tail) {
      tail = tail_.load(std::memory_order_relaxed);
    } else if (tail_.compare_exchange_weak(tail, tail + 1, std::memory_order_relaxed)) {
      break;
    }
  }
  cell->event = event;
  cell->turn.store(tail + 1, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (asleep_.load(std::memory_order_relaxed)) Wake();
  return true;
}

bool UnderlayEvents::Pop(UnderlayEvent* event) {
  Cell& cell = cells_[head_ % kCells];
  if (cell.turn.load(std::memory_order_acquire) != head_ + 1) return false;
  *event = cell.event;
  cell.turn.store(head_ + kCells, std::memory_order_release);
  ++head_;
  return true;
}

bool UnderlayEvents::BeginSleep() {
  asleep_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return cells_[head_ % kCells].turn.load(std::memory_order_acquire) != head_ + 1;
}

void UnderlayEvents::EndSleep() {
  asleep_.store(false, std::memory_order_relaxed);
  eventfd_t count;
  eventfd_read(fd_.get(), &count);
}

void UnderlayEvents::Wake() noexcept { eventfd_write(fd_.get(), 1); }

}  // namespace vsw
