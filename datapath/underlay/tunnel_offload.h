// SPDX-License-Identifier: Apache-2.0
//
// The kernel's virtio-net header of a received tunnel packet to an mbuf's transmit flags. A sender
// on this host, or one behind a NIC that gathers, hands over inner TCP segments of up to 64 KiB in
// one tunnel packet; its header then speaks of the inner frame.
#ifndef VSW_DATAPATH_UNDERLAY_TUNNEL_OFFLOAD_H_
#define VSW_DATAPATH_UNDERLAY_TUNNEL_OFFLOAD_H_

#include "datapath/packet/offload.h"

namespace vsw {

/// As ApplyVirtioHeader(); for the inner frame's offloads l2_len reaches from the outer Ethernet
/// header to the inner IP header. What is neither the outer UDP's nor that of TCP or UDP right
/// inside is finished here. False: it does not fit the frame.
bool ApplyTunnelHeader(rte_mbuf* frame, const VirtioHeader& header);

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_TUNNEL_OFFLOAD_H_
