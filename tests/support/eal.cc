// SPDX-License-Identifier: Apache-2.0
#include "tests/support/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mempool.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace vsw::testing {
namespace {

constexpr unsigned kMbufs = 8191;

rte_mempool* SetUp() {
  std::vector<std::string> arguments = {
      "test", "--no-huge", "--no-shconf",  "--no-telemetry",   "-m",
      "256",  "-a",        "0000:00:00.0", "--log-level=error"};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    std::fprintf(stderr, "DPDK could not be set up: %s\n", rte_strerror(rte_errno));
    std::abort();
  }
  rte_mempool* pool =
      rte_pktmbuf_pool_create("test-mbufs", kMbufs, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (pool == nullptr) {
    std::fprintf(stderr, "no pool of mbufs: %s\n", rte_strerror(rte_errno));
    std::abort();
  }
  return pool;
}

}  // namespace

rte_mempool* MbufPool() {
  static rte_mempool* const pool = SetUp();
  return pool;
}

uint32_t MbufsInUse() { return rte_mempool_in_use_count(MbufPool()); }

rte_mbuf* MakeMbuf(std::span<const uint8_t> bytes, size_t segment_bytes) {
  rte_mbuf* head = rte_pktmbuf_alloc(MbufPool());
  rte_mbuf* last = head;
  for (size_t done = 0; done < bytes.size();) {
    const size_t room = rte_pktmbuf_tailroom(last);
    const size_t wanted = segment_bytes == 0 ? room : std::min(room, segment_bytes);
    const size_t part = std::min(wanted, bytes.size() - done);
    if (done > 0) {
      last->next = rte_pktmbuf_alloc(MbufPool());
      last = last->next;
      ++head->nb_segs;
    }
    std::memcpy(rte_pktmbuf_mtod(last, void*), bytes.data() + done, part);
    last->data_len = static_cast<uint16_t>(part);
    done += part;
  }
  head->pkt_len = static_cast<uint32_t>(bytes.size());
  return head;
}

std::vector<uint8_t> BytesOf(const rte_mbuf* packet) {
  std::vector<uint8_t> bytes;
  for (const rte_mbuf* m = packet; m != nullptr; m = m->next) {
    const auto* data = rte_pktmbuf_mtod(m, const uint8_t*);
    bytes.insert(bytes.end(), data, data + m->data_len);
  }
  return bytes;
}

}  // namespace vsw::testing
