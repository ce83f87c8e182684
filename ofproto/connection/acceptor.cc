// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/acceptor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace vsw::ofconn {
namespace {

constexpr int kBacklog = 64;
// The owner and its group manage the switch.
constexpr mode_t kSocketMode = 0660;

const sockaddr* Generic(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Removes a socket file that a dead process left behind.
absl::Status RemoveStale(const Target& target) {
  struct stat found {};
  if (lstat(target.path.c_str(), &found) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ErrnoStatus(errno, "look at " + target.path);
  }
  if (!S_ISSOCK(found.st_mode)) return AlreadyExists("{} exists and is no socket", target.path);
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe.valid()) return ErrnoStatus(errno, "socket");
  if (connect(probe.get(), Generic(target.address), target.address_bytes) == 0 || errno == EAGAIN ||
      errno == EINPROGRESS) {
    return AlreadyExists("somebody listens on {} already", target.path);
  }
  if (unlink(target.path.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus(errno, "remove stale socket " + target.path);
  }
  return {};
}

absl::Status SetOptions(const Target& target, int fd) {
  if (target.transport == Target::Transport::kUnix) return {};
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) {
    return ErrnoStatus(errno, "set options of " + target.text);
  }
  const int only_ipv6 = 0;
  if (target.address.ss_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof(only_ipv6));
  }
  return {};
}

// Without an address, all are meant; a system without IPv6 still has those of IPv4.
Target WithoutIpv6(const Target& target) {
  Target other = target;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = reinterpret_cast<const sockaddr_in6&>(target.address).sin6_port;
  other.address = {};
  reinterpret_cast<sockaddr_in&>(other.address) = address;
  other.address_bytes = sizeof(address);
  return other;
}

bool IsAnyIpv6(const Target& target) {
  return target.address.ss_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(target.address).sin6_addr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const Target& wanted) {
  Target target = wanted;
  const bool is_unix = target.transport == Target::Transport::kUnix;
  UniqueFd fd(socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid() && errno == EAFNOSUPPORT && IsAnyIpv6(target)) {
    target = WithoutIpv6(target);
    fd.Reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  }
  if (!fd.valid()) return ErrnoStatus(errno, "socket for " + target.text);
  if (is_unix) VSW_RETURN_IF_ERROR(RemoveStale(target));
  VSW_RETURN_IF_ERROR(SetOptions(target, fd.get()));
  if (bind(fd.get(), Generic(target.address), target.address_bytes) != 0) {
    return ErrnoStatus(errno, "bind " + target.text);
  }
  std::unique_ptr<Acceptor> acceptor(new Acceptor(target, std::move(fd)));
  if (is_unix) {
    // Nobody can connect before listen(), so that the mode is right from the first connection on.
    struct stat made {};
    if (chmod(target.path.c_str(), kSocketMode) != 0 || stat(target.path.c_str(), &made) != 0) {
      return ErrnoStatus(errno, "set the mode of " + target.path);
    }
    acceptor->device_ = made.st_dev;
    acceptor->inode_ = made.st_ino;
  }
  if (listen(acceptor->fd(), kBacklog) != 0) return ErrnoStatus(errno, "listen on " + target.text);
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  getsockname(acceptor->fd(), reinterpret_cast<sockaddr*>(&bound), &size);
  acceptor->bound_ = AddressText(bound, size);
  return acceptor;
}

Acceptor::~Acceptor() {
  struct stat found {};
  if (!target_.path.empty() && stat(target_.path.c_str(), &found) == 0 && found.st_dev == device_ &&
      found.st_ino == inode_) {
    unlink(target_.path.c_str());
  }
}

absl::StatusOr<Acceptor::Accepted> Acceptor::Accept() {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  UniqueFd fd(accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                      SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, "accept on " + target_.text);
  return Accepted{std::move(fd), AddressText(peer, size)};
}

}  // namespace vsw::ofconn
