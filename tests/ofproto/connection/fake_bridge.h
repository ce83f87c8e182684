// SPDX-License-Identifier: Apache-2.0
//
// A bridge without a pipeline: rules, groups and meters in plain maps, a log of what was asked of
// it, and errors on demand. Every call must be on the slow thread.
#ifndef VSW_TESTS_OFPROTO_CONNECTION_FAKE_BRIDGE_H_
#define VSW_TESTS_OFPROTO_CONNECTION_FAKE_BRIDGE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ofproto/bridge_control.h"
#include "tests/ofproto/connection/threaded_control.h"

namespace vsw::testing {

class FakeBridge : public BridgeControl {
 public:
  explicit FakeBridge(ThreadedControl* control, std::string name = "br0");
  ~FakeBridge() override;

  const std::string& name() const override { return name_; }
  uint64_t dpid() const override { return 0x0000aabbccddeeffull; }
  MacAddress mac() const override { return MacAddress{}; }

  OfStatus ModifyFlow(const FlowMod& mod, const RequestOrigin& origin) override;
  OfStatus ModifyGroup(const GroupMod& mod, const RequestOrigin& origin) override;
  OfStatus ModifyMeter(const MeterMod& mod, const RequestOrigin& origin) override;
  OfStatus ModifyPort(const PortMod& mod) override;
  OfStatus ModifyTable(const TableMod& mod) override;
  OfStatus ModifyTlvTable(const TlvTableMod& mod) override {
    if (mod.command == TlvTableMod::Command::kAdd) tlv_map_ = mod.mappings;
    return Refusal();
  }
  std::vector<TlvMapping> ListTlvTable() override { return tlv_map_; }
  OfStatus ApplyBundle(std::span<const BundleEntry> entries, const RequestOrigin& origin,
                       size_t* failed) override;
  void Commit() override;
  OfStatus SendPacket(const PacketOut& packet_out) override;

  std::vector<FlowStats> ListFlows(const FlowSelector& selector) override;
  AggregateStats Aggregate(const FlowSelector& selector) override;
  std::vector<TableStats> ListTables() override;
  std::vector<PortDesc> ListPorts() override;
  std::vector<PortStats> ListPortStats() override;
  std::vector<GroupDesc> ListGroups() override;
  std::vector<GroupStats> ListGroupStats() override;
  std::vector<MeterConfig> ListMeters() override;
  std::vector<MeterStats> ListMeterStats() override;

  FragmentHandling fragment_handling() const override { return fragments_; }
  void SetFragmentHandling(FragmentHandling handling) override;
  void SetControllersConnected(bool connected) override;
  void SetFailOpen(bool active) override;
  void AddObserver(BridgeObserver* observer) override;
  void RemoveObserver(BridgeObserver* observer) override;

  // For tests, from any thread.
  /// What was called, in order: "flow", "commit", "controllers 1", ...
  std::vector<std::string> TakeLog();
  /// Runs `task` with each observer, on the slow thread.
  void Tell(const std::function<void(BridgeObserver*)>& task);
  /// The next change is refused with `error`.
  void RefuseNext(OfErrorId error);
  size_t flow_count();
  /// Adds rules that nobody hears of.
  void FillFlows(size_t count);

 private:
  struct Rule {
    FlowStats stats;
    uint64_t created_ns, modified_ns;
  };
  void Note(std::string what);
  OfStatus Refusal();
  void Update(FlowUpdate::Event event, const Rule& rule, const RequestOrigin& origin);
  FlowStats StatsOf(const Rule& rule) const;

  ThreadedControl* const control_;
  const std::string name_;
  std::vector<Rule> rules_;
  std::vector<TlvMapping> tlv_map_;
  std::map<uint32_t, GroupDesc> groups_;
  std::map<uint32_t, MeterConfig> meters_;
  FragmentHandling fragments_ = FragmentHandling::kNormal;
  std::vector<BridgeObserver*> observers_;
  std::vector<std::string> log_;
  std::optional<OfErrorId> refusal_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_CONNECTION_FAKE_BRIDGE_H_
