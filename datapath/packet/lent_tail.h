// SPDX-License-Identifier: Apache-2.0
//
// What of a long frame is still where its sender has it, so that it is copied once on its way from
// guest to guest. The mbuf has the whole frame's lengths but only its first kHeadBytes, which are
// all that is ever looked at to decide where it goes; the sender cannot change these any more. A
// port that takes such frames copies the tail from where it is; before anyone else reads, edits or
// keeps one, Fetch() makes it like any other.
//
// A dynamic field of the mbuf holds where the tail is, a dynamic flag says that it counts; the flag
// is cleared by every allocation. The memory is there until the port that lent it takes it back.
//
// Thread safety: Register() from any thread; the rest by whoever owns the mbuf.
#ifndef VSW_DATAPATH_PACKET_LENT_TAIL_H_
#define VSW_DATAPATH_PACKET_LENT_TAIL_H_

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_memcpy.h>

#include <cstdint>

#include "base/status.h"
#include "datapath/packet/parser.h"

namespace vsw {

class LentTail {
 public:
  static constexpr uint32_t kHeadBytes = kMaxParsedBytes;
  /// Shorter frames are not worth it.
  static constexpr uint32_t kMinFrameBytes = 3 * kHeadBytes / 2;

  /// Reserves field and flag; REQUIRES: DPDK is set up. Called by all who lend, before they do, and
  /// before any worker starts; does nothing from the second time on.
  static void Register() {
    [[maybe_unused]] static const bool done = [] {
      const rte_mbuf_dynfield field = {.name = "vsw_lent_tail",
                                       .size = sizeof(const uint8_t*),
                                       .align = alignof(const uint8_t*),
                                       .flags = 0};
      const rte_mbuf_dynflag flag = {.name = "vsw_lent_tail", .flags = 0};
      offset_ = rte_mbuf_dynfield_register(&field);
      const int bit = rte_mbuf_dynflag_register(&flag);
      VSW_CHECK(offset_ >= 0 && bit >= 0);
      flag_ = uint64_t{1} << bit;
      return true;
    }();
  }

  /// The frame's first kHeadBytes are in the mbuf, what comes behind them is at `tail`.
  /// REQUIRES: one segment with room for all of it.
  static void Lend(rte_mbuf* frame, const uint8_t* tail) {
    *RTE_MBUF_DYNFIELD(frame, offset_, const uint8_t**) = tail;
    frame->ol_flags |= flag_;
  }
  static bool IsLent(const rte_mbuf* frame) { return (frame->ol_flags & flag_) != 0; }
  /// REQUIRES: IsLent().
  static const uint8_t* Of(const rte_mbuf* frame) {
    return *RTE_MBUF_DYNFIELD(frame, offset_, const uint8_t* const*);
  }
  static uint32_t BytesOf(const rte_mbuf* frame) { return frame->pkt_len - kHeadBytes; }

  /// Copies the tail into the mbuf, if it is lent.
  static void Fetch(rte_mbuf* frame) {
    if (!IsLent(frame)) [[likely]]
      return;
    rte_memcpy(rte_pktmbuf_mtod_offset(frame, uint8_t*, kHeadBytes), Of(frame), BytesOf(frame));
    frame->ol_flags &= ~flag_;
  }

 private:
  static inline int offset_ = -1;
  static inline uint64_t flag_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_LENT_TAIL_H_
