// SPDX-License-Identifier: Apache-2.0
//
// What tests of the ways around the flow key compare with: plain frames, altered, and their keys.
#ifndef VSW_TESTS_PACKET_PLAIN_FRAMES_H_
#define VSW_TESTS_PACKET_PLAIN_FRAMES_H_

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "datapath/packet/plain_parser.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {

inline FlowMask NoMask() {
  FlowMask mask;
  mask.Clear();
  mask.lines = kLineBase;
  return mask;
}

inline std::optional<KeyLine> PlainLine(const rte_mbuf* packet) {
  KeyLine line;
  FlowKey key;
  if (!ParsePlain(packet, PortNo{7}, &line, &key)) return std::nullopt;
  return line;
}

inline bool SameUnder(const FlowMask& mask, const KeyLine& a, const KeyLine& b) {
  const KeyLine bits = KeyLine::Load(mask.bits);
  for (size_t i = 0; i < std::size(bits.word); ++i) {
    if (((a.word[i] ^ b.word[i]) & bits.word[i]) != 0) return false;
  }
  return true;
}

// Some bits of it are other ones, or it is shorter.
inline std::vector<uint8_t> Altered(std::vector<uint8_t> frame, Random* random) {
  for (uint32_t changes = random->Below(4); changes > 0; --changes) {
    frame[random->Below(static_cast<uint32_t>(std::min<size_t>(frame.size(), 60)))] ^=
        static_cast<uint8_t>(1u << random->Below(8));
  }
  if (random->OneIn(8)) frame.resize(frame.size() - random->Below(24));
  return frame;
}

}  // namespace vsw::testing

#endif  // VSW_TESTS_PACKET_PLAIN_FRAMES_H_
