// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/receive_chain.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

namespace vsw {

ReceiveChain::ReceiveChain(rte_mempool* pool)
    : pool_(pool),
      room_(rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM),
      full_(static_cast<uint16_t>(
          std::min<uint32_t>(kMaxArmed, (kMaxFrameBytes + room_ - 1) / room_))),
      // Not initialised: pages that no big frame ever touches stay unused.
      rest_(std::make_unique_for_overwrite<uint8_t[]>(kMaxFrameBytes)) {}

ReceiveChain::~ReceiveChain() {
  if (armed_ > 0) rte_pktmbuf_free_bulk(mbufs_.data(), armed_);
}

bool ReceiveChain::Arm() {
  if (armed_ >= wanted_) [[likely]]
    return true;
  const auto missing = static_cast<uint16_t>(wanted_ - armed_);
  if (rte_pktmbuf_alloc_bulk(pool_, mbufs_.data() + armed_, missing) == 0) {
    armed_ = wanted_;
  } else if (armed_ == 0) {
    mbufs_[0] = rte_pktmbuf_alloc(pool_);
    if (mbufs_[0] == nullptr) return false;
    armed_ = 1;
  }
  Point();
  return true;
}

void ReceiveChain::Point() {
  iov_[0] = {&header_, sizeof(header_)};
  for (uint16_t i = 0; i < armed_; ++i) {
    iov_[i + 1] = {rte_pktmbuf_mtod(mbufs_[i], void*), room_};
  }
  iov_[armed_ + 1] = {rest_.get(), kMaxFrameBytes};
}

rte_mbuf* ReceiveChain::Take(uint32_t bytes, DropReason* reason) {
  const uint16_t used =
      static_cast<uint16_t>(std::clamp<uint32_t>((bytes + room_ - 1) / room_, 1, armed_));
  if (bytes >= kMaxFrameBytes) {
    *reason = DropReason::kRxOversized;
    return nullptr;
  }
  Adapt(bytes > room_);
  rte_mbuf* head = mbufs_[0];
  rte_mbuf* last = head;
  uint32_t left = bytes;
  for (uint16_t i = 0; i < used; ++i) {
    rte_mbuf* segment = mbufs_[i];
    segment->data_len = static_cast<uint16_t>(std::min(left, room_));
    left -= segment->data_len;
    if (i > 0) last->next = segment;
    last = segment;
  }
  head->nb_segs = used;
  head->pkt_len = bytes;
  // The last ones take the places of those that left.
  const auto remaining = static_cast<uint16_t>(armed_ - used);
  const uint16_t moved = std::min(used, remaining);
  std::copy_n(mbufs_.begin() + (armed_ - moved), moved, mbufs_.begin());
  armed_ = remaining;
  if (left > 0 && !AppendRest(head, last, left)) {
    rte_pktmbuf_free(head);
    *reason = DropReason::kRxNoBuffer;
    head = nullptr;
  }
  if (armed_ > 0) Point();
  return head;
}

bool ReceiveChain::AppendRest(rte_mbuf* head, rte_mbuf* last, uint32_t bytes) {
  for (const uint8_t* from = rest_.get(); bytes > 0;) {
    rte_mbuf* segment = rte_pktmbuf_alloc(pool_);
    if (segment == nullptr) return false;
    last->next = segment;
    last = segment;
    ++head->nb_segs;
    segment->data_len = static_cast<uint16_t>(std::min(bytes, room_));
    std::memcpy(rte_pktmbuf_mtod(segment, void*), from, segment->data_len);
    from += segment->data_len;
    bytes -= segment->data_len;
  }
  return true;
}

void ReceiveChain::Adapt(bool big) {
  if (big) {
    wanted_ = full_;
    small_frames_ = 0;
  } else if (wanted_ > 1 && ++small_frames_ == kSmallFramesBeforeShrink) {
    wanted_ = 1;
  }
}

void ReceiveChain::Shrink() {
  wanted_ = 1;
  small_frames_ = 0;
  if (armed_ <= 1) return;
  rte_pktmbuf_free_bulk(mbufs_.data() + 1, armed_ - 1u);
  armed_ = 1;
  Point();
}

}  // namespace vsw
