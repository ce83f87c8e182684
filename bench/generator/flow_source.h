// SPDX-License-Identifier: Apache-2.0
//
// Which flow the next packet belongs to: uniform by chance, Zipf (few flows have most packets), or
// sequential (every flow once, then again from the first; with more flows than packets, each packet
// opens a new one), or filling (every flow once, then uniform). The same seed gives the same order.
#ifndef VSW_BENCH_GENERATOR_FLOW_SOURCE_H_
#define VSW_BENCH_GENERATOR_FLOW_SOURCE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vsw::bench {

class FlowSource {
 public:
  virtual ~FlowSource() = default;
  /// Numbers below the count of flows, one for each of the next packets.
  virtual void Next(std::span<uint32_t> flows) = 0;
};

/// `order`: "uniform", "zipf", "sequential" or "filling"; nullptr for anything else. REQUIRES:
/// flows > 0.
std::unique_ptr<FlowSource> MakeFlowSource(const std::string& order, uint32_t flows);

/// The flows of packets of a recorded trace, over and over. REQUIRES: not empty.
std::unique_ptr<FlowSource> MakeTraceSource(std::vector<uint32_t> trace);

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_FLOW_SOURCE_H_
