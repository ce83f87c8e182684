// SPDX-License-Identifier: Apache-2.0
//
// The Internet checksum (RFC 1071) over plain bytes and over mbuf chains. Sums are kept as 64-bit
// numbers of native 16-bit words and folded at the end; RFC 1071 section 2 (B) says why the byte
// order does not matter.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_PACKET_CHECKSUM_H_
#define VSW_DATAPATH_PACKET_CHECKSUM_H_

#include <rte_mbuf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace vsw {

/// Adds with end-around carry.
inline uint64_t AddSums(uint64_t a, uint64_t b) {
  const uint64_t sum = a + b;
  return sum + (sum < b);
}

/// Adds `length` bytes at `data`, which stand at an even offset of what is summed.
inline uint64_t AddBytes(uint64_t sum, const void* data, size_t length) {
  const auto* p = static_cast<const uint8_t*>(data);
  uint64_t word;
  for (; length >= 8; p += 8, length -= 8) {
    std::memcpy(&word, p, 8);
    sum = AddSums(sum, word);
  }
  if (length > 0) {
    word = 0;
    std::memcpy(&word, p, length);
    sum = AddSums(sum, word);
  }
  return sum;
}

/// To 16 bits, not complemented.
inline uint16_t FoldSum(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  uint32_t folded = static_cast<uint32_t>(sum);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  return static_cast<uint16_t>(folded);
}

/// Adds the frame's bytes from `offset` to its end, whatever its segments.
inline uint64_t AddMbuf(uint64_t sum, const rte_mbuf* m, uint32_t offset) {
  while (m != nullptr && offset >= m->data_len) {
    offset -= m->data_len;
    m = m->next;
  }
  bool odd = false;
  for (; m != nullptr; m = m->next, offset = 0) {
    const uint32_t length = m->data_len - offset;
    const uint64_t part = AddBytes(0, rte_pktmbuf_mtod_offset(m, const uint8_t*, offset), length);
    // A part that begins at an odd offset has its bytes in the other halves of the words.
    sum = AddSums(sum, odd ? __builtin_bswap16(FoldSum(part)) : part);
    odd ^= (length & 1) != 0;
  }
  return sum;
}

/// Copies `length` bytes into the frame at `offset`. REQUIRES: they lie within the frame.
inline void WriteMbuf(rte_mbuf* m, uint32_t offset, const void* from, uint32_t length) {
  const auto* source = static_cast<const uint8_t*>(from);
  while (offset >= m->data_len) {
    offset -= m->data_len;
    m = m->next;
  }
  for (; length > 0; m = m->next, offset = 0) {
    const uint32_t part = std::min<uint32_t>(length, m->data_len - offset);
    std::memcpy(rte_pktmbuf_mtod_offset(m, uint8_t*, offset), source, part);
    source += part;
    length -= part;
  }
}

/// Copies `length` bytes of the frame from `offset` on. REQUIRES: they lie within the frame.
inline void ReadMbuf(const rte_mbuf* m, uint32_t offset, void* to, uint32_t length) {
  auto* out = static_cast<uint8_t*>(to);
  for (; length > 0; m = m->next) {
    if (offset >= m->data_len) {
      offset -= m->data_len;
      continue;
    }
    const uint32_t part = std::min<uint32_t>(length, m->data_len - offset);
    std::memcpy(out, rte_pktmbuf_mtod_offset(m, const uint8_t*, offset), part);
    out += part;
    length -= part;
    offset = 0;
  }
}

/// Sums from `start` to the end, where the field holds the pseudo-header's sum, and stores the
/// checksum at `field`; 0 is stored as 0xffff, which UDP needs and TCP takes as the same. REQUIRES:
/// start <= field and field + 2 <= pkt_len.
inline void FinishChecksum(rte_mbuf* packet, uint32_t start, uint32_t field) {
  uint16_t checksum = static_cast<uint16_t>(~FoldSum(AddMbuf(0, packet, start)));
  if (checksum == 0) checksum = 0xffff;
  WriteMbuf(packet, field, &checksum, sizeof(checksum));
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_CHECKSUM_H_
