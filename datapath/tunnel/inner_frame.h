// SPDX-License-Identifier: Apache-2.0
//
// What the sending side of a tunnel wants to know of the frame that it carries: the fields that the
// outer header takes over, and a hash that spreads flows over the paths of the underlay. The hash
// is no secret: whoever knows which flows share a source port has learned nothing.
//
// Thread safety: pure function.
#ifndef VSW_DATAPATH_TUNNEL_INNER_FRAME_H_
#define VSW_DATAPATH_TUNNEL_INNER_FRAME_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <cstring>

namespace vsw {

struct InnerFrame {
  uint8_t ip_version = 0;  // 4 or 6; 0: not IP
  uint8_t tos = 0;
  uint8_t ttl = 0;
  uint16_t l3 = 14;   // offset of what is behind the Ethernet type
  uint32_t hash = 0;  // the same for all packets of a flow
};

/// Of any frame.
InnerFrame ReadInnerFrame(const rte_mbuf* packet);

/// Puts words together into a hash.
class FrameMixer {
 public:
  [[gnu::always_inline]] void Add(uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15;
    state_ ^= state_ >> 32;
  }
  uint32_t hash() const { return static_cast<uint32_t>(state_ >> 16); }
  /// Of the protocols that begin with ports.
  static bool HasPorts(uint8_t protocol) {
    return protocol == 6 || protocol == 17 || protocol == 132;
  }

 private:
  uint64_t state_ = 0x2545f4914f6cdd1d;
};

/// The same as ReadInnerFrame() for what most frames are: untagged IPv4 without options, whole.
/// False: it is another one.
[[gnu::always_inline]] inline bool ReadPlainInnerFrame(const rte_mbuf* packet, InnerFrame* inner) {
  // Numbers as they stand on the wire, in a little-endian register.
  constexpr uint16_t kIpv4 = 0x0008;
  constexpr uint64_t kVersionAndFragment = 0xff3f'0000'0000'00ff, kWhole = 0x45;
  constexpr uint32_t kEthernetBytes = 14, kIpBytes = 20, kPortBytes = 4;
  if (packet->data_len < kEthernetBytes + kIpBytes + kPortBytes) return false;
  const uint8_t* const frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  const uint8_t* const ip = frame + kEthernetBytes;
  uint16_t type;
  uint64_t first, addresses;
  uint32_t ports;
  std::memcpy(&type, frame + 12, sizeof(type));
  std::memcpy(&first, ip, sizeof(first));
  std::memcpy(&addresses, ip + 12, sizeof(addresses));
  std::memcpy(&ports, ip + kIpBytes, sizeof(ports));
  if (type != kIpv4 || (first & kVersionAndFragment) != kWhole) return false;
  inner->ip_version = 4;
  inner->tos = ip[1];
  inner->ttl = ip[8];
  FrameMixer mixer;
  mixer.Add(addresses);
  mixer.Add(uint64_t{ip[9]} << 32 | (FrameMixer::HasPorts(ip[9]) ? ports : 0));
  inner->hash = mixer.hash();
  return true;
}

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_INNER_FRAME_H_
