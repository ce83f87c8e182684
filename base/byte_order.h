// SPDX-License-Identifier: Apache-2.0
//
// Numbers as they stand in a packet. A Be16 or Be32 holds network byte order in memory; the only
// way to its value is Get(), so that a forgotten swap does not compile.
#ifndef VSW_BASE_BYTE_ORDER_H_
#define VSW_BASE_BYTE_ORDER_H_

#include <bit>
#include <cstdint>

namespace vsw {

static_assert(std::endian::native == std::endian::little, "vsw runs on little-endian machines");

constexpr uint16_t ByteSwap(uint16_t v) { return __builtin_bswap16(v); }
constexpr uint32_t ByteSwap(uint32_t v) { return __builtin_bswap32(v); }
constexpr uint64_t ByteSwap(uint64_t v) { return __builtin_bswap64(v); }

template <typename T>
struct BigEndian {
  T raw;  // network byte order

  static constexpr BigEndian From(T host) { return BigEndian{ByteSwap(host)}; }
  constexpr T Get() const { return ByteSwap(raw); }
  constexpr bool is_zero() const { return raw == 0; }
  constexpr bool operator==(const BigEndian&) const = default;
  constexpr BigEndian operator&(BigEndian other) const {
    return BigEndian{static_cast<T>(raw & other.raw)};
  }
  constexpr BigEndian operator|(BigEndian other) const {
    return BigEndian{static_cast<T>(raw | other.raw)};
  }
  constexpr BigEndian operator~() const { return BigEndian{static_cast<T>(~raw)}; }
};

using Be16 = BigEndian<uint16_t>;
using Be32 = BigEndian<uint32_t>;
using Be64 = BigEndian<uint64_t>;

}  // namespace vsw

#endif  // VSW_BASE_BYTE_ORDER_H_
