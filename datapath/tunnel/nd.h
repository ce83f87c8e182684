// SPDX-License-Identifier: Apache-2.0
//
// What is shared by those who make and answer messages of IPv6 neighbour discovery (RFC 4861).
#ifndef VSW_DATAPATH_TUNNEL_ND_H_
#define VSW_DATAPATH_TUNNEL_ND_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/byte_order.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "datapath/packet/checksum.h"

namespace vsw {

inline constexpr uint8_t kProtocolIcmpv6 = 58;
inline constexpr uint8_t kNdHopLimit = 255;  // less: it was routed, and is not valid
inline constexpr uint8_t kNeighbourSolicitation = 135, kNeighbourAdvertisement = 136;
inline constexpr uint8_t kSourceLinkLayerOption = 1, kTargetLinkLayerOption = 2;
// Flags of an advertisement, in the word behind type, code and checksum.
inline constexpr uint32_t kNdSolicited = 1u << 30, kNdOverride = 1u << 29;
/// ICMPv6 header with flags, target, and one link-layer address option of Ethernet.
inline constexpr size_t kNdMessageBytes = 8 + 16 + 8;
inline constexpr size_t kIpv6HeaderBytes = 40;

/// ff02::1:ffxx:xxxx (RFC 4291 section 2.7.1).
inline IpAddress SolicitedNodeGroup(const IpAddress& target) {
  IpAddress group;
  constexpr uint8_t kPrefix[13] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff};
  std::memcpy(group.octets.data(), kPrefix, sizeof(kPrefix));
  std::memcpy(group.octets.data() + 13, target.octets.data() + 13, 3);
  return group;
}

/// 33:33 and the last four octets of the group (RFC 2464 section 7).
inline MacAddress GroupMac(const IpAddress& group) {
  MacAddress mac = {{0x33, 0x33}};
  std::memcpy(mac.octets.data() + 2, group.octets.data() + 12, 4);
  return mac;
}

/// The sum of an ICMPv6 message of `bytes` bytes behind a plain IPv6 header at `ip`, with the
/// pseudo-header (RFC 8200 section 8.1), folded, not complemented: 0xffff if its checksum is right.
inline uint16_t SumIcmpv6(const uint8_t* ip, size_t bytes) {
  uint64_t sum = AddBytes(0, ip + 8, 32);
  sum = AddSums(sum, Be32::From(static_cast<uint32_t>(bytes)).raw);
  sum = AddSums(sum, Be32::From(kProtocolIcmpv6).raw);
  return FoldSum(AddBytes(sum, ip + kIpv6HeaderBytes, bytes));
}

/// Stores the checksum of the message of kNdMessageBytes behind the header at `ip`.
inline void FinishNdChecksum(uint8_t* ip) {
  uint8_t* field = ip + kIpv6HeaderBytes + 2;
  std::memset(field, 0, 2);
  const auto checksum = static_cast<uint16_t>(~SumIcmpv6(ip, kNdMessageBytes));
  std::memcpy(field, &checksum, sizeof(checksum));
}

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_ND_H_
