// SPDX-License-Identifier: Apache-2.0
//
// What decisions rest on and count for: their tags and statistics, kept once for the megaflows of
// which they are the same, in lists by which all that carry a tag are found. Most flows of a rule
// share theirs with others; one that is the same is looked for in a single place, so that putting a
// flow in takes the same time however many different ones there are.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_BASIS_H_
#define VSW_DATAPATH_FLOW_BASIS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "datapath/flow/arena.h"
#include "datapath/flow/translation.h"

namespace vsw {

struct Basis;

/// One tag of a basis, in the chain of those that share its place.
struct TagNode {
  Tag tag;
  Basis* basis;
  TagNode* next;
  TagNode** link;  // what points to this node
};

struct Basis {
  static constexpr uint32_t kNoFlow = 0xffffffff;

  uint32_t flows = 0;             // that rest on it
  uint32_t first_flow = kNoFlow;  // the owner's: where its list of them begins
  uint32_t hash;
  uint16_t tag_count;
  uint16_t stat_count;
  // The tags, and behind them the statistics.

  std::span<TagNode> tags() { return {reinterpret_cast<TagNode*>(this + 1), tag_count}; }
  std::span<StatId> stats() {
    return {reinterpret_cast<StatId*>(tags().data() + tag_count), stat_count};
  }
  static size_t BytesFor(size_t tags, size_t stats) {
    return sizeof(Basis) + tags * sizeof(TagNode) + stats * sizeof(StatId);
  }
};
static_assert(sizeof(Basis) % alignof(TagNode) == 0);

class BasisStore {
 public:
  /// ResourceExhausted: address space cannot be had.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<BasisStore>> Create(Arena* arena);

  /// For one more flow; nullptr when the arena is used up.
  Basis* Acquire(std::span<const Tag> tags, std::span<const StatId> stats);
  /// For one flow less.
  void Release(Basis* basis);

  /// Starts a visit of all that have the tag. One may be under way at a time; bases may come, which
  /// it need not see, and go meanwhile.
  void BeginVisit(Tag tag) { visiting_ = ChainOf(tag), visited_tag_ = tag; }
  /// One step of it. False: it is at its end. True: `*found` is the next one that has the tag, or
  /// nullptr if this step found none.
  bool Visit(Basis** found);

 private:
  static constexpr uint32_t kTagChains = 1u << 16;
  static constexpr uint32_t kRecent = 1u << 16;

  BasisStore(Arena* arena, ReservedMemory chains, ReservedMemory recent)
      : arena_(arena), chains_(std::move(chains)), recent_(std::move(recent)) {}
  TagNode*& ChainOf(Tag tag) const {
    const uint64_t mixed = tag * 0x9e3779b97f4a7c15;
    return reinterpret_cast<TagNode**>(chains_.base())[mixed >> 48];
  }

  // The one that was made last of those with such a hash, if it is still there.
  Basis*& RecentOf(uint32_t hash) const {
    return reinterpret_cast<Basis**>(recent_.base())[hash % kRecent];
  }

  Arena* const arena_;
  ReservedMemory chains_;
  ReservedMemory recent_;
  TagNode* visiting_ = nullptr;  // where the visit goes on
  Tag visited_tag_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_BASIS_H_
