// SPDX-License-Identifier: Apache-2.0
//
// What the slow path decides about one packet, and so about every packet that agrees with it in the
// bits that the decision read.
#ifndef VSW_DATAPATH_FLOW_TRANSLATION_H_
#define VSW_DATAPATH_FLOW_TRANSLATION_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/drop_reason.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/action.h"
#include "datapath/packet/flow_key.h"

namespace vsw {

/// A vector of bounded size that never allocates. push_back() past the bound is refused and
/// remembered.
template <typename T, size_t kCapacity>
class BoundedVector {
 public:
  bool push_back(const T& value) {
    if (size_ == kCapacity) {
      overflowed_ = true;
      return false;
    }
    items_[size_++] = value;
    return true;
  }
  void clear() { size_ = 0, overflowed_ = false; }
  /// Keeps the first `size` items. REQUIRES: size <= size().
  void truncate(size_t size) { size_ = size; }
  /// Takes item `i` out. REQUIRES: i < size().
  void erase(size_t i) {
    std::copy(items_.begin() + i + 1, items_.begin() + size_, items_.begin() + i);
    --size_;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool overflowed() const { return overflowed_; }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  std::span<const T> span() const { return {items_.data(), size_}; }

 private:
  size_t size_ = 0;
  bool overflowed_ = false;
  std::array<T, kCapacity> items_;
};

/// Something that a decision depended on, as a hash that the slow path chooses (one FDB address,
/// say). Invalidating a tag makes every worker forget the megaflows that carry it.
using Tag = uint64_t;

/// A source address seen where it was not known to be; becomes FDB learning on the slow thread.
struct LearnEvent {
  BridgeId bridge;
  VlanId vlan;
  MacAddress mac;
  PortNo port;
};

/// A counter that megaflows count for: packets, bytes and time of last use, exact, over all workers
/// (DatapathControl::AllocateStat). 0 is "none".
enum class StatId : uint32_t {};
inline constexpr StatId kNoStat{0};

/// Work for the slow thread that a translation gives rise to (learn and the like), as bytes that
/// only the slow path understands: SlowPath::OnNote gets them in order. A bounded area.
class NoteArea {
 public:
  static constexpr size_t kBytes = 8192;
  static constexpr size_t kMaxNotes = 16;
  /// False, and remembered: no room.
  bool Add(std::span<const uint8_t> note) {
    if (count_ == kMaxNotes || used_ + note.size() > kBytes) {
      overflowed_ = true;
      return false;
    }
    std::copy(note.begin(), note.end(), bytes_.begin() + used_);
    used_ += note.size();
    ends_[count_++] = static_cast<uint16_t>(used_);
    return true;
  }
  void clear() { count_ = used_ = 0, overflowed_ = false; }
  size_t size() const { return count_; }
  bool overflowed() const { return overflowed_; }
  std::span<const uint8_t> operator[](size_t i) const {
    const size_t start = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + start, ends_[i] - start};
  }

 private:
  size_t count_ = 0, used_ = 0;
  bool overflowed_ = false;
  std::array<uint16_t, kMaxNotes> ends_;
  std::array<uint8_t, kBytes> bytes_;
};

/// What one Translate() decided. Reused by the worker: Clear() before each use.
struct Translation {
  /// Every bit that the decision read. The caller adds in_port, recirc_id: those always match
  /// exactly.
  FlowMask mask;
  BoundedVector<Action, kMaxActions> actions;
  /// Why the packet is dropped; counted only when `actions` is empty.
  DropReason drop_reason = DropReason::kNone;
  /// At most this many; if more were pushed the result is used for this one packet and not cached.
  BoundedVector<Tag, 512> tags;
  /// What every packet of the megaflow counts for; what only some count for are kCount actions.
  BoundedVector<StatId, 512> stats;
  BoundedVector<LearnEvent, 32> learn;
  NoteArea notes;
  /// The decision holds for this one packet and is not to be kept.
  bool uncacheable = false;

  void Clear() {
    mask.Clear();
    actions.clear();
    drop_reason = DropReason::kNone;
    tags.clear();
    stats.clear();
    learn.clear();
    notes.clear();
    uncacheable = false;
  }
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_TRANSLATION_H_
