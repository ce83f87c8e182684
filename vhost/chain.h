// SPDX-License-Identifier: Apache-2.0
//
// One descriptor chain of a guest, read once, checked, and translated: pieces of memory that are
// known to lie inside what the guest shares. It is our copy; the guest cannot change it any more.
#ifndef VSW_VHOST_CHAIN_H_
#define VSW_VHOST_CHAIN_H_

#include <cstdint>

#include "vhost/guest_memory.h"

namespace vsw::vhost {

/// Pieces of a chain; a driver uses up to 20 for the largest frame.
inline constexpr uint16_t kMaxPieces = 128;

enum class Direction { kFromGuest, kToGuest };

struct Chain {
  struct Piece {
    uint8_t* at;
    uint32_t length;
    uint64_t guest_address;
  };
  uint16_t id = 0;           // what the used entry names: head index or buffer id
  uint16_t descriptors = 0;  // ring slots that it takes (always 1 in a split ring)
  uint16_t buffers = 0;      // descriptors with a buffer, be it empty
  uint16_t pieces = 0;
  uint64_t length = 0;  // bytes over all pieces
  Piece piece[kMaxPieces];

  void Clear() {
    descriptors = 1;
    buffers = 0;
    pieces = 0;
    length = 0;
  }

  /// Adds the buffer of one descriptor. False: outside of the guest's memory, of the wrong
  /// direction, or one too many; empty buffers count, or a chain of them alone would be as long as
  /// a guest likes.
  bool Append(const GuestMemory& memory, uint64_t address, uint32_t size, bool writable,
              Direction direction) {
    if (writable != (direction == Direction::kToGuest) || ++buffers > kMaxPieces) return false;
    uint64_t left = size;
    length += size;
    while (left > 0) {
      uint64_t here = left;
      uint8_t* const at = memory.Translate(address, &here);
      if (at == nullptr || pieces == kMaxPieces) return false;
      piece[pieces++] = {at, static_cast<uint32_t>(here), address};
      address += here;
      left -= here;
    }
    return true;
  }
};

/// A chain of one buffer that lies in one piece: what drivers make for all but large frames.
struct FlatBuffer {
  uint8_t* at;
  uint32_t length;
  uint16_t id;
};

/// False: not of one piece, or against the rules; FetchChain() finds out which.
inline bool Flatten(const GuestMemory& memory, uint64_t address, uint32_t length, bool writable,
                    Direction direction, FlatBuffer* flat) {
  uint64_t contiguous = length;
  flat->at = memory.Translate(address, &contiguous);
  flat->length = length;
  return flat->at != nullptr && contiguous == length && length > 0 &&
         writable == (direction == Direction::kToGuest);
}

enum class Fetch {
  kOk,
  kEmpty,     // nothing available
  kBadChain,  // against the rules, but `id` and `descriptors` are good: it can be handed back
  kBroken,    // the ring makes no sense; only a reset of the ring helps
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_CHAIN_H_
