// SPDX-License-Identifier: Apache-2.0
//
// Packets of tunnels for tests: a frame behind outer headers that the test writes out, header by
// header, independent of the code that makes and reads them.
#ifndef VSW_TESTS_SUPPORT_TUNNEL_FRAME_H_
#define VSW_TESTS_SUPPORT_TUNNEL_FRAME_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tests/support/packet_builder.h"

namespace vsw::testing {

using Bytes = std::vector<uint8_t>;

/// `headers` with `payload` behind them.
inline Bytes With(const PacketBuilder& headers, const Bytes& payload) {
  Bytes bytes = PacketBuilder(headers).Payload(payload.size()).Build();
  std::copy(payload.begin(), payload.end(), bytes.end() - static_cast<ptrdiff_t>(payload.size()));
  return bytes;
}
inline Bytes Join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// RFC 7348 section 5.
inline Bytes Vxlan(uint32_t vni, uint8_t flags = 0x08) {
  return {flags,
          0,
          0,
          0,
          static_cast<uint8_t>(vni >> 16),
          static_cast<uint8_t>(vni >> 8),
          static_cast<uint8_t>(vni),
          0};
}
/// RFC 8926 section 3.4.
inline Bytes Geneve(uint32_t vni, const Bytes& options = {}, uint8_t flags = 0) {
  return Join({{static_cast<uint8_t>(options.size() / 4), flags, 0x65, 0x58,
                static_cast<uint8_t>(vni >> 16), static_cast<uint8_t>(vni >> 8),
                static_cast<uint8_t>(vni), 0},
               options});
}
inline Bytes GeneveOption(uint16_t option_class, uint8_t type, const Bytes& data) {
  return Join({{static_cast<uint8_t>(option_class >> 8), static_cast<uint8_t>(option_class), type,
                static_cast<uint8_t>(data.size() / 4)},
               data});
}
/// RFC 2784 and 2890: the flags decide which fields stand in `rest`.
inline Bytes Gre(uint16_t flags, const Bytes& rest = {}, uint16_t protocol = 0x6558) {
  return Join({{static_cast<uint8_t>(flags >> 8), static_cast<uint8_t>(flags),
                static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol)},
               rest});
}

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_TUNNEL_FRAME_H_
