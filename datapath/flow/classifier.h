// SPDX-License-Identifier: Apache-2.0
//
// The megaflow classifier: tuple space search, one list of subtables per ingress port. Every
// megaflow matches its in-port exactly, so a packet meets only the masks that its own port brought
// about, and a port that provokes many masks makes only itself slow (compare CVE-2019-25076). The
// number of masks per port is bounded as well; beyond it the caller installs exact entries. The
// list is kept in order of use. The first few subtables of a port are always asked; those that come
// on top of them stand behind a sieve, which leaves few of them to be asked, and a lookup asks no
// more than it is allowed to.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_CLASSIFIER_H_
#define VSW_DATAPATH_FLOW_CLASSIFIER_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "datapath/flow/arena.h"
#include "datapath/flow/sieve.h"
#include "datapath/flow/subtable.h"

namespace vsw {

class Classifier {
 public:
  /// Subtables that one lookup asks at most.
  static constexpr uint32_t kMaxAsked = 128;

  /// `max_masks_per_port` bounds the subtables of one port, exact ones aside; there are no more
  /// than 1,024 in any case. `hash` outlives it.
  Classifier(const FlowHash& hash, Arena* arena, uint32_t max_ports, uint32_t max_masks_per_port);

  /// The port's subtable for an interned mask, if it has one.
  Subtable* Find(PortNo in_port, const FlowMask* mask) const;
  /// Makes one. nullptr: the port has its bound of masks (and `exact` is false), or memory is used
  /// up.
  Subtable* Add(PortNo in_port, const FlowMask* mask, bool exact);
  /// Takes an empty one away. REQUIRES: subtable->flows == 0.
  void Remove(Subtable* subtable);
  bool HasRoom(PortNo in_port) const;

  /// For each megaflow that is put into its subtable, or taken out of it.
  void Enter(const Megaflow& flow) {
    if (flow.subtable->sieved) [[unlikely]]
      ports_[ToInt(flow.subtable->in_port)].sieve->Enter(flow.subtable->probes, flow);
  }
  void Leave(const Megaflow& flow) {
    if (flow.subtable->sieved) [[unlikely]]
      ports_[ToInt(flow.subtable->in_port)].sieve->Leave(flow.subtable->probes, flow);
  }

  /// The port's subtables, most used first.
  std::span<Subtable* const> Tuples(PortNo in_port) const {
    const PortTuples& tuples = ports_[ToInt(in_port)];
    return {tuples.list, tuples.count};
  }
  /// Calls `ask` with those of them that may hold the packet, `most` at most, until it returns true.
  template <typename Ask>
  void Search(FlowKey* key, uint32_t most, Ask&& ask) const {
    const PortTuples& tuples = ports_[ToInt(key->in_port)];
    most = std::min(most, kMaxAsked);
    if (tuples.sieve == nullptr) [[likely]] {
      const uint32_t count = std::min(tuples.count, most);
      for (uint32_t i = 0; i < count && !ask(tuples.list[i]); ++i) {
      }
      return;
    }
    Sieve::Set live;
    tuples.sieve->Pass(key, tuples.count, &live);
    uint32_t asked = 0;
    for (uint32_t base = 0; base < tuples.count; base += 64) {
      for (uint64_t bits = live[base / 64]; bits != 0; bits &= bits - 1) {
        const auto number = base + static_cast<uint32_t>(std::countr_zero(bits));
        if (++asked > most || ask(tuples.list[number])) return;
      }
    }
  }
  /// Puts the most used ones to the front and halves the marks of use. Called now and then.
  void Reorder(PortNo in_port);

  uint32_t subtable_count() const { return subtables_; }

  /// Megaflows of the port, as the caller counts them.
  uint32_t& flows(PortNo in_port) { return ports_[ToInt(in_port)].flows; }

 private:
  // Exact subtables: one for each set of lines that a key can have.
  static constexpr uint32_t kExactRoom = 1u << (kFlowKeyLines - 1);
  static constexpr uint32_t kMaxMasks = 1024;
  static_assert(kMaxMasks + kExactRoom <= Sieve::kMaxSubtables);
  static constexpr uint32_t kAlwaysAsked = 8;  // subtables before there is a sieve
  struct alignas(64) PortTuples {
    Subtable** list = nullptr;
    const FlowMask** masks = nullptr;  // of each; searched without touching the subtables
    Sieve* sieve = nullptr;
    uint32_t count = 0;
    uint32_t capacity = 0;
    uint32_t exact = 0;
    uint32_t sieved = 0;
    uint32_t flows = 0;
  };
  bool Reserve(PortTuples* tuples);
  void Put(PortTuples* tuples, uint32_t position, Subtable* subtable);
  void TakeProbes(PortTuples* tuples, Subtable* subtable);
  void DropProbes(PortTuples* tuples, Subtable* subtable);

  const FlowHash& hash_;
  Arena* arena_;
  const uint32_t max_masks_per_port_;
  std::vector<PortTuples> ports_;
  uint32_t subtables_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_CLASSIFIER_H_
