// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C (Castagnoli), the checksum of SCTP (RFC 9260 appendix A), by the processor's instruction.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_PACKET_CRC32C_H_
#define VSW_DATAPATH_PACKET_CRC32C_H_

#include <nmmintrin.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace vsw {

/// Goes on from `crc`; begin with all ones and take the complement of the last.
inline uint32_t AddCrc32c(uint32_t crc, const uint8_t* data, size_t length) {
  uint64_t state = crc;
  for (; length >= 8; data += 8, length -= 8) {
    uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    state = _mm_crc32_u64(state, word);
  }
  crc = static_cast<uint32_t>(state);
  for (; length > 0; ++data, --length) crc = _mm_crc32_u8(crc, *data);
  return crc;
}

/// Of the frame's bytes from `start` up to `end`, in the byte order in which SCTP has it.
inline uint32_t Crc32cOfMbuf(const rte_mbuf* m, uint32_t start, uint32_t end) {
  uint32_t crc = 0xffffffff;
  for (uint32_t at = 0; m != nullptr && at < end; at += m->data_len, m = m->next) {
    const uint32_t from = std::max(start, at), to = std::min<uint32_t>(end, at + m->data_len);
    if (from >= to) continue;
    crc = AddCrc32c(crc, rte_pktmbuf_mtod_offset(m, const uint8_t*, from - at), to - from);
  }
  return ~crc;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_CRC32C_H_
