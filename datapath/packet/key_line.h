// SPDX-License-Identifier: Apache-2.0
//
// Line 0 of a flow key as words, so that it can be put together, masked and hashed in registers.
//
// Thread safety: a value.
#ifndef VSW_DATAPATH_PACKET_KEY_LINE_H_
#define VSW_DATAPATH_PACKET_KEY_LINE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "datapath/packet/flow_key.h"

namespace vsw {

struct KeyLine {
  uint64_t word[kLineBytes / sizeof(uint64_t)];

  static KeyLine Load(const FlowKey& key) {
    KeyLine line;
    std::memcpy(line.word, key.line(0), kLineBytes);
    return line;
  }
  /// Word by word: a copy of the whole would have to be in memory first, and to wait there for the
  /// stores that put it together.
  [[gnu::always_inline]] void Store(FlowKey* key) const {
    uint8_t* const to = key->line(0);
#pragma GCC unroll 8
    for (size_t i = 0; i < kLineBytes / sizeof(uint64_t); ++i) {
      std::memcpy(to + i * sizeof(uint64_t), &word[i], sizeof(uint64_t));
    }
  }
};
static_assert(offsetof(FlowKey, eth_dst) == 8 && offsetof(FlowKey, eth_type) == 20);
static_assert(offsetof(FlowKey, vlan) == 22 && offsetof(FlowKey, lines) == 31);
static_assert(offsetof(FlowKey, ipv4_src) == 32 && offsetof(FlowKey, ip_proto) == 40);
static_assert(offsetof(FlowKey, l4_src) == 44 && offsetof(FlowKey, tcp_flags) == 48);

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_KEY_LINE_H_
