// SPDX-License-Identifier: Apache-2.0
//
// An IPv4 or IPv6 address in 16 octets, in transmission order; an IPv4 address stands as
// ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that one compare serves both families. All zeros
// is "no address", or "any".
#ifndef VSW_BASE_IP_ADDRESS_H_
#define VSW_BASE_IP_ADDRESS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_order.h"

namespace vsw {

struct IpAddress {
  std::array<uint8_t, 16> octets{};

  /// From "192.0.2.1" or "2001:db8::1"; nothing else is accepted.
  static std::optional<IpAddress> Parse(std::string_view text);

  static constexpr IpAddress FromV4Octets(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
  }
  static IpAddress FromV4(Be32 address) {
    IpAddress result = FromV4Octets(0, 0, 0, 0);
    std::memcpy(result.octets.data() + 12, &address.raw, sizeof(address.raw));
    return result;
  }
  static IpAddress FromV6(const uint8_t* octets) {
    IpAddress result;
    std::memcpy(result.octets.data(), octets, result.octets.size());
    return result;
  }

  bool is_v4() const {
    uint64_t high;
    uint32_t middle;
    std::memcpy(&high, octets.data(), sizeof(high));
    std::memcpy(&middle, octets.data() + 8, sizeof(middle));
    return high == 0 && middle == Be32::From(0xffff).raw;
  }
  /// REQUIRES: is_v4().
  Be32 v4() const {
    Be32 address;
    std::memcpy(&address.raw, octets.data() + 12, sizeof(address.raw));
    return address;
  }
  /// No address at all; 0.0.0.0 is not that, but "any" of IPv4.
  constexpr bool is_unset() const { return octets == std::array<uint8_t, 16>{}; }
  /// 0.0.0.0 or ::.
  bool is_any() const { return is_unset() || (is_v4() && v4().raw == 0); }
  /// A group address of either family, or IPv4's limited broadcast.
  bool is_multicast() const {
    return is_v4() ? (octets[12] & 0xf0) == 0xe0 || v4().raw == 0xffffffff : octets[0] == 0xff;
  }
  /// fe80::/10.
  constexpr bool is_link_local() const { return octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80; }
  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const;

  /// The octets as they stand in a packet: 4 or 16 of them.
  const uint8_t* bytes() const { return octets.data() + (is_v4() ? 12 : 0); }
  size_t size() const { return is_v4() ? 4 : 16; }

  /// "192.0.2.1" or "2001:db8::1"; "" if unset.
  std::string ToString() const;

  auto operator<=>(const IpAddress&) const = default;
};

/// "192.0.2.1/24": an address and the length of its subnet's prefix, within its family.
struct IpPrefix {
  IpAddress address;
  uint8_t length = 0;  // 0..32 or 0..128

  /// Without "/length" it is the single address.
  static std::optional<IpPrefix> Parse(std::string_view text);
  /// Whether the address is of the same family and in the subnet.
  bool Contains(const IpAddress& other) const;
  std::string ToString() const;

  auto operator<=>(const IpPrefix&) const = default;
};

}  // namespace vsw

#endif  // VSW_BASE_IP_ADDRESS_H_
