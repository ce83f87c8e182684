// SPDX-License-Identifier: Apache-2.0
//
// Frames that are nearly ready: every buffer of the pool holds a whole Ethernet/IPv4/UDP frame from
// the start, and only what differs from packet to packet is written when one is sent. Drivers give
// buffers back as they were, so the rest is still there.
#ifndef VSW_BENCH_GENERATOR_FRAME_POOL_H_
#define VSW_BENCH_GENERATOR_FRAME_POOL_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"

namespace vsw::bench {

/// At the beginning of the UDP payload, host order.
struct Stamp {
  uint64_t sequence;
  uint64_t sent_tsc;
};

class FramePool {
 public:
  static constexpr uint16_t kMinBytes = 42 + sizeof(Stamp);
  static constexpr uint16_t kMaxBytes = 1514;

  /// Frames of `bytes` (kMinBytes..kMaxBytes, without FCS), `count` buffers. ResourceExhausted.
  static absl::StatusOr<FramePool> Create(uint32_t count, uint16_t bytes);

  /// Fills `frames` for the flows and numbers given by `flow_of(i)`, `first_sequence + i`; false:
  /// the switch still holds too many buffers.
  template <typename FlowOf>
  bool Make(std::span<rte_mbuf*> frames, uint64_t first_sequence, uint64_t now_tsc,
            FlowOf&& flow_of) {
    if (rte_mempool_get_bulk(pool_, reinterpret_cast<void**>(frames.data()),
                             static_cast<unsigned>(frames.size())) != 0) {
      return false;
    }
    for (size_t i = 0; i < frames.size(); ++i) {
      Write(frames[i], flow_of(), {first_sequence + i, now_tsc});
    }
    return true;
  }

  /// For receiving.
  rte_mempool* pool() const { return pool_; }

 private:
  FramePool(rte_mempool* pool, uint16_t bytes) : pool_(pool), bytes_(bytes) {}
  void Write(rte_mbuf* frame, uint32_t flow, const Stamp& stamp);

  rte_mempool* pool_;
  uint16_t bytes_;
};

/// The stamp of a received frame; false if it is none of ours.
bool ReadStamp(const rte_mbuf* frame, Stamp* stamp);

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_FRAME_POOL_H_
