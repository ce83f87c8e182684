// SPDX-License-Identifier: Apache-2.0
//
// A split virtqueue seen from the device (virtio 1.2 section 2.7). Chains are handed back in the
// order in which they were taken. Every value of the guest is read once and checked.
//
// Thread safety: none; its queue's gate lets one thread in at a time.
#ifndef VSW_VHOST_SPLIT_RING_H_
#define VSW_VHOST_SPLIT_RING_H_

#include <cstdint>

#include "vhost/chain.h"
#include "vhost/ring_setup.h"
#include "vhost/virtio_abi.h"

namespace vsw::vhost {

class SplitRing {
 public:
  /// A place in the ring; Fetch() moves it on.
  struct Cursor {
    uint16_t index;
  };

  /// False: the areas do not lie in the guest's memory, or the size is not allowed.
  bool Start(const RingSetup& setup);

  Cursor position() const { return {next_}; }
  Fetch FetchChain(Cursor* cursor, Direction direction, Chain* chain);

  /// Hands a chain back with `written` bytes in it; the guest sees it after Publish(). In order of
  /// fetching.
  void Complete(const Chain& chain, uint32_t written);
  void Publish();
  /// After Publish(): does the driver want an interrupt for what was published since the last yes?
  bool ShouldInterrupt();

  bool HasWork() const;
  void EnableKicks();
  void DisableKicks();

  uint16_t avail_base() const { return next_; }
  uint16_t used_base() const { return next_; }

 private:
  Fetch FetchIndirect(const SplitDescriptor& table, Direction direction, Chain* chain);
  void LogUsed(uint64_t offset, uint64_t length) const;

  RingSetup setup_;
  const SplitDescriptor* descriptors_ = nullptr;
  SplitAvail* avail_ = nullptr;
  SplitUsed* used_ = nullptr;
  uint16_t mask_ = 0;
  uint16_t next_ = 0;       // next entry to complete, available and used alike
  uint16_t published_ = 0;  // what the guest has seen
  uint16_t signalled_ = 0;  // published_ when the driver was last interrupted
  bool signalled_valid_ = false;
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_SPLIT_RING_H_
