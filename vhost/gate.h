// SPDX-License-Identifier: Apache-2.0
//
// Stands between the workers and one ring. A worker passes it for the length of one burst, and
// stays while it forwards what the guest lent; whoever is about to change the ring or the memory
// behind it shuts it, which waits for the burst that is inside, and no worker is let in until it is
// opened again. It is the grace period of one ring: a library callback may shut it, because nobody
// inside blocks. Who forwards what was lent may wait at gates of rings to guests, where nobody
// stays.
//
// Thread safety: Enter, TryEnter and Leave from any worker; Shut and Open from the one thread that
// handles the guest's messages.
#ifndef VSW_VHOST_GATE_H_
#define VSW_VHOST_GATE_H_

#include <sched.h>

#include <atomic>

namespace vsw::vhost {

class Gate {
 public:
  /// False: shut, or another thread is inside.
  bool TryEnter() {
    if (!open_.load(std::memory_order_relaxed)) return false;
    if (inside_.exchange(true, std::memory_order_acquire)) return false;
    if (open_.load(std::memory_order_relaxed)) return true;
    Leave();
    return false;
  }
  /// Waits while another worker is inside. False: shut.
  bool Enter() {
    while (open_.load(std::memory_order_relaxed)) {
      if (TryEnter()) return true;
      __builtin_ia32_pause();
    }
    return false;
  }
  void Leave() { inside_.store(false, std::memory_order_release); }

  /// Returns when nobody is inside any more. Also when it was shut already.
  void Shut() {
    open_.store(false, std::memory_order_relaxed);
    // The worker inside may have lost its core to this very thread.
    while (inside_.exchange(true, std::memory_order_acquire)) sched_yield();
    Leave();
  }
  void Open() { open_.store(true, std::memory_order_release); }
  bool is_open() const { return open_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> open_{false};
  std::atomic<bool> inside_{false};
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_GATE_H_
