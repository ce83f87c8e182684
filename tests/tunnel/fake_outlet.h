// SPDX-License-Identifier: Apache-2.0
//
// Where a tunnel port's packets end in tests.
#ifndef VSW_TESTS_TUNNEL_FAKE_OUTLET_H_
#define VSW_TESTS_TUNNEL_FAKE_OUTLET_H_

#include <rte_mbuf.h>

#include <span>
#include <utility>
#include <vector>

#include "datapath/tunnel/tunnel_outlet.h"
#include "tests/support/eal.h"

namespace vsw::testing {

class FakeOutlet : public TunnelOutlet {
 public:
  ~FakeOutlet() override { Clear(); }
  TunnelOffloads OffloadsOf(PortNo) const override { return offloads; }
  void Send(PortNo egress, std::span<rte_mbuf*> frames) override {
    for (rte_mbuf* frame : frames) sent.emplace_back(egress, frame);
  }
  void Enter(PortNo in_port, std::span<rte_mbuf*> frames) override {
    for (rte_mbuf* frame : frames) entered.emplace_back(in_port, frame);
  }
  bool Answer(rte_mbuf* frame, const FlowKey& tunnel) override {
    answers.emplace_back(tunnel, frame);
    return true;
  }
  bool Hold(rte_mbuf* packet, const TunnelEnds& ends, PortNo) override {
    if (!has_room) return false;
    held.emplace_back(ends, packet);
    return true;
  }
  void Clear() {
    const auto free = [](auto* list) {
      for (auto& [where, packet] : *list) rte_pktmbuf_free(packet);
      list->clear();
    };
    free(&sent), free(&entered), free(&answers), free(&held);
  }

  bool has_room = true;
  TunnelOffloads offloads;
  std::vector<std::pair<PortNo, rte_mbuf*>> sent, entered;
  std::vector<std::pair<FlowKey, rte_mbuf*>> answers;
  std::vector<std::pair<TunnelEnds, rte_mbuf*>> held;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_TUNNEL_FAKE_OUTLET_H_
