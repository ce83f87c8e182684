// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/frame_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "base/status.h"

namespace vsw {

absl::StatusOr<FrameCache> FrameCache::Create(uint32_t entries) {
  FrameCache cache;
  const size_t places = std::bit_ceil(std::max(entries, 2u));
  VSW_ASSIGN_OR_RETURN(cache.memory_, ReservedMemory::Create(places * sizeof(FrameImage)));
  VSW_ASSIGN_OR_RETURN(cache.ports_, ReservedMemory::Create(kMaxPorts * sizeof(Port)));
  cache.mask_ = places - 1;
  return cache;
}

const FrameLook* FrameCache::Ask(PortNo in_port, uint32_t count) {
  Port& port = PortOf(in_port);
  if (port.rest > 0) {
    port.rest -= std::min(port.rest, count);
    return nullptr;
  }
  port.asked += count;
  if (port.asked >= kTrial) [[unlikely]] {
    const bool worthwhile = port.asked - port.near <= port.asked / kWorthwhile;
    port.last_rest = worthwhile ? 0 : std::clamp(port.last_rest * 2, kLeastRest, kMostRest);
    port.rest = port.last_rest;
    port.asked = count;
    port.near = 0;
  }
  return port.era == era_ ? &port.look : nullptr;
}

const FrameLook& FrameCache::LookFor(PortNo in_port, const FlowMask& mask) {
  Port& port = PortOf(in_port);
  if (port.era != era_) {
    port.look.Reset(era_ * kMaxPorts + ToInt(in_port) % kMaxPorts);
    port.era = era_;
  }
  if (!port.look.Covers(mask)) port.look.Widen(mask);
  return port.look;
}

bool FrameCache::IsFree(const FrameImage& entry) const {
  return FrameLook::IdOf(entry) / kMaxPorts != era_;
}

// Where it is, or a free place, or now and then somebody's; nullptr: nowhere.
FrameImage* FrameCache::PlaceFor(const FrameImage& image, uint64_t hash) {
  const Place places[] = {First(hash), First(hash).Beside(), Second(hash), Second(hash).Beside()};
  size_t choice = 0;
  while (choice < std::size(places) && !IsFree(At(places[choice])) &&
         !LookSame(At(places[choice]), image)) {
    ++choice;
  }
  if (choice == std::size(places)) {
    if (++turn_ % kMoveIn != 0) return nullptr;
    choice = turn_ / kMoveIn % std::size(places);
  }
  uses_second_ |= choice >= 2;
  return &At(places[choice]);
}

void FrameCache::Remember(const FrameImage& image, uint64_t hash, uint32_t slot) {
  FrameImage* const entry = PlaceFor(image, hash);
  if (entry == nullptr) return;
  *entry = image;
  entry->part[3] = _mm_or_si128(image.part[3], _mm_cvtsi32_si128(static_cast<int>(slot)));
}

void FrameCache::Forget() {
  uses_second_ = false;
  if (++era_ < kEras) return;
  era_ = 1;
  // Those of the first era, if there are any left, would come back.
  std::memset(memory_.base(), 0, memory_.bytes());
  std::memset(ports_.base(), 0, ports_.bytes());
}

}  // namespace vsw
