// SPDX-License-Identifier: Apache-2.0
//
// From how a frame looks to the megaflow that decides about it, without a flow key: for ports with
// more than one decision, whose frames come again. An entry is one cache line: all that the port's
// decisions read of a frame, and the slot of the megaflow. A frame that looks the same gets the
// same decision, since that reads no more than the look does (see FrameLook).
//
// What an entry says is not compared with the megaflow again. Whoever would use a slot for another
// megaflow, when there was an entry for it, calls Forget() before.
//
// An entry takes the room of eight places in the exact-match cache. Where more flows come than
// there is room for, keys are as fast, and the port rests for a while.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_FRAME_CACHE_H_
#define VSW_DATAPATH_FLOW_FRAME_CACHE_H_

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "datapath/flow/arena.h"
#include "datapath/packet/frame_look.h"

namespace vsw {

class FrameCache {
 public:
  /// Slots are to be below.
  static constexpr uint32_t kMaxSlots = 1u << FrameLook::kIdShift;
  /// Of ports.
  static constexpr uint32_t kMaxPorts = 1u << 12;

  /// Room for `entries` looks of frames (rounded up to a power of two, at least 2). Errors:
  /// ResourceExhausted when address space cannot be had.
  [[nodiscard]] static absl::StatusOr<FrameCache> Create(uint32_t entries);

  /// What to read of frames of the port; nullptr: nothing is known of them, or asking is not
  /// worthwhile now. `count` of them come.
  const FrameLook* Ask(PortNo in_port, uint32_t count);
  /// Of the frames that were asked for, `near` stood in the first two places and `unreadable` had
  /// nothing to ask with.
  void Count(PortNo in_port, uint32_t near, uint32_t unreadable) {
    Port& port = PortOf(in_port);
    port.near += near;
    port.asked -= unreadable;
  }
  /// Whether frames of the port are to be remembered, which the last Ask() says.
  bool IsResting(PortNo in_port) const { return PortOf(in_port).rest > 0; }

  /// The two places side by side where an image with this hash should be, and two more where it is
  /// when there was no room.
  struct Place {
    uint64_t index;
    Place Beside() const { return {index ^ 1}; }
  };
  [[gnu::always_inline]] Place First(uint64_t hash) const { return {hash & mask_}; }
  [[gnu::always_inline]] Place Second(uint64_t hash) const { return {hash >> 32 & mask_}; }
  /// Whether anything stands in a second place at all.
  bool uses_second() const { return uses_second_; }
  [[gnu::always_inline]] const FrameImage& operator[](Place place) const {
    return reinterpret_cast<const FrameImage*>(memory_.base())[place.index];
  }
  static uint32_t SlotOf(const FrameImage& entry) {
    return static_cast<uint32_t>(_mm_cvtsi128_si32(entry.part[3])) % kMaxSlots;
  }

  /// The port's look, which reads what `mask` does: for Remember(). REQUIRES: `mask` has bits in
  /// line 0 alone.
  const FrameLook& LookFor(PortNo in_port, const FlowMask& mask);
  /// Puts in that what looks like this goes by the megaflow in `slot`. `hash` is the image's.
  void Remember(const FrameImage& image, uint64_t hash, uint32_t slot);
  /// All of it.
  void Forget();

 private:
  // After so many frames it is seen what asking was good for.
  static constexpr uint32_t kTrial = 1u << 13;
  // Of so many one may be unknown, or stand elsewhere.
  static constexpr uint32_t kWorthwhile = 8;
  // For how many frames a port rests, doubled each time that it comes to nothing.
  static constexpr uint32_t kLeastRest = 1u << 15, kMostRest = 1u << 25;
  // One of so many looks that find all of their places taken moves in.
  static constexpr uint32_t kMoveIn = 4;
  static constexpr uint32_t kEras = (FrameLook::kMaxId + 1) / kMaxPorts;

  struct Port {
    FrameLook look;
    uint32_t era;  // of the look; another one: it was forgotten
    uint32_t asked, near;
    uint32_t rest;       // frames
    uint32_t last_rest;  // 0: it was worthwhile
  };

  Port& PortOf(PortNo number) const {
    return reinterpret_cast<Port*>(ports_.base())[ToInt(number) % kMaxPorts];
  }
  FrameImage& At(Place place) const {
    return reinterpret_cast<FrameImage*>(memory_.base())[place.index];
  }
  bool IsFree(const FrameImage& entry) const;
  FrameImage* PlaceFor(const FrameImage& image, uint64_t hash);

  ReservedMemory memory_, ports_;
  uint64_t mask_ = 0;
  uint32_t era_ = 1;  // 1..kEras-1
  uint32_t turn_ = 0;
  bool uses_second_ = false;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_FRAME_CACHE_H_
