// SPDX-License-Identifier: Apache-2.0
//
// Field values as numbers.
#ifndef VSW_OFPROTO_MATCH_WIDE_H_
#define VSW_OFPROTO_MATCH_WIDE_H_

#include <array>
#include <cstdint>
#include <cstring>

#include "ofproto/match/fields.h"

namespace vsw {

using Wide = unsigned __int128;

inline Wide ToWide(const FieldValue& value) {
  uint64_t halves[2];
  std::memcpy(halves, value.octets.data(), sizeof(halves));
  return Wide{__builtin_bswap64(halves[0])} << 64 | __builtin_bswap64(halves[1]);
}

inline std::array<uint8_t, 16> OctetsOf(Wide wide) {
  const uint64_t halves[2] = {__builtin_bswap64(static_cast<uint64_t>(wide >> 64)),
                              __builtin_bswap64(static_cast<uint64_t>(wide))};
  std::array<uint8_t, 16> octets;
  std::memcpy(octets.data(), halves, sizeof(halves));
  return octets;
}

inline FieldValue FromWide(Wide wide) { return {.octets = OctetsOf(wide)}; }

inline Wide WideOnes(uint32_t bits) { return bits >= 128 ? ~Wide{0} : (Wide{1} << bits) - 1; }

}  // namespace vsw

#endif  // VSW_OFPROTO_MATCH_WIDE_H_
