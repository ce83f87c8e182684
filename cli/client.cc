// SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/status.h"

namespace vsw::cli {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kRetryPause{50};

// 0 if somebody listens, else the errno of connect(2). EAGAIN, a full queue, counts as listening.
int Probe(const std::string& socket_path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = result == 0 || errno == EAGAIN || errno == EINPROGRESS ? 0 : errno;
  close(fd);
  return error;
}

absl::Status ProbeError(int error, const std::string& socket) {
  constexpr char kHint[] = "start it, or name its socket with --target or VSW_TARGET";
  if (error == ENOENT)
    return Unavailable("vswmgrd is not reachable: no socket {}; {}", socket, kHint);
  if (error == ECONNREFUSED) {
    return Unavailable("vswmgrd is not reachable: nobody listens at {}; {}", socket, kHint);
  }
  absl::Status status = ErrnoStatus(error, "connect to vswmgrd at " + socket);
  if (error != EACCES) return {absl::StatusCode::kInvalidArgument, status.message()};
  return Annotate(status, "you may not use this socket: run as root or as a user that may");
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);  // a forwarding database may be larger than 4 MiB
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Client::Client(std::string socket, duration<double> timeout, milliseconds restart_time)
    : socket_(std::move(socket)),
      timeout_(timeout),
      restart_time_(restart_time),
      deadline_(Clock::now() + duration_cast<Clock::duration>(timeout)),
      channel_(MakeChannel(socket_)) {}

void Client::Pause(std::chrono::seconds time) {
  std::this_thread::sleep_for(time);
  deadline_ += time;
}

absl::Status Client::EnsureListening() {
  const Clock::time_point give_up = std::min(deadline_, Clock::now() + restart_time_);
  for (;;) {
    const int error = Probe(socket_);
    if (error == 0) return absl::OkStatus();
    const bool may_restart = error == ENOENT || error == ECONNREFUSED;
    if (!may_restart || Clock::now() >= give_up) return ProbeError(error, socket_);
    std::this_thread::sleep_for(kRetryPause);
  }
}

absl::Status Client::Call(bool repeat, Clock::time_point deadline, const Attempt& attempt) {
  for (;;) {
    VSW_RETURN_IF_ERROR(EnsureListening());
    grpc::ClientContext context;
    context.set_deadline(deadline);
    context.set_wait_for_ready(true);
    const grpc::Status status = attempt(&context);
    if (repeat && IsConnectionLoss(status) && Clock::now() + kRetryPause < deadline) {
      std::this_thread::sleep_for(kRetryPause);
      continue;
    }
    return FromRpcStatus(status, socket_, timeout_s());
  }
}

}  // namespace vsw::cli
