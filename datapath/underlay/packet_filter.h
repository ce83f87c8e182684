// SPDX-License-Identifier: Apache-2.0
//
// The classic BPF program that picks tunnel packets for this host out of a device's frames, so that
// everything else costs an underlay port nothing.
#ifndef VSW_DATAPATH_UNDERLAY_PACKET_FILTER_H_
#define VSW_DATAPATH_UNDERLAY_PACKET_FILTER_H_

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace vsw {

/// Accepts untagged frames to the device's own address with UDP to one of `udp_ports`, or GRE if
/// `gre`, over IPv4 (with options too) or IPv6 without extension headers, but for destination
/// options in front of GRE. Of fragments the first ones, so that they can be counted; the others
/// say no port.
std::vector<sock_filter> MakeTunnelFilter(std::span<const uint16_t> udp_ports, bool gre);

/// Accepts nothing.
std::vector<sock_filter> MakeDropFilter();

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_PACKET_FILTER_H_
