// SPDX-License-Identifier: Apache-2.0
#include "vhost/guest_memory.h"

namespace vsw::vhost {

bool GuestMemory::Holds(const void* begin, uint64_t length, uint64_t alignment) const {
  if (begin == nullptr) return false;
  const auto address = reinterpret_cast<uintptr_t>(begin);
  if (address % alignment != 0) return false;
  for (const MemoryRegion& region : regions_) {
    const uint64_t offset = address - reinterpret_cast<uintptr_t>(region.host);
    if (offset < region.size) return length <= region.size - offset;
  }
  return false;
}

}  // namespace vsw::vhost
