// SPDX-License-Identifier: Apache-2.0
//
// Packets of one worker that wait for their next hop: the first ones through a new tunnel, or after
// a neighbour was forgotten. Bounded in all, per pair of ends and in time; what finds no room or
// waits too long is given back to be dropped by name. `Context` is what the tunnel needs to go on
// with the packet, copied.
//
// Thread safety: none; one worker owns it. Allocates only when it is made.
#ifndef VSW_DATAPATH_TUNNEL_PENDING_H_
#define VSW_DATAPATH_TUNNEL_PENDING_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "datapath/tunnel/next_hop.h"

struct rte_mbuf;

namespace vsw {

template <typename Context>
class PendingQueue {
 public:
  static constexpr uint32_t kMaxPackets = 512;
  static constexpr uint32_t kMaxPacketsPerEnds = 128;
  static constexpr uint32_t kMaxEnds = 64;

  /// `max_age_tsc`: how long a packet waits. The kernel asks three times, a second apart.
  explicit PendingQueue(uint64_t max_age_tsc, uint64_t ask_again_tsc)
      : max_age_tsc_(max_age_tsc),
        ask_again_tsc_(ask_again_tsc),
        waiting_(std::make_unique<Waiting[]>(kMaxPackets)),
        ends_(std::make_unique<Ends[]>(kMaxEnds)) {
    for (uint32_t i = 0; i < kMaxPackets; ++i) waiting_[i].next = i + 1;
  }

  bool empty() const { return count_ == 0; }
  uint32_t size() const { return count_; }

  /// Takes the packet over and asks for its next hop. False: no room; the packet stays the
  /// caller's, to be dropped as kTunnelUnresolved.
  bool Hold(rte_mbuf* packet, const TunnelEnds& ends, const Context& context, uint64_t now_tsc,
            NextHopTable* table) {
    Ends* row = FindOrTake(ends);
    if (row == nullptr || row->count == kMaxPacketsPerEnds || count_ == kMaxPackets) return false;
    if (row->count == 0 || Elapsed(row->asked_tsc, now_tsc) >= ask_again_tsc_) {
      table->Miss(ends.local, ends.remote);
      row->asked_tsc = now_tsc;
    }
    const uint32_t index = std::exchange(free_, waiting_[free_].next);
    waiting_[index] = {packet, now_tsc, kNone, context};
    (row->count == 0 ? row->first : waiting_[row->last].next) = index;
    row->last = index;
    ++row->count;
    ++count_;
    return true;
  }

  /// Looks after what waits: `send(packet, context, next_hop)` for packets whose next hop is there,
  /// in the order they came; `drop(packet, context)` for those that waited too long. Both take the
  /// packet over; `send` may be called for next hops that refuse. Cheap when nothing is new.
  template <typename Send, typename Drop>
  void Release(NextHopTable* table, uint64_t now_tsc, Send&& send, Drop&& drop) {
    if (count_ == 0) return;
    const uint64_t generation = table->generation();
    const bool changed = std::exchange(generation_, generation) != generation;
    if (!changed && now_tsc < next_look_tsc_) return;
    next_look_tsc_ = now_tsc + ask_again_tsc_;
    for (uint32_t i = 0; i < kMaxEnds; ++i) {
      if (ends_[i].count > 0) ReleaseOne(&ends_[i], table, now_tsc, send, drop);
    }
  }

  /// Gives all back to `drop`.
  template <typename Drop>
  void Clear(Drop&& drop) {
    for (uint32_t i = 0; i < kMaxEnds; ++i) {
      while (ends_[i].count > 0) {
        const auto [packet, context] = TakeFirst(&ends_[i]);
        drop(packet, context);
      }
    }
  }

 private:
  static constexpr uint32_t kNone = kMaxPackets;

  // A round of the worker looks by the time that it began at, and packets are held later in it.
  static uint64_t Elapsed(uint64_t since_tsc, uint64_t now_tsc) {
    return now_tsc > since_tsc ? now_tsc - since_tsc : 0;
  }

  struct Waiting {
    rte_mbuf* packet;
    uint64_t since_tsc;
    uint32_t next;
    Context context;
  };
  struct Ends {
    TunnelEnds ends;
    uint64_t asked_tsc = 0;
    uint32_t first = 0, last = 0, count = 0;
  };

  Ends* FindOrTake(const TunnelEnds& ends) {
    Ends* unused = nullptr;
    for (uint32_t i = 0; i < kMaxEnds; ++i) {
      if (ends_[i].count == 0) {
        if (unused == nullptr) unused = &ends_[i];
      } else if (ends_[i].ends == ends) {
        return &ends_[i];
      }
    }
    if (unused != nullptr) unused->ends = ends;
    return unused;
  }

  std::pair<rte_mbuf*, Context> TakeFirst(Ends* row) {
    const uint32_t index = row->first;
    Waiting& waiting = waiting_[index];
    row->first = waiting.next;
    waiting.next = std::exchange(free_, index);
    --row->count;
    --count_;
    return {waiting.packet, waiting.context};
  }

  template <typename Send, typename Drop>
  void ReleaseOne(Ends* row, NextHopTable* table, uint64_t now_tsc, Send& send, Drop& drop) {
    const NextHop* next_hop = table->Find(row->ends.local, row->ends.remote);
    if (next_hop != nullptr) {
      // What `send` holds back again comes behind, and is not met in this round.
      for (uint32_t left = row->count; left > 0; --left) {
        const auto [packet, context] = TakeFirst(row);
        send(packet, context, *next_hop);
      }
      return;
    }
    while (row->count > 0 && Elapsed(waiting_[row->first].since_tsc, now_tsc) >= max_age_tsc_) {
      const auto [packet, context] = TakeFirst(row);
      drop(packet, context);
    }
    if (row->count > 0 && Elapsed(row->asked_tsc, now_tsc) >= ask_again_tsc_) {
      table->Miss(row->ends.local, row->ends.remote);
      row->asked_tsc = now_tsc;
    }
  }

  const uint64_t max_age_tsc_;
  const uint64_t ask_again_tsc_;
  const std::unique_ptr<Waiting[]> waiting_;
  const std::unique_ptr<Ends[]> ends_;
  uint32_t free_ = 0;  // first of the free ones
  uint32_t count_ = 0;
  uint64_t generation_ = 0;
  uint64_t next_look_tsc_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_PENDING_H_
