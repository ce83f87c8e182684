// SPDX-License-Identifier: Apache-2.0
//
// Explicit congestion notification across tunnels (RFC 6040): the outer header takes over the inner
// one's mark, and what the way marked comes back into the inner header.
#ifndef VSW_DATAPATH_TUNNEL_ECN_H_
#define VSW_DATAPATH_TUNNEL_ECN_H_

#include <cstdint>

namespace vsw {

inline constexpr uint8_t kEcnMask = 3;
inline constexpr uint8_t kEcnNone = 0;  // the sender does not know of it
inline constexpr uint8_t kEcnEct1 = 1;
inline constexpr uint8_t kEcnEct0 = 2;
inline constexpr uint8_t kEcnCongested = 3;

/// Section 4.1, normal mode.
constexpr uint8_t OuterTos(uint8_t dscp_tos, uint8_t inner_tos) {
  return static_cast<uint8_t>((dscp_tos & ~kEcnMask) | (inner_tos & kEcnMask));
}

/// Section 4.2: the ECN bits that the inner header is to have; kMustDrop where the way was
/// congested and the sender would not understand.
inline constexpr uint8_t kMustDrop = 0xff;
constexpr uint8_t DecapsulatedEcn(uint8_t outer_tos, uint8_t inner_tos) {
  const uint8_t outer = outer_tos & kEcnMask, inner = inner_tos & kEcnMask;
  if (outer == kEcnCongested) return inner == kEcnNone ? kMustDrop : kEcnCongested;
  if (outer == kEcnEct1 && inner == kEcnEct0) return kEcnEct1;
  return inner;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_ECN_H_
