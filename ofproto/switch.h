// SPDX-License-Identifier: Apache-2.0
//
// The slow path: decides about packets by the bridges' rules, learns addresses, and tells the
// datapath which decisions no longer hold. Translation itself is in normal.h and what it calls;
// this class holds the state that it runs on, and publishes every change of it.
//
// Thread safety: as SlowPath says. Workers reach the configuration through published_ and each
// bridge's address table through the configuration; the slow thread writes both, and frees what it
// replaced after a grace period. A change is published first and its tags invalidated then, so that
// no decision by older state outlives the call that changed it.
#ifndef VSW_OFPROTO_SWITCH_H_
#define VSW_OFPROTO_SWITCH_H_

#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datapath/flow/slow_path.h"
#include "ofproto/bfd/monitor.h"
#include "ofproto/bridge.h"
#include "ofproto/bridge_directory.h"
#include "ofproto/config_diff.h"
#include "ofproto/config_snapshot.h"
#include "ofproto/fdb/mac_table.h"
#include "ofproto/meter/bridge_meters.h"
#include "ofproto/translate/frozen.h"

namespace vsw {

/// Told of bridges that come, change and go; on the slow thread.
class BridgeWatcher {
 public:
  virtual ~BridgeWatcher() = default;
  virtual void BridgeConfigured(const SlowPathBridge& config, BridgeControl* control) = 0;
  /// `control` is gone when this has returned.
  virtual void BridgeRemoved(BridgeId bridge, BridgeControl* control) = 0;
  virtual std::vector<OpenFlowConnectionInfo> Connections(BridgeId bridge) const = 0;
};

class Switch : public SlowPath,
               public BridgeDirectory,
               private BridgeHost,
               private bfd::MonitorHost {
 public:
  Switch();
  ~Switch() override;

  void Attach(DatapathControl* control) override { control_ = control; }
  void Translate(const FlowKey& key, Translation* result) const noexcept override;
  /// A bridge's fdb_ageing_seconds or fdb_max_entries of 0 stands for the default.
  void Configure(const SlowPathConfig& config) override;
  void OnLearn(std::span<const LearnEvent> events) override;
  void OnNote(std::span<const uint8_t> note) override;
  void OnNotesEnd() override;
  void OnUpcall(std::span<const uint8_t> blob, std::span<const uint8_t> packet,
                uint32_t total_bytes) override;
  void OnTimer() override;
  uint64_t NextDueNs() const override { return bfd_.next_run_ns(); }
  void OnDue() override { bfd_.Run(control_->NowNs()); }
  std::vector<BfdRow> ListBfd() const override { return bfd_.List(); }
  std::vector<FdbRow> ListFdb() const override;
  uint32_t FlushFdb(const BridgeId* bridge, PortNo port) override;
  std::vector<PatchCounters> ReadPatchCounters() const override;

  BridgeControl* FindBridge(const std::string& name) override;
  std::vector<RefusedRule> ReplaceStoredRules(const std::string& bridge,
                                              const StoredRules& rules) override;
  std::vector<OpenFlowConnectionInfo> ListConnections(const std::string& bridge) override;
  std::map<PortNo, PortPlace> ListPortPlaces() const override;
  TraceResult TracePacket(const FlowKey& key, const TraceFacts& facts) const override;
  /// Tells of the bridges there are, and of changes from now on; nullptr: nobody.
  void SetWatcher(BridgeWatcher* watcher);

 private:
  struct BridgeState {
    std::string name;
    std::unique_ptr<MacTable> fdb;
    std::unique_ptr<Bridge> bridge;
  };
  using Doomed = std::vector<BridgeState>;

  // BridgeHost
  OfStatus SendPacket(BridgeId bridge, const PacketOut& packet_out) override;
  PortTotalsView PortTotals(PortNo port) override;

  // bfd::MonitorHost
  void SendBfd(PortNo port, std::span<const uint8_t> frame) override;
  void BfdChanged(BridgeId bridge, PortNo port) override;

  /// Makes tables for new bridges; returns what belonged to bridges that are no more.
  Doomed AdoptBridges(const SlowPathConfig& next);
  std::unique_ptr<const ConfigSnapshot> Publish(const SlowPathConfig& next);
  /// Returns the counters of those that are no more.
  std::vector<StatId> AdoptPatchPorts(const SlowPathConfig& next);
  void ForgetMisplaced(const ConfigDiff& diff, std::vector<Tag>* tags);
  void AdoptFdbSettings(const SlowPathConfig& next, std::vector<Tag>* tags);
  void AdoptStaticFdb(const SlowPathBridge& bridge, MacTable::Changes* changes);
  void LearnRemote(const RemoteNote& seen);
  MacTable* TableOf(BridgeId bridge);
  Bridge* BridgeOf(BridgeId id);

  static void AddTags(BridgeId bridge, const MacTable::Changes& changes, std::vector<Tag>* tags);
  /// Ends a change of published state.
  void ReclaimTables();
  void Invalidate(std::vector<Tag>* tags);

  DatapathControl* control_ = nullptr;
  SlowPathConfig running_;  // normalised
  std::map<BridgeId, BridgeState> bridges_;
  MeterIndexPool meters_;
  BridgeWatcher* watcher_ = nullptr;
  std::unique_ptr<Translation> packet_out_ = std::make_unique<Translation>();
  std::map<PortNo, PatchStats> patch_stats_;
  bfd::Monitor bfd_{this};
  mutable FrozenPool frozen_;                       // workers add to it while they translate
  std::unique_ptr<const ConfigSnapshot> snapshot_;  // what published_ points to
  std::atomic<const ConfigSnapshot*> published_;    // slow thread writes, workers read
};

}  // namespace vsw

#endif  // VSW_OFPROTO_SWITCH_H_
