// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/port_factory.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "datapath/port/dpdk_port.h"
#include "datapath/port/internal_port.h"
#include "datapath/port/system_port.h"
#include "datapath/port/tap_port.h"
#include "datapath/port/vhost_user_port.h"
#include "fmt/ranges.h"

namespace vsw {
namespace {

using Maker = absl::StatusOr<std::unique_ptr<Port>> (*)(const PortEnvironment&, const PortRequest&);

struct Kind {
  std::string_view name;
  Maker make;
  std::vector<std::string_view> options;  // beside mtu and admin-state, which all kinds have
};

absl::StatusOr<std::unique_ptr<Port>> MakeTunnelPort(const PortEnvironment& environment,
                                                     const PortRequest& request) {
  if (environment.tunnel.next_hops == nullptr) {
    return Unavailable("this switch has no underlay, which tunnels need");
  }
  return TunnelPort::Make(environment.tunnel, request.number, request.name, request.bridge,
                          TunnelKindOf(request.kind), request.options);
}

const std::vector<std::string_view> kTunnelOptions = {"remote",
                                                      "remotes",
                                                      "local",
                                                      "key",
                                                      "in_key",
                                                      "out_key",
                                                      "tos",
                                                      "ttl",
                                                      "df",
                                                      "csum",
                                                      "bfd",
                                                      "bfd_min_rx",
                                                      "bfd_min_tx",
                                                      "bfd_mult",
                                                      "bfd_src_ip",
                                                      "bfd_dst_ip",
                                                      "bfd_local_src_mac",
                                                      "bfd_local_dst_mac",
                                                      "bfd_remote_dst_mac"};

std::vector<std::string_view> TunnelOptionsAnd(std::vector<std::string_view> more) {
  more.insert(more.begin(), kTunnelOptions.begin(), kTunnelOptions.end());
  return more;
}

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {
      {"internal", MakeInternalPort, {"mac", "queues"}},
      {"tap", MakeTapPort, {"mac", "queues"}},
      {"system", MakeSystemPort, {"device", "address", "gateway"}},
      {"dpdk", MakeDpdkPort, {"devargs", "mac", "rxq", "txq", "rxd", "txd", "address", "gateway"}},
      {"vhost-user", MakeVhostUserPort, {"path", "mode", "queues"}},
      {"vxlan", MakeTunnelPort, TunnelOptionsAnd({"dst_port", "gbp"})},
      {"geneve", MakeTunnelPort, TunnelOptionsAnd({"dst_port"})},
      {"gre", MakeTunnelPort, TunnelOptionsAnd({})},
  };
  return kinds;
}

absl::Status CheckOptions(const Kind& kind, const PortRequest& request) {
  std::vector<std::string_view> known = kind.options;
  known.insert(known.end(), {"mtu", "admin-state"});
  for (const auto& [key, value] : request.options) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return InvalidArgument("ports of type {} have no option {}; there are: {}", kind.name, key,
                             fmt::join(known, ", "));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> MakePort(const PortEnvironment& environment,
                                               const PortRequest& request) {
  std::vector<std::string_view> names;
  for (const Kind& kind : Kinds()) {
    names.push_back(kind.name);
    if (kind.name != request.kind) continue;
    VSW_RETURN_IF_ERROR(CheckOptions(kind, request));
    return kind.make(environment, request);
  }
  return InvalidArgument("there is no port type {}; there are: {}", request.kind,
                         fmt::join(names, ", "));
}

}  // namespace vsw
