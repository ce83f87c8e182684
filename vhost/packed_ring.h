// SPDX-License-Identifier: Apache-2.0
//
// A packed virtqueue seen from the device (virtio 1.2 section 2.8): the same interface as
// SplitRing, so that a queue is written once for both. Chains are handed back in the order in which
// they were taken.
//
// Thread safety: none; its queue's gate lets one thread in at a time.
#ifndef VSW_VHOST_PACKED_RING_H_
#define VSW_VHOST_PACKED_RING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/prefetch.h"
#include "vhost/chain.h"
#include "vhost/ring_setup.h"
#include "vhost/virtio_abi.h"

namespace vsw::vhost {

class PackedRing {
 public:
  /// An entry and the wrap counter of the lap that it is in.
  struct Cursor {
    uint16_t index;
    bool wrap;

    void Advance(uint32_t steps, uint32_t size) {
      const uint32_t moved = index + steps;
      wrap ^= moved >= size;
      index = static_cast<uint16_t>(moved >= size ? moved - size : moved);
    }
    uint16_t Encode() const { return static_cast<uint16_t>(index | (wrap ? 0x8000 : 0)); }
  };

  /// False: the areas do not lie in the guest's memory, or size or position are not allowed.
  bool Start(const RingSetup& setup);

  Cursor position() const { return next_; }
  /// The same; and as many entries as the last burst had, and as are asked for, are fetched to be
  /// read and, those that are, written back. Behind them the driver may be at work.
  Cursor PositionFor(size_t chains) {
    constexpr size_t kALine = 64 / sizeof(PackedDescriptor);
    const size_t expected = std::min<size_t>(chains, completed_);
    completed_ = 0;
    for (size_t i = 0; i < expected; i += kALine) {
      Cursor at = next_;
      at.Advance(static_cast<uint32_t>(i), setup_.size);
      if (in_batches_ && i > 0) {
        __builtin_prefetch(&descriptors_[at.index]);
      } else {
        PrefetchForWrite(&descriptors_[at.index]);
      }
    }
    return next_;
  }
  Fetch FetchChain(Cursor* cursor, Direction direction, Chain* chain);
  bool FetchFlat(Cursor* cursor, Direction direction, FlatBuffer* flat) {
    if (!IsAvailable(*cursor)) return false;
    const PackedDescriptor descriptor = ReadOnce(&descriptors_[cursor->index]);
    if (descriptor.flags & (kDescNext | kDescIndirect)) return false;
    flat->id = descriptor.id;
    if (!Flatten(*setup_.memory, descriptor.address, descriptor.length,
                 descriptor.flags & kDescWrite, direction, flat)) {
      return false;
    }
    cursor->Advance(1, setup_.size);
    return true;
  }
  void Complete(const Chain& chain, uint32_t written) {
    CompleteId(chain.id, chain.descriptors, written);
  }
  void CompleteFlat(uint16_t id, uint32_t written) { CompleteId(id, 1, written); }
  /// The driver looks at entries in order: what follows the first unpublished one stays hidden.
  void Publish();
  bool ShouldInterrupt();

  bool HasWork() const { return IsAvailable(next_); }
  void EnableKicks();
  void DisableKicks();

  uint16_t avail_base() const { return next_.Encode(); }
  uint16_t used_base() const { return next_.Encode(); }

 private:
  bool IsAvailable(Cursor cursor) const {
    const uint16_t flags = __atomic_load_n(&descriptors_[cursor.index].flags, __ATOMIC_ACQUIRE);
    return ((flags & kDescAvail) != 0) == cursor.wrap && ((flags & kDescUsed) != 0) != cursor.wrap;
  }
  void CompleteId(uint16_t id, uint32_t descriptors, uint32_t written);
  void HandBack(uint16_t index, uint16_t flags);
  Fetch FetchIndirect(const PackedDescriptor& table, Direction direction, Chain* chain);

  RingSetup setup_;
  PackedDescriptor* descriptors_ = nullptr;
  const PackedEvent* driver_event_ = nullptr;
  PackedEvent* device_event_ = nullptr;
  Cursor next_{0, true};       // next entry to complete, available and used alike
  Cursor signalled_{0, true};  // where next_ was when the driver was last asked
  bool in_batches_ = false;    // of which one entry each is written
  bool pending_ = false;       // an entry's flags wait for Publish()
  uint16_t pending_index_ = 0;
  uint16_t pending_flags_ = 0;
  size_t completed_ = 0;  // since PositionFor() was asked last
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_PACKED_RING_H_
