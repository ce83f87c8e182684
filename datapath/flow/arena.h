// SPDX-License-Identifier: Apache-2.0
//
// Memory for what a worker's flow tables hold. One address range is reserved at start and filled in
// by the kernel as it is touched; blocks are carved from it and kept in free lists by size, so that
// neither taking nor giving back ever calls an allocator. When the range is used up, Allocate()
// says so and the caller does without.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_ARENA_H_
#define VSW_DATAPATH_FLOW_ARENA_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"

namespace vsw {

/// A range of address space without a file behind it, given back on destruction.
class ReservedMemory {
 public:
  [[nodiscard]] static absl::StatusOr<ReservedMemory> Create(size_t bytes);
  ReservedMemory() = default;
  ReservedMemory(ReservedMemory&& other) noexcept { *this = std::move(other); }
  ReservedMemory& operator=(ReservedMemory&& other) noexcept {
    std::swap(map_, other.map_);
    std::swap(mapped_, other.mapped_);
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~ReservedMemory();

  uint8_t* base() const { return base_; }
  size_t bytes() const { return bytes_; }

 private:
  void* map_ = nullptr;
  size_t mapped_ = 0;
  uint8_t* base_ = nullptr;
  size_t bytes_ = 0;
};

class Arena {
 public:
  /// Reserves `bytes` of address space. Errors: ResourceExhausted when the kernel refuses.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Arena>> Create(size_t bytes);
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// A block of at least `bytes`, aligned to 64, with undefined content; nullptr when none is left.
  void* Allocate(size_t bytes);
  /// Gives a block back. REQUIRES: `bytes` as it was asked for.
  void Free(void* block, size_t bytes);

  size_t used_bytes() const { return used_; }

 private:
  // Classes 0..7: 1..8 units of 64 bytes; behind them powers of two.
  static constexpr size_t kUnit = 64;
  static constexpr size_t kExactClasses = 8;
  static constexpr size_t kClasses = 40;

  explicit Arena(ReservedMemory memory) : memory_(std::move(memory)) {}
  static size_t ClassOf(size_t bytes);
  static size_t ClassBytes(size_t size_class);

  ReservedMemory memory_;
  size_t next_ = 0;  // everything behind was never used
  size_t used_ = 0;
  std::array<void*, kClasses> free_{};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_ARENA_H_
