// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/mbuf_pool.h"

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <sys/mman.h>

#include <cerrno>

#include "base/status.h"

namespace vsw {
namespace {

constexpr unsigned kCacheSize = 256;
constexpr uint16_t kDataRoom = 2048 + RTE_PKTMBUF_HEADROOM;
constexpr unsigned kElementSize = sizeof(rte_mbuf) + kDataRoom;
constexpr uint64_t kHugePage = 2 << 20;
constexpr const char* kName = "vsw-mbufs";

absl::Status PoolError(const MemoryPlan& plan) {
  return ResourceExhausted("make packet buffers of {} MiB: {}; give a smaller --memory",
                           MbufPoolMib(plan), rte_strerror(rte_errno));
}

absl::StatusOr<rte_mempool*> MakeEmpty(const MemoryPlan& plan, unsigned count) {
  rte_mempool* pool = rte_mempool_create_empty(kName, count, kElementSize, kCacheSize,
                                               sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY,
                                               plan.hugepages ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);
  if (pool == nullptr) return PoolError(plan);
  if (rte_mempool_set_ops_byname(pool, "ring_mp_mc", nullptr) != 0) return PoolError(plan);
  rte_pktmbuf_pool_private sizes{};
  sizes.mbuf_data_room_size = kDataRoom;
  rte_pktmbuf_pool_init(pool, &sizes);
  return pool;
}

absl::Status PopulateFromOrdinaryMemory(const MemoryPlan& plan, rte_mempool* pool) {
  const uint64_t bytes = MbufPoolMib(plan) << 20;
  void* mapping = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED)
    return ErrnoStatus(errno, "map packet buffers; give a smaller --memory");
  char* start = reinterpret_cast<char*>(RTE_PTR_ALIGN_CEIL(mapping, kHugePage));
  // Both are only advice: without them it works too, slower or with a larger core file.
  madvise(start, bytes, MADV_HUGEPAGE);
  madvise(start, bytes, MADV_DONTDUMP);
  // Addresses are I/O addresses here (DPDK without hugepages has no others), so the mapping is
  // contiguous for devices too; the pool's flag keeps DPDK from placing one buffer a page.
  if (rte_mempool_populate_iova(pool, start, reinterpret_cast<rte_iova_t>(start), bytes, nullptr,
                                nullptr) < 0) {
    return PoolError(plan);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<rte_mempool*> MakeMbufPool(const MemoryPlan& plan) {
  rte_mempool_objsz sizes;
  rte_mempool_calc_obj_size(kElementSize, 0, &sizes);
  // One page of each chunk may be lost to its border.
  const uint64_t bytes = (MbufPoolMib(plan) << 20) - (1 << 20);
  const unsigned count = static_cast<unsigned>(bytes / (sizes.total_size + 16));
  VSW_ASSIGN_OR_RETURN(rte_mempool * pool, MakeEmpty(plan, count));
  if (!plan.hugepages) {
    VSW_RETURN_IF_ERROR(PopulateFromOrdinaryMemory(plan, pool));
  } else if (rte_mempool_populate_default(pool) < 0) {
    return PoolError(plan);
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

}  // namespace vsw
