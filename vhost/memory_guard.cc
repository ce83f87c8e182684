// SPDX-License-Identifier: Apache-2.0
#include "vhost/memory_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <mutex>

#include "base/status.h"

namespace vsw::vhost {
namespace {

// Eight regions and a dirty log for each of as many guests as the library can serve.
constexpr size_t kMaxRanges = 9 * 1024;

struct Range {
  std::atomic<GuardedGuest*> guest{nullptr};  // claims the slot
  std::atomic<uintptr_t> begin{0}, end{0};    // end is 0 while the slot is being filled
};

Range ranges[kMaxRanges];
std::atomic<size_t> ranges_used{0};  // no slot at or above was ever used
struct sigaction previous_action;
thread_local GuardedGuest* thread_guest = nullptr;

GuardedGuest* FindGuest(uintptr_t address) {
  const size_t used = ranges_used.load(std::memory_order_acquire);
  for (size_t i = 0; i < used; ++i) {
    GuardedGuest* guest = ranges[i].guest.load(std::memory_order_acquire);
    if (guest == nullptr) continue;
    if (address >= ranges[i].begin.load(std::memory_order_acquire) &&
        address < ranges[i].end.load(std::memory_order_acquire)) {
      return guest;
    }
  }
  return thread_guest;
}

// A mapping of huge pages can only be replaced by the huge page; its size is not known here.
bool MapZeroes(uintptr_t address) {
  for (const uintptr_t size : {uintptr_t{4096}, uintptr_t{2} << 20, uintptr_t{1} << 30}) {
    void* page = reinterpret_cast<void*>(address & ~(size - 1));
    if (mmap(page, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
        MAP_FAILED) {
      return true;
    }
  }
  return false;
}

void OnBusError(int, siginfo_t* info, void*) {
  const int saved_errno = errno;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  // Only faults of a mapping have an address of ours; machine checks and kill(2) do not.
  GuardedGuest* guest = info->si_code == BUS_ADRERR ? FindGuest(address) : nullptr;
  if (guest != nullptr && MapZeroes(address)) {
    guest->faulted.store(true, std::memory_order_release);
    guest->fault_count.fetch_add(1, std::memory_order_relaxed);
    const int fd = guest->connection_fd.load(std::memory_order_acquire);
    if (fd >= 0) shutdown(fd, SHUT_RDWR);
  } else {
    // The faulting instruction runs again and meets the former handler.
    sigaction(SIGBUS, &previous_action, nullptr);
    if (info->si_code <= 0) raise(SIGBUS);  // sent by kill(2): nothing faults again
  }
  errno = saved_errno;
}

}  // namespace

absl::Status MemoryGuard::Install() {
  static std::once_flag once;
  static int error = 0;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = OnBusError;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, &previous_action) != 0) error = errno;
  });
  if (error != 0) return ErrnoStatus(error, "handle SIGBUS");
  return absl::OkStatus();
}

bool MemoryGuard::Add(const void* begin, size_t length, GuardedGuest* guest) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  for (size_t i = 0; i < kMaxRanges; ++i) {
    GuardedGuest* none = nullptr;
    if (!ranges[i].guest.compare_exchange_strong(none, guest)) continue;
    ranges[i].begin.store(address, std::memory_order_release);
    ranges[i].end.store(address + length, std::memory_order_release);
    size_t used = ranges_used.load();
    while (used < i + 1 && !ranges_used.compare_exchange_weak(used, i + 1)) {
    }
    return true;
  }
  return false;
}

void MemoryGuard::Remove(GuardedGuest* guest) {
  const size_t used = ranges_used.load();
  for (size_t i = 0; i < used; ++i) {
    if (ranges[i].guest.load() != guest) continue;
    ranges[i].end.store(0);
    ranges[i].begin.store(0);
    ranges[i].guest.store(nullptr);
  }
}

void MemoryGuard::SetThreadGuest(GuardedGuest* guest) { thread_guest = guest; }

}  // namespace vsw::vhost
