// SPDX-License-Identifier: Apache-2.0
//
// Builds TCP and UDP frames for the offload tests, and the trivially right model they are compared
// with: every checksum summed word by word from the RFCs' pseudo-headers.
#ifndef VSW_TESTS_PACKET_OFFLOAD_FRAME_H_
#define VSW_TESTS_PACKET_OFFLOAD_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vsw::testing {

using Bytes = std::vector<uint8_t>;

inline uint16_t Get16(const Bytes& b, size_t at) {
  return static_cast<uint16_t>(b.at(at) << 8 | b.at(at + 1));
}
inline uint32_t Get32(const Bytes& b, size_t at) {
  return static_cast<uint32_t>(Get16(b, at)) << 16 | Get16(b, at + 2);
}
inline void Set16(Bytes& b, size_t at, uint32_t v) {
  b.at(at) = static_cast<uint8_t>(v >> 8);
  b.at(at + 1) = static_cast<uint8_t>(v);
}

/// The one's complement sum of big-endian 16-bit words, from `begin` to `end`.
inline uint16_t Sum(const Bytes& b, size_t begin, size_t end, uint32_t sum = 0) {
  for (size_t i = begin; i < end; ++i) {
    sum += ((i - begin) & 1) != 0 ? b.at(i) : static_cast<uint32_t>(b.at(i)) << 8;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(sum);
}

struct Frame {
  bool ipv6 = false, tcp = true;
  int tags = 0;
  int extension_words = 0;  // of 8 bytes: IPv4 options, or an IPv6 hop-by-hop header
  uint8_t tcp_flags = 0x10;
  int tcp_option_words = 3;  // of 4 bytes
  uint32_t sequence = 0x01020304;
  uint16_t ip_id = 0xfffe;
  Bytes payload;

  size_t l2() const { return 14 + 4u * tags; }
  size_t l3_bytes() const { return (ipv6 ? 40u : 20u) + 8u * extension_words; }
  size_t l4() const { return l2() + l3_bytes(); }
  size_t l4_bytes() const { return tcp ? 20u + 4u * tcp_option_words : 8u; }
  size_t header_bytes() const { return l4() + l4_bytes(); }
  size_t checksum_at() const { return l4() + (tcp ? 16 : 6); }

  /// With the L4 checksum holding only the pseudo-header's sum, as a guest hands it over.
  Bytes Build() const;
};

/// The pseudo-header's sum of a frame built as `like`, whose L4 part has `l4_length` bytes.
inline uint16_t PseudoSum(const Bytes& b, const Frame& like, size_t l4_length) {
  const size_t l3 = like.l2();
  const uint16_t addresses = like.ipv6 ? Sum(b, l3 + 8, l3 + 40) : Sum(b, l3 + 12, l3 + 20);
  Bytes rest = {static_cast<uint8_t>(l4_length >> 24),
                static_cast<uint8_t>(l4_length >> 16),
                static_cast<uint8_t>(l4_length >> 8),
                static_cast<uint8_t>(l4_length),
                0,
                static_cast<uint8_t>(like.tcp ? 6 : 17)};
  return Sum(rest, 0, rest.size(), addresses);
}

inline Bytes Frame::Build() const {
  Bytes b = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  for (int i = 0; i < tags; ++i) {
    const bool outer = i == 0 && tags == 2;
    b.insert(b.end(),
             {static_cast<uint8_t>(outer ? 0x88 : 0x81), static_cast<uint8_t>(outer ? 0xa8 : 0x00),
              0x20, static_cast<uint8_t>(5 + i)});
  }
  b.push_back(ipv6 ? 0x86 : 0x08);
  b.push_back(ipv6 ? 0xdd : 0x00);
  const size_t l4_length = l4_bytes() + payload.size();
  const uint8_t protocol = tcp ? 6 : 17;
  if (ipv6) {
    const size_t length = l4_length + 8u * extension_words;
    b.insert(b.end(), {0x60, 0, 0, 0, static_cast<uint8_t>(length >> 8),
                       static_cast<uint8_t>(length), extension_words ? uint8_t{0} : protocol, 64});
    for (uint8_t i = 0; i < 32; ++i) b.push_back(static_cast<uint8_t>(0x20 + i * 7));
    for (int i = 0; i < 8 * extension_words; ++i) {
      b.push_back(i == 0   ? protocol
                  : i == 1 ? static_cast<uint8_t>(extension_words - 1)
                  : i == 2 ? 1
                  : i == 3 ? static_cast<uint8_t>(8 * extension_words - 4)
                           : 0);
    }
  } else {
    const size_t length = l3_bytes() + l4_length;
    b.insert(b.end(), {static_cast<uint8_t>(0x40 | l3_bytes() / 4),
                       0,
                       static_cast<uint8_t>(length >> 8),
                       static_cast<uint8_t>(length),
                       static_cast<uint8_t>(ip_id >> 8),
                       static_cast<uint8_t>(ip_id),
                       0x40,
                       0,
                       64,
                       protocol,
                       0,
                       0,
                       10,
                       0,
                       0,
                       1,
                       10,
                       0,
                       0,
                       2});
    for (int i = 0; i < 8 * extension_words; ++i) b.push_back(1);  // no-operation options
    Set16(b, l2() + 10, 0xffff ^ Sum(b, l2(), l2() + l3_bytes()));
  }
  b.insert(b.end(), {0x12, 0x34, 0x00, 0x50});
  if (tcp) {
    for (int shift = 24; shift >= 0; shift -= 8)
      b.push_back(static_cast<uint8_t>(sequence >> shift));
    b.insert(b.end(), {9, 8, 7, 6, static_cast<uint8_t>((5 + tcp_option_words) << 4), tcp_flags,
                       0x20, 0, 0, 0, 0, 0});
    for (int i = 0; i < 4 * tcp_option_words; ++i) b.push_back(1);
  } else {
    b.insert(b.end(),
             {static_cast<uint8_t>(l4_length >> 8), static_cast<uint8_t>(l4_length), 0, 0});
  }
  Set16(b, checksum_at(), PseudoSum(b, *this, l4_length));
  b.insert(b.end(), payload.begin(), payload.end());
  return b;
}

/// True if the L4 checksum of `b` is right by the model.
inline bool L4ChecksumIsRight(const Bytes& b, const Frame& like) {
  return Sum(b, like.l4(), b.size(), PseudoSum(b, like, b.size() - like.l4())) == 0xffff;
}
inline bool Ipv4ChecksumIsRight(const Bytes& b, const Frame& like) {
  return Sum(b, like.l2(), like.l4()) == 0xffff;
}

}  // namespace vsw::testing

#endif  // VSW_TESTS_PACKET_OFFLOAD_FRAME_H_
