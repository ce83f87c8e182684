// SPDX-License-Identifier: Apache-2.0
//
// What a ring needs to run: addresses, size, position, features; taken from the library while the
// ring's gate is shut.
#ifndef VSW_VHOST_RING_SETUP_H_
#define VSW_VHOST_RING_SETUP_H_

#include <cstdint>
#include <memory>

#include "vhost/guest_memory.h"
#include "vhost/virtio_abi.h"

namespace vsw::vhost {

struct RingSetup {
  std::shared_ptr<const GuestMemory> memory;
  void* descriptors = nullptr;  // descriptor table, or packed ring
  void* driver_area = nullptr;  // available ring, or driver event
  void* device_area = nullptr;  // used ring, or device event
  uint32_t size = 0;            // entries
  uint16_t avail_base = 0;      // next available entry; packed: bit 15 is the wrap counter
  uint16_t used_base = 0;       // next used entry; likewise
  uint64_t features = 0;        // negotiated
  int device = -1;              // the library's handle
  uint16_t vring = 0;           // index within the device: 2*pair (to guest), 2*pair+1
  int kick_fd = -1;
  int call_fd = -1;

  /// Chains of a burst may go back with one entry, which names the last (sections 2.7.9, 2.8.7):
  /// the driver wants them in order, and no lengths of what it sent.
  bool goes_back_in_batches() const { return (features & kFeatureInOrder) && vring % 2 == 1; }
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_RING_SETUP_H_
