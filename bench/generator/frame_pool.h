// SPDX-License-Identifier: Apache-2.0
//
// Frames that are nearly ready: every buffer of the pool holds a whole Ethernet/IPv4/UDP frame from
// the start, and only what differs from packet to packet is written when one is sent. Drivers give
// buffers back as they were, so the rest is still there. Or frames of a capture, which are copied.
#ifndef VSW_BENCH_GENERATOR_FRAME_POOL_H_
#define VSW_BENCH_GENERATOR_FRAME_POOL_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "bench/generator/capture.h"

namespace vsw::bench {

/// The last bytes of a frame, host order. So short that it fits behind a TCP header, of which it
/// covers no more than the urgent pointer.
struct Stamp {
  uint16_t magic = 0x5653;
  uint32_t sequence;  // lower half
} __attribute__((packed));

class FramePool {
 public:
  static constexpr uint16_t kMinBytes = 60;
  static constexpr uint16_t kMaxBytes = 1514;

  /// Frames of `bytes` (kMinBytes..kMaxBytes, without FCS), `count` buffers. ResourceExhausted.
  static absl::StatusOr<FramePool> Create(const std::string& name, uint32_t count, uint16_t bytes);
  /// As many frames as the capture has are its flows. `moving`: each round through them goes to
  /// addresses one higher, so that no frame comes twice. InvalidArgument: their size.
  static absl::StatusOr<FramePool> Create(const std::string& name, uint32_t count, Capture capture,
                                          bool moving = false);

  /// Makes a frame for each of `flows`, numbered from `first_sequence` on; false: the switch still
  /// holds too many buffers. REQUIRES: as many `frames`.
  bool Make(std::span<const uint32_t> flows, uint64_t first_sequence, rte_mbuf** frames);

  rte_mempool* pool() const { return pool_; }

 private:
  FramePool(rte_mempool* pool, uint16_t bytes) : pool_(pool), bytes_(bytes) {}
  void Write(uint8_t* data, uint32_t flow, uint32_t sequence) const;

  rte_mempool* pool_;
  uint16_t bytes_;
  uint32_t ip_sum_ = 0;  // of an IPv4 header without addresses and checksum
  std::optional<Capture> capture_;
  bool moving_ = false;
};

/// To be called for all frames of a burst before the first is read.
inline void FetchStamp(const rte_mbuf* frame) {
  __builtin_prefetch(rte_pktmbuf_mtod_offset(frame, const uint8_t*, frame->data_len - 1));
}

/// The stamp of a received frame; false if it is none of ours.
inline bool ReadStamp(const rte_mbuf* frame, Stamp* stamp) {
  if (frame->data_len < FramePool::kMinBytes) return false;
  std::memcpy(stamp,
              rte_pktmbuf_mtod_offset(frame, const uint8_t*, frame->data_len - sizeof(*stamp)),
              sizeof(*stamp));
  return stamp->magic == Stamp{}.magic;
}

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_FRAME_POOL_H_
