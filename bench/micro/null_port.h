// SPDX-License-Identifier: Apache-2.0
#ifndef VSW_BENCH_MICRO_NULL_PORT_H_
#define VSW_BENCH_MICRO_NULL_PORT_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "datapath/port/port.h"

namespace vsw::bench {

/// Takes frames and leaves them as they are; copies it frees.
class NullPort : public Port {
 public:
  NullPort(uint32_t number, bool frees) : Port(PortNo{number}, "null"), frees_(frees) {}
  uint16_t rx_queue_count() const override { return 0; }
  uint16_t Receive(QueueId, std::span<rte_mbuf*>, PortCounters&) override { return 0; }
  void Transmit(WorkerId, std::span<rte_mbuf*> burst, PortCounters& counters) override {
    counters.tx_packets.Add(burst.size());
    if (frees_) rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
  }
  PortInfo ReadInfo() const override { return {}; }
  absl::Status Reconfigure(const std::map<std::string, std::string>&) override {
    return absl::OkStatus();
  }

 private:
  const bool frees_;
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_MICRO_NULL_PORT_H_
