// SPDX-License-Identifier: Apache-2.0
//
// The options of a tunnel port (vxlan, geneve, gre) as values. Names and meanings are those of Open
// vSwitch where it has them; docs/vswctl.md lists them all.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_TUNNEL_TUNNEL_CONFIG_H_
#define VSW_DATAPATH_TUNNEL_TUNNEL_CONFIG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "datapath/flow/tunnel_facts.h"

namespace vsw {

inline constexpr uint16_t kVxlanPort = 4789;   // RFC 7348 section 5
inline constexpr uint16_t kGenevePort = 6081;  // RFC 8926 section 3.3
inline constexpr uint8_t kDefaultTunnelTtl = 64;

struct TunnelConfig {
  TunnelFacts facts;
  bool dont_fragment = true;
  bool checksum = false;  // of outer UDP over IPv4, or of GRE; UDP over IPv6 always has one
  uint32_t mtu = 0;       // of the frames inside, L3; 0: what the way leaves
  bool up = true;
  bool operator==(const TunnelConfig&) const = default;
};

/// kNone if `port_kind` ("vxlan", ...) is no tunnel.
TunnelKind TunnelKindOf(std::string_view port_kind);
/// "vxlan", ...
const char* TunnelKindName(TunnelKind kind);

/// InvalidArgument names the option.
[[nodiscard]] absl::StatusOr<TunnelConfig> ParseTunnelOptions(
    TunnelKind kind, const std::map<std::string, std::string>& options);

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_TUNNEL_CONFIG_H_
