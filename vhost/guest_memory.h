// SPDX-License-Identifier: Apache-2.0
//
// The memory that a guest shares with us, as the library mapped it: from guest-physical addresses
// to ours. Immutable; replaced as a whole when the guest sends another table.
#ifndef VSW_VHOST_GUEST_MEMORY_H_
#define VSW_VHOST_GUEST_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vsw::vhost {

struct MemoryRegion {
  uint64_t guest_address;  // guest-physical
  uint64_t size;           // bytes
  uint8_t* host;
};

class GuestMemory {
 public:
  explicit GuestMemory(std::vector<MemoryRegion> regions) : regions_(std::move(regions)) {}

  /// Where `guest_address` lies for us, and in `*length` how much of the wanted length lies there
  /// in one piece. nullptr: nowhere.
  uint8_t* Translate(uint64_t guest_address, uint64_t* length) const {
    for (const MemoryRegion& region : regions_) {
      const uint64_t offset = guest_address - region.guest_address;
      if (offset >= region.size) continue;
      if (*length > region.size - offset) *length = region.size - offset;
      return region.host + offset;
    }
    return nullptr;
  }

  /// True if all of [begin, begin+length) lies in one region, by our addresses, and `begin` is a
  /// multiple of `alignment` there.
  bool Holds(const void* begin, uint64_t length, uint64_t alignment) const;

  std::span<const MemoryRegion> regions() const { return regions_; }

 private:
  const std::vector<MemoryRegion> regions_;
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_GUEST_MEMORY_H_
