// SPDX-License-Identifier: Apache-2.0
//
// One bridge and the controllers that are connected to it: hands what happens on the bridge to
// those who want to know, and settles among them who is master. Outlives the bridge if need be:
// Detach() lets go of it, and from then on nothing here touches it.
//
// Thread safety: the slow thread, except where a member says otherwise.
#ifndef VSW_OFPROTO_CONNECTION_BRIDGE_HUB_H_
#define VSW_OFPROTO_CONNECTION_BRIDGE_HUB_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "datapath/flow/datapath_control.h"
#include "ofproto/bridge_control.h"
#include "ofproto/connection/master_election.h"

namespace vsw::ofconn {

class Session;

class BridgeHub final : public BridgeObserver {
 public:
  /// `control` outlives the hub, `bridge` lives until Detach().
  BridgeHub(DatapathControl* control, BridgeControl* bridge) : control_(control), bridge_(bridge) {}

  /// Begins and ends to look at the bridge. Each once.
  void Attach();
  void Detach();
  /// nullptr after Detach().
  BridgeControl* bridge() { return bridge_; }
  uint64_t NowNs() const { return control_->NowNs(); }
  const DatapathControl& control() const { return *control_; }

  void Join(std::shared_ptr<Session> session);
  void Leave(const Session* session);
  void SetFailOpen(bool active);

  /// Makes `session` the only master (1.3 section 6.3.4), and tells those that were it.
  void MakeMaster(Session* session);
  MasterElection& election() { return election_; }
  /// How many messages the bundles of all controllers hold. Any thread may change it.
  std::atomic<size_t>* bundled_messages() { return &bundled_messages_; }

  /// A request changed something that Commit() must make sure of.
  void Changed() { uncommitted_ = true; }
  /// Commits if anything changed.
  void Settle();
  /// Requests are handled between the two: monitors gather what each request does.
  void BeginRequest() { in_request_ = true; }
  void EndRequest();

  void OnPacketIn(const PacketIn& packet_in) override;
  void OnFlowRemoved(const FlowRemoved& removed) override;
  void OnPortStatus(const PortStatus& status) override;
  void OnFlowUpdate(const FlowUpdate& update, const RequestOrigin& origin) override;
  void OnGroupMod(const GroupMod& mod, const RequestOrigin& origin) override;
  void OnMeterMod(const MeterMod& mod, const RequestOrigin& origin) override;
  void OnTableStatus(uint8_t reason, const TableStats& table) override;

  /// Runs `task` on the slow thread and returns when it has run. From any thread.
  void RunOnSlowThread(const std::function<void()>& task) { control_->RunOnSlowThread(task); }

 private:
  void FlushMonitors();

  DatapathControl* const control_;
  BridgeControl* bridge_;
  std::vector<std::shared_ptr<Session>> sessions_;
  MasterElection election_;
  std::atomic<size_t> bundled_messages_{0};
  bool uncommitted_ = false;
  bool in_request_ = false;
  bool monitors_pending_ = false;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_BRIDGE_HUB_H_
