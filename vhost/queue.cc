// SPDX-License-Identifier: Apache-2.0
#include "vhost/queue.h"

#include <rte_mbuf.h>
#include <rte_memcpy.h>
#include <rte_vhost.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/prefetch.h"
#include "datapath/packet/lent_tail.h"
#include "vhost/event_signal.h"

namespace vsw::vhost {
namespace {

constexpr uint16_t kMinFrameBytes = 14;
constexpr size_t kShortHeaderBytes = 10;
// A frame of 64 KiB in buffers of the smallest size that drivers offer with mergeable buffers.
constexpr uint16_t kMaxMergedChains = 64;
// Frames that need work which the guest cannot do are resolved before; see Transmit().
constexpr uint64_t kNeedsChecksum =
    RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG;

bool Fits(const rte_mbuf* frame, const OffloadCapabilities& guest) {
  if (!(frame->ol_flags & kNeedsChecksum)) [[likely]]
    return true;
  if (frame->ol_flags & RTE_MBUF_F_TX_UDP_SEG) return guest.uso;
  if (frame->ol_flags & RTE_MBUF_F_TX_TCP_SEG) {
    return frame->ol_flags & RTE_MBUF_F_TX_IPV6 ? guest.tso6 : guest.tso4;
  }
  return guest.checksum;
}

// The header of a frame that asks for nothing and is in one chain. Where it stands there already,
// as in buffers that a driver uses again, its cache line stays with the guest as well.
void WritePlainHeader(uint8_t* at, uint16_t header_bytes) {
  constexpr uint32_t kOneBuffer = uint32_t{1} << 16;  // behind csum_offset
  static_assert(offsetof(NetHeader, num_buffers) == 10 && sizeof(NetHeader) == 12);
  uint64_t front;
  std::memcpy(&front, at, sizeof(front));
  if (front != 0) std::memset(at, 0, sizeof(front));
  if (header_bytes == sizeof(NetHeader)) [[likely]] {
    uint32_t back;
    std::memcpy(&back, at + sizeof(front), sizeof(back));
    if (back != kOneBuffer) std::memcpy(at + sizeof(front), &kOneBuffer, sizeof(back));
  } else {
    std::memset(at + sizeof(front), 0, kShortHeaderBytes - sizeof(front));
  }
}

// A frame of one segment.
void WriteFrame(uint8_t* to, const rte_mbuf* frame) {
  const auto* const bytes = rte_pktmbuf_mtod(frame, const uint8_t*);
  if (!LentTail::IsLent(frame)) {
    rte_memcpy(to, bytes, frame->pkt_len);
    return;
  }
  rte_memcpy(to, bytes, LentTail::kHeadBytes);
  rte_memcpy(to + LentTail::kHeadBytes, LentTail::Of(frame), LentTail::BytesOf(frame));
}

// Walks the pieces of one or several chains.
class PieceReader {
 public:
  explicit PieceReader(const Chain& chain) : chain_(chain) {}
  void Copy(void* to, uint32_t length) {
    auto* out = static_cast<uint8_t*>(to);
    while (length > 0) {
      const Chain::Piece& piece = chain_.piece[index_];
      const uint32_t here = std::min(length, piece.length - offset_);
      std::memcpy(out, piece.at + offset_, here);
      out += here;
      length -= here;
      offset_ += here;
      if (offset_ == piece.length) {
        ++index_;
        offset_ = 0;
      }
    }
  }

 private:
  const Chain& chain_;
  uint16_t index_ = 0;
  uint32_t offset_ = 0;
};

// Writes a frame behind the header of its first chain; what does not fit stays for the next one.
class FrameWriter {
 public:
  FrameWriter(const rte_mbuf* frame, bool log, int device)
      : segment_(frame), left_(frame->pkt_len), log_(log), device_(device) {}

  /// Fills `chain` from byte `skip` on; returns how many bytes were written.
  uint32_t Fill(const Chain& chain, uint32_t skip) {
    uint32_t written = 0;
    for (uint16_t i = 0; i < chain.pieces && left_ > 0; ++i) {
      const Chain::Piece& piece = chain.piece[i];
      if (skip >= piece.length) {
        skip -= piece.length;
        continue;
      }
      const uint32_t here = std::min(left_, piece.length - skip);
      CopyOut(piece.at + skip, here);
      if (log_) rte_vhost_log_write(device_, piece.guest_address + skip, here);
      written += here;
      left_ -= here;
      skip = 0;
    }
    return written;
  }

 private:
  void CopyOut(uint8_t* to, uint32_t length) {
    while (length > 0) {
      if (offset_ == segment_->data_len) {
        segment_ = segment_->next;
        offset_ = 0;
        continue;
      }
      const uint32_t here = std::min<uint32_t>(length, segment_->data_len - offset_);
      std::memcpy(to, rte_pktmbuf_mtod_offset(segment_, const uint8_t*, offset_), here);
      to += here;
      length -= here;
      offset_ += here;
    }
  }

  const rte_mbuf* segment_;
  uint32_t offset_ = 0;
  uint32_t left_;
  const bool log_;
  const int device_;
};

}  // namespace

OffloadCapabilities CapabilitiesOf(uint64_t features) {
  OffloadCapabilities capabilities;
  capabilities.checksum = features & kFeatureGuestCsum;
  capabilities.tso4 = capabilities.checksum && (features & kFeatureGuestTso4);
  capabilities.tso6 = capabilities.checksum && (features & kFeatureGuestTso6);
  return capabilities;
}

bool Queue::Start(const RingSetup& setup) {
  gate_.Shut();
  if (setup.memory == nullptr) return false;
  packed_ = setup.features & kFeaturePacked;
  if (packed_ ? !packed_ring_.Start(setup) : !split_.Start(setup)) return false;
  setup_ = setup;
  broken_ = false;
  const uint64_t long_header = kFeatureMergeable | kFeatureVersion1 | kFeaturePacked;
  header_bytes_ = setup.features & long_header ? sizeof(NetHeader) : kShortHeaderBytes;
  if (packed_) {
    packed_ring_.DisableKicks();
  } else {
    split_.DisableKicks();
  }
  gate_.Open();
  return true;
}

void Queue::Stop() {
  const bool was_open = gate_.is_open();
  gate_.Shut();
  if (!was_open) return;
  rte_vhost_set_vring_base(setup_.device, setup_.vring,
                           packed_ ? packed_ring_.avail_base() : split_.avail_base(),
                           packed_ ? packed_ring_.used_base() : split_.used_base());
  setup_ = RingSetup();
}

uint16_t Queue::Receive(std::span<rte_mbuf*> burst, rte_mempool* pool, PortCounters& counters,
                        bool* lent) {
  if (!gate_.TryEnter()) return 0;
  uint16_t received = 0;
  if (!broken_) {
    const bool may_lend = lent != nullptr;
    received = packed_ ? ReceiveFrom(packed_ring_, burst, pool, counters, may_lend)
                       : ReceiveFrom(split_, burst, pool, counters, may_lend);
  }
  if (lent_count_ > 0) {
    *lent = true;
  } else {
    gate_.Leave();
  }
  return received;
}

void Queue::TakeBack() {
  if (packed_) {
    TakeBackTo(packed_ring_);
  } else {
    TakeBackTo(split_);
  }
  gate_.Leave();
}

template <typename Ring>
void Queue::TakeBackTo(Ring& ring) {
  for (size_t i = 0; i < lent_count_; ++i) ring.CompleteFlat(lent_[i], 0);
  lent_count_ = 0;
  ring.Publish();
  if (ring.ShouldInterrupt()) Interrupt();
}

// Chains of one piece by the burst, any other one by one.
template <typename Ring>
uint16_t Queue::ReceiveFrom(Ring& ring, std::span<rte_mbuf*> burst, rte_mempool* pool,
                            PortCounters& counters, bool may_lend) {
  size_t received = 0, taken = 0;
  // A guest that sends nothing but garbage gets one burst of it done at a time.
  while (taken < burst.size()) {
    const size_t room = burst.size() - taken;
    const size_t flat = ReceiveFlat(ring, burst.subspan(received, room), pool, may_lend);
    received += flat;
    if (lent_count_ > 0) break;  // what comes behind them waits until they are taken back
    taken += flat;
    if (flat == room) break;
    rte_mbuf* frame = nullptr;
    if (!ReceiveChain(ring, pool, counters, &frame)) break;
    ++taken;
    if (frame != nullptr) burst[received++] = frame;
  }
  if (taken > 0) {
    ring.Publish();
    if (ring.ShouldInterrupt()) Interrupt();
  }
  return static_cast<uint16_t>(received);
}

// Takes the next chain, whatever it is; `*frame` stays nullptr if it was dropped. False: there is
// none to take.
template <typename Ring>
bool Queue::ReceiveChain(Ring& ring, rte_mempool* pool, PortCounters& counters, rte_mbuf** frame) {
  Chain chain;
  auto cursor = ring.position();
  const Fetch fetch = ring.FetchChain(&cursor, Direction::kFromGuest, &chain);
  if (fetch == Fetch::kEmpty) return false;
  if (fetch == Fetch::kBroken) {
    broken_ = true;
    counters.Drop(DropReason::kRxBadRing);
    return false;
  }
  DropReason reason = DropReason::kRxBadRing;
  if (fetch == Fetch::kOk) {
    rte_mbuf* const first = rte_pktmbuf_alloc(pool);
    // Else it stays in the ring: the guest slows down instead of losing it.
    if (first == nullptr) return false;
    *frame = ToFrame(chain, first, pool, &reason);
  }
  ring.Complete(chain, 0);
  if (*frame == nullptr) counters.Drop(reason);
  return true;
}

// Takes what stands next in the ring as long as it is of one piece, fits an mbuf and asks for
// nothing; returns how many. First all are fetched, so that the copies find the guest's frames in
// the cache.
template <typename Ring>
size_t Queue::ReceiveFlat(Ring& ring, std::span<rte_mbuf*> burst, rte_mempool* pool,
                          bool may_lend) {
  const bool may_ask = setup_.features & kFeaturesHostOffload;
  std::array<FlatBuffer, kMaxFlat> flat;
  const size_t most = std::min(burst.size(), flat.size());
  const uint32_t shortest = header_bytes_ + kMinFrameBytes;
  const uint32_t longest = header_bytes_ + rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
  const uint32_t lent_from = header_bytes_ + LentTail::kMinFrameBytes;
  auto cursor = ring.PositionFor(most);
  bool lend = false;
  size_t count = 0;
  for (; count < most; ++count) {
    FlatBuffer& next = flat[count];
    if (!ring.FetchFlat(&cursor, Direction::kFromGuest, &next)) break;
    if (next.length < shortest || next.length > longest) break;
    lend |= may_lend && next.length >= lent_from;
    if (may_ask) __builtin_prefetch(next.at);
    __builtin_prefetch(next.at + header_bytes_);
    __builtin_prefetch(next.at + 64);
  }
  if (count == 0 || rte_pktmbuf_alloc_bulk(pool, burst.data(), static_cast<unsigned>(count)) != 0) {
    return 0;
  }
  size_t taken = 0;
  for (; taken < count; ++taken) {
    const FlatBuffer& from = flat[taken];
    if (may_ask) {
      NetHeader header;
      std::memcpy(&header, from.at, kShortHeaderBytes);
      if (header.flags != 0 || header.gso_type != 0) [[unlikely]]
        break;
    }
    rte_mbuf* const frame = burst[taken];
    const uint32_t length = from.length - header_bytes_;
    const uint8_t* const bytes = from.at + header_bytes_;
    const bool lent = lend && from.length >= lent_from;
    rte_memcpy(rte_pktmbuf_mtod(frame, uint8_t*), bytes, lent ? LentTail::kHeadBytes : length);
    frame->data_len = static_cast<uint16_t>(length);
    frame->pkt_len = length;
    if (lent) LentTail::Lend(frame, bytes + LentTail::kHeadBytes);
    if (lend) {
      lent_[taken] = from.id;
    } else {
      ring.CompleteFlat(from.id, 0);
    }
  }
  if (lend) lent_count_ = taken;
  if (taken < count) [[unlikely]]
    rte_pktmbuf_free_bulk(&burst[taken], static_cast<unsigned>(count - taken));
  return taken;
}

rte_mbuf* Queue::ToFrame(const Chain& chain, rte_mbuf* first, rte_mempool* pool,
                         DropReason* reason) {
  const uint64_t length = chain.length - header_bytes_;
  if (chain.length < header_bytes_ + uint64_t{kMinFrameBytes} || length > kMaxFrameBytes) {
    *reason = chain.length <= header_bytes_ ? DropReason::kRxBadRing
              : length > kMaxFrameBytes     ? DropReason::kRxOversized
                                            : DropReason::kRxMalformed;
    rte_pktmbuf_free(first);
    return nullptr;
  }
  PieceReader reader(chain);
  NetHeader header = {};
  reader.Copy(&header, header_bytes_);
  auto left = static_cast<uint32_t>(length);
  rte_mbuf* last = first;
  while (true) {
    const uint32_t here = std::min<uint32_t>(left, rte_pktmbuf_tailroom(last));
    reader.Copy(rte_pktmbuf_mtod(last, uint8_t*), here);
    last->data_len = static_cast<uint16_t>(here);
    left -= here;
    if (left == 0) break;
    rte_mbuf* const next = rte_pktmbuf_alloc(pool);
    if (next == nullptr) {
      *reason = DropReason::kRxNoBuffer;
      rte_pktmbuf_free(first);
      return nullptr;
    }
    last->next = next;
    last = next;
    ++first->nb_segs;
  }
  first->pkt_len = static_cast<uint32_t>(length);
  if ((setup_.features & kFeaturesHostOffload) && (header.flags != 0 || header.gso_type != 0) &&
      !ApplyVirtioHeader(first, header.flags, header.gso_type, header.hdr_len, header.gso_size,
                         header.csum_start, header.csum_offset)) {
    *reason = DropReason::kRxBadOffload;
    rte_pktmbuf_free(first);
    return nullptr;
  }
  return first;
}

void Queue::Transmit(std::span<rte_mbuf*> burst, PortCounters& counters) {
  if (burst.empty()) return;
  if (!gate_.Enter()) {
    counters.Drop(DropReason::kTxNoGuest, burst.size());
    rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
    return;
  }
  if (broken_) {
    counters.Drop(DropReason::kTxNoGuest, burst.size());
  } else if (packed_) {
    TransmitTo(packed_ring_, burst, counters);
  } else {
    TransmitTo(split_, burst, counters);
  }
  gate_.Leave();
  rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
}

template <typename Ring>
void Queue::TransmitTo(Ring& ring, std::span<rte_mbuf*> burst, PortCounters& counters) {
  const OffloadCapabilities guest = CapabilitiesOf(setup_.features);
  uint64_t packets = 0, bytes = 0;
  for (size_t i = 0; i < burst.size();) {
    const size_t flat = TransmitFlat(ring, burst.subspan(i));
    packets += flat;
    for (const size_t end = i + flat; i < end; ++i) bytes += burst[i]->pkt_len;
    if (i == burst.size()) break;
    rte_mbuf* const frame = burst[i++];
    LentTail::Fetch(frame);
    const DropReason reason =
        Fits(frame, guest) ? TransmitOne(ring, frame) : DropReason::kTxOffload;
    if (reason == DropReason::kNone) {
      ++packets;
      bytes += frame->pkt_len;
      continue;
    }
    counters.Drop(reason);
    if (reason == DropReason::kTxQueueFull || broken_) {
      // The rest would find the same.
      counters.Drop(reason, burst.size() - i);
      break;
    }
  }
  ring.Publish();
  counters.tx_packets.Add(packets);
  counters.tx_bytes.Add(bytes);
  if (packets > 0 && ring.ShouldInterrupt()) Interrupt();
}

// Sends the first frames of the burst as long as each is in one segment, asks for nothing and finds
// a chain of one piece with room for it; returns how many. First the guest's buffers are fetched,
// all of them.
template <typename Ring>
size_t Queue::TransmitFlat(Ring& ring, std::span<rte_mbuf* const> burst) {
  if (setup_.features & kFeatureLogAll) [[unlikely]]
    return 0;
  std::array<FlatBuffer, kMaxFlat> flat;
  const size_t most = std::min(burst.size(), flat.size());
  auto cursor = ring.PositionFor(most);
  size_t count = 0;
  for (; count < most; ++count) {
    const rte_mbuf* const frame = burst[count];
    if (frame->nb_segs != 1 || (frame->ol_flags & kNeedsChecksum) != 0) break;
    FlatBuffer& next = flat[count];
    if (!ring.FetchFlat(&cursor, Direction::kToGuest, &next)) break;
    if (next.length < header_bytes_ + frame->pkt_len) break;
    __builtin_prefetch(next.at);
    PrefetchForWrite(next.at + header_bytes_);
    PrefetchForWrite(next.at + 64);
    __builtin_prefetch(rte_pktmbuf_mtod(frame, const uint8_t*));
  }
  for (size_t i = 0; i < count; ++i) {
    const rte_mbuf* const frame = burst[i];
    WritePlainHeader(flat[i].at, header_bytes_);
    WriteFrame(flat[i].at + header_bytes_, frame);
    ring.CompleteFlat(flat[i].id, header_bytes_ + frame->pkt_len);
  }
  return count;
}

// A frame may be spread over several chains if the driver has agreed to that; the header of the
// first tells how many, so all are fetched before any is written.
template <typename Ring>
DropReason Queue::TransmitOne(Ring& ring, rte_mbuf* frame) {
  const bool mergeable = setup_.features & kFeatureMergeable;
  const uint64_t needed = uint64_t{header_bytes_} + frame->pkt_len;
  Chain chain;
  uint64_t room = 0;
  uint16_t chains = 0;
  auto cursor = ring.position();
  while (room < needed) {
    if (chains == (mergeable ? kMaxMergedChains : 1)) return DropReason::kTxTooBig;
    const Fetch fetch = ring.FetchChain(&cursor, Direction::kToGuest, &chain);
    if (fetch == Fetch::kEmpty) return DropReason::kTxQueueFull;
    if (fetch != Fetch::kOk || chain.length == 0 || (chains == 0 && chain.length < header_bytes_)) {
      broken_ = true;
      return DropReason::kTxError;
    }
    room += chain.length;
    ++chains;
  }
  const VirtioHeader offload = MakeVirtioHeader(frame);
  const NetHeader header = {
      offload.flags,      offload.gso_type,    offload.hdr_len, offload.gso_size,
      offload.csum_start, offload.csum_offset, chains};
  FrameWriter writer(frame, setup_.features & kFeatureLogAll, setup_.device);
  for (uint16_t i = 0; i < chains; ++i) {
    // Fetched again when there are several: the guest may have changed what stands there. The frame
    // is then cut short, to the guest's own harm; nothing outside its memory is written.
    if (chains > 1) {
      cursor = ring.position();
      if (ring.FetchChain(&cursor, Direction::kToGuest, &chain) != Fetch::kOk) {
        broken_ = true;
        return DropReason::kTxError;
      }
    }
    const uint32_t skip = i == 0 ? header_bytes_ : 0;
    if (i == 0) WriteHeader(chain, header);
    ring.Complete(chain, writer.Fill(chain, skip) + skip);
  }
  return DropReason::kNone;
}

void Queue::WriteHeader(const Chain& chain, const NetHeader& header) {
  const auto* from = reinterpret_cast<const uint8_t*>(&header);
  uint32_t left = header_bytes_;
  for (uint16_t i = 0; i < chain.pieces && left > 0; ++i) {
    const uint32_t here = std::min(left, chain.piece[i].length);
    std::memcpy(chain.piece[i].at, from, here);
    if (setup_.features & kFeatureLogAll) {
      rte_vhost_log_write(setup_.device, chain.piece[i].guest_address, here);
    }
    from += here;
    left -= here;
  }
}

Queue::Sleep Queue::BeginSleep(int* kick_fd) {
  if (!gate_.TryEnter()) return gate_.is_open() ? Sleep::kHasWork : Sleep::kNoGuest;
  Sleep result = Sleep::kNoGuest;
  if (!broken_ && setup_.kick_fd < 0) {
    result = Sleep::kMustPoll;
  } else if (!broken_) {
    *kick_fd = setup_.kick_fd;
    bool work;
    if (packed_) {
      packed_ring_.EnableKicks();
      work = packed_ring_.HasWork();
    } else {
      split_.EnableKicks();
      work = split_.HasWork();
    }
    result = work ? Sleep::kHasWork : Sleep::kArmed;
  }
  gate_.Leave();
  return result;
}

void Queue::EndSleep() {
  if (!gate_.TryEnter()) return;
  if (packed_) {
    packed_ring_.DisableKicks();
  } else {
    split_.DisableKicks();
  }
  if (setup_.kick_fd >= 0) {
    // The descriptor is the peer's: whether it blocks is not for us to say, so ask not to.
    uint64_t kicks;
    iovec into = {&kicks, sizeof(kicks)};
    (void)!preadv2(setup_.kick_fd, &into, 1, -1, RWF_NOWAIT);
  }
  gate_.Leave();
}

void Queue::Interrupt() {
  if (setup_.call_fd >= 0) SignalEvent(setup_.call_fd);
}

}  // namespace vsw::vhost
