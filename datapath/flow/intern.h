// SPDX-License-Identifier: Apache-2.0
//
// Masks and action lists, each kept once however many megaflows use it: a million flows that go the
// same few ways cost a few lists, and comparing two masks is comparing two pointers.
//
// Thread safety: none; one worker owns them.
#ifndef VSW_DATAPATH_FLOW_INTERN_H_
#define VSW_DATAPATH_FLOW_INTERN_H_

#include <array>
#include <cstdint>
#include <span>

#include "base/drop_reason.h"
#include "datapath/flow/arena.h"
#include "datapath/flow/megaflow.h"

namespace vsw {

class ActionStore {
 public:
  explicit ActionStore(Arena* arena) : arena_(arena) {}
  /// One more reference to the list; nullptr when the arena is used up.
  const CompiledActions* Acquire(std::span<const Action> actions, DropReason drop_reason);
  void Release(const CompiledActions* actions);

 private:
  static constexpr size_t kChains = 1024;
  static uint32_t Hash(std::span<const Action> actions, DropReason drop_reason);
  static size_t BytesFor(size_t count) { return sizeof(CompiledActions) + count * sizeof(Action); }
  Arena* arena_;
  std::array<CompiledActions*, kChains> chains_{};
};

/// Whether both name the same lines, with the same bits in them.
bool SameLines(const FlowMask& a, const FlowMask& b);

class MaskStore {
 public:
  explicit MaskStore(Arena* arena) : arena_(arena) {}
  /// Of `mask` only the lines that it names count. What it returns has zeros in the others.
  const FlowMask* Acquire(const FlowMask& mask);
  void Release(const FlowMask* mask);
  bool Has(const FlowMask& mask) const;
  uint32_t size() const { return size_; }

 private:
  struct Entry {
    FlowMask mask;  // first: a mask's address is its entry's
    uint32_t references;
    uint32_t hash;
    Entry* next;
  };
  static constexpr size_t kChains = 1024;
  static uint32_t Hash(const FlowMask& mask);
  Arena* arena_;
  uint32_t size_ = 0;
  std::array<Entry*, kChains> chains_{};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_INTERN_H_
