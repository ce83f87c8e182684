// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/socket_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "base/status.h"
#include "ofproto/connection/tls_stream.h"

namespace vsw::ofconn {
namespace {

// Replies are gathered before they are sent, so that waiting for more would only add delay.
void SendAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

IoResult SocketStream::Failed(int error) {
  error_ = error;
  return IoResult::kFailed;
}

std::string SocketStream::error() const { return std::generic_category().message(error_); }

IoResult SocketStream::Open() {
  if (!connecting_) return IoResult::kDone;
  // SO_ERROR reads 0 as long as connect() is under way: ask first whether it is over.
  pollfd ask = {.fd = socket_.get(), .events = POLLOUT, .revents = 0};
  if (poll(&ask, 1, 0) == 0) return IoResult::kWouldBlock;
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return Failed(error);
  connecting_ = false;
  return IoResult::kDone;
}

IoResult SocketStream::Read(std::span<uint8_t> into, size_t* count) {
  const ssize_t got = recv(socket_.get(), into.data(), into.size(), 0);
  if (got > 0) {
    *count = static_cast<size_t>(got);
    return IoResult::kDone;
  }
  if (got == 0) return IoResult::kClosed;
  return errno == EAGAIN || errno == EINTR ? IoResult::kWouldBlock : Failed(errno);
}

IoResult SocketStream::Write(std::span<const uint8_t> bytes, size_t* count) {
  const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) {
    *count = static_cast<size_t>(sent);
    return IoResult::kDone;
  }
  return errno == EAGAIN || errno == EINTR ? IoResult::kWouldBlock : Failed(errno);
}

absl::StatusOr<UniqueFd> BeginConnect(const Target& target, bool* connecting) {
  UniqueFd fd(socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus(errno, "socket for " + target.text);
  SendAtOnce(fd.get());
  *connecting = false;
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&target.address), target.address_bytes) !=
      0) {
    if (errno != EINPROGRESS) return ErrnoStatus(errno, "connect to " + target.text);
    *connecting = true;
  }
  return fd;
}

absl::StatusOr<std::unique_ptr<Stream>> ConnectTo(const Target& target, const TlsContext* tls) {
  bool connecting = false;
  VSW_ASSIGN_OR_RETURN(UniqueFd fd, BeginConnect(target, &connecting));
  auto socket = std::make_unique<SocketStream>(std::move(fd), connecting);
  if (target.transport != Target::Transport::kTls) return socket;
  return MakeTlsStream(std::move(socket), tls, TlsSide::kClient);
}

absl::StatusOr<std::unique_ptr<Stream>> AcceptOn(Target::Transport transport, UniqueFd socket,
                                                 const TlsContext* tls) {
  if (transport != Target::Transport::kUnix) SendAtOnce(socket.get());
  auto stream = std::make_unique<SocketStream>(std::move(socket), false);
  if (transport != Target::Transport::kTls) return stream;
  return MakeTlsStream(std::move(stream), tls, TlsSide::kServer);
}

}  // namespace vsw::ofconn
