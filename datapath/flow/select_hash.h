// SPDX-License-Identifier: Apache-2.0
//
// The hash by which a packet chooses among several ways (buckets of a select group, links of a
// bundle): of its addresses, protocol and ports, so that a connection keeps its way. The two
// directions of a connection need not choose alike. The same on every worker and in every run.
//
// Thread safety: pure function.
#ifndef VSW_DATAPATH_FLOW_SELECT_HASH_H_
#define VSW_DATAPATH_FLOW_SELECT_HASH_H_

#include <cstdint>
#include <cstring>

#include "datapath/packet/flow_key.h"

namespace vsw {

namespace internal {
inline uint64_t MixSelect(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  hash ^= hash >> 29;
  hash *= 0xbf58476d1ce4e5b9;
  return hash ^ hash >> 32;
}
template <typename T>
uint64_t LoadSelect(const T* from) {
  uint64_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}
}  // namespace internal

inline uint32_t SelectHash(const FlowKey& key, uint32_t basis) {
  using internal::LoadSelect;
  using internal::MixSelect;
  uint64_t hash = MixSelect(0x6a09e667f3bcc908, basis);
  const uint16_t type = key.eth_type.Get();
  const bool ipv6 = type == 0x86dd && (key.lines & kLineIpv6) != 0;
  if (type != 0x0800 && !ipv6) {
    hash = MixSelect(hash, key.eth_src.ToU64());
    hash = MixSelect(hash, key.eth_dst.ToU64() << 16 | type);
    return static_cast<uint32_t>(hash);
  }
  if (ipv6) {
    for (const auto* address : {&key.ipv6_src, &key.ipv6_dst}) {
      hash = MixSelect(hash, LoadSelect(address->data()));
      hash = MixSelect(hash, LoadSelect(address->data() + 8));
    }
  } else {
    hash = MixSelect(hash, uint64_t{key.ipv4_src.raw} << 32 | key.ipv4_dst.raw);
  }
  // Fragments but the first have no ports: for the sake of the whole packet none counts them.
  const bool ports = key.ip_frag == 0;
  const uint64_t l4 = ports ? uint64_t{key.l4_src.raw} << 16 | key.l4_dst.raw : 0;
  return static_cast<uint32_t>(MixSelect(hash, l4 << 8 | key.ip_proto));
}

/// Number `0..count-1` by the hash. REQUIRES: count > 0.
inline uint32_t SelectByHash(uint32_t hash, uint32_t count) {
  return static_cast<uint32_t>(uint64_t{hash} * count >> 32);
}

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_SELECT_HASH_H_
