// SPDX-License-Identifier: Apache-2.0
//
// Big-endian bytes in and out. A Reader never reads past its end: what is not there reads as zero
// and is remembered in ok(). A Writer appends; lengths are filled in behind what they count.
#ifndef VSW_OFPROTO_MESSAGE_WIRE_H_
#define VSW_OFPROTO_MESSAGE_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mac_address.h"

namespace vsw {

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint8_t U8() { return static_cast<uint8_t>(Number(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Number(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Number(4)); }
  uint64_t U64() { return Number(8); }
  /// The next `count` bytes; empty (and not ok) if there are fewer.
  std::span<const uint8_t> Take(size_t count) {
    if (count > left()) {
      ok_ = false;
      at_ = bytes_.size();
      return {};
    }
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }
  void Skip(size_t count) { Take(count); }
  /// Skips padding; false if a byte of it is not zero (or is missing).
  bool Zeros(size_t count) {
    bool zero = true;
    for (const uint8_t octet : Take(count)) zero &= octet == 0;
    return zero && ok_;
  }
  std::span<const uint8_t> Rest() { return Take(left()); }
  size_t left() const { return bytes_.size() - at_; }
  size_t position() const { return at_; }
  bool ok() const { return ok_; }

 private:
  uint64_t Number(size_t count) {
    uint64_t value = 0;
    for (const uint8_t octet : Take(count)) value = value << 8 | octet;
    return value;
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

class Writer {
 public:
  void U8(uint8_t v) { bytes_.push_back(v); }
  void U16(uint16_t v) { Number(v, 2); }
  void U32(uint32_t v) { Number(v, 4); }
  void U64(uint64_t v) { Number(v, 8); }
  void Put(std::span<const uint8_t> octets) {
    bytes_.insert(bytes_.end(), octets.begin(), octets.end());
  }
  void Zeros(size_t count) { bytes_.insert(bytes_.end(), count, 0); }
  /// `text` cut or filled up with zeros to `count` bytes, the last always zero.
  void Text(std::string_view text, size_t count) {
    const size_t used = text.size() < count ? text.size() : count - 1;
    for (size_t i = 0; i < used; ++i) U8(static_cast<uint8_t>(text[i]));
    Zeros(count - used);
  }
  /// Zeros up to a multiple of 8 bytes counted from `start`.
  void Align8(size_t start) { Zeros((8 - (size() - start) % 8) % 8); }
  void PatchU16(size_t at, uint16_t v) {
    bytes_[at] = static_cast<uint8_t>(v >> 8);
    bytes_[at + 1] = static_cast<uint8_t>(v);
  }
  size_t size() const { return bytes_.size(); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  std::vector<uint8_t> Release() { return std::move(bytes_); }

 private:
  void Number(uint64_t v, size_t count) {
    for (size_t i = count; i-- > 0;) bytes_.push_back(static_cast<uint8_t>(v >> (8 * i)));
  }
  std::vector<uint8_t> bytes_;
};

inline MacAddress ReadMac(Reader* in) {
  MacAddress mac;
  for (uint8_t& octet : mac.octets) octet = in->U8();
  return mac;
}

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_WIRE_H_
