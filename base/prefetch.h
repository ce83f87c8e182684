// SPDX-License-Identifier: Apache-2.0
//
// Fetching ahead what will be written.
#ifndef VSW_BASE_PREFETCH_H_
#define VSW_BASE_PREFETCH_H_

namespace vsw {

/// Fetches the cache line of `at` to be written: taken from the core that has it, so that the
/// writes do not wait for that one after the other. GCC makes an ordinary prefetch of
/// __builtin_prefetch(at, 1) unless it is told of the processor that there is another; each one of
/// x86-64 takes it, if only to do nothing.
[[gnu::always_inline]] inline void PrefetchForWrite(const void* at) {
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(at)));
}

}  // namespace vsw

#endif  // VSW_BASE_PREFETCH_H_
