// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/flow_table.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace vsw {
namespace {

// Address space, not memory: what is never touched costs nothing.
constexpr size_t kArenaBytesPerFlow = 512;
constexpr size_t kArenaBaseBytes = size_t{256} << 20;

// Whether both could match one packet: no bit that both demand differs.
bool LinesOverlap(const uint8_t* a, const uint8_t* a_mask, const uint8_t* b,
                  const uint8_t* b_mask) {
  const auto word = [](const uint8_t* p, size_t i) {
    uint64_t value;
    std::memcpy(&value, p + i, sizeof(value));
    return value;
  };
  uint64_t differ = 0;
  for (size_t i = 0; i < kLineBytes; i += sizeof(uint64_t)) {
    differ |= (word(a, i) ^ word(b, i)) & word(a_mask, i) & word(b_mask, i);
  }
  return differ == 0;
}

KeyLine LineOf(const FlowKey& key, size_t index) {
  KeyLine line;
  std::memcpy(line.word, key.line(index), kLineBytes);
  return line;
}

bool Overlaps(const Megaflow& flow, const DatapathControl::TagFilter& filter) {
  const uint8_t* more = flow.more_key;
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    if (!(flow.mask->lines & (1u << i))) continue;
    const uint8_t* line = i == 0 ? flow.key_line0 : more;
    if (!LinesOverlap(line, flow.mask->bits.line(i), filter.key->line(i), filter.mask->line(i))) {
      return false;
    }
    if (i > 0) more += kLineBytes;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FlowTable>> FlowTable::Create(const FlowTableOptions& options) {
  VSW_ASSIGN_OR_RETURN(ReservedMemory slots,
                       ReservedMemory::Create(size_t{options.max_megaflows} * sizeof(Megaflow)));
  VSW_ASSIGN_OR_RETURN(ReservedMemory records,
                       ReservedMemory::Create(size_t{options.max_megaflows} * sizeof(FlowRecord)));
  VSW_ASSIGN_OR_RETURN(
      std::unique_ptr<Arena> arena,
      Arena::Create(kArenaBaseBytes + size_t{options.max_megaflows} * kArenaBytesPerFlow));
  VSW_ASSIGN_OR_RETURN(ExactMatchCache exact, ExactMatchCache::Create(options.exact_match_entries));
  VSW_ASSIGN_OR_RETURN(FrameCache frames, FrameCache::Create(options.frame_entries));
  VSW_ASSIGN_OR_RETURN(std::unique_ptr<BasisStore> bases, BasisStore::Create(arena.get()));
  return std::unique_ptr<FlowTable>(new FlowTable(options, std::move(slots), std::move(records),
                                                  std::move(arena), std::move(exact),
                                                  std::move(frames), std::move(bases)));
}

FlowTable::FlowTable(const FlowTableOptions& options, ReservedMemory slots, ReservedMemory records,
                     std::unique_ptr<Arena> arena, ExactMatchCache exact, FrameCache frames,
                     std::unique_ptr<BasisStore> bases)
    : hash_(options.instructions),
      slots_(std::move(slots)),
      records_(std::move(records)),
      max_megaflows_(options.max_megaflows),
      in_frames_((size_t{options.max_megaflows} + 63) / 64),
      arena_(std::move(arena)),
      exact_(std::move(exact)),
      frames_(std::move(frames)),
      classifier_(hash_, arena_.get(), options.max_ports, options.max_masks_per_port),
      actions_(arena_.get()),
      masks_(arena_.get()),
      bases_(std::move(bases)) {}

void FlowTable::LookupOtherCandidates(FlowLookup* lookup) {
  const auto visit = [&](uint32_t candidate) {
    Megaflow& flow = At(candidate);
    if (!Matches(&lookup->key, flow)) return false;
    if (!IsStale(flow)) [[likely]]
      return true;
    lookup->stale = &flow;
    return false;
  };
  const uint32_t slot = lookup->sole != nullptr
                            ? lookup->sole->Find(static_cast<uint32_t>(lookup->hash), visit)
                            : exact_.Find(lookup->hash, visit);
  if (slot != kNoSlot) lookup->flow = &At(slot);
}

Megaflow* FlowTable::FindForPort(PortNo in_port) const {
  const std::span<Subtable* const> tuples = classifier_.Tuples(in_port);
  if (tuples.size() != 1 || !tuples[0]->in_port_only) return nullptr;
  KeyLine line = {};
  line.word[0] = ToInt(in_port);
  const Subtable& sole = *tuples[0];
  const auto hash = static_cast<uint32_t>(hash_.MaskedFirst(line, *sole.mask));
  // recirc_id, the only other thing that the mask has, is that of a packet just received.
  const uint32_t slot = sole.Find(hash, [&](uint32_t candidate) {
    const Megaflow& flow = At(candidate);
    return !IsStale(flow) && std::memcmp(flow.key_line0, line.word, kLineBytes) == 0;
  });
  return slot == kNoSlot ? nullptr : &At(slot);
}

void FlowTable::LookupMegaflow(FlowLookup* lookup, uint32_t most) {
  FlowKey* key = &lookup->key;
  classifier_.Search(key, most, [&](Subtable* subtable) {
    DefineLines(key, subtable->mask->lines);
    const auto hash = static_cast<uint32_t>(hash_.Masked(*key, *subtable->mask));
    const uint32_t slot = subtable->Find(hash, [&](uint32_t candidate) {
      const Megaflow& flow = At(candidate);
      if (!Matches(key, flow)) return false;
      if (!IsStale(flow)) [[likely]]
        return true;
      lookup->stale = &At(candidate);
      return false;
    });
    if (slot == kNoSlot) return false;
    ++subtable->hits;
    lookup->flow = &At(slot);
    if (lookup->sole == nullptr) exact_.Insert(lookup->hash, slot);
    if (--hits_until_reorder_ == 0) {
      hits_until_reorder_ = kReorderEvery;
      classifier_.Reorder(key->in_port);
    }
    return true;
  });
}

uint32_t FlowTable::TakeSlot(PortNo in_port) {
  if (classifier_.flows(in_port) >= kTimesWhatIsFree * (max_megaflows_ - live_)) return kNoSlot;
  const bool unused = used_slots_ < max_megaflows_;
  if (free_.count == 0 && resting_.count > 0 &&
      (!unused || resting_.count >= std::max(kResting, live_ / kFlowsPerResting))) {
    EndRest();
  }
  if (free_.count > 0) {
    const uint32_t slot = Pop(&free_);
    in_frames_[slot / 64] &= ~(uint64_t{1} << slot % 64);
    return slot;
  }
  return unused ? used_slots_++ : kNoSlot;
}

void FlowTable::FreeSlot(uint32_t slot) {
  At(slot).mask = nullptr;
  At(slot).epoch = kNoEpoch;
  const bool in_frames = (in_frames_[slot / 64] >> slot % 64 & 1) != 0;
  Push(in_frames ? &resting_ : &free_, slot);
}

uint32_t FlowTable::Pop(FreeList* list) {
  const uint32_t slot = list->first;
  list->first = At(slot).hash;
  --list->count;
  return slot;
}

void FlowTable::Push(FreeList* list, uint32_t slot) {
  At(slot).hash = list->first;
  list->first = slot;
  ++list->count;
}

// REQUIRES: no slot is free.
void FlowTable::EndRest() {
  frames_.Forget();
  free_ = std::exchange(resting_, {});
}

void FlowTable::Remember(PortNo in_port, const rte_mbuf* packet, const Megaflow& flow) {
  const uint32_t slot = SlotOf(flow);
  if (flow.mask->lines != kLineBase || flow.actions->single_output == kNoPort ||
      slot >= FrameCache::kMaxSlots) {
    return;
  }
  PlainShape shape;
  if (!ReadPlainShape(packet, &shape)) return;
  const FrameLook& look = frames_.LookFor(in_port, *flow.mask);
  const FrameImage* mask;
  if (!look.FindMask(packet, &mask)) return;
  FrameImage image;
  FrameLook::Read(rte_pktmbuf_mtod(packet, const uint8_t*), *mask, look.stamp(), &image);
  in_frames_[slot / 64] |= uint64_t{1} << slot % 64;
  frames_.Remember(image, hash_.Frame(image), slot);
}

// Those lines of `from` that have bits.
void FlowTable::CopyMask(const FlowMask& from, FlowMask* mask) {
  mask->lines = 0;
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    const KeyLine line = LineOf(from.bits, i);
    const bool empty = ((line.word[0] | line.word[1] | line.word[2] | line.word[3]) |
                        (line.word[4] | line.word[5] | line.word[6] | line.word[7])) == 0;
    if (empty && i > 0) continue;
    mask->lines |= static_cast<uint8_t>(1u << i);
    std::memcpy(mask->bits.line(i), line.word, kLineBytes);
  }
  mask->bits.in_port = PortNo{0xffffffff};
  mask->bits.recirc_id = 0xffffffff;
  mask->bits.lines = 0;
}

// Every bit of the lines that the packet has or the decision read: no more than one mask for each
// set of lines, whatever the decision was.
void FlowTable::SetWholeMask(const FlowKey& key, FlowMask* mask) {
  mask->lines |= key.lines | kLineBase;
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    if (mask->lines & (1u << i)) std::memset(mask->bits.line(i), 0xff, kLineBytes);
  }
  mask->bits.lines = 0;
}

// Most often the next new flow of a port has the mask of the one before, or has to do with an exact
// entry as that one had.
Subtable* FlowTable::SubtableFor(PortNo in_port, const FlowMask& mask, bool exact) {
  Subtable*& last = exact ? last_exact_ : last_;
  if (last != nullptr && last->in_port == in_port && SameLines(*last->mask, mask)) return last;
  if (!exact && !classifier_.HasRoom(in_port) && !masks_.Has(mask)) return nullptr;
  const FlowMask* interned = masks_.Acquire(mask);
  if (interned == nullptr) return nullptr;
  Subtable* subtable = classifier_.Find(in_port, interned);
  if (subtable != nullptr) {
    masks_.Release(interned);  // the subtable holds its own reference
  } else {
    subtable = classifier_.Add(in_port, interned, exact);
    if (subtable == nullptr) masks_.Release(interned);
  }
  last = subtable;
  return subtable;
}

void FlowTable::RemoveSubtable(Subtable* subtable) {
  const FlowMask* mask = subtable->mask;
  if (last_ == subtable) last_ = nullptr;
  if (last_exact_ == subtable) last_exact_ = nullptr;
  classifier_.Remove(subtable);
  masks_.Release(mask);
}

void FlowTable::StoreKey(Megaflow* flow, const FlowKey& key) {
  const FlowMask& mask = *flow->mask;
  uint8_t* more = flow->more_key;
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    if (!(mask.lines & (1u << i))) continue;
    KeyLine line = LineOf(key, i);
    const KeyLine bits = LineOf(mask.bits, i);
    for (size_t j = 0; j < std::size(line.word); ++j) line.word[j] &= bits.word[j];
    std::memcpy(i == 0 ? flow->key_line0 : more, line.word, kLineBytes);
    if (i > 0) more += kLineBytes;
  }
}

void FlowTable::LoadKey(const Megaflow& flow, FlowKey* key) {
  std::memset(static_cast<void*>(key), 0, sizeof(*key));
  const uint8_t* more = flow.more_key;
  for (size_t i = 0; i < kFlowKeyLines; ++i) {
    if (!(flow.mask->lines & (1u << i))) continue;
    std::memcpy(key->line(i), i == 0 ? flow.key_line0 : more, kLineBytes);
    if (i > 0) more += kLineBytes;
  }
}

// Gives it its key, and what the decision rests on. False: the arena is used up.
bool FlowTable::Establish(Megaflow* flow, const FlowKey& key, const Translation& translation) {
  Basis* const basis = bases_->Acquire(translation.tags.span(), translation.stats.span());
  if (basis == nullptr) return false;
  const size_t more_lines = static_cast<size_t>(__builtin_popcount(flow->mask->lines)) - 1;
  flow->more_key = nullptr;
  if (more_lines > 0) {
    flow->more_key = static_cast<uint8_t*>(arena_->Allocate(more_lines * kLineBytes));
    if (flow->more_key == nullptr) {
      bases_->Release(basis);
      return false;
    }
  }
  StoreKey(flow, key);
  const uint32_t slot = SlotOf(*flow), next = basis->first_flow;
  Record(slot) = {.reported_packets = 0,
                  .reported_bytes = 0,
                  .basis = basis,
                  .next = next,
                  .previous = kNoSlot};
  if (next != kNoSlot) Record(next).previous = slot;
  basis->first_flow = slot;
  return true;
}

void FlowTable::Dissolve(Megaflow* flow) {
  const uint32_t slot = SlotOf(*flow);
  const FlowRecord& record = Record(slot);
  if (invalidating_ == slot) invalidating_ = record.next;
  if (record.next != kNoSlot) Record(record.next).previous = record.previous;
  (record.previous != kNoSlot ? Record(record.previous).next : record.basis->first_flow) =
      record.next;
  bases_->Release(record.basis);
  const size_t more_lines = static_cast<size_t>(__builtin_popcount(flow->mask->lines)) - 1;
  if (more_lines > 0) arena_->Free(flow->more_key, more_lines * kLineBytes);
}

Megaflow* FlowTable::FindSame(Subtable* subtable, uint32_t hash, FlowKey* key) {
  const uint32_t slot =
      subtable->Find(hash, [&](uint32_t candidate) { return Matches(key, At(candidate)); });
  return slot == kNoSlot ? nullptr : &At(slot);
}

// It stays in place: packets of the burst at hand may have been found to be its.
Megaflow* FlowTable::Reuse(Megaflow* flow, const Translation& translation, FlowLookup* lookup) {
  const CompiledActions& actions = *flow->actions;
  if (actions.drop_reason != translation.drop_reason ||
      !std::ranges::equal(actions.span(), translation.actions.span())) {
    return nullptr;
  }
  lookup->flow = flow;
  if (lookup->sole == nullptr) exact_.Insert(lookup->hash, SlotOf(*flow));
  return flow;
}

Megaflow* FlowTable::Install(FlowLookup* lookup, const Translation& translation, uint64_t now_tsc,
                             const Report& report) {
  FlowKey& key = lookup->key;
  RemoveStale(lookup, report);
  if (translation.uncacheable || translation.tags.overflowed() || translation.stats.overflowed()) {
    return nullptr;
  }
  CopyMask(translation.mask, &wanted_);
  Subtable* subtable = SubtableFor(key.in_port, wanted_, false);
  if (subtable == nullptr && !classifier_.HasRoom(key.in_port)) {
    SetWholeMask(key, &wanted_);
    subtable = SubtableFor(key.in_port, wanted_, true);
  }
  if (subtable == nullptr) return nullptr;
  const auto hash = static_cast<uint32_t>(hash_.Masked(key, *subtable->mask));
  if (Megaflow* same = FindSame(subtable, hash, &key); same != nullptr) {
    if (!IsStale(*same)) return Reuse(same, translation, lookup);
    ReportUse(same, report);
    // Keeps the subtable while its only flow is replaced.
    ++subtable->flows;
    Remove(same);
    --subtable->flows;
  }

  const CompiledActions* actions =
      actions_.Acquire(translation.actions.span(), translation.drop_reason);
  const uint32_t slot = actions == nullptr ? kNoSlot : TakeSlot(key.in_port);
  if (slot != kNoSlot) {
    Megaflow* flow = &At(slot);
    flow->mask = subtable->mask;
    if (Establish(flow, key, translation)) {
      flow->actions = actions;
      flow->packets = flow->bytes = 0;
      flow->used_tsc = now_tsc;
      flow->hash = hash;
      flow->epoch = epoch_;
      flow->subtable = subtable;
      ++live_;
      ++classifier_.flows(key.in_port);
      if (subtable->Insert(hash, slot, arena_.get())) {
        classifier_.Enter(*flow);
        lookup->flow = flow;
        if (lookup->sole == nullptr) exact_.Insert(lookup->hash, slot);
        return flow;
      }
      --live_;
      --classifier_.flows(key.in_port);
      Dissolve(flow);
    }
    FreeSlot(slot);
  }
  if (actions != nullptr) actions_.Release(actions);
  if (subtable->flows == 0) RemoveSubtable(subtable);
  return nullptr;
}

bool FlowTable::ContinueInvalidation(const DatapathControl::TagFilter* filter, uint32_t* budget,
                                     const Report& report) {
  for (; *budget > 0; --*budget) {
    if (invalidating_ == kNoSlot) {
      Basis* basis = nullptr;
      if (!bases_->Visit(&basis)) return true;
      if (basis != nullptr) invalidating_ = basis->first_flow;
      continue;
    }
    Megaflow& flow = At(invalidating_);
    invalidating_ = Record(invalidating_).next;
    if (filter != nullptr && !Overlaps(flow, *filter)) continue;
    ReportUse(&flow, report);
    flow.epoch = kNoEpoch;
  }
  return false;
}

void FlowTable::Invalidate(Tag tag, const Report& report) {
  uint32_t budget = UINT32_MAX;
  BeginInvalidation(tag);
  while (!ContinueInvalidation(nullptr, &budget, report)) budget = UINT32_MAX;
}

bool FlowTable::ReportSome(uint32_t* cursor, uint32_t slots, const Report& report) {
  for (; *cursor < used_slots_ && slots > 0; ++*cursor, --slots) {
    Megaflow& flow = At(*cursor);
    if (flow.mask != nullptr) ReportUse(&flow, report);
  }
  return *cursor >= used_slots_;
}

// The stale decision may cover more than its successor does. Left in place it would let packets of
// its whole range be translated on the house, one after the other.
void FlowTable::RemoveStale(FlowLookup* lookup, const Report& report) {
  const bool renews = Renews(*lookup);
  Megaflow* stale = std::exchange(lookup->stale, nullptr);
  if (!renews) return;
  ReportUse(stale, report);
  Remove(stale);
}

void FlowTable::ReportUse(Megaflow* flow, const Report& report) {
  FlowRecord& record = RecordOf(*flow);
  const uint64_t packets = flow->packets - record.reported_packets;
  if (packets == 0) return;
  if (const std::span<const StatId> stats = record.basis->stats(); !stats.empty()) {
    report(stats, packets, flow->bytes - record.reported_bytes, flow->used_tsc);
  }
  record.reported_packets = flow->packets;
  record.reported_bytes = flow->bytes;
}

void FlowTable::Remove(Megaflow* flow) {
  const uint32_t slot = SlotOf(*flow);
  Subtable* subtable = flow->subtable;
  subtable->Remove(flow->hash, slot, arena_.get());
  classifier_.Leave(*flow);
  Dissolve(flow);
  actions_.Release(flow->actions);
  FreeSlot(slot);
  --live_;
  ++removals_;
  --classifier_.flows(subtable->in_port);
  if (subtable->flows == 0) RemoveSubtable(subtable);
}

void FlowTable::Sweep(uint32_t slots, uint64_t idle_before_tsc, const Report& report) {
  for (uint32_t n = std::min(slots, used_slots_); n > 0; --n) {
    if (sweep_at_ >= used_slots_) sweep_at_ = 0;
    Megaflow* flow = &At(sweep_at_++);
    if (flow->mask == nullptr) continue;
    ReportUse(flow, report);
    if (IsStale(*flow) || flow->used_tsc < idle_before_tsc) Remove(flow);
  }
}

}  // namespace vsw
