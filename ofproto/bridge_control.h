// SPDX-License-Identifier: Apache-2.0
//
// One bridge as those see it who manage it: OpenFlow connections and the private gRPC service. An
// interface, so that connections can be tested without a switch.
//
// Changes take effect for packets translated from now on; Commit() returns when no worker uses an
// older decision. A reply that promises a change (barrier, gRPC answer, statistics that follow the
// change) is sent after Commit(). Several changes may share one Commit().
//
// Thread safety: all of it on the slow thread (DatapathControl::RunOnSlowThread).
#ifndef VSW_OFPROTO_BRIDGE_CONTROL_H_
#define VSW_OFPROTO_BRIDGE_CONTROL_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ofproto/error.h"
#include "ofproto/message/messages.h"

namespace vsw {

/// Who asks: handed back to observers, so that a monitor can tell its own changes.
struct RequestOrigin {
  const void* connection = nullptr;  // nullptr: management
  uint32_t xid = 0;
};

/// What becomes of fragments (1.3 section 7.3.2; kNxMatch is the Nicira extension).
enum class FragmentHandling : uint8_t { kNormal = 0, kDrop = 1, kReassemble = 2, kNxMatch = 3 };

enum class FailMode : uint8_t { kStandalone, kSecure };

class BridgeObserver {
 public:
  virtual ~BridgeObserver() = default;
  virtual void OnPacketIn(const PacketIn& packet_in) = 0;
  /// Only of rules that asked for it.
  virtual void OnFlowRemoved(const FlowRemoved& removed) = 0;
  virtual void OnPortStatus(const PortStatus& status) = 0;
  /// Every change of every rule, in order; `origin` made it (a timeout: none).
  virtual void OnFlowUpdate(const FlowUpdate& update, const RequestOrigin& origin) = 0;
  /// A group or meter was changed by `origin` (1.4 section 7.4.6: REQUESTFORWARD).
  virtual void OnGroupMod(const GroupMod& mod, const RequestOrigin& origin) = 0;
  virtual void OnMeterMod(const MeterMod& mod, const RequestOrigin& origin) = 0;
  /// A table's fill level crossed a threshold (1.4 section 7.4.5); `reason`: OFPTR_VACANCY_*.
  virtual void OnTableStatus(uint8_t reason, const TableStats& table) {}
};

class BridgeControl {
 public:
  using BundleEntry = std::variant<FlowMod, GroupMod, MeterMod, PortMod, PacketOut>;

  virtual ~BridgeControl() = default;

  virtual const std::string& name() const = 0;
  virtual uint64_t dpid() const = 0;
  /// Of the bridge's own port.
  virtual MacAddress mac() const = 0;

  virtual OfStatus ModifyFlow(const FlowMod& mod, const RequestOrigin& origin) = 0;
  virtual OfStatus ModifyGroup(const GroupMod& mod, const RequestOrigin& origin) = 0;
  virtual OfStatus ModifyMeter(const MeterMod& mod, const RequestOrigin& origin) = 0;
  virtual OfStatus ModifyPort(const PortMod& mod) = 0;
  virtual OfStatus ModifyTable(const TableMod& mod) = 0;
  /// In force when it returns.
  virtual OfStatus ModifyTlvTable(const TlvTableMod& mod) = 0;
  virtual std::vector<TlvMapping> ListTlvTable() = 0;
  /// All of them or none, and no packet sees a part. On error `*failed` is the index of the first
  /// that cannot be.
  virtual OfStatus ApplyBundle(std::span<const BundleEntry> entries, const RequestOrigin& origin,
                               size_t* failed) = 0;
  virtual void Commit() = 0;

  virtual OfStatus SendPacket(const PacketOut& packet_out) = 0;

  // Statistics are those of this moment, exact to the packet.
  virtual std::vector<FlowStats> ListFlows(const FlowSelector& selector) = 0;
  virtual AggregateStats Aggregate(const FlowSelector& selector) = 0;
  virtual std::vector<TableStats> ListTables() = 0;
  virtual std::vector<PortDesc> ListPorts() = 0;
  virtual std::vector<PortStats> ListPortStats() = 0;
  virtual std::vector<GroupDesc> ListGroups() = 0;
  virtual std::vector<GroupStats> ListGroupStats() = 0;
  virtual std::vector<MeterConfig> ListMeters() = 0;
  virtual std::vector<MeterStats> ListMeterStats() = 0;

  virtual FragmentHandling fragment_handling() const = 0;
  virtual void SetFragmentHandling(FragmentHandling handling) = 0;
  /// True: table-miss and controller actions have somebody to go to. Connections say so.
  virtual void SetControllersConnected(bool primary_or_slave_connected) = 0;
  /// Fail mode standalone without a reachable controller: NORMAL takes over (and gives back).
  virtual void SetFailOpen(bool active) = 0;

  virtual void AddObserver(BridgeObserver* observer) = 0;
  virtual void RemoveObserver(BridgeObserver* observer) = 0;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_BRIDGE_CONTROL_H_
