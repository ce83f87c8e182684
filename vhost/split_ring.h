// SPDX-License-Identifier: Apache-2.0
//
// A split virtqueue seen from the device (virtio 1.2 section 2.7). Chains are handed back in the
// order in which they were taken. Every value of the guest is read once and checked.
//
// Thread safety: none; its queue's gate lets one thread in at a time.
#ifndef VSW_VHOST_SPLIT_RING_H_
#define VSW_VHOST_SPLIT_RING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/prefetch.h"
#include "vhost/chain.h"
#include "vhost/ring_setup.h"
#include "vhost/virtio_abi.h"

namespace vsw::vhost {

class SplitRing {
 public:
  /// A place in the ring, which fetching moves on, and where what was available ended.
  struct Cursor {
    uint16_t index, end;
  };

  /// False: the areas do not lie in the guest's memory, or the size is not allowed.
  bool Start(const RingSetup& setup);

  Cursor position() {
    end_ = __atomic_load_n(&avail_->index, __ATOMIC_ACQUIRE);
    return {next_, end_};
  }
  /// The same, but the guest's index is left alone while so many chains are known to be there; and
  /// what they stand in, and where they go back, is fetched.
  Cursor PositionFor(size_t chains) {
    if (static_cast<uint16_t>(end_ - next_) < chains) {
      position();
      chains = std::min<size_t>(chains, static_cast<uint16_t>(end_ - next_));
    }
    Prefetch(chains);
    return {next_, end_};
  }
  Fetch FetchChain(Cursor* cursor, Direction direction, Chain* chain);
  /// The next chain, if there is one and it is of one piece; else the cursor stays.
  bool FetchFlat(Cursor* cursor, Direction direction, FlatBuffer* flat) {
    const auto waiting = static_cast<uint16_t>(cursor->end - cursor->index);
    if (waiting == 0 || waiting > setup_.size) return false;
    const uint16_t index = ReadOnce(&avail_->ring[cursor->index & mask_]);
    if (index > mask_) return false;
    const SplitDescriptor descriptor = ReadOnce(&descriptors_[index]);
    if (descriptor.flags & (kDescNext | kDescIndirect)) return false;
    flat->id = index;
    if (!Flatten(*setup_.memory, descriptor.address, descriptor.length,
                 descriptor.flags & kDescWrite, direction, flat)) {
      return false;
    }
    ++cursor->index;
    return true;
  }

  /// Hands a chain back with `written` bytes in it; the guest sees it after Publish(). In order of
  /// fetching.
  void Complete(const Chain& chain, uint32_t written) { CompleteId(chain.id, written); }
  /// The same for a chain that FetchFlat() gave.
  void CompleteFlat(uint16_t id, uint32_t written) { CompleteId(id, written); }
  void Publish();
  /// After Publish(): does the driver want an interrupt for what was published since the last yes?
  bool ShouldInterrupt();

  bool HasWork() const;
  void EnableKicks();
  void DisableKicks();

  uint16_t avail_base() const { return next_; }
  uint16_t used_base() const { return next_; }

 private:
  void Prefetch(size_t chains) const {
    constexpr size_t kUsedALine = 64 / sizeof(SplitUsedElement);
    const size_t entries = in_batches_ ? std::min<size_t>(chains, 1) : chains;
    for (size_t i = 0; i < entries; i += kUsedALine) {
      PrefetchForWrite(&used_->ring[(next_ + i) & mask_]);
    }
    if (!(setup_.features & kFeatureInOrder)) return;
    constexpr size_t kDescriptorsALine = 64 / sizeof(SplitDescriptor);
    for (size_t i = 0; i < chains; i += kDescriptorsALine) {
      __builtin_prefetch(&descriptors_[(next_ + i) & mask_]);
    }
  }
  Fetch FetchIndirect(const SplitDescriptor& table, Direction direction, Chain* chain);
  void CompleteId(uint16_t id, uint32_t written) {
    last_id_ = id;
    if (!in_batches_) WriteUsed(next_, id, written);
    ++next_;
  }
  void WriteUsed(uint16_t index, uint16_t id, uint32_t written) {
    const size_t place = index & mask_;
    used_->ring[place] = {.id = id, .length = written};
    LogUsed(sizeof(SplitUsed) + place * sizeof(SplitUsedElement), sizeof(SplitUsedElement));
  }
  void LogUsed(uint64_t offset, uint64_t length) const {
    if (setup_.features & kFeatureLogAll) [[unlikely]]
      LogUsedAlways(offset, length);
  }
  void LogUsedAlways(uint64_t offset, uint64_t length) const;

  RingSetup setup_;
  const SplitDescriptor* descriptors_ = nullptr;
  SplitAvail* avail_ = nullptr;
  SplitUsed* used_ = nullptr;
  bool in_batches_ = false;  // of which one entry each is written, by Publish()
  uint16_t last_id_ = 0;     // that was completed
  uint16_t mask_ = 0;
  uint16_t next_ = 0;       // next entry to complete, available and used alike
  uint16_t end_ = 0;        // what was available when it was looked at last
  uint16_t published_ = 0;  // what the guest has seen
  uint16_t signalled_ = 0;  // published_ when the driver was last interrupted
  bool signalled_valid_ = false;
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_SPLIT_RING_H_
