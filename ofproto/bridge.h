// SPDX-License-Identifier: Apache-2.0
//
// One bridge as OpenFlow sees it: tables, groups, meters and port settings, the state that workers
// translate by, and who is told what of its changes. Changes are staged, each checked against those
// before it, and come into force together in Commit(): the new state is published, the decisions
// that it can affect are forgotten, and those who watch hear of it with final counters. Every
// reading member commits first, so that an answer never lacks what was asked for before.
//
// Thread safety: the slow thread alone; workers reach pipeline() and what its state points to.
#ifndef VSW_OFPROTO_BRIDGE_H_
#define VSW_OFPROTO_BRIDGE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "datapath/flow/slow_path.h"
#include "ofproto/bridge_control.h"
#include "ofproto/bridge_directory.h"
#include "ofproto/bridge_ports.h"
#include "ofproto/group/group_table.h"
#include "ofproto/meter/bridge_meters.h"
#include "ofproto/pipeline_state.h"
#include "ofproto/table/table_set.h"
#include "ofproto/translate/notes.h"
#include "ofproto/tunnel/option_table.h"

namespace vsw {

/// What a bridge needs of its switch.
class BridgeHost {
 public:
  virtual ~BridgeHost() = default;
  virtual OfStatus SendPacket(BridgeId bridge, const PacketOut& packet_out) = 0;
  virtual PortTotalsView PortTotals(PortNo port) = 0;
};

class Bridge final : public BridgeControl {
 public:
  Bridge(DatapathControl* control, MeterIndexPool* meters, BridgeHost* host,
         const SlowPathBridge& config);
  ~Bridge() override;

  const BridgePipeline* pipeline() const { return &pipeline_; }
  void Configure(const SlowPathBridge& config);
  std::vector<RefusedRule> ReplaceStoredRules(const StoredRules& rules);

  // What packets gave rise to.
  void Learn(const LearnNote& note);
  void PacketArrived(const PacketIn& packet_in);
  void FinTimeout(uint64_t rule_id, uint16_t idle, uint16_t hard);
  void OnTimer();

  // BridgeControl
  const std::string& name() const override { return name_; }
  uint64_t dpid() const override { return dpid_; }
  MacAddress mac() const override { return ports_.local_mac(); }
  OfStatus ModifyFlow(const FlowMod& mod, const RequestOrigin& origin) override;
  OfStatus ModifyGroup(const GroupMod& mod, const RequestOrigin& origin) override;
  OfStatus ModifyMeter(const MeterMod& mod, const RequestOrigin& origin) override;
  OfStatus ModifyPort(const PortMod& mod) override;
  OfStatus ModifyTable(const TableMod& mod) override;
  OfStatus ModifyTlvTable(const TlvTableMod& mod) override;
  std::vector<TlvMapping> ListTlvTable() override { return options_.mappings(); }
  OfStatus ApplyBundle(std::span<const BundleEntry> entries, const RequestOrigin& origin,
                       size_t* failed) override;
  void Commit() override;
  OfStatus SendPacket(const PacketOut& packet_out) override;
  std::vector<FlowStats> ListFlows(const FlowSelector& selector) override;
  AggregateStats Aggregate(const FlowSelector& selector) override;
  std::vector<TableStats> ListTables() override;
  std::vector<PortDesc> ListPorts() override { return ports_.List(); }
  std::vector<PortStats> ListPortStats() override;
  std::vector<GroupDesc> ListGroups() override { return groups_.List(); }
  std::vector<GroupStats> ListGroupStats() override;
  std::vector<MeterConfig> ListMeters() override { return meters_.List(); }
  std::vector<MeterStats> ListMeterStats() override;
  FragmentHandling fragment_handling() const override { return fragments_; }
  void SetFragmentHandling(FragmentHandling handling) override;
  void SetControllersConnected(bool connected) override;
  void SetFailOpen(bool active) override;
  void AddObserver(BridgeObserver* observer) override { observers_.insert(observer); }
  void RemoveObserver(BridgeObserver* observer) override { observers_.erase(observer); }

 private:
  void Begin();
  /// The changes that the tables have noted and this bridge has not came from `origin`.
  void Note(const RequestOrigin& origin);
  OfStatus Stage(const FlowMod& mod, const TableSet::ModOptions& options);
  OfStatus Stage(const GroupMod& mod);
  OfStatus Stage(const MeterMod& mod);
  /// REQUIRES: ports_.Check(mod) is ok. Cannot be undone: the last that is staged.
  void StagePort(const PortMod& mod);
  /// By what state_ does not tell yet.
  bool PortConfigChanged() const;
  OfStatus CheckReferences(const FlowMod& mod) const;
  OfStatus CheckActionReferences(const OfActions& actions) const;
  std::unique_ptr<const PipelineState> MakeState() const;
  void ForgetDecisions();
  void TellOfChanges();
  void EnterDefaultRule();
  /// Bit N: some rule or group uses tun_metadataN.
  uint64_t UsedTunnelOptions();
  void ConfigureOptions(const TunnelOptionMap& options);
  // bridge_stored.cc
  using Refused = std::vector<RefusedRule>;
  void ReplaceStoredGroups(const std::vector<GroupMod>& groups, Refused* refused);
  void DeleteFormerGroups(const std::vector<GroupMod>& groups);
  void ReplaceStoredMeters(const std::vector<MeterMod>& meters, Refused* refused);
  void ReplaceStoredFlows(const std::vector<FlowMod>& flows, Refused* refused);
  /// Rules that go with those that learned them. True if there were some.
  bool DeleteLearned(const std::vector<uint64_t>& gone);
  /// Undoes all that is staged.
  void Abandon();

  DatapathControl* const control_;
  BridgeHost* const host_;
  const BridgeId id_;
  const std::string name_;
  uint64_t dpid_;
  bool fail_open_ = false;
  bool controllers_connected_ = false;
  FragmentHandling fragments_ = FragmentHandling::kNormal;
  TableSet tables_;
  GroupTable groups_;
  BridgeMeters meters_;
  BridgePorts ports_;
  OptionTable options_;
  std::shared_ptr<const TunnelOptionMap> option_map_;  // of options_; nullptr: empty
  std::vector<TlvMapping> configured_options_;         // those that the configuration asks for
  std::shared_ptr<const std::map<PortNo, uint32_t>> port_config_;  // of state_
  BridgePipeline pipeline_;
  std::unique_ptr<const PipelineState> state_;  // what pipeline_ points to

  // Since the last Commit().
  bool staged_ = false;
  bool state_changed_ = false;          // something of the state but tables, groups and meters
  TableVersion version_ = 0;            // that the staged changes will have, else the one in force
  std::vector<RequestOrigin> origins_;  // of tables_.changes(), in order
  std::vector<uint32_t> changed_groups_;
  std::vector<uint32_t> changed_meters_;
  std::set<PortNo> changed_ports_;
  std::vector<std::pair<GroupMod, RequestOrigin>> group_mods_;
  std::vector<std::pair<MeterMod, RequestOrigin>> meter_mods_;

  /// What learn(delete_learned) rules have made, by the id of the rule that learns.
  std::map<uint64_t, std::set<std::pair<uint8_t, uint64_t>>> learned_;  // table, cookie

  // What came through management; for flows their own mark tells.
  std::set<uint32_t> stored_groups_, stored_meters_;

  std::set<BridgeObserver*> observers_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_BRIDGE_H_
