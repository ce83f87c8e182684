// SPDX-License-Identifier: Apache-2.0
//
// Where an OpenFlow connection goes to or comes from, in the syntax of Open vSwitch
// (ovs-vsctl(8), "Controller Connectivity"): tcp:HOST[:PORT], ssl:HOST[:PORT], unix:PATH are
// active; ptcp:[PORT][:HOST], pssl:[PORT][:HOST], punix:PATH are passive. HOST is an address, never
// a name: resolving names would block the thread of all connections. IPv6 in brackets.
#ifndef VSW_OFPROTO_CONNECTION_TARGET_H_
#define VSW_OFPROTO_CONNECTION_TARGET_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace vsw::ofconn {

/// The port that IANA gave to OpenFlow.
inline constexpr uint16_t kDefaultPort = 6653;

struct Target {
  enum class Transport : uint8_t { kTcp, kTls, kUnix };
  Transport transport = Transport::kTcp;
  bool passive = false;
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
  std::string text;  // as it was written
  std::string path;  // of a unix socket
};

/// Errors: InvalidArgument, saying what is wrong with which target.
absl::StatusOr<Target> ParseTarget(std::string_view text);
/// A unix socket's target. Errors: InvalidArgument if `path` is empty or does not fit an address.
absl::StatusOr<Target> UnixTarget(const std::string& path, bool passive);

/// "127.0.0.1:6653", "[::1]:6653", a unix path or "unix".
std::string AddressText(const sockaddr_storage& address, socklen_t bytes);

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_TARGET_H_
