// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/target.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/status.h"

namespace vsw::ofconn {
namespace {

struct Method {
  std::string_view name;
  Target::Transport transport;
  bool passive;
};
constexpr Method kMethods[] = {
    {"tcp", Target::Transport::kTcp, false},   {"ssl", Target::Transport::kTls, false},
    {"unix", Target::Transport::kUnix, false}, {"ptcp", Target::Transport::kTcp, true},
    {"pssl", Target::Transport::kTls, true},   {"punix", Target::Transport::kUnix, true},
};

struct HostAndPort {
  std::string_view host, port;
};

// HOST[:PORT]; HOST may be in brackets, and must be if it is IPv6 with a port behind it.
absl::StatusOr<HostAndPort> SplitActive(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return absl::InvalidArgumentError("no closing bracket");
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) {
      return absl::InvalidArgumentError("text behind the bracket");
    }
    return HostAndPort{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return HostAndPort{text, {}};
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return absl::InvalidArgumentError("an IPv6 address goes in brackets");
  }
  return HostAndPort{text.substr(0, colon), text.substr(colon + 1)};
}

// [PORT][:HOST]
absl::StatusOr<HostAndPort> SplitPassive(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return HostAndPort{{}, text};
  std::string_view host = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return absl::InvalidArgumentError("no closing bracket");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return absl::InvalidArgumentError("an IPv6 address goes in brackets");
  }
  return HostAndPort{host, text.substr(0, colon)};
}

absl::Status ParseAddress(const HostAndPort& from, Target* target) {
  uint16_t port = kDefaultPort;
  const char* const end = from.port.data() + from.port.size();
  const auto parsed = std::from_chars(from.port.data(), end, port);
  if (!from.port.empty() && (parsed.ec != std::errc() || parsed.ptr != end)) {
    return InvalidArgument("'{}' is not a port", from.port);
  }
  if (port == 0 && !target->passive) return absl::InvalidArgumentError("port 0");
  if (from.host.empty() && !target->passive) return absl::InvalidArgumentError("no address");
  const std::string host(from.host.empty() ? std::string_view("::") : from.host);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return InvalidArgument("'{}' is not an address; names are not resolved", host);
  }
  std::memcpy(&target->address, found->ai_addr, found->ai_addrlen);
  target->address_bytes = found->ai_addrlen;
  freeaddrinfo(found);
  return {};
}

absl::Status SetPath(const std::string& path, Target* target) {
  sockaddr_un address{};
  if (path.empty()) return absl::InvalidArgumentError("no path");
  if (path.size() >= sizeof(address.sun_path)) {
    return InvalidArgument("path '{}' has {} bytes, more than the {} of a socket's address", path,
                           path.size(), sizeof(address.sun_path) - 1);
  }
  if (path.find('\0') != std::string::npos) return absl::InvalidArgumentError("zero in the path");
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  std::memcpy(&target->address, &address, sizeof(address));
  target->address_bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  target->path = path;
  return {};
}

absl::Status ParseRest(std::string_view rest, Target* target) {
  if (target->transport == Target::Transport::kUnix) return SetPath(std::string(rest), target);
  const auto split = target->passive ? SplitPassive(rest) : SplitActive(rest);
  if (!split.ok()) return split.status();
  return ParseAddress(*split, target);
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  for (const Method& method : kMethods) {
    if (method.name != name) continue;
    if (colon == std::string_view::npos && !method.passive) break;
    Target target;
    target.transport = method.transport;
    target.passive = method.passive;
    target.text = text;
    const std::string_view rest =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    VSW_RETURN_IF_ERROR(Annotate(ParseRest(rest, &target), "target '" + target.text + "'"));
    return target;
  }
  return InvalidArgument(
      "target '{}': expected tcp:, ssl:, unix:, ptcp:, pssl: or punix: and an address", text);
}

absl::StatusOr<Target> UnixTarget(const std::string& path, bool passive) {
  Target target;
  target.transport = Target::Transport::kUnix;
  target.passive = passive;
  target.text = (passive ? "punix:" : "unix:") + path;
  VSW_RETURN_IF_ERROR(Annotate(SetPath(path, &target), "target '" + target.text + "'"));
  return target;
}

std::string AddressText(const sockaddr_storage& address, socklen_t bytes) {
  if (address.ss_family == AF_UNIX) {
    const auto& un = reinterpret_cast<const sockaddr_un&>(address);
    const bool named = bytes > offsetof(sockaddr_un, sun_path) && un.sun_path[0] != '\0';
    return named ? std::string(un.sun_path) : "unix";
  }
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), bytes, host, sizeof(host), port,
                  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return address.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port)
                                       : fmt::format("{}:{}", host, port);
}

}  // namespace vsw::ofconn
