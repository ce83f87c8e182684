// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/outbox.h"

namespace vsw::ofconn {
namespace {

constexpr size_t kPieceBytes = 64 << 10;

}  // namespace

bool Outbox::Admits(Kind kind) {
  switch (kind) {
    case Kind::kReply:
      return true;
    case Kind::kPacketIn:
      if (queued() < kPacketInLimit) return true;
      dropped_packet_ins_.fetch_add(1, std::memory_order_relaxed);
      return false;
    case Kind::kAsync:
      if (queued() < kAsyncLimit) return true;
      dropped_others_.fetch_add(1, std::memory_order_relaxed);
      return false;
    case Kind::kMonitor:
      if (queued() < kOverrun) return true;
      dropped_others_.fetch_add(1, std::memory_order_relaxed);
      overrun_.store(true, std::memory_order_relaxed);
      wake_();
      return false;
  }
  return false;
}

void Outbox::Add(Kind kind, Bytes message) {
  if (message.empty() || !Admits(kind)) return;
  const size_t size = message.size();
  // First counted, then there to be taken: Sent() must never come before.
  queued_.fetch_add(size, std::memory_order_relaxed);
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = waiting_.empty();
    waiting_.push_back(std::move(message));
  }
  messages_.fetch_add(1, std::memory_order_relaxed);
  if (was_empty && kind != Kind::kReply) wake_();
}

Bytes Outbox::Take() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return {};
  Bytes piece = std::move(waiting_.front());
  waiting_.pop_front();
  while (!waiting_.empty() && piece.size() + waiting_.front().size() <= kPieceBytes) {
    piece.insert(piece.end(), waiting_.front().begin(), waiting_.front().end());
    waiting_.pop_front();
  }
  return piece;
}

}  // namespace vsw::ofconn
