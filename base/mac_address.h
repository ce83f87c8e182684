// SPDX-License-Identifier: Apache-2.0
//
// A 48-bit IEEE 802 MAC address as it stands in a frame: six octets in transmission order.
#ifndef VSW_BASE_MAC_ADDRESS_H_
#define VSW_BASE_MAC_ADDRESS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vsw {

struct MacAddress {
  std::array<uint8_t, 6> octets{};

  /// From "aa:bb:cc:dd:ee:ff" (either case); nothing else is accepted.
  static std::optional<MacAddress> Parse(std::string_view text);

  /// From the low 48 bits of a number, most significant octet first.
  static constexpr MacAddress FromU64(uint64_t value) {
    MacAddress mac;
    for (int i = 5; i >= 0; --i, value >>= 8) mac.octets[i] = static_cast<uint8_t>(value);
    return mac;
  }
  constexpr uint64_t ToU64() const {
    uint64_t value = 0;
    for (uint8_t octet : octets) value = value << 8 | octet;
    return value;
  }

  /// Group bit of IEEE 802: multicast, broadcast included.
  constexpr bool is_multicast() const { return (octets[0] & 1) != 0; }
  constexpr bool is_broadcast() const { return ToU64() == 0xffffffffffffULL; }
  constexpr bool is_zero() const { return ToU64() == 0; }
  /// 01:80:c2:00:00:0x, which a bridge never forwards (IEEE 802.1Q, table 8-1).
  constexpr bool is_reserved() const { return (ToU64() & ~0xfULL) == 0x0180c2000000ULL; }

  /// "aa:bb:cc:dd:ee:ff", lower case.
  std::string ToString() const;

  auto operator<=>(const MacAddress&) const = default;
};

}  // namespace vsw

#endif  // VSW_BASE_MAC_ADDRESS_H_
