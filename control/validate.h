// SPDX-License-Identifier: Apache-2.0
//
// Checks of one record by itself: names, numbers, VLAN modes, options by the table of port_kinds.h.
// What depends on other records (uniqueness, peers) is checked where changes are made. Every
// refusal names the field below `bridge`, `port` or `entry`, and says what would be accepted.
#ifndef VSW_CONTROL_VALIDATE_H_
#define VSW_CONTROL_VALIDATE_H_

#include <functional>
#include <set>
#include <string>

#include "base/status.h"
#include "db/records.h"

namespace vsw::control {

inline constexpr uint32_t kLocalOfPort = 0xfffe;
inline constexpr uint32_t kMaxOfPort = 0xfeff;

/// What checks need to know of the host; replaced in tests.
struct HostView {
  std::function<bool(const std::string& path)> is_folder;
  /// Paths that belong to the daemons; no port may have them.
  std::set<std::string> reserved_paths;
};

/// The real file system.
HostView RealHost(std::set<std::string> reserved_paths);

/// The port that comes and goes with its bridge.
inline bool IsLocal(const db::PortRecord& port) { return port.name == port.bridge; }

/// A name that the kernel takes for a network device.
absl::Status CheckDeviceName(const std::string& field, const std::string& name);

absl::Status CheckBridge(const db::BridgeRecord& bridge);
absl::Status CheckPort(const db::PortRecord& port, const HostView& host);
absl::Status CheckVlan(const db::VlanRecord& vlan);
absl::Status CheckOptions(const db::PortRecord& port, const HostView& host);
/// Controllers and listeners (validate_targets.cc).
absl::Status CheckTargets(const db::BridgeRecord& bridge);
absl::Status CheckFdbKey(const db::FdbKey& key);

}  // namespace vsw::control

#endif  // VSW_CONTROL_VALIDATE_H_
