// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/quiet_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "base/byte_order.h"
#include "base/status.h"
#include "datapath/underlay/packet_filter.h"

namespace vsw {
namespace {

// Not valid, but no error: somebody else has the port, or the host has no such family.
absl::StatusOr<UniqueFd> OpenQuiet(int family, uint16_t port) {
  const bool gre = port == 0;
  UniqueFd fd(socket(family, (gre ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
                     gre ? IPPROTO_GRE : IPPROTO_UDP));
  if (!fd.valid()) {
    if (errno == EAFNOSUPPORT) return UniqueFd();
    return ErrnoStatus(errno, "open a socket that keeps the kernel quiet about tunnels");
  }
  const std::vector<sock_filter> program = MakeDropFilter();
  const sock_fprog filter = {.len = static_cast<unsigned short>(program.size()),
                             .filter = const_cast<sock_filter*>(program.data())};
  if (setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0) {
    return ErrnoStatus(errno, "attach a filter to a socket");
  }
  if (gre) return fd;
  const int one = 1;
  if (family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
  sockaddr_in6 any6{};
  sockaddr_in any4{};
  any6.sin6_family = AF_INET6;
  any6.sin6_port = Be16::From(port).raw;
  any4.sin_family = AF_INET;
  any4.sin_port = any6.sin6_port;
  const int bound = family == AF_INET6
                        ? bind(fd.get(), reinterpret_cast<sockaddr*>(&any6), sizeof(any6))
                        : bind(fd.get(), reinterpret_cast<sockaddr*>(&any4), sizeof(any4));
  if (bound == 0) return fd;
  if (errno == EADDRINUSE) return UniqueFd();
  return ErrnoStatus(errno, fmt::format("bind UDP port {} of tunnels", port));
}

}  // namespace

absl::Status QuietSockets::Set(std::span<const uint16_t> udp_ports, bool gre) {
  std::set<uint16_t> wanted(udp_ports.begin(), udp_ports.end());
  if (gre) wanted.insert(0);
  std::erase_if(sockets_, [&](const auto& row) { return !wanted.contains(row.first.second); });
  absl::Status first_error;
  for (const uint16_t port : wanted) {
    for (const int family : {AF_INET, AF_INET6}) {
      UniqueFd& fd = sockets_[{family, port}];
      if (fd.valid()) continue;
      absl::StatusOr<UniqueFd> opened = OpenQuiet(family, port);
      if (opened.ok()) {
        fd = *std::move(opened);
      } else {
        first_error.Update(opened.status());
      }
    }
  }
  return first_error;
}

}  // namespace vsw
