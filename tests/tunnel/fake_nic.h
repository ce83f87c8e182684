// SPDX-License-Identifier: Apache-2.0
//
// What a NIC that knows tunnels puts on the wire for an mbuf: it reads nothing but flags, lengths
// and the headers that those point to, which its driver has prepared as DPDK's drivers for Intel's
// NICs do (rte_eth_tx_prepare). A field that no flag tells it to fill stays as it is.
#ifndef VSW_TESTS_TUNNEL_FAKE_NIC_H_
#define VSW_TESTS_TUNNEL_FAKE_NIC_H_

#include <rte_mbuf.h>

#include <vector>

#include "tests/support/packet_builder.h"

namespace vsw::testing {

/// Leaves `packet` to the caller. Empty: the driver refused it.
std::vector<std::vector<uint8_t>> NicSends(rte_mbuf* packet);

}  // namespace vsw::testing

#endif  // VSW_TESTS_TUNNEL_FAKE_NIC_H_
