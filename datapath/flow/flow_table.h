// SPDX-License-Identifier: Apache-2.0
//
// All cached decisions of one worker: exact-match cache in front of the megaflow classifier, the
// megaflows themselves, and the index by which the slow path invalidates them. A burst is looked up
// in passes, so that what one of them fetches is there when the next one needs it: Prepare, Locate,
// LookupQuick, and LookupMegaflow for what the quick way did not find; what nothing finds is
// translated by the caller and put in with Install().
//
// The quick way leads through the exact-match cache, except where a port has no more than one mask:
// then the classifier's only table is as quick, and takes no room for each flow that it covers.
//
// A decision may be used only if it was translated in the present epoch. Invalidated megaflows stay
// in place as stale ones, which no lookup returns, until a packet has them translated again or the
// sweep finds them. What they forwarded is reported when they are invalidated.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_FLOW_TABLE_H_
#define VSW_DATAPATH_FLOW_FLOW_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "base/prefetch.h"
#include "datapath/flow/basis.h"
#include "datapath/flow/classifier.h"
#include "datapath/flow/datapath_control.h"
#include "datapath/flow/exact_match_cache.h"
#include "datapath/flow/flow_hash.h"
#include "datapath/flow/frame_cache.h"
#include "datapath/flow/intern.h"
#include "datapath/flow/megaflow.h"
#include "datapath/packet/key_line.h"

struct rte_mbuf;

namespace vsw {

struct FlowTableOptions {
  uint32_t exact_match_entries = 1u << 20;
  uint32_t frame_entries = 1u << 17;
  uint32_t max_megaflows = 1u << 20;
  uint32_t max_ports = 4096;
  uint32_t max_masks_per_port = 1024;
  InstructionSet instructions = InstructionSet::kAll;
};

/// One packet on its way through the lookups. What all passes use stands in one cache line.
struct alignas(64) FlowLookup {
  uint64_t hash = 0;               // of the whole key, or of what `sole` has a mask for
  Megaflow* flow = nullptr;        // found
  Megaflow* stale = nullptr;       // a decision for it that was invalidated: it is translated anew
  const Subtable* sole = nullptr;  // the port's only one, until the next Install()
  uint32_t candidate = 0;          // slot to look at first, or none
  uint32_t lookups = 0;            // the caller's: that the packet has had beyond the first
  rte_mbuf* packet = nullptr;      // the caller's
  bool learn_look = false;         // the caller's: what its frame looks like is to be remembered
  FlowKey key;
};
static_assert(offsetof(FlowLookup, key) == kLineBytes);

class FlowTable {
 public:
  /// Called with what a megaflow forwarded since the last report.
  using Report = std::function<void(std::span<const StatId>, uint64_t packets, uint64_t bytes,
                                    uint64_t used_tsc)>;

  /// Errors: ResourceExhausted when address space cannot be had.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<FlowTable>> Create(
      const FlowTableOptions& options);

  /// Hashes the key, whose first line is `first`, and fetches the cache line that Locate() reads.
  [[gnu::always_inline]] void Prepare(FlowLookup* lookup, const KeyLine& first) {
    lookup->flow = nullptr;
    lookup->stale = nullptr;
    const std::span<Subtable* const> tuples = classifier_.Tuples(lookup->key.in_port);
    if (tuples.size() == 1) {
      const Subtable* sole = tuples[0];
      lookup->sole = sole;
      if (sole->mask->lines != kLineBase) [[unlikely]]
        DefineLines(&lookup->key, sole->mask->lines);
      lookup->hash = hash_.Masked(first, lookup->key, *sole->mask);
      sole->Prefetch(static_cast<uint32_t>(lookup->hash));
    } else {
      lookup->sole = nullptr;
      lookup->hash = hash_.Whole(first, lookup->key);
      exact_.Prefetch(lookup->hash);
    }
  }
  void Prepare(FlowLookup* lookup) { Prepare(lookup, KeyLine::Load(lookup->key)); }
  /// Finds where the flow's megaflow probably is and fetches that. REQUIRES: Prepare(), and nothing
  /// was installed since.
  void Locate(FlowLookup* lookup) const {
    lookup->candidate = lookup->sole != nullptr
                            ? lookup->sole->FirstCandidate(static_cast<uint32_t>(lookup->hash))
                            : exact_.FirstCandidate(lookup->hash);
    if (lookup->candidate == kNoSlot) [[unlikely]]
      return;
    const Megaflow* flow = &At(lookup->candidate);
    PrefetchForWrite(flow);
    __builtin_prefetch(flow->key_line0);
  }
  /// The quick way. REQUIRES: Locate(), and nothing was installed since.
  void LookupQuick(FlowLookup* lookup) {
    if (lookup->candidate == kNoSlot) [[unlikely]]
      return;
    Megaflow* flow = &At(lookup->candidate);
    if (Matches(&lookup->key, *flow) && !IsStale(*flow)) [[likely]] {
      lookup->flow = flow;
    } else {
      LookupOtherCandidates(lookup);
    }
  }
  /// Whether `guess`, any megaflow of this table that there is or was, decides about the packet
  /// with this line 0.
  [[gnu::always_inline]] bool Decides(const Megaflow& guess, const KeyLine& line) const {
    return MatchesLine(line, guess) && !IsStale(guess);
  }
  /// The one decision for whatever comes in by the port, as long as it reads nothing but the port;
  /// nullptr if it does not, or there is none.
  Megaflow* FindForPort(PortNo in_port) const;
  const FlowHash& hash() const { return hash_; }
  /// What is known of how frames look, which Remember() puts in.
  const FrameCache& frames() const { return frames_; }
  FrameCache* mutable_frames() { return &frames_; }
  [[gnu::always_inline]] void PrefetchFrame(uint64_t hash) const {
    __builtin_prefetch(&frames_[frames_.First(hash)]);
  }
  /// The megaflow that an entry of frames() says, fetched for IsKnown().
  [[gnu::always_inline]] Megaflow* FetchKnown(const FrameImage& entry) const {
    Megaflow* flow = &At(FrameCache::SlotOf(entry));
    PrefetchForWrite(flow);
    return flow;
  }
  /// Whether a megaflow that FetchKnown() gave is still there, and still decides.
  [[gnu::always_inline]] bool IsKnown(const Megaflow* flow) const {
    return flow != nullptr && !IsStale(*flow);
  }
  /// Whatever of the port's frames looks like this one, as far as the port's decisions read them,
  /// is sent by `flow`, if it sends to one port and reads what a frame shows. REQUIRES: `flow`
  /// decided about it, and it looks as it did then.
  void Remember(PortNo in_port, const rte_mbuf* packet, const Megaflow& flow);
  /// In the port's masks that may hold the packet, the most used first, and no more than `most`.
  void LookupMegaflow(FlowLookup* lookup, uint32_t most = ~uint32_t{0});
  /// Whether the packet's decision would renew one that was invalidated. No more than one packet
  /// renews each: another of the same burst may have done it since this one was looked up.
  bool Renews(const FlowLookup& lookup) const {
    return lookup.stale != nullptr && lookup.stale->mask != nullptr && IsStale(*lookup.stale);
  }

  /// Puts the decision in for the packet's flow, in place of the stale one that the lookup found or
  /// one of the same match (whose use is reported). One of the same match that is not stale, which
  /// a full lookup would have found, is given instead if it says the same. nullptr: no room, or the
  /// decision is not to be kept, depends on more than can be, or is another one than is there; it
  /// then serves for this one packet. REQUIRES: every line of the key is defined.
  Megaflow* Install(FlowLookup* lookup, const Translation& translation, uint64_t now_tsc,
                    const Report& report);

  /// Makes every megaflow of before stale, at once.
  void SetEpoch(uint32_t epoch) { epoch_ = epoch; }
  uint32_t epoch() const { return epoch_; }
  /// Makes the megaflows stale that carry `tag` (those that the filter admits), and reports what
  /// they forwarded. One invalidation may be under way at a time: Begin, then Continue until it
  /// says true; each step looks at no more than `*budget` megaflows and takes them off it.
  void BeginInvalidation(Tag tag) { bases_->BeginVisit(tag), invalidating_ = kNoSlot; }
  bool ContinueInvalidation(const DatapathControl::TagFilter* filter, uint32_t* budget,
                            const Report& report);
  /// All at once.
  void Invalidate(Tag tag, const Report& report);

  /// Looks at up to `slots` megaflows, going round: reports their use, forgets those stale or
  /// unused since `idle_before_tsc`.
  void Sweep(uint32_t slots, uint64_t idle_before_tsc, const Report& report);

  /// Reports the use of those of the `slots` megaflows from `*cursor` on; true when it is through.
  /// Megaflows that are put in meanwhile need not be seen.
  bool ReportSome(uint32_t* cursor, uint32_t slots, const Report& report);
  /// Calls `visit(flow, key)` for the megaflows in up to `slots` slots from `*cursor` on, with the
  /// masked key, until it returns false: that one is visited again. True when it is through.
  template <typename Visit>
  bool VisitSome(uint32_t* cursor, uint32_t slots, Visit&& visit) const {
    for (; *cursor < used_slots_ && slots > 0; ++*cursor, --slots) {
      const Megaflow& flow = At(*cursor);
      if (flow.mask == nullptr || IsStale(flow)) continue;
      FlowKey key;
      LoadKey(flow, &key);
      if (!visit(flow, key)) return false;
    }
    return *cursor >= used_slots_;
  }

  /// How many megaflows were taken out so far: while it is the same, a pointer to one stands for
  /// the same one.
  uint64_t removals() const { return removals_; }
  /// It was not invalidated.
  bool IsCurrent(const Megaflow& flow) const { return !IsStale(flow); }

  uint32_t megaflow_count() const { return live_; }
  uint32_t mask_count() const { return classifier_.subtable_count(); }
  uint32_t mask_count(PortNo in_port) const {
    return static_cast<uint32_t>(classifier_.Tuples(in_port).size());
  }
  size_t memory_bytes() const {
    return arena_->used_bytes() + live_ * (sizeof(Megaflow) + sizeof(FlowRecord));
  }

 private:
  static constexpr uint32_t kNoSlot = 0xffffffff;
  static_assert(kNoSlot == Basis::kNoFlow);
  static constexpr uint32_t kNoEpoch = 0;          // of what was invalidated, and of free slots
  static constexpr uint32_t kReorderEvery = 4096;  // classifier hits between two reorderings
  // A port may have so many times as many megaflows as there is room left: one alone nearly all,
  // and however many flows some bring about, there is room for the others' first ones.
  static constexpr uint64_t kTimesWhatIsFree = 32;
  // So many slots may rest, or one for so many megaflows, before the frame cache forgets.
  static constexpr uint32_t kResting = 1024, kFlowsPerResting = 4;

  // Free slots, linked through Megaflow::hash.
  struct FreeList {
    uint32_t first = kNoSlot, count = 0;
  };

  FlowTable(const FlowTableOptions& options, ReservedMemory slots, ReservedMemory records,
            std::unique_ptr<Arena> arena, ExactMatchCache exact, FrameCache frames,
            std::unique_ptr<BasisStore> bases);

  Megaflow& At(uint32_t slot) const { return reinterpret_cast<Megaflow*>(slots_.base())[slot]; }
  uint32_t SlotOf(const Megaflow& flow) const {
    return static_cast<uint32_t>(&flow - reinterpret_cast<Megaflow*>(slots_.base()));
  }
  FlowRecord& Record(uint32_t slot) const {
    return reinterpret_cast<FlowRecord*>(records_.base())[slot];
  }
  FlowRecord& RecordOf(const Megaflow& flow) const { return Record(SlotOf(flow)); }
  bool IsStale(const Megaflow& flow) const { return flow.epoch != epoch_; }

  void LookupOtherCandidates(FlowLookup* lookup);
  uint32_t TakeSlot(PortNo in_port);
  void FreeSlot(uint32_t slot);
  uint32_t Pop(FreeList* list);
  void Push(FreeList* list, uint32_t slot);
  void EndRest();
  static void CopyMask(const FlowMask& from, FlowMask* mask);
  static void SetWholeMask(const FlowKey& key, FlowMask* mask);
  Subtable* SubtableFor(PortNo in_port, const FlowMask& mask, bool exact);
  bool Establish(Megaflow* flow, const FlowKey& key, const Translation& translation);
  void Dissolve(Megaflow* flow);
  void StoreKey(Megaflow* flow, const FlowKey& key);
  static void LoadKey(const Megaflow& flow, FlowKey* key);
  void RemoveStale(FlowLookup* lookup, const Report& report);
  void Remove(Megaflow* flow);
  void ReportUse(Megaflow* flow, const Report& report);
  Megaflow* FindSame(Subtable* subtable, uint32_t hash, FlowKey* key);
  Megaflow* Reuse(Megaflow* flow, const Translation& translation, FlowLookup* lookup);
  void RemoveSubtable(Subtable* subtable);

  const FlowHash hash_;
  ReservedMemory slots_;
  ReservedMemory records_;
  const uint32_t max_megaflows_;
  uint32_t used_slots_ = 0;  // slots behind were never used
  FreeList free_;
  // Those that the frame cache may know: they rest until it was made to forget them.
  FreeList resting_;
  std::vector<uint64_t> in_frames_;  // bit N: the frame cache was given slot N
  uint32_t live_ = 0;
  uint64_t removals_ = 0;
  uint32_t sweep_at_ = 0;
  uint32_t epoch_ = 1;
  uint32_t hits_until_reorder_ = kReorderEvery;
  std::unique_ptr<Arena> arena_;
  ExactMatchCache exact_;
  FrameCache frames_;
  Classifier classifier_;
  ActionStore actions_;
  MaskStore masks_;
  FlowMask wanted_;  // of the decision that Install() has at hand; only lines that it names
  Subtable* last_ = nullptr;  // that SubtableFor() gave
  Subtable* last_exact_ = nullptr;
  std::unique_ptr<BasisStore> bases_;
  // Where the invalidation under way goes on among the flows of one basis.
  uint32_t invalidating_ = kNoSlot;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_FLOW_TABLE_H_
