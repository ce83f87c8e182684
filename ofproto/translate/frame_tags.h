// SPDX-License-Identifier: Apache-2.0
//
// The VLAN tags of a frame on its way through translation: some of the tags that it was received
// with, below those that were put on since. A tag that came with the frame is only a reference
// until someone asks for its fields, through the FieldView, so that what nobody asked for stays
// wildcarded.
#ifndef VSW_OFPROTO_TRANSLATE_FRAME_TAGS_H_
#define VSW_OFPROTO_TRANSLATE_FRAME_TAGS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/net_types.h"
#include "datapath/flow/translation.h"

namespace vsw {

class FieldView;

/// Tags that the key holds; what stands behind them shows in its Ethernet type alone.
inline constexpr size_t kKeyVlanTags = 2;

inline constexpr uint16_t kTpidVlan = 0x8100;
inline constexpr uint16_t kTpidService = 0x88a8;

/// One tag: received with the frame, received and given another VLAN id, or made here.
class FrameTag {
 public:
  FrameTag() = default;
  static FrameTag Received(size_t index) { return FrameTag(static_cast<int8_t>(index), 0, 0); }
  static FrameTag Made(uint16_t tpid, VlanId vlan, uint16_t priority) {
    return FrameTag(kMade, tpid, static_cast<uint16_t>(priority | ToInt(vlan)));
  }
  /// The same tag type and priority, with VLAN id `vlan`.
  FrameTag WithVlan(VlanId vlan) const;

  /// False for a tag so deep that the key does not hold its fields: then none may be asked for.
  bool readable() const { return origin_ < static_cast<int8_t>(kKeyVlanTags); }
  bool is_received(size_t index) const { return origin_ == static_cast<int8_t>(index); }
  /// The number of the received tag that it is; negative: made here.
  int received_index() const { return origin_; }
  /// What was made here: its type, and the bits of its TCI that do not come from the packet.
  uint16_t made_tpid() const { return tpid_; }
  uint16_t made_tci() const { return tci_; }
  uint16_t made_tci_bits() const {
    if (origin_ == kMade) return 0xffff;
    return vlan_replaced_ ? kVlanIdMask : 0;
  }

  uint16_t tpid(FieldView& view) const;
  VlanId vlan(FieldView& view) const;
  uint16_t priority(FieldView& view) const;  // in place: 0xe000
  uint16_t tci(FieldView& view) const { return ToInt(vlan(view)) | priority(view); }
  /// Whether both have one tag type; looks into the packet only where it must.
  bool SameTpid(const FrameTag& other, FieldView& view) const;

  bool operator==(const FrameTag&) const = default;

 private:
  static constexpr int8_t kMade = -1;
  FrameTag(int8_t origin, uint16_t tpid, uint16_t tci) : origin_(origin), tpid_(tpid), tci_(tci) {}

  int8_t origin_ = kMade;  // number of the received tag, outermost 0
  bool vlan_replaced_ = false;
  uint16_t tpid_ = 0;  // made here
  uint16_t tci_ = 0;   // made here; or the VLAN id that replaces the received one
};

class FrameTags {
 public:
  /// More than patch ports in a row can put on.
  static constexpr size_t kMaxAdded = 24;
  using Stack = BoundedVector<FrameTag, kMaxAdded + kKeyVlanTags + 1>;  // innermost first

  /// The outermost tag, if any. Reads whether it is there: one bit, or the frame's type for a tag
  /// deeper than the key holds.
  bool Outer(FieldView& view, FrameTag* tag) const;
  bool IsTagged(FieldView& view) const {
    FrameTag ignored;
    return Outer(view, &ignored);
  }
  /// The tag at `depth`, outermost 0, that stands there if any does: a received tag need not
  /// exist.
  FrameTag At(size_t depth) const {
    if (depth < added_count_) return added_[added_count_ - 1 - depth];
    return FrameTag::Received(received_gone_ + depth - added_count_);
  }
  bool untouched() const { return received_gone_ == 0 && added_count_ == 0; }
  size_t added() const { return added_count_; }
  /// Beyond kMaxAdded it is left off, and remembered.
  void Push(const FrameTag& tag) {
    if (added_count_ == kMaxAdded) {
      overflowed_ = true;
    } else {
      added_[added_count_++] = tag;
    }
  }
  bool overflowed() const { return overflowed_; }
  /// REQUIRES: there is one.
  void Pop();

  /// The first so many of the received tags were taken off; those behind them are in place, below
  /// all that was put on.
  size_t received_gone() const { return received_gone_; }
  /// Appends the tags that stand in front of received tag number `base`.
  /// REQUIRES: base >= received_gone().
  void Above(size_t base, Stack* stack) const;

 private:
  uint8_t received_gone_ = 0;
  uint8_t added_count_ = 0;
  bool overflowed_ = false;
  std::array<FrameTag, kMaxAdded> added_;  // innermost first
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_FRAME_TAGS_H_
