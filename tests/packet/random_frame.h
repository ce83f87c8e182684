// SPDX-License-Identifier: Apache-2.0
//
// Random frames of every kind that the switch knows, with a note of where each header stands, and
// their checksums made from scratch: what code that changes frames in place is compared with.
#ifndef VSW_TESTS_PACKET_RANDOM_FRAME_H_
#define VSW_TESTS_PACKET_RANDOM_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/support/random_seed.h"

namespace vsw::testing {

struct RandomFrame {
  std::vector<uint8_t> bytes;
  // What the rest of a fragmented packet holds: summed, but not in this frame.
  std::vector<uint8_t> rest;
  size_t type = 0, snap_length = 0, l3 = 0, l4 = 0, end = 0;  // offsets; end: of the IP packet
  size_t nd_source = 0, nd_target = 0, nd_options = 0;
  bool ipv4 = false, ipv6 = false, arp = false, mpls = false;
  uint8_t protocol = 0;  // 0: no L4 header in this frame
  bool neighbor = false;
  bool fragment = false;
  bool no_udp_checksum = false;
  /// The L4 checksum is left to the way out: only the pseudo-header is summed.
  bool partial = false;
  // Behind a routing header that has segments left.
  std::vector<uint8_t> final_destination;

  static RandomFrame Make(Random* random);
  /// Makes all checksums anew.
  void FixChecksums();
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_PACKET_RANDOM_FRAME_H_
