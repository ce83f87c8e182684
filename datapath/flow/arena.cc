// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/arena.h"

#include <sys/mman.h>

#include <bit>
#include <cerrno>

#include "base/status.h"

namespace vsw {

absl::StatusOr<ReservedMemory> ReservedMemory::Create(size_t bytes) {
  // Huge pages stand at their own multiples: a range that does not begin at one would have fewer.
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t mapped = bytes + (bytes >= kHugePage ? kHugePage : 0);
  void* map = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED) {
    return ErrnoStatus(errno,
                       fmt::format("reserve {} MiB of address space for flow tables", bytes >> 20));
  }
  // Fewer TLB misses where the kernel offers it; not an error where it does not.
  (void)madvise(map, mapped, MADV_HUGEPAGE);
  (void)madvise(map, mapped, MADV_DONTDUMP);
  ReservedMemory memory;
  memory.map_ = map;
  memory.mapped_ = mapped;
  const auto at = reinterpret_cast<uintptr_t>(map);
  memory.base_ = reinterpret_cast<uint8_t*>(
      bytes >= kHugePage ? (at + kHugePage - 1) / kHugePage * kHugePage : at);
  memory.bytes_ = bytes;
  return memory;
}

ReservedMemory::~ReservedMemory() {
  if (map_ != nullptr) munmap(map_, mapped_);
}

absl::StatusOr<std::unique_ptr<Arena>> Arena::Create(size_t bytes) {
  VSW_ASSIGN_OR_RETURN(ReservedMemory memory, ReservedMemory::Create(bytes));
  return std::unique_ptr<Arena>(new Arena(std::move(memory)));
}

size_t Arena::ClassOf(size_t bytes) {
  const size_t units = bytes == 0 ? 1 : (bytes + kUnit - 1) / kUnit;
  if (units <= kExactClasses) return units - 1;
  return kExactClasses + static_cast<size_t>(std::bit_width(units - 1)) - 4;
}

size_t Arena::ClassBytes(size_t size_class) {
  if (size_class < kExactClasses) return (size_class + 1) * kUnit;
  return (size_t{16} << (size_class - kExactClasses)) * kUnit;
}

void* Arena::Allocate(size_t bytes) {
  const size_t size_class = ClassOf(bytes);
  const size_t rounded = ClassBytes(size_class);
  void* block = free_[size_class];
  if (block != nullptr) {
    free_[size_class] = *static_cast<void**>(block);
  } else {
    if (memory_.bytes() - next_ < rounded) return nullptr;
    block = memory_.base() + next_;
    next_ += rounded;
  }
  used_ += rounded;
  return block;
}

void Arena::Free(void* block, size_t bytes) {
  const size_t size_class = ClassOf(bytes);
  *static_cast<void**>(block) = free_[size_class];
  free_[size_class] = block;
  used_ -= ClassBytes(size_class);
}

}  // namespace vsw
