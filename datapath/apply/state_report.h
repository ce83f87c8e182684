// SPDX-License-Identifier: Apache-2.0
//
// What the switch runs, as plain values: the applier publishes one after every change, and anyone
// may read it. Never changed once published.
#ifndef VSW_DATAPATH_APPLY_STATE_REPORT_H_
#define VSW_DATAPATH_APPLY_STATE_REPORT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/net_types.h"
#include "datapath/apply/wanted_state.h"
#include "datapath/port/port.h"

namespace vsw {

struct BridgeReport {
  std::string name;
  BridgeId id{};
  uint64_t dpid = 0;
  std::string failure;  // empty = active
};

struct PortReport {
  std::string name;
  std::string bridge;
  PortKind kind{};
  PortNo number = kNoPort;  // kNoPort: no number was left
  uint32_t ofport = 0;      // 0: none
  std::string failure;      // empty = active
  PortInfo info;
  DeviceCounters device;
};

struct StateReport {
  uint64_t version = 0;           // another one for each change other than in what is counted
  uint64_t applied_revision = 0;  // 0 = nothing applied yet
  std::vector<BridgeReport> bridges;
  std::vector<PortReport> ports;
  /// Names of the underlay's ports, which belong to no bridge, for what they count.
  std::map<PortNo, std::string> underlay_ports;

  const BridgeReport* FindBridge(const std::string& name) const;
  const PortReport* FindPort(const std::string& name) const;
};

using StateReportPtr = std::shared_ptr<const StateReport>;

/// Equal but for version, device counters and the underlay's ports.
bool SaysTheSame(const StateReport& a, const StateReport& b);

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_STATE_REPORT_H_
