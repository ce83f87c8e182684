// SPDX-License-Identifier: Apache-2.0
//
// What a port kind is, as the control daemon sees it: a table of its options with type, bounds and
// whether they must be there. A new kind is a new row here; nothing else in this folder knows the
// options by name, save for the resources that a port claims for itself alone.
#ifndef VSW_CONTROL_PORT_KINDS_H_
#define VSW_CONTROL_PORT_KINDS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/records.h"

namespace vsw::control {

enum class OptionType {
  kInteger,      // decimal, min..max; or one of `words`
  kWord,         // one of `words`
  kMac,          // a unicast address
  kSocketPath,   // absolute path of a unix socket, in a folder that exists
  kDevice,       // name of a kernel network device
  kPortName,     // name of a port
  kDevargs,      // DPDK device string
  kIpAddress,    // of another host, IPv4 or IPv6; or one of `words`
  kIpAddresses,  // several by comma, of one family
  kIpPrefixes,   // addresses with prefix lengths, by comma
  kGateways,     // at most one address of each family, by comma
  kTunnelKey,    // 0..max, decimal or after 0x; or one of `words`
};

struct OptionSpec {
  std::string_view name;
  OptionType type;
  bool required = false;
  int64_t min = 0;
  int64_t max = 0;
  std::string_view words = {};  // separated by '|'
};

struct KindSpec {
  db::PortKind kind;
  bool named_like_device;  // the port's name is the name of a kernel device
  std::span<const OptionSpec> options;
};

const KindSpec& SpecOf(db::PortKind kind);

/// The option of that name, of the kind or common to all kinds; null if there is none.
const OptionSpec* FindOption(const KindSpec& kind, std::string_view name);

/// "mtu, admin-state, path, ...": what a port of this kind takes.
std::string KnownOptions(const KindSpec& kind);

/// What only one port can have, in words: "kernel device eth1", "socket /run/vsw/vm1.sock",
/// "DPDK device 0000:01:00.0". Two ports that share a text cannot both exist.
std::vector<std::string> ClaimsOf(const db::PortRecord& port);

/// The name part of a DPDK device string, PCI addresses with domain and in lower case.
std::string DpdkDeviceName(const std::string& devargs);

}  // namespace vsw::control

#endif  // VSW_CONTROL_PORT_KINDS_H_
