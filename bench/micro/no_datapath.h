// SPDX-License-Identifier: Apache-2.0
//
// A datapath without workers or counters, for rules that are changed where nothing forwards.
#ifndef VSW_BENCH_MICRO_NO_DATAPATH_H_
#define VSW_BENCH_MICRO_NO_DATAPATH_H_

#include <cstdint>
#include <functional>
#include <span>

#include "datapath/flow/datapath_control.h"

namespace vsw::bench {

class NoDatapath : public DatapathControl {
 public:
  void Synchronize() override {}
  void Invalidate(std::span<const Tag>) override {}
  void InvalidateAll() override {}
  void InvalidateMatching(std::span<const TagFilter>) override {}
  StatId AllocateStat() override { return StatId{1}; }
  void ReleaseStat(StatId) override {}
  StatTotals ReadStat(StatId) const override { return {}; }
  void CollectStatistics() override {}
  void SetMeter(uint32_t, const MeterSpec&) override {}
  void ClearMeter(uint32_t) override {}
  MeterTotals ReadMeter(uint32_t) const override { return {}; }
  void SetTunnelOptions(BridgeId, const TunnelOptionMap&) override {}
  void Inject(std::span<const uint8_t>, PortNo, const Translation&) override {}
  bool ParseFrame(std::span<const uint8_t>, PortNo, FlowKey*) const override { return false; }
  PortTotalsView ReadPortTotals(PortNo) const override { return {}; }
  void RunOnSlowThread(const std::function<void()>& task) override { task(); }
  uint64_t NowNs() const override { return 1; }
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_MICRO_NO_DATAPATH_H_
