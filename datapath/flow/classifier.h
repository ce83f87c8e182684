// SPDX-License-Identifier: Apache-2.0
//
// The megaflow classifier: tuple space search, one list of subtables per ingress port. Every
// megaflow matches its in-port exactly, so a packet meets only the masks that its own port brought
// about, and a port that provokes many masks makes only itself slow (compare CVE-2019-25076). The
// number of masks per port is bounded as well; beyond it the caller installs exact entries. The
// list is kept in order of use.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_CLASSIFIER_H_
#define VSW_DATAPATH_FLOW_CLASSIFIER_H_

#include <cstdint>
#include <vector>

#include "datapath/flow/arena.h"
#include "datapath/flow/subtable.h"

namespace vsw {

class Classifier {
 public:
  /// `max_masks_per_port` bounds the subtables of one port, exact ones aside.
  Classifier(Arena* arena, uint32_t max_ports, uint32_t max_masks_per_port);

  /// The port's subtable for an interned mask, if it has one.
  Subtable* Find(PortNo in_port, const FlowMask* mask) const;
  /// Makes one. nullptr: the port has its bound of masks (and `exact` is false), or memory is used
  /// up.
  Subtable* Add(PortNo in_port, const FlowMask* mask, bool exact);
  /// Takes an empty one away. REQUIRES: subtable->flows == 0.
  void Remove(Subtable* subtable);
  bool HasRoom(PortNo in_port) const;

  /// The port's subtables, most used first.
  std::span<Subtable* const> Tuples(PortNo in_port) const {
    const PortTuples& tuples = ports_[ToInt(in_port)];
    return {tuples.list, tuples.count};
  }
  /// Puts the most used ones to the front and halves the marks of use. Called now and then.
  void Reorder(PortNo in_port);

  uint32_t subtable_count() const { return subtables_; }

 private:
  // Exact subtables: one for each set of lines that a key can have.
  static constexpr uint32_t kExactRoom = 1u << (kFlowKeyLines - 1);
  struct PortTuples {
    Subtable** list = nullptr;
    uint32_t count = 0;
    uint32_t capacity = 0;
    uint32_t exact = 0;
  };
  bool Reserve(PortTuples* tuples);

  Arena* arena_;
  const uint32_t max_masks_per_port_;
  std::vector<PortTuples> ports_;
  uint32_t subtables_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_CLASSIFIER_H_
