// SPDX-License-Identifier: Apache-2.0
//
// Constants of the virtio-net header (virtio 1.2 section 5.1.6), named as there. Not from
// <linux/virtio_net.h>, which is no C++ and in older systems lacks UDP segmentation.
#ifndef VSW_DATAPATH_PACKET_VIRTIO_NET_H_
#define VSW_DATAPATH_PACKET_VIRTIO_NET_H_

#include <cstdint>

namespace vsw {

inline constexpr uint8_t kVirtioNeedsChecksum = 1;  // bit of flags
inline constexpr uint8_t kVirtioGsoNone = 0;
inline constexpr uint8_t kVirtioGsoTcpv4 = 1;
inline constexpr uint8_t kVirtioGsoUdp = 3;  // fragmentation; never offered, always refused
inline constexpr uint8_t kVirtioGsoTcpv6 = 4;
inline constexpr uint8_t kVirtioGsoUdpL4 = 5;
inline constexpr uint8_t kVirtioGsoEcn = 0x80;  // bit of gso_type: CWR is set

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_VIRTIO_NET_H_
