// SPDX-License-Identifier: Apache-2.0
//
// The questions of ARP (RFC 826) and IPv6 neighbour discovery (RFC 4861) as frames. The answers are
// the worker's business (datapath/tunnel/host_responder.h).
#ifndef VSW_DATAPATH_UNDERLAY_NEIGHBOUR_FRAMES_H_
#define VSW_DATAPATH_UNDERLAY_NEIGHBOUR_FRAMES_H_

#include <cstdint>
#include <vector>

#include "base/ip_address.h"
#include "base/mac_address.h"

namespace vsw {

/// Asks for the hardware address of `target`: everyone (ARP) or its solicited-node group, or, if
/// `known` is set, that station alone, to see whether it is still there.
std::vector<uint8_t> MakeSolicitation(const MacAddress& source_mac, const IpAddress& source,
                                      const IpAddress& target, const MacAddress* known);

/// Says unasked that `address` is at `mac`: a gratuitous ARP request (RFC 5227 section 3) or an
/// unsolicited neighbour advertisement to all nodes (RFC 4861 section 7.2.6).
std::vector<uint8_t> MakeAnnouncement(const MacAddress& mac, const IpAddress& address);

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_NEIGHBOUR_FRAMES_H_
