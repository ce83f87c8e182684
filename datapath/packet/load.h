// SPDX-License-Identifier: Apache-2.0
//
// Reads what stands unaligned in a packet.
#ifndef VSW_DATAPATH_PACKET_LOAD_H_
#define VSW_DATAPATH_PACKET_LOAD_H_

#include <cstdint>
#include <cstring>

namespace vsw {

/// The bytes at `at` as they stand there. REQUIRES: there are sizeof(T).
template <typename T>
[[gnu::always_inline]] inline T Load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_LOAD_H_
