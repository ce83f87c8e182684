// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/datapath_server.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>

#include "base/status.h"

namespace vsw {
namespace {

// A configuration of thousands of ports and a full table of static addresses has some 10 MiB, a
// million rules some 200.
constexpr int kMaxRequestBytes = 1 << 30;
// The control daemon asks every 10 s whether we are still there.
constexpr int kMinPingPauseMs = 5'000;
constexpr auto kStopPatience = std::chrono::milliseconds(500);

}  // namespace

absl::StatusOr<std::unique_ptr<DatapathServer>> DatapathServer::Start(
    const std::string& socket_path, DatapathService* service,
    std::initializer_list<grpc::Service*> others) {
  if (socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return InvalidArgument(
        "socket path '{}' has {} bytes, but at most {} are possible; choose a "
        "shorter run directory",
        socket_path, socket_path.size(), sizeof(sockaddr_un::sun_path) - 1);
  }
  if (unlink(socket_path.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus(errno, "remove stale socket " + socket_path);
  }
  std::unique_ptr<DatapathServer> server(new DatapathServer(socket_path, service));
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  builder.RegisterService(service);
  for (grpc::Service* other : others) builder.RegisterService(other);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingPauseMs);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetMaxSendMessageSize(-1);
  const mode_t old_mask = umask(0177);
  server->server_ = builder.BuildAndStart();
  umask(old_mask);
  if (server->server_ == nullptr) {
    return Unavailable("cannot listen on {}; see whether the directory may be written",
                       socket_path);
  }
  return server;
}

DatapathServer::~DatapathServer() {
  if (server_ == nullptr) return;
  service_->StopWatching();
  server_->Shutdown(std::chrono::system_clock::now() + kStopPatience);
  unlink(path_.c_str());
}

}  // namespace vsw
