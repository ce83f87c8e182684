// SPDX-License-Identifier: Apache-2.0
#include "bench/generator/frame_pool.h"

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <cstring>

#include "base/prefetch.h"
#include "base/status.h"

namespace vsw::bench {
namespace {

constexpr uint16_t kPort = 2000;  // to which all of it goes
constexpr uint32_t kSources = 0x0a000000;
constexpr uint32_t kServers = 0x0b000000;
constexpr uint32_t kFlowsASource = 16;
constexpr uint32_t kServerCount = 251;
constexpr uint16_t kFirstPort = 1024;
constexpr uint32_t kPortCount = 50021;

// The most that there may be: buffers are used again while they are in the processor's caches.
constexpr uint32_t kCached = RTE_MEMPOOL_CACHE_MAX_SIZE;

struct Headers {
  rte_ether_hdr ethernet;
  rte_ipv4_hdr ip;
  rte_udp_hdr udp;
} __attribute__((packed, aligned(2)));
static_assert(sizeof(Headers) + sizeof(Stamp) <= FramePool::kMinBytes);

Headers HeadersOf(uint16_t bytes) {
  Headers headers = {};
  headers.ethernet = {.dst_addr = {{2, 0, 0, 0, 0, 2}},
                      .src_addr = {{2, 0, 0, 0, 0, 1}},
                      .ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4)};
  headers.ip.version_ihl = RTE_IPV4_VHL_DEF;
  headers.ip.total_length = rte_cpu_to_be_16(bytes - sizeof(rte_ether_hdr));
  headers.ip.time_to_live = 64;
  headers.ip.next_proto_id = IPPROTO_UDP;
  headers.udp.dst_port = rte_cpu_to_be_16(kPort);
  headers.udp.dgram_len = rte_cpu_to_be_16(bytes - sizeof(rte_ether_hdr) - sizeof(rte_ipv4_hdr));
  return headers;
}

void Prepare(rte_mempool*, void* bytes_of_frame, void* object, unsigned) {
  auto* frame = static_cast<rte_mbuf*>(object);
  const uint16_t bytes = *static_cast<const uint16_t*>(bytes_of_frame);
  frame->data_off = RTE_PKTMBUF_HEADROOM;
  auto* const data = rte_pktmbuf_mtod(frame, uint8_t*);
  std::memset(data, 0, bytes);
  const Headers headers = HeadersOf(bytes);
  std::memcpy(data, &headers, sizeof(headers));
}

// Out of registers: to read back what was just written in other pieces would wait for it.
uint16_t IpChecksum(uint32_t sum, rte_be32_t source, rte_be32_t destination) {
  for (const uint32_t address : {source, destination}) sum += (address & 0xffff) + (address >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

absl::Status Check(uint16_t bytes) {
  if (bytes >= FramePool::kMinBytes && bytes <= FramePool::kMaxBytes) return absl::OkStatus();
  return InvalidArgument("frames of {} bytes: must be {}..{}", bytes, FramePool::kMinBytes,
                         FramePool::kMaxBytes);
}

absl::StatusOr<rte_mempool*> MakePool(const std::string& name, uint32_t count) {
  rte_mempool* pool = rte_pktmbuf_pool_create(name.c_str(), count, kCached, 0,
                                              RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (pool != nullptr) return pool;
  return ResourceExhausted("make {} packet buffers: {}", count, rte_strerror(rte_errno));
}

}  // namespace

absl::StatusOr<FramePool> FramePool::Create(const std::string& name, uint32_t count,
                                            uint16_t bytes) {
  VSW_RETURN_IF_ERROR(Check(bytes));
  VSW_ASSIGN_OR_RETURN(rte_mempool* const pool, MakePool(name, count));
  rte_mempool_obj_iter(pool, Prepare, &bytes);
  FramePool frames(pool, bytes);
  const Headers headers = HeadersOf(bytes);
  frames.ip_sum_ = rte_raw_cksum(&headers.ip, sizeof(headers.ip));
  return frames;
}

absl::StatusOr<FramePool> FramePool::Create(const std::string& name, uint32_t count,
                                            Capture capture, bool moving) {
  VSW_RETURN_IF_ERROR(Check(capture.bytes()));
  VSW_ASSIGN_OR_RETURN(rte_mempool* const pool, MakePool(name, count));
  FramePool frames(pool, capture.bytes());
  frames.capture_ = std::move(capture);
  frames.moving_ = moving;
  return frames;
}

bool FramePool::Make(std::span<const uint32_t> flows, uint64_t first_sequence, rte_mbuf** frames) {
  if (rte_mempool_get_bulk(pool_, reinterpret_cast<void**>(frames),
                           static_cast<unsigned>(flows.size())) != 0) {
    return false;
  }
  // The switch had them last: all are fetched before the first is written.
  for (size_t i = 0; i < flows.size(); ++i) {
    const auto* data = static_cast<const char*>(frames[i]->buf_addr) + RTE_PKTMBUF_HEADROOM;
    PrefetchForWrite(data);
    PrefetchForWrite(data + bytes_ - 1);  // the stamp
    __builtin_prefetch(data - 1);  // the driver's own header, which is mostly right already
  }
  for (size_t i = 0; i < flows.size(); ++i) {
    rte_mbuf* const frame = frames[i];
    // All that was changed since it was freed, or since it came to be.
    frame->data_off = RTE_PKTMBUF_HEADROOM;
    frame->ol_flags = 0;
    frame->pkt_len = frame->data_len = bytes_;
    Write(rte_pktmbuf_mtod(frame, uint8_t*), flows[i], static_cast<uint32_t>(first_sequence + i));
  }
  return true;
}

inline void FramePool::Write(uint8_t* data, uint32_t flow, uint32_t sequence) const {
  auto* headers = reinterpret_cast<Headers*>(data);
  if (capture_) {
    std::memcpy(data, capture_->frame(flow), bytes_);
    if (moving_) {
      const uint32_t to = rte_be_to_cpu_32(headers->ip.dst_addr);
      headers->ip.dst_addr = rte_cpu_to_be_32(to + sequence / capture_->frames());
      headers->ip.hdr_checksum = 0;
      headers->ip.hdr_checksum = rte_ipv4_cksum(&headers->ip);
    }
  } else {
    headers->ip.src_addr = rte_cpu_to_be_32(kSources + flow / kFlowsASource);
    headers->ip.dst_addr = rte_cpu_to_be_32(kServers + flow % kServerCount);
    headers->udp.src_port = rte_cpu_to_be_16(static_cast<uint16_t>(kFirstPort + flow % kPortCount));
    headers->ip.hdr_checksum = IpChecksum(ip_sum_, headers->ip.src_addr, headers->ip.dst_addr);
  }
  const Stamp stamp = {.sequence = sequence};
  std::memcpy(data + bytes_ - sizeof(stamp), &stamp, sizeof(stamp));
}

}  // namespace vsw::bench
