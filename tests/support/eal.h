// SPDX-License-Identifier: Apache-2.0
//
// DPDK for tests: the environment is set up once per test binary, without hugepages, PCI devices,
// shared files or telemetry, with one pool of mbufs whose leaks a test can count.
#ifndef VSW_TESTS_SUPPORT_EAL_H_
#define VSW_TESTS_SUPPORT_EAL_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vsw::testing {

/// The pool that all tests of the binary share: 8192 mbufs of 2 KiB behind the headroom, without a
/// cache, so that counts are exact. Sets up DPDK at the first call; aborts with what it says if it
/// cannot.
rte_mempool* MbufPool();

/// Mbufs that are not in the pool now.
uint32_t MbufsInUse();

/// A frame with these bytes, in segments of at most `segment_bytes` each (0: as few as fit).
rte_mbuf* MakeMbuf(std::span<const uint8_t> bytes, size_t segment_bytes = 0);

/// The bytes of a frame, whatever its segments.
std::vector<uint8_t> BytesOf(const rte_mbuf* packet);

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_EAL_H_
