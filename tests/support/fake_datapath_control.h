// SPDX-License-Identifier: Apache-2.0
//
// A datapath without workers: time that the test steps, and a record of what was invalidated. Every
// task is on the slow thread here.
#ifndef VSW_TESTS_SUPPORT_FAKE_DATAPATH_CONTROL_H_
#define VSW_TESTS_SUPPORT_FAKE_DATAPATH_CONTROL_H_

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "datapath/flow/slow_path.h"

namespace vsw::testing {

class FakeDatapathControl : public DatapathControl {
 public:
  void Synchronize() override { ++synchronized; }
  void Invalidate(std::span<const Tag> tags) override {
    ++invalidations;
    invalidated.insert(tags.begin(), tags.end());
  }
  void InvalidateAll() override {
    ++invalidations;
    everything = true;
  }
  void InvalidateMatching(std::span<const TagFilter> filters) override {
    ++invalidations;
    for (const TagFilter& filter : filters) invalidated.insert(filter.tag);
  }
  StatId AllocateStat() override {
    stats.emplace(++last_stat, StatTotals{});
    return StatId{last_stat};
  }
  void ReleaseStat(StatId stat) override {
    if (stats.erase(ToInt(stat)) != 1) throw std::logic_error("released a counter twice");
  }
  StatTotals ReadStat(StatId stat) const override { return stats.at(ToInt(stat)); }
  /// Packets counted for `stat` now, as long as it is allocated.
  void CountFor(StatId stat, uint64_t packets = 1, uint64_t bytes = 100) {
    const auto found = stats.find(ToInt(stat));
    if (found == stats.end()) return;
    found->second.packets += packets;
    found->second.bytes += bytes;
    found->second.used_ns = now_ns;
  }
  void CollectStatistics() override { ++collections; }
  void SetMeter(uint32_t index, const MeterSpec& spec) override { meters[index] = spec; }
  void ClearMeter(uint32_t index) override { meters.erase(index); }
  void SetTunnelOptions(BridgeId bridge, const TunnelOptionMap& options) override {
    tunnel_options[ToInt(bridge)] = options;
  }
  MeterTotals ReadMeter(uint32_t index) const override {
    MeterTotals totals;
    totals.bands.resize(meters.at(index).bands.size());
    return totals;
  }
  void Inject(std::span<const uint8_t> frame, PortNo, const Translation& translation) override {
    injected.emplace_back(
        std::vector<uint8_t>(frame.begin(), frame.end()),
        std::vector<Action>(translation.actions.begin(), translation.actions.end()));
  }
  bool ParseFrame(std::span<const uint8_t> frame, PortNo in_port, FlowKey* key) const override {
    std::memset(static_cast<void*>(key), 0, sizeof(*key));
    key->in_port = in_port;
    return parse == nullptr || parse(frame, in_port, key);
  }
  PortTotalsView ReadPortTotals(PortNo) const override { return {}; }
  void RunOnSlowThread(const std::function<void()>& task) override { task(); }
  uint64_t NowNs() const override { return now_ns; }

  void StepSeconds(double seconds) { now_ns += static_cast<uint64_t>(seconds * 1e9); }
  /// Forgets what was recorded.
  void Reset() { invalidations = 0, synchronized = 0, everything = false, invalidated.clear(); }
  bool Hits(std::span<const Tag> tags) const {
    if (everything) return true;
    for (const Tag tag : tags) {
      if (invalidated.contains(tag)) return true;
    }
    return false;
  }

  uint64_t now_ns = 1'000'000'000'000;
  int synchronized = 0;
  int invalidations = 0;  // calls
  bool everything = false;
  std::set<Tag> invalidated;
  std::map<uint32_t, StatTotals> stats;  // by StatId; tests count here
  uint32_t last_stat = 0;
  int collections = 0;
  std::map<uint32_t, MeterSpec> meters;
  std::map<uint32_t, TunnelOptionMap> tunnel_options;  // by bridge
  std::vector<std::pair<std::vector<uint8_t>, std::vector<Action>>> injected;
  std::function<bool(std::span<const uint8_t>, PortNo, FlowKey*)> parse;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_FAKE_DATAPATH_CONTROL_H_
