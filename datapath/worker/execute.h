// SPDX-License-Identifier: Apache-2.0
//
// The stage that does what a megaflow says with one packet.
#ifndef VSW_DATAPATH_WORKER_EXECUTE_H_
#define VSW_DATAPATH_WORKER_EXECUTE_H_

#include <span>

#include "datapath/flow/action.h"
#include "datapath/worker/transmit.h"

struct rte_mempool;

namespace vsw {

/// Runs `actions` on the packet, which it takes over. An output that is not the last one sends a
/// copy from `pool`. Copies that cannot be had and edits that cannot be made are counted in
/// `ingress`. REQUIRES: `actions` has an output.
void ExecuteActions(rte_mbuf* packet, std::span<const Action> actions, rte_mempool* pool,
                    TransmitBatches* batches, PortCounters* ingress);

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_EXECUTE_H_
