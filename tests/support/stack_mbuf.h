// SPDX-License-Identifier: Apache-2.0
//
// An mbuf of one or more segments that belongs to no pool, for tests of what only reads or edits
// packets. Nothing may free it.
#ifndef VSW_TESTS_SUPPORT_STACK_MBUF_H_
#define VSW_TESTS_SUPPORT_STACK_MBUF_H_

#include <rte_mbuf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace vsw::testing {

class StackMbuf {
 public:
  /// Every segment but the last holds `segment_bytes` (0: all in one); each has `headroom` in
  /// front.
  explicit StackMbuf(std::span<const uint8_t> frame, size_t segment_bytes = 0,
                     uint16_t headroom = 64) {
    const size_t step = segment_bytes == 0 ? std::max<size_t>(frame.size(), 1) : segment_bytes;
    const size_t count = std::max<size_t>((frame.size() + step - 1) / step, 1);
    segments_.resize(count);
    buffers_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      const auto part = frame.subspan(i * step, std::min(step, frame.size() - i * step));
      // Exactly as long as it has to be, so that a sanitizer sees every step beyond it.
      buffers_[i].assign(headroom + part.size(), 0xee);
      if (!part.empty()) std::memcpy(buffers_[i].data() + headroom, part.data(), part.size());
      rte_mbuf& m = segments_[i];
      std::memset(static_cast<void*>(&m), 0, sizeof(m));
      m.buf_addr = buffers_[i].data();
      m.buf_len = static_cast<uint16_t>(buffers_[i].size());
      m.data_off = headroom;
      m.data_len = static_cast<uint16_t>(part.size());
      m.refcnt = 1;
      m.nb_segs = 1;
      m.next = i + 1 < count ? &segments_[i + 1] : nullptr;
    }
    segments_[0].pkt_len = static_cast<uint32_t>(frame.size());
    segments_[0].nb_segs = static_cast<uint16_t>(count);
  }
  StackMbuf(const StackMbuf&) = delete;
  StackMbuf& operator=(const StackMbuf&) = delete;

  rte_mbuf* get() { return segments_.data(); }
  rte_mbuf* operator->() { return segments_.data(); }
  std::vector<uint8_t> Bytes() const {
    std::vector<uint8_t> bytes;
    for (const rte_mbuf* m = segments_.data(); m != nullptr; m = m->next) {
      const auto* data = rte_pktmbuf_mtod(m, const uint8_t*);
      bytes.insert(bytes.end(), data, data + m->data_len);
    }
    return bytes;
  }

 private:
  std::vector<rte_mbuf> segments_;
  std::vector<std::vector<uint8_t>> buffers_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_STACK_MBUF_H_
