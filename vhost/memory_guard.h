// SPDX-License-Identifier: Apache-2.0
//
// Survives guests that take their memory back. A peer that truncates the file behind its memory
// makes us die of SIGBUS at the next touch; this process-wide handler puts zero pages there
// instead, marks the guest as faulted and shuts its connection down, so that the ordinary way of
// losing a guest follows. A SIGBUS anywhere else goes to whoever handled it before, or kills as
// ever.
//
// Thread safety: everything from any thread; nothing locks. The handler itself calls only mmap(2),
// shutdown(2), sigaction(2) and atomics.
#ifndef VSW_VHOST_MEMORY_GUARD_H_
#define VSW_VHOST_MEMORY_GUARD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace vsw::vhost {

/// Whose memory it is. Outlives its ranges.
struct GuardedGuest {
  std::atomic<bool> faulted{false};    // set by the handler
  std::atomic<int> connection_fd{-1};  // shut down by the handler
  std::atomic<uint64_t> fault_count{0};
};

class MemoryGuard {
 public:
  /// Takes over SIGBUS; the second and later calls do nothing.
  [[nodiscard]] static absl::Status Install();

  /// [begin, begin+length) is memory of `guest` from now on. False: the table is full.
  [[nodiscard]] static bool Add(const void* begin, size_t length, GuardedGuest* guest);
  /// Forgets every range of `guest`; before the memory is unmapped or the guest goes.
  static void Remove(GuardedGuest* guest);

  /// Says that any mapping that this thread touches while `guest` is not null may be that guest's
  /// (the library reads memory that it has just mapped, before anyone could Add() it).
  static void SetThreadGuest(GuardedGuest* guest);
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_MEMORY_GUARD_H_
