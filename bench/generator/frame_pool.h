// SPDX-License-Identifier: Apache-2.0
//
// Frames that are nearly ready: every buffer of the pool holds a whole Ethernet/IPv4/UDP frame from
// the start, and only what differs from packet to packet is written when one is sent. Drivers give
// buffers back as they were, so the rest is still there. Or frames of a capture, which are copied.
#ifndef VSW_BENCH_GENERATOR_FRAME_POOL_H_
#define VSW_BENCH_GENERATOR_FRAME_POOL_H_

#include <rte_mbuf.h>

#include <cstdint>
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

  /// Fills `frames` for the flows and numbers given by `flow_of(i)`, `first_sequence + i`; false:
  /// the switch still holds too many buffers.
  template <typename FlowOf>
  bool Make(std::span<rte_mbuf*> frames, uint64_t first_sequence, FlowOf&& flow_of) {
    if (rte_mempool_get_bulk(pool_, reinterpret_cast<void**>(frames.data()),
                             static_cast<unsigned>(frames.size())) != 0) {
      return false;
    }
    // The switch had them last: all are fetched before the first is written.
    for (const rte_mbuf* frame : frames) {
      const auto* data = static_cast<const char*>(frame->buf_addr) + RTE_PKTMBUF_HEADROOM;
      __builtin_prefetch(data, 1);
      __builtin_prefetch(data - 1, 1);  // the driver's own header
    }
    for (size_t i = 0; i < frames.size(); ++i) {
      Write(frames[i], flow_of(), static_cast<uint32_t>(first_sequence + i));
    }
    return true;
  }

  rte_mempool* pool() const { return pool_; }

 private:
  FramePool(rte_mempool* pool, uint16_t bytes) : pool_(pool), bytes_(bytes) {}
  void Write(rte_mbuf* frame, uint32_t flow, uint32_t sequence);

  rte_mempool* pool_;
  uint16_t bytes_;
  uint32_t ip_sum_ = 0;  // of an IPv4 header without addresses and checksum
  std::optional<Capture> capture_;
  bool moving_ = false;
};

/// To be called for all frames of a burst before the first is read.
void FetchStamp(const rte_mbuf* frame);
/// The stamp of a received frame; false if it is none of ours.
bool ReadStamp(const rte_mbuf* frame, Stamp* stamp);

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_FRAME_POOL_H_
