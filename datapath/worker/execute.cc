// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/execute.h"

#include "datapath/packet/vlan_edit.h"

namespace vsw {
namespace {

// False: the frame is too oddly laid out to be edited.
bool Edit(rte_mbuf* packet, const Action& action) {
  switch (action.type) {
    case ActionType::kPushVlan:
      return PushVlan(packet, action.small, action.tci());
    case ActionType::kPopVlan:
      return PopVlan(packet);
    case ActionType::kSetVlanTci:
      return SetVlanTci(packet, action.tci());
    default:
      break;
  }
  return true;
}

size_t LastOutput(std::span<const Action> actions) {
  size_t last = actions.size();
  while (last > 0 && actions[last - 1].type != ActionType::kOutput) --last;
  return last;
}

}  // namespace

void ExecuteActions(rte_mbuf* packet, std::span<const Action> actions, rte_mempool* pool,
                    TransmitBatches* batches, PortCounters* ingress) {
  const size_t end = LastOutput(actions);
  for (size_t i = 0; i + 1 < end; ++i) {
    const Action& action = actions[i];
    if (action.type != ActionType::kOutput) {
      if (!Edit(packet, action)) {
        ingress->Drop(DropReason::kRxMalformed);
        rte_pktmbuf_free(packet);
        return;
      }
      continue;
    }
    rte_mbuf* copy = rte_pktmbuf_copy(packet, pool, 0, UINT32_MAX);
    if (copy == nullptr) {
      ingress->Drop(DropReason::kNoCopyBuffer);
      continue;
    }
    batches->Add(action.port(), copy);
  }
  batches->Add(actions[end - 1].port(), packet);
}

}  // namespace vsw
