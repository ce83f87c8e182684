// SPDX-License-Identifier: Apache-2.0
//
// Messages on their way to one peer, in the order they were made. Bounded: when the peer does not
// read, first packet-ins and then other asynchronous messages are left out (and counted); from
// full() on, its requests are no longer looked at; and one that makes the switch hold more than
// that allows for (monitor updates cannot be left out) is overrun() and loses its connection.
//
// Thread safety: Add() from the slow thread and from that of the connections, Take() and Sent()
// from the latter alone.
#ifndef VSW_OFPROTO_CONNECTION_OUTBOX_H_
#define VSW_OFPROTO_CONNECTION_OUTBOX_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "ofproto/message/codec.h"

namespace vsw::ofconn {

class Outbox {
 public:
  static constexpr size_t kPacketInLimit = 512 << 10;
  static constexpr size_t kAsyncLimit = 1 << 20;
  static constexpr size_t kFull = 1 << 20;
  static constexpr size_t kEmptyEnough = 256 << 10;
  static constexpr size_t kOverrun = 64 << 20;

  enum class Kind : uint8_t { kReply, kPacketIn, kAsync, kMonitor };

  /// `wake` is called when something is added that no reply is sent with.
  explicit Outbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void Add(Kind kind, Bytes message);
  void Add(Kind kind, std::vector<Bytes> messages) {
    for (Bytes& message : messages) Add(kind, std::move(message));
  }

  /// Bytes that were added and not Sent().
  size_t queued() const { return queued_.load(std::memory_order_relaxed); }
  bool full() const { return queued() >= kFull; }
  bool overrun() const { return overrun_.load(std::memory_order_relaxed); }
  uint64_t dropped_packet_ins() const {
    return dropped_packet_ins_.load(std::memory_order_relaxed);
  }
  uint64_t dropped_others() const { return dropped_others_.load(std::memory_order_relaxed); }
  uint64_t messages() const { return messages_.load(std::memory_order_relaxed); }

  /// One was left out before it came here (a rate limit).
  void CountDroppedPacketIn() { dropped_packet_ins_.fetch_add(1, std::memory_order_relaxed); }

  /// The next bytes to send: one message, or several small ones in one piece; empty if none wait.
  Bytes Take();
  void Sent(size_t bytes) { queued_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  bool Admits(Kind kind);

  const std::function<void()> wake_;
  std::atomic<size_t> queued_{0};
  std::atomic<bool> overrun_{false};
  std::atomic<uint64_t> dropped_packet_ins_{0}, dropped_others_{0}, messages_{0};
  std::mutex mutex_;  // guards waiting_
  std::deque<Bytes> waiting_;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_OUTBOX_H_
