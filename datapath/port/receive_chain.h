// SPDX-License-Identifier: Apache-2.0
//
// Where the kernel puts one received frame: a header in front, mbufs, and a plain buffer behind
// them that takes what the mbufs could not. While frames are small one mbuf is armed, and the rare
// big frame's rest is copied; once big frames come, a chain for 64 KiB is armed and nothing is
// copied. What a frame did not use serves the next one.
//
// Thread safety: used by one thread at a time, that which receives on the queue.
#ifndef VSW_DATAPATH_PORT_RECEIVE_CHAIN_H_
#define VSW_DATAPATH_PORT_RECEIVE_CHAIN_H_

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/drop_reason.h"
#include "datapath/packet/offload.h"

struct rte_mbuf;
struct rte_mempool;

namespace vsw {

class ReceiveChain {
 public:
  explicit ReceiveChain(rte_mempool* pool);
  ~ReceiveChain();
  ReceiveChain(const ReceiveChain&) = delete;
  ReceiveChain& operator=(const ReceiveChain&) = delete;

  /// Makes ready for a frame. False: no packet buffer at all; the frame must stay in the kernel.
  bool Arm();
  /// For readv() or recvmsg(), after Arm(): header first.
  std::span<iovec> iov() { return {iov_.data(), armed_ + 2u}; }
  const VirtioHeader& header() const { return header_; }

  /// The frame of `bytes` bytes (without the header) that landed. nullptr: it is lost for `reason`.
  rte_mbuf* Take(uint32_t bytes, DropReason* reason);

  /// Gives back all but one mbuf; for a queue that fell idle.
  void Shrink();

 private:
  // The kernel's biggest frame is 64 KiB and its headers; one that fills all of this was cut.
  static constexpr uint32_t kMaxFrameBytes = 68 * 1024;
  static constexpr uint16_t kMaxArmed = 40;
  static constexpr uint16_t kSmallFramesBeforeShrink = 1024;

  void Point();
  bool AppendRest(rte_mbuf* head, rte_mbuf* last, uint32_t bytes);
  void Adapt(bool big);

  rte_mempool* const pool_;
  const uint32_t room_;  // bytes of one mbuf
  const uint16_t full_;  // mbufs for a frame of kMaxFrameBytes, at most kMaxArmed
  uint16_t wanted_ = 1;
  uint16_t armed_ = 0;
  uint16_t small_frames_ = 0;
  VirtioHeader header_;
  std::array<rte_mbuf*, kMaxArmed> mbufs_;
  std::array<iovec, kMaxArmed + 2> iov_;
  const std::unique_ptr<uint8_t[]> rest_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_RECEIVE_CHAIN_H_
