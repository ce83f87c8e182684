// SPDX-License-Identifier: Apache-2.0
//
// One virtqueue of a guest, of either ring kind: moves bursts of frames between the ring and mbufs,
// and lets nobody near the ring while the guest changes it. Of frames from a guest everything is
// copied, or, if the caller asks for that, the tails of long ones stay in the guest's buffers until
// TakeBack(); nothing of its memory is referred to afterwards.
//
// Thread safety: Receive, TakeBack, Transmit, BeginSleep and EndSleep from any worker (one at a
// time is let in); Start and Stop from the thread that handles the guest's messages.
#ifndef VSW_VHOST_QUEUE_H_
#define VSW_VHOST_QUEUE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "datapath/packet/offload.h"
#include "datapath/worker/counters.h"
#include "vhost/gate.h"
#include "vhost/packed_ring.h"
#include "vhost/ring_setup.h"
#include "vhost/split_ring.h"

namespace vsw::vhost {

/// The longest frame: 64 KiB of L3 behind an Ethernet header with two tags.
inline constexpr uint32_t kMaxFrameBytes = 65535 + 14 + 8;

/// What the negotiated features let us leave to the guest's driver.
OffloadCapabilities CapabilitiesOf(uint64_t features);

class Queue {
 public:
  /// Chains of one piece that are fetched before the first is used.
  static constexpr size_t kMaxFlat = 32;
  enum class Sleep { kNoGuest, kArmed, kHasWork, kMustPoll };

  /// Opens the ring to the workers. False: its addresses make no sense; it stays shut.
  bool Start(const RingSetup& setup);
  /// Returns when no worker is inside; hands the ring's position back to the library.
  void Stop();
  bool is_open() const { return gate_.is_open(); }

  /// From the guest. Frames arrive with their offload requests checked and set. With `lent`, tails
  /// may be lent; `*lent` tells, and then the caller stays in the ring until it calls TakeBack().
  uint16_t Receive(std::span<rte_mbuf*> burst, rte_mempool* pool, PortCounters& counters,
                   bool* lent);
  /// The buffers of the last Receive() go back to the guest. REQUIRES: `*lent` was true.
  void TakeBack();
  /// To the guest; takes ownership of all. A frame needs nothing beyond CapabilitiesOf() the
  /// negotiated features, else it is dropped under kTxOffload.
  void Transmit(std::span<rte_mbuf*> burst, PortCounters& counters);

  /// Asks the guest for kicks; `*kick_fd` is where they arrive (kArmed).
  Sleep BeginSleep(int* kick_fd);
  void EndSleep();

 private:
  template <typename Ring>
  uint16_t ReceiveFrom(Ring& ring, std::span<rte_mbuf*> burst, rte_mempool* pool,
                       PortCounters& counters, bool may_lend);
  template <typename Ring>
  bool ReceiveChain(Ring& ring, rte_mempool* pool, PortCounters& counters, rte_mbuf** frame);
  template <typename Ring>
  size_t ReceiveFlat(Ring& ring, std::span<rte_mbuf*> burst, rte_mempool* pool, bool may_lend);
  template <typename Ring>
  void TakeBackTo(Ring& ring);
  template <typename Ring>
  void TransmitTo(Ring& ring, std::span<rte_mbuf*> burst, PortCounters& counters);
  template <typename Ring>
  size_t TransmitFlat(Ring& ring, std::span<rte_mbuf* const> burst);
  template <typename Ring>
  DropReason TransmitOne(Ring& ring, rte_mbuf* frame);
  rte_mbuf* ToFrame(const Chain& chain, rte_mbuf* first, rte_mempool* pool, DropReason* reason);
  void WriteHeader(const Chain& first, const NetHeader& header);
  void Interrupt();

  Gate gate_;
  // Behind the gate.
  bool packed_ = false;
  bool broken_ = false;  // makes no sense any more; until the guest sets it up anew
  uint16_t header_bytes_ = 0;
  RingSetup setup_;
  SplitRing split_;
  PackedRing packed_ring_;
  // Chains whose frames are on their way, oldest first: they stand next in the ring.
  std::array<uint16_t, kMaxFlat> lent_;
  size_t lent_count_ = 0;
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_QUEUE_H_
