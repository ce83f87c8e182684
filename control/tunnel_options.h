// SPDX-License-Identifier: Apache-2.0
//
// What the options of a tunnel port may say: addresses, keys, and how they go together. The table
// of port_kinds.h names the options; this says what is in them. Also the addresses that a port of
// ours has on the underlay (options `address` and `gateway`), since tunnels are what they are for.
#ifndef VSW_CONTROL_TUNNEL_OPTIONS_H_
#define VSW_CONTROL_TUNNEL_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "db/records.h"

namespace vsw::control {

bool IsTunnel(db::PortKind kind);

/// Where tunnel packets go: a unicast address, IPv4 or IPv6.
absl::Status CheckTunnelAddress(const std::string& field, const std::string& value);
/// Two or more of them by comma, of one family, none twice.
absl::Status CheckTunnelAddresses(const std::string& field, const std::string& value);
/// 0..`max` in decimal or after 0x.
absl::Status CheckTunnelKey(const std::string& field, const std::string& value, uint64_t max);
/// "192.0.2.1/24", several by comma.
absl::Status CheckInterfaceAddresses(const std::string& field, const std::string& value);
/// At most one address of each family.
absl::Status CheckGateways(const std::string& field, const std::string& value);

/// What no option shows by itself: that there is a remote, that addresses are of one family, that
/// liveness has somebody to ask. REQUIRES: each option was checked.
absl::Status CheckTunnel(const db::PortRecord& port);

/// What received packets are told apart by, one text for each remote: two ports that yield the same
/// text would both be meant by one packet.
std::vector<std::string> ClaimsOfTunnel(const db::PortRecord& port);

}  // namespace vsw::control

#endif  // VSW_CONTROL_TUNNEL_OPTIONS_H_
